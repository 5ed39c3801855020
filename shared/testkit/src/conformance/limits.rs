//! Sizes: one target and all of them, long texts, data at the limit and past it, the ends of time.

use push_contract::{Job, Outcome, Reason, Timestamp, Vendor};
use serde_json::json;

use super::{
    drive::{Drive, Ready},
    report::{Report, ensure},
};
use crate::jobs::{CREATED_AT, JobBuilder, job};
use push_contract::{Batch, MAX_TARGETS};

/// More data than any vendor takes.
const HUGE: usize = 100 * 1024;

pub(super) fn check(report: &mut Report, variant: &str, vendor: &dyn Vendor, drive: &Drive<'_>) {
    let limits = drive.app.call_limits();
    report.check(&format!("{variant}: call limits"), || {
        ensure((1..=MAX_TARGETS).contains(&limits.targets) && (1..=MAX_TARGETS).contains(&limits.jobs), || {
            format!("{limits:?}: each from 1 to {MAX_TARGETS}")
        })
    });
    report.check(&format!("{variant}: rate"), || {
        ensure(drive.app.rate().per_second > 0, || "never zero: it would mean unlimited or nothing".to_owned())
    });
    report.check(&format!("{variant}: rates of single interfaces"), || {
        let mut apis: Vec<_> = drive.app.api_rates();
        apis.sort_unstable();
        let good = apis.iter().all(|(api, per_second)| !api.is_empty() && *per_second > 0);
        let single = apis.windows(2).all(|pair| pair[0].0 != pair[1].0);
        ensure(good && single, || format!("{apis:?}: each interface once, and never zero"))
    });
    for name in vendor.profile().token_types {
        for count in [1, limits.targets] {
            report.check(&format!("{variant}: {count} targets of type {name}"), || {
                let tokens: Vec<String> = (0..count).map(|n| (drive.sample.token)(name, n)).collect();
                let job = text(job("chat.direct").tokens(&tokens).token_type(name).badge(json!({ "set": 7 })));
                goes_out(drive, &job.build(), Some(&tokens))
            });
        }
    }
    report.check(&format!("{variant}: gathered jobs"), || gathered(drive, limits.jobs.min(limits.targets)));
    for (name, long) in long_texts() {
        report.check(&format!("{variant}: long {name}"), || {
            let job = job("chat.direct").tokens([(drive.sample.token)("", 0)]).title(&long).body(&long);
            goes_out(drive, &job.build(), None)
        });
    }
    report.check(&format!("{variant}: data too large"), || match drive.ready(with_data(drive, HUGE)) {
        Err(refusal) if (refusal.reason, refusal.outcome) == (Reason::PayloadTooLarge, Outcome::Rejected) => Ok(()),
        Err(refusal) => Err(format!("refused otherwise: {refusal:?}")),
        Ok(_) => Err("must be refused as payload_too_large".to_owned()),
    });
    report.check(&format!("{variant}: data at the limit"), || {
        let (mut fits, mut too_large) = (0, HUGE);
        while too_large - fits > 1 {
            let middle = fits.midpoint(too_large);
            if drive.ready(with_data(drive, middle)).is_ok() {
                fits = middle;
            } else {
                too_large = middle;
            }
        }
        goes_out(drive, &with_data(drive, fits), None)
    });
    for (name, now) in [
        ("past its time", CREATED_AT.plus(std::time::Duration::from_secs(30 * 24 * 3600))),
        ("at the beginning of time", Timestamp::from_millis(0)),
    ] {
        report.check(&format!("{variant}: encoded {name}"), || {
            for batch in drive.batches(&fitted(drive, with_data(drive, 1))?) {
                let call =
                    drive.app.encode(&batch, drive.token.as_ref(), now).map_err(|refusal| refusal.to_string())?;
                (drive.sample.check)(&call, &batch)?;
            }
            Ok(())
        });
    }
}

/// The job is refused, or goes out in calls within the vendor's limits that hold every token.
fn goes_out(drive: &Drive<'_>, job: &Job, tokens: Option<&[String]>) -> Result<(), String> {
    let ready = match drive.ready(job.clone()) {
        Ok(ready) => ready,
        Err(refusal) if tokens.is_none() => {
            return ensure(refusal.outcome == Outcome::Rejected, || format!("refused otherwise: {refusal:?}"));
        }
        Err(refusal) => return Err(format!("a plain message is refused: {refusal}")),
    };
    let mut sent = String::new();
    for batch in drive.batches(&ready) {
        sent.push_str(&drive.print(&drive.calls(&batch, CREATED_AT)?));
    }
    let left_out = tokens.unwrap_or_default().iter().position(|token| !sent.contains(token.as_str()));
    ensure(left_out.is_none(), || format!("target {left_out:?} is in no call"))
}

/// Jobs with one key share a call; each of them is in it.
fn gathered(drive: &Drive<'_>, count: usize) -> Result<(), String> {
    let mut pushes = Vec::with_capacity(count);
    let mut tokens = Vec::with_capacity(count);
    for n in 0..count {
        let token = (drive.sample.token)("", n);
        let job = text(job("chat.direct").id(&format!("job-{n}")).tokens([&token])).build();
        let ready = fitted(drive, job)?;
        if count > 1 && drive.app.gather_key(&ready.job, &ready.class).is_none() {
            return Err("call limits speak of several jobs, and a plain message has no gather key".to_owned());
        }
        pushes.push(drive.push(&ready, vec![0]));
        tokens.push(token);
    }
    let sent = drive.print(&drive.calls(&Batch { pushes }, CREATED_AT)?);
    let left_out = tokens.iter().position(|token| !sent.contains(token));
    ensure(left_out.is_none(), || format!("job {left_out:?} is not in the call"))
}

fn fitted(drive: &Drive<'_>, job: Job) -> Result<Ready, String> {
    drive.ready(job).map_err(|refusal| format!("a plain message is refused: {refusal}"))
}

fn text(job: JobBuilder) -> JobBuilder {
    job.title("Li Lei").body("See you at eight")
}

fn with_data(drive: &Drive<'_>, bytes: usize) -> Job {
    let data = format!(r#"{{"x":"{}"}}"#, "x".repeat(bytes));
    text(job("chat.direct").tokens([(drive.sample.token)("", 0)])).data(&data).build()
}

/// Texts that are hard to cut.
fn long_texts() -> Vec<(&'static str, String)> {
    vec![
        ("Latin", "x".repeat(5000)),
        ("Chinese", "见字如面".repeat(1000)),
        ("families", "👨‍👩‍👧‍👦".repeat(500)),
        ("one endless grapheme", format!("e{}", "\u{301}".repeat(5000))),
        ("right to left", "שלום عليكم ".repeat(400)),
        ("quotes and breaks", "\"\\\n\r\t\u{0}\u{7f}".repeat(700)),
        ("empty", String::new()),
    ]
}
