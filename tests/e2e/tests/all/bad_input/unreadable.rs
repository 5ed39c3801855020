//! Messages that are no job of their queue: parked with the reason, body unchanged, without a receipt.

use std::collections::BTreeMap;

use push_contract::{Kind, Timestamp};
use push_e2e::Stage;
use push_stack::Message;
use serde_json::{Value, json};

use super::{MARKER, PARKED, counted, good, marked, nothing_leaked, only_line};

/// A body, and why it is parked.
struct Bad {
    name: &'static str,
    body: Vec<u8>,
    reason: &'static str,
    field: String,
    rule: String,
}

fn bad(name: &'static str, body: impl Into<Vec<u8>>, field: impl Into<String>, rule: &str) -> Bad {
    Bad { name, body: body.into(), reason: "unreadable", field: field.into(), rule: rule.to_owned() }
}

/// A job with another value at this JSON pointer.
fn with(stage: &Stage, place: &str, value: impl Into<Value>) -> Vec<u8> {
    let mut job = marked(stage, "changed").value();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match job.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.into(),
        object => object[key] = value.into(),
    }
    job.to_string().into_bytes()
}

/// A job without a field.
fn without(stage: &Stage, field: &str) -> Vec<u8> {
    let mut job = marked(stage, "changed").value();
    job.as_object_mut().unwrap().remove(field);
    job.to_string().into_bytes()
}

/// A job with these bytes where the value of its body text stands.
fn spliced(stage: &Stage, raw: &[u8]) -> Vec<u8> {
    let text = marked(stage, "changed").body("HERE").text();
    let (before, after) = text.split_once("\"HERE\"").unwrap();
    [before.as_bytes(), raw, after.as_bytes()].concat()
}

fn no_json(stage: &Stage) -> Vec<Bad> {
    let whole = marked(stage, "changed").text();
    let utf16: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        bad("empty", "", ".", "EOF while parsing a value"),
        bad("blank", "  \n ", ".", "EOF while parsing a value"),
        bad("words", MARKER, ".", "expected value"),
        bad("nuls", [0_u8; 64], ".", "expected value"),
        bad("half", &whole.as_bytes()[..whole.len() / 2], "notification.body", "EOF while parsing a string"),
        bad("two-jobs", format!("{whole}{whole}"), ".", "one JSON object and nothing after it"),
        bad("byte-order-mark", format!("\u{feff}{whole}"), ".", "expected value"),
        bad("utf-16", utf16, "?", "key must be a string"),
        bad("list", format!("[{whole}]"), ".", "expected struct Job"),
        bad("text", format!("\"{MARKER}\""), ".", "expected struct Job"),
        bad("null", "null", ".", "expected struct Job"),
        bad("deep", "[".repeat(100_000), ".", "expected struct Job"),
        bad("deep-within", format!("{{\"v\":{}", "[".repeat(100_000)), "v", "expected a JSON number"),
        bad("no-utf-8", spliced(stage, b"\"\xff\xfe\xc0\""), "notification.body", "invalid unicode code point"),
        bad("lone-surrogate", spliced(stage, br#""\ud83d""#), "notification.body", "unexpected end of hex escape"),
        bad(
            "raw-nul",
            spliced(stage, b"\"a\0b\""),
            "notification.body",
            "control character (\\u0000-\\u001F) found while parsing a string",
        ),
        bad("nan", spliced(stage, b"NaN"), "notification.body", "expected value"),
        bad("unclosed", spliced(stage, br#""unclosed"#), "notification.?", "expected `,` or `}`"),
    ]
}

fn no_job(stage: &Stage) -> Vec<Bad> {
    let targets = |count: usize| (0..count).map(|n| json!({"token": format!("{MARKER}{n}")})).collect::<Vec<_>>();
    let at = |place: &str, value: Value| with(stage, place, value);
    // Longer than a frame: as a header it would end the connection.
    let long = "k".repeat(150_000);
    let cut = |path: &str| format!("{}…", &path[..199]);
    let kinds = Kind::ALL.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ");
    let kinds = format!("expected one of {kinds}");
    let deep_options =
        marked(stage, "changed").text().replacen('{', &format!("{{\"options\":{{\"huawei\":{}", "[".repeat(50_000)), 1);
    vec![
        bad("v-2", at("/v", json!(2)), "v", "must be 1"),
        bad("v-text", at("/v", json!("1")), "v", "expected a JSON number"),
        bad("no-id", without(stage, "id"), ".", "missing field `id`"),
        bad("id-blank", at("/id", json!(format!("a {MARKER}"))), "id", "id must be ^[A-Za-z0-9._:-]{1,64}$"),
        bad("id-long", at("/id", json!("i".repeat(65))), "id", "id must be ^[A-Za-z0-9._:-]{1,64}$"),
        bad("id-number", at("/id", json!(7)), "id", "expected a string"),
        bad("title-number", at("/notification/title", json!(7_313)), "notification.title", "expected a string"),
        bad("targets-object", at("/targets", json!({"token": MARKER})), "targets", "expected a sequence"),
        bad("target-text", at("/targets/0", json!(MARKER)), "targets[0]", "expected struct Target"),
        bad("token-number", at("/targets/0/token", json!(7_313)), "targets[0].token", "expected a string"),
        bad("token-empty", at("/targets/0/token", json!("")), "targets[0].token", "must have 1 to 1024 characters"),
        bad(
            "token-long",
            at("/targets/0/token", json!(MARKER.repeat(100))),
            "targets[0].token",
            "must have 1 to 1024 characters",
        ),
        bad("targets-0", at("/targets", json!([])), "targets", "0 targets, must be 1 to 1000"),
        bad("targets-1001", at("/targets", json!(targets(1001))), "targets", "1001 targets, must be 1 to 1000"),
        bad("badge-huge", at("/targets/0/badge", json!({"set": 100_000})), "targets[0].badge", "at most 99999"),
        bad("kind-unknown", at("/kind", json!(MARKER)), "kind", &kinds),
        bad("kind-tricky", at("/kind", json!(format!("a, expected {MARKER} at line 1"))), "kind", &kinds),
        bad(
            "type-tricky",
            at("/targets", json!(format!("a, expected {MARKER} at line 1"))),
            "targets",
            "expected a sequence",
        ),
        bad(
            "created-words",
            at("/created_at", json!(MARKER)),
            "created_at",
            "must be an RFC 3339 time such as 2026-11-21T08:00:00Z",
        ),
        bad(
            "data-text",
            marked(stage, "changed").data(&format!("\"{MARKER}\"")).text(),
            "data",
            "must be a JSON object",
        ),
        bad(
            "data-list",
            marked(stage, "changed").data(&format!("[\"{MARKER}\"]")).text(),
            "data",
            "must be a JSON object",
        ),
        bad("unknown-field", at("/soud", json!(MARKER)), "soud", "unknown field"),
        bad("unknown-inside", at("/notification/soud", json!(MARKER)), "notification.soud", "unknown field"),
        bad("unknown-long", at(&format!("/{long}"), json!(MARKER)), cut(&long), "unknown field"),
        bad(
            "options-long",
            at("/options", json!({long.clone(): MARKER})),
            cut(&format!("options.{long}")),
            "expected a map",
        ),
        bad("options-deep", deep_options, "options.huawei", "expected a map"),
        bad("twice", marked(stage, "changed").text().replacen('{', "{\"id\":\"x\",", 1), ".", "duplicate field `id`"),
        bad("call-without-key", at("/kind", json!("call.invite")), "collapse", "required for call.*: the call's id"),
        bad(
            "image-http",
            at("/notification/image", json!(format!("http://{MARKER}/"))),
            "notification.image",
            "must be an https address",
        ),
        bad(
            "labels-17",
            at("/labels", (0..17).map(|n| (n.to_string(), json!(MARKER))).collect::<Value>()),
            "labels",
            "at most 16, of at most 256 characters each",
        ),
    ]
}

fn other_queue(stage: &Stage) -> Vec<Bad> {
    let reason = |reason, bad: Bad| Bad { reason, ..bad };
    let mut large = marked(stage, "changed").text();
    large.push_str(&" ".repeat(256 * 1024 + 1 - large.len()));
    vec![
        reason("too_large", bad("one-byte-over", large, ".", "262145 bytes, at most 262144")),
        reason(
            "wrong_vendor",
            bad(
                "other-vendor",
                marked(stage, "changed").vendor("parcel").text(),
                "vendor",
                "must be huawei: it is that vendor's queue",
            ),
        ),
        reason(
            "wrong_app",
            bad(
                "other-app",
                marked(stage, "changed").app("shop").text(),
                "app",
                "must be chat: it is that app's queue",
            ),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_job_is_parked_and_nothing_behind_it_waits() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let all: Vec<Bad> = [no_json(&stage), no_job(&stage), other_queue(&stage)].into_iter().flatten().collect();
    for bad in &all {
        stage.publish(&good(&stage, &format!("before-{}", bad.name))).await;
        stage.publish_bad("huawei", "chat", bad.name, &bad.body).await;
    }
    stage.publish(&good(&stage, "last")).await;
    for bad in &all {
        assert_eq!(stage.settled(&format!("before-{}", bad.name), 1).await[&0], "accepted");
    }
    assert_eq!(stage.settled("last", 1).await[&0], "accepted");

    stage.client.wait_count(PARKED, push_e2e::PATIENCE, |count| count as usize == all.len()).await.unwrap();
    let parked = stage.client.peek(PARKED, all.len()).await.unwrap();
    let mut wrong = Vec::new();
    for bad in &all {
        let message = parked.iter().find(|message| message.message_id.as_deref() == Some(bad.name)).unwrap();
        wrong.extend(differs(bad, message));
        let line = only_line(&worker, bad.name).await;
        assert_eq!((&line["reason"], &line["level"]), (&json!(bad.reason), &json!("WARN")), "{line}");
        assert!(line.to_string().len() < 1000, "{}: a log line of {} bytes", bad.name, line.to_string().len());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut reasons = BTreeMap::new();
    all.iter().for_each(|bad| *reasons.entry(bad.reason).or_insert(0.0) += 1.0);
    for (reason, count) in reasons {
        counted(&worker, "push_jobs_parked_total", &[("reason", reason)], count).await;
    }
    counted(&worker, "push_jobs_parked_total", &[], all.len() as f64).await;
    nothing_leaked(&worker).await;
    stage.judge().await;
}

/// What a parked message says otherwise than expected.
fn differs(bad: &Bad, message: &Message) -> Option<String> {
    let header = |name: &str| message.headers.get(name).and_then(Value::as_str).unwrap_or("(absent)").to_owned();
    let found = ["reason", "field", "rule", "key"].map(|what| header(&format!("x-push-park-{what}")));
    let wanted = [bad.reason, &bad.field, &bad.rule, "huawei.normal.chat"];
    assert_eq!(message.body, bad.body, "{}: the body must not change", bad.name);
    assert!(Timestamp::parse(&header("x-push-parked-at")).is_some(), "{}", bad.name);
    let ours = message.headers.keys().filter(|name| *name != "x-delivery-count").count();
    assert_eq!(ours, 5, "{}: {:?}", bad.name, message.headers);
    (found != wanted).then(|| format!("{}: {found:?}", bad.name))
}
