//! Whatever the vendor, or a proxy in front of it, answers: as many verdicts as targets, and nobody declared dead or
//! served by an answer that nobody can read.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use push_contract::{Action, Answer, Authentication, Next, Verdict};
use serde_json::Value;

use super::{
    drive::{Drive, auth_action, settled},
    report::{Report, ensure},
    sample::{Asked, answer, with_header},
};
use crate::jobs::CREATED_AT;

/// The wait in `Retry-After` of the suite's answers.
const WAIT: Duration = Duration::from_secs(7);

pub(super) fn check(report: &mut Report, variant: &str, drive: &Drive<'_>, seen: &mut BTreeSet<&'static str>) {
    let Some(batch) = report.get(&format!("{variant}: a batch to answer"), || drive.small_batch()) else { return };
    let mut calls = Vec::new();
    report.check(&format!("{variant}: a taken batch"), || {
        calls = drive.calls(&batch, CREATED_AT)?;
        Ok(())
    });
    for call in &calls {
        let asked = Asked { batch: &batch, call };
        let place = format!("{variant}: {}", call.api);
        codes(report, &place, drive, &asked, seen);
        for (name, answer) in garbage(drive, &asked) {
            report.check(&format!("{place}: {name}"), || unread(drive, &asked, &answer));
        }
        for (name, answer) in (drive.sample.odd)(&asked) {
            report.check(&format!("{place}: {name}"), || read(drive, &asked, &answer).map(drop));
        }
        report.check(&format!("{place}: taken, with any value of another type"), || {
            mangled(&drive.said(call, &batch)).iter().try_for_each(|answer| read(drive, &asked, answer).map(drop))
        });
    }
    if let Authentication::Endpoint(call) = drive.app.authentication("", CREATED_AT) {
        credential(report, &format!("{variant}: token endpoint"), drive, &Asked { batch: &batch, call: &call }, seen);
    }
}

/// Every code of the sample's table that this call can give.
fn codes(report: &mut Report, place: &str, drive: &Drive<'_>, asked: &Asked<'_>, seen: &mut BTreeSet<&'static str>) {
    for (code, action, reason) in &drive.sample.codes {
        let Some(answer) = (drive.sample.answer)(asked, code) else { continue };
        report.check(&format!("{place}: code {code}"), || {
            seen.insert(code);
            let next = drive.decode(asked.batch, asked.call, &answer);
            match next {
                Next::Singly => {
                    ensure(*action == "singly", || "is sent singly".to_owned())?;
                    return settled(asked.batch, next).map(drop);
                }
                Next::Call(_) if *action == Action::Accepted.as_str() => return Ok(()),
                _ => {}
            }
            let verdicts = settled(asked.batch, next)?;
            let met = verdicts.iter().find(|verdict| verdict.code.as_deref() == Some(*code));
            let met = met.ok_or_else(|| format!("no verdict carries the code: {verdicts:?}"))?;
            ensure(met.action.as_str() == *action && met.reason == *reason, || format!("the verdict is {met:?}"))
        });
        report.check(&format!("{place}: code {code}, with any value of another type"), || {
            mangled(&answer).iter().try_for_each(|answer| read(drive, asked, answer).map(drop))
        });
    }
}

/// The verdicts of an answer; a further call counts as one each.
fn read(drive: &Drive<'_>, asked: &Asked<'_>, answer: &Answer) -> Result<Vec<Verdict>, String> {
    match drive.decode(asked.batch, asked.call, answer) {
        Next::Call(_) => Ok(Vec::new()),
        next => settled(asked.batch, next),
    }
}

/// An answer that says nothing must not accept, and must not bury a token.
fn unread(drive: &Drive<'_>, asked: &Asked<'_>, answer: &Answer) -> Result<(), String> {
    let next = drive.decode(asked.batch, asked.call, answer);
    let verdicts = settled(asked.batch, next)?;
    for verdict in &verdicts {
        let fits = match verdict.action {
            Action::Accepted => drive.sample.status_tells && answer.status == 200,
            Action::DeviceGone { .. } => false,
            Action::SlowDown { until } => {
                let obeyed = until.is_some_and(|until| until >= answer.at.plus(WAIT));
                obeyed || !says_when(answer)
            }
            Action::Refused => answer.status != 429 && answer.status < 500,
            _ => answer.status != 429,
        };
        ensure(fits, || format!("HTTP {} is no {verdict:?}", answer.status))?;
    }
    Ok(())
}

/// Whether `Retry-After` can be obeyed: nonsense must only do no harm.
fn says_when(answer: &Answer) -> bool {
    let wait = answer.headers.get("retry-after").and_then(|value| value.to_str().ok());
    wait.is_some_and(|wait| wait.parse::<u32>().is_ok())
}

fn credential(
    report: &mut Report,
    place: &str,
    drive: &Drive<'_>,
    asked: &Asked<'_>,
    seen: &mut BTreeSet<&'static str>,
) {
    for (code, action, _) in &drive.sample.codes {
        let Some(answer) = (drive.sample.answer)(asked, code) else { continue };
        report.check(&format!("{place}: code {code}"), || {
            seen.insert(code);
            let Err(refusal) = drive.app.read_credential(&answer) else {
                return Err("is read as a token".to_owned());
            };
            ensure(auth_action(&refusal) == *action, || format!("is {refusal:?}"))?;
            drive.hides("the refusal", &format!("{refusal:?}"))
        });
    }
    for (name, answer) in garbage(drive, asked) {
        report.check(&format!("{place}: {name}"), || {
            ensure(drive.app.read_credential(&answer).is_err(), || "is read as a token".to_owned())
        });
    }
    report.check(&format!("{place}: granted, with any value of another type"), || {
        for answer in mangled(&drive.said(asked.call, asked.batch)) {
            if let Err(refusal) = drive.app.read_credential(&answer) {
                drive.hides("the refusal", &format!("{refusal:?}"))?;
            }
        }
        Ok(())
    });
}

/// Answers that are none of the vendor's.
fn garbage(drive: &Drive<'_>, asked: &Asked<'_>) -> Vec<(String, Answer)> {
    let html = "<html><body><h1>Bad gateway</h1></body></html>";
    let mut answers: Vec<(String, Answer)> = [
        ("an empty body", String::new()),
        ("no JSON", "upstream connect error".to_owned()),
        ("HTML", html.to_owned()),
        ("an empty object", "{}".to_owned()),
        ("null", "null".to_owned()),
        ("a list", "[]".to_owned()),
        ("a number", "0".to_owned()),
        ("a text", "\"ok\"".to_owned()),
        ("10,000 open lists", "[".repeat(10_000)),
        ("10,000 open objects", "{\"a\":".repeat(10_000)),
    ]
    .into_iter()
    .map(|(name, body)| (name.to_owned(), answer(200, body)))
    .collect();
    answers.push(("no UTF-8".to_owned(), Answer { body: Bytes::from_static(b"{\"\xff\xfe\":0}"), ..answer(200, "") }));
    let taken = drive.said(asked.call, asked.batch);
    let length = taken.body.len();
    let mut cuts: Vec<usize> = (1..8).map(|part| length * part / 8).chain(length.checked_sub(1)).collect();
    cuts.dedup();
    // A prefix that is JSON by itself (of a vendor whose answer is empty, say) is no truncated answer.
    for cut in cuts {
        let body = taken.body.slice(..cut);
        if serde_json::from_slice::<Value>(&body).is_err() {
            answers.push((format!("taken, cut after {cut} bytes"), Answer { body, ..taken.clone() }));
        }
    }
    for status in [301, 404, 429, 500, 503] {
        for body in ["", html] {
            let shape = if body.is_empty() { "empty" } else { "HTML" };
            let plain = answer(status, body);
            answers.push((format!("{status}, {shape}, Retry-After"), with_header(plain.clone(), "retry-after", "7")));
            answers.push((
                format!("{status}, {shape}, Retry-After nonsense"),
                with_header(plain.clone(), "retry-after", "soon"),
            ));
            answers.push((format!("{status}, {shape}"), plain));
        }
    }
    answers
}

/// The answer with every value in turn replaced by one of another type. Answers that are no JSON stay out.
fn mangled(answer: &Answer) -> Vec<Answer> {
    let Ok(whole) = serde_json::from_slice::<Value>(&answer.body) else { return Vec::new() };
    let mut paths = Vec::new();
    collect_paths(&whole, String::new(), &mut paths);
    let mut answers = Vec::new();
    for path in paths {
        for other in [
            Value::Null,
            Value::Bool(true),
            (-1).into(),
            1e300.into(),
            "x".into(),
            Value::Array(vec![]),
            Value::Object(serde_json::Map::new()),
        ] {
            let mut changed = whole.clone();
            if let Some(place) = changed.pointer_mut(&path) {
                *place = other;
                answers.push(Answer { body: Bytes::from(changed.to_string()), ..answer.clone() });
            }
        }
    }
    answers
}

fn collect_paths(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                collect_paths(value, format!("{path}/{name}"), paths);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                collect_paths(value, format!("{path}/{n}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}
