//! What becomes of a job's kind and fields: classes, nothing ignored, data untouched.

use push_contract::{Fitted, Outcome, Reason, Vendor};
use serde_json::{Value, json};

use super::{
    drive::Drive,
    report::{Report, ensure},
};
use crate::jobs::{CREATED_AT, JobBuilder, job};

/// The names of fields in `dropped` and `changed`.
const FIELDS: [&str; 13] = [
    "title", "body", "subtitle", "image", "sound", "channel", "tag", "click", "badge", "data", "collapse", "silent",
    "test",
];

/// Data that any detour through a parser would change.
const DATA: &str = r#"{ "n": 123456789012345678901234567890, "f": 1.0, "u": "\u00e9 \"q\" 见 👋", "n": {}, "z": [ ] }"#;

pub(super) fn check(report: &mut Report, variant: &str, vendor: &dyn Vendor, drive: &Drive<'_>) {
    for row in vendor.classes() {
        report.check(&format!("{variant}: kind {}", row.kind), || {
            let ready = drive.ready(plain(drive, row.kind.as_str()).build()).map_err(|refusal| refusal.to_string())?;
            let class = &ready.class;
            let renamed = drive.sample.renamed.iter().find(|(kind, _)| *kind == row.kind.as_str());
            let deserved = renamed.map_or(row.class.as_str(), |(_, class)| class);
            let whole = class.name == deserved && class.degraded_from.is_none();
            let degraded = class.name == row.without && class.degraded_from.as_deref() == Some(deserved);
            ensure(whole || degraded, || format!("{class:?} is not what the table says: {row:?}"))?;
            ensure(row.kind.repeatable() || !class.repeatable, || {
                "a kind that must not double has a repeatable class".to_owned()
            })?;
            let quotas = vendor.profile().quotas;
            let declared = class.quota.as_ref().is_none_or(|quota| quotas.contains(&quota.as_str()));
            ensure(declared, || format!("the quota {:?} is not in the profile", class.quota))?;
            let plain = ready.fitted == Fitted::default();
            ensure(plain, || format!("a title and a body are not sent as written: {:?}", ready.fitted))?;
            for batch in drive.batches(&ready) {
                let (first, second) = (drive.calls(&batch, CREATED_AT)?, drive.calls(&batch, CREATED_AT)?);
                ensure(drive.print(&first) == drive.print(&second), || {
                    "two encodings at one time differ: name what is random in `masked`".to_owned()
                })?;
            }
            Ok(())
        });
    }
    report.check(&format!("{variant}: options: an unknown key"), || {
        let name = vendor.profile().name;
        let job = plain(drive, "chat.direct").options(name, json!({ "no_such_option": "x1y2z3" })).build();
        match drive.ready(job) {
            Err(refusal) => {
                let right = refusal.reason == Reason::BadOption && refusal.outcome == Outcome::Rejected;
                ensure(right && !refusal.to_string().contains("x1y2z3"), || format!("refused otherwise: {refusal:?}"))
            }
            Ok(_) => Err("must be refused".to_owned()),
        }
    });
    for (field, change) in changes() {
        report.check(&format!("{variant}: {field}"), || not_ignored(drive, field, change));
    }
    for (name, job) in [
        ("data beside a notification", plain(drive, "chat.direct").data(DATA)),
        ("data alone", job("chat.direct").tokens([(drive.sample.token)("", 0)]).data(DATA)),
    ] {
        report.check(&format!("{variant}: {name}"), || data_arrives(drive, &job));
    }
}

fn plain(drive: &Drive<'_>, kind: &str) -> JobBuilder {
    job(kind).title("Li Lei").body("See you at eight").tokens([(drive.sample.token)("", 0)])
}

type Change = fn(JobBuilder) -> JobBuilder;

/// Every field that a producer can add, by the name it has in receipts.
fn changes() -> Vec<(&'static str, Change)> {
    vec![
        ("title", |job| job.title("Han Meimei")),
        ("body", |job| job.body("See you at nine")),
        ("subtitle", |job| job.notify("subtitle", "In the group")),
        ("image", |job| job.notify("image", "https://chat.example/p.png")),
        ("sound", |job| job.notify("sound", "ding")),
        ("channel", |job| job.notify("channel", "messages")),
        ("tag", |job| job.notify("tag", "room-7")),
        ("click", |job| job.notify("click", json!({ "action": "url", "url": "https://chat.example/r/7" }))),
        ("click", |job| job.notify("click", json!({ "action": "activity", "activity": "com.example.Room" }))),
        ("click", |job| job.notify("click", json!({ "action": "intent", "intent": "intent://r/7#Intent;end" }))),
        ("badge", |job| job.badge(json!({ "set": 3 }))),
        ("badge", |job| job.badge(json!({ "add": 1 }))),
        ("silent", JobBuilder::silent),
        ("test", JobBuilder::test),
        ("title", |job| job.notify("title", "").sender("u1", "Han Meimei")),
    ]
}

/// A field is sent, or reported, or the job is refused for it; it is never passed over.
fn not_ignored(drive: &Drive<'_>, field: &str, change: Change) -> Result<(), String> {
    let job = change(plain(drive, "chat.direct")).build();
    let Ok(ready) = drive.ready(job) else { return Ok(()) };
    let reported = ready.fitted.dropped.iter().chain(&ready.fitted.changed).collect::<Vec<_>>();
    let stranger = reported.iter().find(|name| !FIELDS.contains(&name.as_str()));
    ensure(stranger.is_none(), || format!("{stranger:?} is no name of a field: {FIELDS:?}"))?;
    let told = reported.iter().any(|name| *name == field);
    let before = drive.ready(plain(drive, "chat.direct").build()).map_err(|refusal| refusal.to_string())?;
    let prints = |ready| -> Result<String, String> {
        let mut text = String::new();
        for batch in drive.batches(ready) {
            text.push_str(&drive.print(&drive.calls(&batch, CREATED_AT)?));
        }
        Ok(text)
    };
    if field == "silent" && (drive.sample.muted)(&before.class) {
        return Ok(());
    }
    let sent = prints(&ready)? != prints(&before)?;
    ensure(sent || told, || "is neither sent nor reported as dropped".to_owned())
}

fn data_arrives(drive: &Drive<'_>, job: &JobBuilder) -> Result<(), String> {
    let ready = match drive.ready(job.build()) {
        Ok(ready) => ready,
        // A vendor without transparent messages says so.
        Err(refusal) if refusal.outcome == Outcome::Unsupported => return Ok(()),
        Err(refusal) => return Err(refusal.to_string()),
    };
    for batch in drive.batches(&ready) {
        let calls = drive.calls(&batch, CREATED_AT)?;
        let bodies: Vec<String> =
            calls.iter().map(|call| String::from_utf8_lossy(call.request.body()).into_owned()).collect();
        let found = bodies.iter().any(|body| carries(&Value::from(body.as_str()), drive.sample.ext, DATA));
        ensure(found, || format!("the data is not in the call, byte for byte, under {}", drive.sample.ext))?;
    }
    Ok(())
}

/// Whether the text stands under the key, in JSON, in JSON inside a text, or in a form.
fn carries(value: &Value, key: &str, text: &str) -> bool {
    match value {
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| (name == key && value == text) || carries(value, key, text))
        }
        Value::Array(items) => items.iter().any(|item| carries(item, key, text)),
        Value::String(inner) => match serde_json::from_str::<Value>(inner) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => carries(&value, key, text),
            Ok(_) => false,
            Err(_) => crate::form::fields(inner).any(|(name, value)| {
                (name == key && value == text) || (value != *inner && carries(&Value::from(value), key, text))
            }),
        },
        _ => false,
    }
}
