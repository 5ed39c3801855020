//! The worker declares what `schemas/definitions.json` tells operators to declare, no more and no less.

use std::collections::BTreeSet;

use lapin::{
    ExchangeKind,
    types::{AMQPValue, FieldTable},
};
use push_contract::AppName;
use serde_json::{Map, Value};

use super::{Names, plan};

fn definitions() -> Value {
    serde_json::from_str(include_str!("../../../../../schemas/definitions.json")).unwrap()
}

fn json(arguments: &FieldTable) -> Value {
    let value = |value: &AMQPValue| match value {
        AMQPValue::LongString(text) => Value::from(text.to_string()),
        AMQPValue::LongLongInt(number) => Value::from(*number),
        other => panic!("an argument of another type: {other:?}"),
    };
    arguments.inner().iter().map(|(name, at)| (name.to_string(), value(at))).collect::<Map<_, _>>().into()
}

fn kind(kind: &ExchangeKind) -> Value {
    match kind {
        ExchangeKind::Direct => "direct".into(),
        ExchangeKind::Fanout => "fanout".into(),
        ExchangeKind::Topic => "topic".into(),
        other => panic!("an exchange of another kind: {other:?}"),
    }
}

/// A part of the definitions file, by the fields that count, in an order of its own.
fn told(definitions: &Value, part: &str, fields: [&str; 3]) -> BTreeSet<String> {
    let rows = definitions[part].as_array().unwrap();
    let told: BTreeSet<_> = rows.iter().map(|row| fields.map(|field| row[field].to_string()).join(" ")).collect();
    assert_eq!(told.len(), rows.len(), "{part}: the same twice");
    told
}

fn declared<'a>(rows: impl IntoIterator<Item = [Value; 3]> + 'a) -> BTreeSet<String> {
    rows.into_iter().map(|row| row.map(|field| field.to_string()).join(" ")).collect()
}

#[test]
fn the_worker_declares_what_the_definitions_file_does() {
    let definitions = definitions();
    let (mut vendors, mut apps, mut quotas) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for queue in definitions["queues"].as_array().unwrap() {
        match queue["name"].as_str().unwrap().split('.').collect::<Vec<_>>()[..] {
            ["push", "jobs", vendor, _, app] => drop((vendors.insert(vendor), apps.insert(app))),
            ["push", "held", _, _, quota] => drop(quotas.insert(quota)),
            _ => {}
        }
    }
    assert_eq!((vendors.len(), apps.len(), quotas.len()), (1, 2, 1), "one vendor, two apps, one quota");
    let apps: Vec<_> = apps.into_iter().map(|app| AppName::new(app).unwrap()).collect();
    let quotas: Vec<_> = quotas.into_iter().collect();
    let (exchanges, queues) = plan(&Names::new("", vendors.first().unwrap()), &apps, &quotas);

    let text = |text: &str| Value::from(text);
    assert_eq!(
        declared(exchanges.iter().map(|e| [text(&e.name), kind(&e.kind), json(&e.arguments)])),
        told(&definitions, "exchanges", ["name", "type", "arguments"])
    );
    assert_eq!(
        declared(queues.iter().map(|queue| [text(&queue.name), true.into(), json(&queue.arguments)])),
        told(&definitions, "queues", ["name", "durable", "arguments"])
    );
    let bindings = queues
        .iter()
        .flat_map(|queue| queue.bind.iter().map(|(exchange, key)| [text(exchange), text(key), text(&queue.name)]));
    assert_eq!(declared(bindings), told(&definitions, "bindings", ["source", "routing_key", "destination"]));
}

#[test]
fn a_prefix_comes_before_every_name() {
    let (exchanges, queues) = plan(&Names::new("p.", "parcel"), &[AppName::new("chat").unwrap()], &["news"]);
    assert!(exchanges.iter().all(|exchange| exchange.name.starts_with("p.push.")), "{exchanges:?}");
    for queue in &queues {
        assert!(queue.name.starts_with("p.push."), "{queue:?}");
        assert!(queue.bind.iter().all(|(exchange, _)| exchange.starts_with("p.push.")), "{queue:?}");
    }
    let pointers = ["x-dead-letter-exchange", "alternate-exchange"];
    let tables = exchanges.iter().map(|e| &e.arguments).chain(queues.iter().map(|q| &q.arguments));
    for to in tables.flat_map(|table| pointers.map(|key| json(table)[key].clone())).filter(|to| !to.is_null()) {
        assert!(to.as_str().is_some_and(|to| to.starts_with("p.push.")), "{to}");
    }
}
