//! The worker of Parcel, the made-up vendor: an ordinary worker that can be ended or stopped right after a step of one
//! job. `PUSH_PROBE=STEP:ACTION[:JOB]`, with ACTION `abort` (as by SIGKILL) or `stop` (SIGSTOP to itself), strikes once,
//! the first time that a job whose id begins with JOB (any job, without) has done STEP.

use std::{
    process::{Command, ExitCode},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use push_testkit::parcel::Parcel;
use push_worker::probe::{Inert, Probe, Step};

#[derive(Clone, Copy)]
enum Deed {
    Abort,
    Stop,
}

struct Strike {
    step: Step,
    deed: Deed,
    job: String,
    done: AtomicBool,
}

impl Probe for Strike {
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

fn probe() -> Option<Arc<dyn Probe>> {
    let Ok(text) = std::env::var("PUSH_PROBE") else { return Some(Arc::new(Inert)) };
    let mut words = text.splitn(3, ':');
    let step = words.next().and_then(|name| Step::ALL.into_iter().find(|step| step.as_str() == name))?;
    let deed = match words.next()? {
        "abort" => Deed::Abort,
        "stop" => Deed::Stop,
        _ => return None,
    };
    let job = words.next().unwrap_or_default().to_owned();
    Some(Arc::new(Strike { step, deed, job, done: AtomicBool::new(false) }))
}

fn main() -> ExitCode {
    match probe() {
        Some(probe) => push_worker::main_with_probe(Box::new(Parcel), probe),
        None => {
            eprintln!("PUSH_PROBE must be STEP:ACTION[:JOB], ACTION abort or stop");
            ExitCode::from(64)
        }
    }
}
