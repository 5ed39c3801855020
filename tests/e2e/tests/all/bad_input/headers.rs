//! Headers and properties that do not fit: a copy that cannot be trusted is parked, and a strange producer's own headers
//! and properties are nobody's business.

use lapin::{
    BasicProperties,
    types::{AMQPValue, ByteArray, DecimalValue, FieldArray, FieldTable, LongString},
};
use push_e2e::{PATIENCE, Stage};
use push_testkit::jobs::JobBuilder;
use serde_json::json;

use super::{PARKED, counted, good, marked, nothing_leaked, only_line, publish_with, receipt};

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn table(headers: Vec<(&str, AMQPValue)>) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in headers {
        table.insert(name.into(), value);
    }
    table
}

/// Publishes a job with these headers, and tells the judge that an outcome is due.
async fn publish_headed(stage: &Stage, job: &JobBuilder, headers: FieldTable) {
    let value = job.value();
    let properties =
        BasicProperties::default().with_message_id(value["id"].as_str().unwrap().into()).with_headers(headers);
    publish_with(stage, "huawei.normal.chat", properties, job.text().as_bytes()).await;
    stage.note(&value);
}

/// A copy of version 1 with one header more; what of it is wrong.
fn untrustworthy() -> Vec<(&'static str, AMQPValue)> {
    let number = AMQPValue::LongLongInt;
    vec![
        ("x-push-v", text("1")),
        ("x-push-v", number(0)),
        ("x-push-v", number(-1)),
        ("x-push-v", AMQPValue::Void),
        ("x-push-left", text("no base64!")),
        ("x-push-left", text("")),
        // Of a job with nine targets; and of one with none left.
        ("x-push-left", text("AQE=")),
        ("x-push-left", text("AA==")),
        ("x-push-left", number(1)),
        ("x-push-left", AMQPValue::LongString(LongString::from(vec![0xff, 0xfe]))),
        ("x-push-left", AMQPValue::Boolean(true)),
        ("x-push-doubt", text("?")),
        ("x-push-doubt", AMQPValue::FieldArray(FieldArray::default())),
        ("x-push-gen", number(-1)),
        ("x-push-gen", text("0")),
        ("x-push-gen", number(i64::from(u32::MAX))),
        ("x-push-attempt", number(-1)),
        ("x-push-attempt", number(i64::from(u32::MAX))),
        ("x-push-attempt", AMQPValue::Double(1.0)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_cannot_be_trusted_are_parked_with_the_header() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let all = untrustworthy();
    for (n, (header, value)) in all.iter().enumerate() {
        let id = format!("bad-{n}");
        let headers = table(vec![("x-push-v", AMQPValue::LongLongInt(1)), (*header, value.clone())]);
        let properties = BasicProperties::default().with_message_id(id.as_str().into()).with_headers(headers);
        publish_with(&stage, "huawei.normal.chat", properties, marked(&stage, &id).text().as_bytes()).await;
        stage.publish(&good(&stage, &format!("behind-{n}"))).await;
    }
    // What a newer worker wrote is kept whole for it.
    let newer =
        [("x-push-v", AMQPValue::LongLongInt(2)), ("x-push-left", text("new shape")), ("x-push-new", text("kept"))];
    let properties = BasicProperties::default().with_message_id("newer".into()).with_headers(table(newer.to_vec()));
    publish_with(&stage, "huawei.normal.chat", properties, marked(&stage, "newer").text().as_bytes()).await;

    for n in 0..all.len() {
        assert_eq!(stage.settled(&format!("behind-{n}"), 1).await[&0], "accepted");
    }
    stage.client.wait_count(PARKED, PATIENCE, |count| count as usize == all.len() + 1).await.unwrap();
    let parked = stage.client.peek(PARKED, all.len() + 1).await.unwrap();
    let of = |id: &str| parked.iter().find(|message| message.message_id.as_deref() == Some(id)).unwrap();
    for (n, (header, value)) in all.iter().enumerate() {
        let message = of(&format!("bad-{n}"));
        let said = ["reason", "field"].map(|what| message.headers[&format!("x-push-park-{what}")].clone());
        assert_eq!(said, ["bad_headers", header], "{header}: {value:?}");
        only_line(&worker, &format!("bad-{n}")).await;
    }
    let newer = &of("newer").headers;
    assert_eq!(newer["x-push-park-reason"], "newer_version");
    assert_eq!(
        (&newer["x-push-v"], &newer["x-push-left"], &newer["x-push-new"]),
        (&json!(2), &json!("new shape"), &json!("kept"))
    );
    only_line(&worker, "newer").await;
    counted(&worker, "push_jobs_parked_total", &[("reason", "bad_headers")], all.len() as f64).await;
    counted(&worker, "push_jobs_parked_total", &[("reason", "newer_version")], 1.0).await;
    counted(&worker, "push_panics_total", &[], 0.0).await;
    nothing_leaked(&worker).await;
    stage.judge().await;
}

/// Everything that the protocol can put into a header.
fn every_type() -> FieldTable {
    let nested = table(vec![("a", AMQPValue::FieldTable(table(vec![("b", AMQPValue::Void)])))]);
    let array: FieldArray =
        vec![text("x"), AMQPValue::LongLongInt(i64::MIN), AMQPValue::FieldTable(nested.clone())].into();
    table(vec![
        ("traceparent", text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")),
        ("bool", AMQPValue::Boolean(false)),
        ("i8", AMQPValue::ShortShortInt(-1)),
        ("u8", AMQPValue::ShortShortUInt(255)),
        ("i16", AMQPValue::ShortInt(-1)),
        ("u16", AMQPValue::ShortUInt(65535)),
        ("i32", AMQPValue::LongInt(-1)),
        ("u32", AMQPValue::LongUInt(u32::MAX)),
        ("f32", AMQPValue::Float(1.5)),
        ("f64", AMQPValue::Double(-0.1)),
        ("decimal", AMQPValue::DecimalValue(DecimalValue { scale: 2, value: 314 })),
        ("time", AMQPValue::Timestamp(u64::MAX)),
        ("bytes", AMQPValue::ByteArray(ByteArray::from(vec![0xff; 300]))),
        ("no text", AMQPValue::LongString(LongString::from(vec![0xc0, 0x80]))),
        ("void", AMQPValue::Void),
        ("array", AMQPValue::FieldArray(array)),
        ("table", AMQPValue::FieldTable(nested)),
        ("long", text(&"l".repeat(60_000))),
        ("x-death", text("no list")),
        ("x-delivery-count", text("many")),
        ("x-delay", AMQPValue::LongLongInt(5000)),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strange_producers_headers_and_properties_change_nothing() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let one = |header: &str, value: AMQPValue| table(vec![(header, value)]);
    publish_headed(&stage, &marked(&stage, "headed"), every_type()).await;
    // A replay tool's flags, on a message without a past.
    publish_headed(&stage, &marked(&stage, "again"), one("x-push-again", AMQPValue::Boolean(true))).await;
    publish_headed(&stage, &marked(&stage, "suspect"), one("x-push-suspect", AMQPValue::Boolean(true))).await;
    // Whatever width a client chose for a number.
    let narrow = [
        ("x-push-v", AMQPValue::ShortShortUInt(1)),
        ("x-push-attempt", AMQPValue::LongUInt(1)),
        ("x-push-left", text("AQ==")),
    ];
    publish_headed(&stage, &marked(&stage, "narrow"), table(narrow.to_vec())).await;

    let properties = [
        ("transient", BasicProperties::default().with_delivery_mode(1)),
        ("urgent", BasicProperties::default().with_priority(255)),
        ("brief", BasicProperties::default().with_expiration("60000".into())),
        (
            "typed",
            BasicProperties::default().with_content_type("text/plain".into()).with_content_encoding("gzip".into()),
        ),
        (
            "talkative",
            BasicProperties::default()
                .with_reply_to("nobody".into())
                .with_correlation_id("c".into())
                .with_type("k".into())
                .with_app_id("a".into())
                .with_timestamp(u64::MAX),
        ),
    ];
    for (id, properties) in properties.clone() {
        let job = marked(&stage, id);
        publish_with(
            &stage,
            "huawei.normal.chat",
            properties.with_message_id("another-id".into()),
            job.text().as_bytes(),
        )
        .await;
        stage.note(&job.value());
    }
    // Without a message id; and what is no job and has none.
    publish_with(
        &stage,
        "huawei.normal.chat",
        BasicProperties::default(),
        marked(&stage, "nameless").text().as_bytes(),
    )
    .await;
    stage.note(&marked(&stage, "nameless").value());
    publish_with(&stage, "huawei.normal.chat", BasicProperties::default(), b"nameless").await;

    for id in
        ["headed", "again", "suspect", "narrow", "nameless"].into_iter().chain(properties.iter().map(|(id, _)| *id))
    {
        assert_eq!(stage.settled(id, 1).await[&0], "accepted", "{id}");
    }
    assert_eq!(receipt(&stage, "narrow")["attempt"], 1);
    assert_eq!(receipt(&stage, "headed")["results"][0].get("doubt"), None);
    stage.client.wait_count(PARKED, PATIENCE, |count| count == 1).await.unwrap();
    let parked = stage.client.peek(PARKED, 1).await.unwrap();
    assert_eq!(
        (parked[0].headers["x-push-park-reason"].as_str(), parked[0].body.as_slice()),
        (Some("unreadable"), b"nameless".as_slice())
    );
    nothing_leaked(&worker).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_an_unknown_app_or_vendor_wait_where_an_operator_sees_them() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let keys = ["huawei.normal.nobody", "nokia.normal.chat", "huawei.chat", "", "huawei.normal.chat.more"];
    for (n, key) in keys.iter().enumerate() {
        let id = format!("unrouted-{n}");
        let body = marked(&stage, &id).app("nobody").text();
        let said = stage.client.publish(key, &id, body.as_bytes()).await.unwrap();
        assert!(said.confirmed && !said.returned, "{key}: the alternate exchange takes it: {said:?}");
    }
    stage.publish(&good(&stage, "behind")).await;
    stage.settled("behind", 1).await;
    let unrouted = stage.client.peek("push.parked.unrouted", 100).await.unwrap();
    let found: Vec<_> =
        unrouted.iter().map(|message| (message.message_id.clone().unwrap(), message.routing_key.clone())).collect();
    let wanted: Vec<_> = keys.iter().enumerate().map(|(n, key)| (format!("unrouted-{n}"), (*key).to_owned())).collect();
    assert_eq!(found, wanted);
    nothing_leaked(&worker).await;
    stage.judge().await;
}

/// The broker itself lets a message with a lifetime expire; then it must lie where an operator sees it.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_broker_lets_expire_is_parked() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    worker.term().unwrap();
    assert!(worker.wait(PATIENCE).await.unwrap().success());
    let properties = BasicProperties::default().with_message_id("brief".into()).with_expiration("1".into());
    let body = marked(&stage, "brief").text();
    publish_with(&stage, "huawei.normal.chat", properties, body.as_bytes()).await;
    stage.client.wait_count(PARKED, PATIENCE, |count| count == 1).await.unwrap();
    let parked = stage.client.peek(PARKED, 1).await.unwrap().remove(0);
    assert_eq!((parked.message_id.as_deref(), parked.body), (Some("brief"), body.into_bytes()));
    assert_eq!(parked.headers["x-first-death-reason"], "expired");
}
