//! The AsyncAPI page and the definitions file tell of the same topology.

use std::collections::{BTreeMap, BTreeSet};

use push_contract::Lane;
use serde_json::Value;

use crate::folder;

/// What the braces of an address stand for.
type Words = BTreeMap<String, String>;

fn asyncapi() -> Value {
    serde_saphyr::from_str(&folder::text("asyncapi.yaml")).unwrap_or_else(|error| panic!("asyncapi.yaml: {error}"))
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap()
}

/// Reads a name by a template, word by word: `push.jobs.{vendor}` and `push.wait.{vendor}.{seconds}s`.
fn fit(template: &str, name: &str) -> Option<Words> {
    let (pattern, text): (Vec<_>, Vec<_>) = (template.split('.').collect(), name.split('.').collect());
    if pattern.len() != text.len() {
        return None;
    }
    let mut words = Words::new();
    for (pattern, text) in pattern.into_iter().zip(text) {
        match pattern.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            Some((parameter, tail)) => words.insert(parameter.to_owned(), text.strip_suffix(tail)?.to_owned()),
            None if pattern == text => None,
            None => return None,
        };
    }
    Some(words)
}

/// Puts words into every text; a text that is digits then stands for a number.
fn fill(value: &Value, words: &Words) -> Value {
    match value {
        Value::String(text) if text.contains('{') => {
            let text = words.iter().fold(text.clone(), |text, (key, word)| text.replace(&format!("{{{key}}}"), word));
            text.parse::<u64>().map_or_else(|_| text.into(), Value::from)
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), fill(value, words)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The channels that are queues, or those that are exchanges, with the template of the name.
fn channels<'a>(page: &'a Value, what: &str) -> Vec<(&'a str, &'a Value)> {
    let all = page["channels"].as_object().unwrap().values();
    all.filter_map(|channel| Some((channel["bindings"]["amqp"][what]["name"].as_str()?, channel))).collect()
}

#[test]
fn every_queue_is_described_and_declared_alike() {
    let (page, definitions) = (asyncapi(), folder::json("definitions.json"));
    let described = channels(&page, "queue");
    let mut met = BTreeSet::new();
    for queue in list(&definitions, "queues") {
        // The fixed name wins: `push.parked.unrouted` also reads as a vendor's parking.
        let name = name(queue);
        let (template, channel) = described
            .iter()
            .filter(|(template, _)| fit(template, name).is_some())
            .min_by_key(|(template, _)| template.contains('{'))
            .unwrap_or_else(|| panic!("asyncapi.yaml does not know {name}"));
        let words = fit(template, name).unwrap();
        assert_eq!(channel["address"], *template, "{name}: the address of a queue is its name");
        assert_eq!(queue["arguments"], fill(&channel["x-push-arguments"], &words), "{name}");
        let bound: BTreeSet<_> = list(&definitions, "bindings")
            .iter()
            .filter(|binding| binding["destination"] == name)
            .map(|binding| (binding["source"].to_string(), binding["routing_key"].to_string()))
            .collect();
        let told: BTreeSet<_> = list(channel, "x-push-bindings")
            .iter()
            .map(|binding| fill(binding, &words))
            .map(|binding| (binding["exchange"].to_string(), binding["routingKey"].to_string()))
            .collect();
        assert_eq!(bound, told, "{name}");
        met.insert(*template);
    }
    assert_eq!(met, described.iter().map(|(template, _)| *template).collect(), "described and not declared");
}

#[test]
fn every_exchange_is_described_and_declared_alike() {
    let (page, definitions) = (asyncapi(), folder::json("definitions.json"));
    let described = channels(&page, "exchange");
    let mut met = BTreeSet::new();
    for exchange in list(&definitions, "exchanges") {
        let name = name(exchange);
        let (template, channel) = described
            .iter()
            .find(|(template, _)| fit(template, name).is_some())
            .unwrap_or_else(|| panic!("asyncapi.yaml does not know {name}"));
        assert_eq!(exchange["type"], channel["bindings"]["amqp"]["exchange"]["type"], "{name}");
        let arguments = channel.get("x-push-arguments").cloned().unwrap_or_else(|| serde_json::json!({}));
        assert_eq!(exchange["arguments"], arguments, "{name}");
        met.insert(*template);
    }
    assert_eq!(met, described.iter().map(|(template, _)| *template).collect(), "described and not declared");
}

#[test]
fn nothing_is_dead_lettered_or_bound_into_the_void() {
    let definitions = folder::json("definitions.json");
    let exchanges: BTreeSet<_> = list(&definitions, "exchanges").iter().map(name).collect();
    let queues: BTreeSet<_> = list(&definitions, "queues").iter().map(name).collect();
    assert_eq!(exchanges.len(), list(&definitions, "exchanges").len(), "an exchange twice");
    assert_eq!(queues.len(), list(&definitions, "queues").len(), "a queue twice");
    for queue in list(&definitions, "queues") {
        let to = queue["arguments"]["x-dead-letter-exchange"].as_str();
        assert!(to.is_none_or(|to| exchanges.contains(to)), "{queue}");
        if queue["arguments"]["x-dead-letter-strategy"] == "at-least-once" {
            assert_eq!(queue["arguments"]["x-overflow"], "reject-publish", "the broker needs it: {queue}");
        }
    }
    for binding in list(&definitions, "bindings") {
        assert!(exchanges.contains(binding["source"].as_str().unwrap()), "{binding}");
        assert!(queues.contains(binding["destination"].as_str().unwrap()), "{binding}");
    }
}

#[test]
fn the_page_refers_to_what_exists() {
    let page = asyncapi();
    assert_eq!(page["asyncapi"], "3.0.0");
    let lanes: Vec<_> = Lane::ALL.iter().map(|lane| lane.as_str()).collect();
    assert_eq!(page["components"]["parameters"]["lane"]["enum"], serde_json::json!(lanes));
    let (mut open, mut files) = (vec![&page], BTreeSet::new());
    while let Some(value) = open.pop() {
        match value.get("$ref").and_then(Value::as_str) {
            Some(local) if local.starts_with("#/") => {
                assert!(page.pointer(&local[1..]).is_some(), "asyncapi.yaml: nothing at {local}");
            }
            Some(file) => {
                folder::json(file);
                files.insert(file);
            }
            None => match value {
                Value::Object(fields) => open.extend(fields.values()),
                Value::Array(items) => open.extend(items),
                _ => {}
            },
        }
    }
    assert_eq!(
        files.into_iter().collect::<Vec<_>>(),
        ["./job.v1.schema.json", "./parked.v1.schema.json", "./receipts.v1.schema.json"]
    );
}
