//! The worker of Parcel, the made-up vendor: an ordinary worker that can be ended or stopped right after a step of one
//! job. `PUSH_PROBE=STEP:ACTION[:JOB]`, with ACTION `abort` (as by SIGKILL) or `stop` (SIGSTOP to itself), strikes once,
//! the first time that a job whose id begins with JOB (any job, without) has done STEP.
//!
//! `PUSH_LATER=wider|other` makes it a later version: `wider` adds a header to copies and a field to records, which the
//! present version is to pass over; `other` writes both in a form that the present version cannot read.
//!
//! `PUSH_DELIVERIES=FILE` has it write the id of every delivered job to the end of FILE, a line each: the broker forgets
//! its count with every copy. Several workers may share the file.

use std::{
    fs::File,
    io::Write,
    process::{Command, ExitCode},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use push_testkit::parcel::Parcel;
use push_worker::probe::{Later, Probe, Step};

#[derive(Clone, Copy)]
enum Deed {
    Abort,
    Stop,
}

/// What stands before a record in its other form.
const OTHER: &str = "later:";

const WIDER: Later = Later {
    version: 1,
    header: "x-push-later",
    write: |record| record.replacen('{', r#"{"later":{"is":["new"]},"#, 1),
    read: str::to_owned,
};

const ELSE: Later = Later {
    version: 2,
    header: "x-push-later",
    write: |record| format!("{OTHER}{record}"),
    read: |record| record.strip_prefix(OTHER).unwrap_or(record).to_owned(),
};

struct Test {
    strike: Option<Strike>,
    later: Option<Later>,
    deliveries: Option<File>,
}

struct Strike {
    step: Step,
    deed: Deed,
    job: String,
    done: AtomicBool,
}

impl Probe for Test {
    fn passed(&self, step: Step, job: &str) {
        if step == Step::Received
            && let Some(mut deliveries) = self.deliveries.as_ref()
            // One write, so that lines of several workers do not mix.
            && deliveries.write_all(format!("{job}\n").as_bytes()).is_err()
        {
            // A test that counts deliveries must not count too few.
            std::process::abort();
        }
        if let Some(strike) = &self.strike {
            strike.passed(step, job);
        }
    }

    fn later(&self) -> Option<Later> {
        self.later
    }
}

impl Strike {
    fn passed(&self, step: Step, job: &str) {
        if step != self.step || !job.starts_with(&self.job) || self.done.swap(true, Ordering::SeqCst) {
            return;
        }
        match self.deed {
            Deed::Abort => std::process::abort(),
            Deed::Stop => {
                // A signal to a process is taken by any of its threads, whenever that runs next. So the one who sends it
                // is waited for, and ends only when the whole process has stopped: this thread cannot run ahead.
                let script = "kill -STOP $0; until grep -q '^State:.T' /proc/$0/status; do :; done";
                let _ = Command::new("sh").args(["-c", script, &std::process::id().to_string()]).status();
            }
        }
    }
}

fn strike(text: &str) -> Option<Strike> {
    let mut words = text.splitn(3, ':');
    let step = words.next().and_then(|name| Step::ALL.into_iter().find(|step| step.as_str() == name))?;
    let deed = match words.next()? {
        "abort" => Deed::Abort,
        "stop" => Deed::Stop,
        _ => return None,
    };
    let job = words.next().unwrap_or_default().to_owned();
    Some(Strike { step, deed, job, done: AtomicBool::new(false) })
}

fn test() -> Result<Test, &'static str> {
    let wrong = "PUSH_PROBE must be STEP:ACTION[:JOB], ACTION abort or stop";
    let strike = std::env::var("PUSH_PROBE").ok().map(|text| strike(&text).ok_or(wrong)).transpose()?;
    let later = match std::env::var("PUSH_LATER").as_deref() {
        Err(_) => None,
        Ok("wider") => Some(WIDER),
        Ok("other") => Some(ELSE),
        Ok(_) => return Err("PUSH_LATER must be wider or other"),
    };
    let append = |path| File::options().append(true).create(true).open(path);
    let deliveries = std::env::var_os("PUSH_DELIVERIES").map(append).transpose();
    let deliveries = deliveries.map_err(|_| "PUSH_DELIVERIES must be a file that can be written to")?;
    Ok(Test { strike, later, deliveries })
}

fn main() -> ExitCode {
    match test() {
        Ok(test) => push_worker::main_with_probe(Box::new(Parcel), Arc::new(test)),
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::from(64)
        }
    }
}
