//! What goes wrong at the vendors while the demo runs.

use serde_json::{Value, json};

use crate::{Result, Sim, Vendor};

/// One trouble: what people are told, when, and what the simulator does.
struct Step {
    at_percent: usize,
    what: &'static str,
    path: &'static str,
    body: fn(&str) -> Value,
}

const STEPS: [Step; 5] = [
    Step {
        at_percent: 8,
        what: "15 calls are answered with 503",
        path: "/control/faults",
        body: |vendor| json!({ "vendor": vendor, "count": 15, "fault": { "do": "status", "status": 503 } }),
    },
    Step {
        at_percent: 22,
        what: "6 calls are taken, and the connection is reset before the answer",
        path: "/control/faults",
        body: |vendor| json!({ "vendor": vendor, "count": 6, "fault": { "do": "reset_after" } }),
    },
    Step {
        at_percent: 38,
        what: "the tokens of app chat expire",
        path: "/control/expire",
        body: |vendor| json!({ "vendor": vendor, "app": "chat" }),
    },
    Step {
        at_percent: 52,
        what: "100 answers come 400 ms late",
        path: "/control/faults",
        body: |vendor| json!({ "vendor": vendor, "count": 100, "fault": { "do": "delay", "ms": 400 } }),
    },
    Step {
        at_percent: 68,
        what: "10 connections are reset before the call is taken",
        path: "/control/faults",
        body: |vendor| json!({ "vendor": vendor, "count": 10, "fault": { "do": "reset_before" } }),
    },
];

/// The script and how far it is.
#[derive(Debug, Default)]
pub(super) struct Script {
    next: usize,
}

impl Script {
    /// Makes what is due at `percent` of the work, and says what.
    ///
    /// # Errors
    /// If the simulator refuses.
    pub(super) async fn advance(&mut self, percent: usize, sim: &Sim, vendors: &[Vendor]) -> Result<Vec<&'static str>> {
        let mut made = Vec::new();
        while let Some(step) = STEPS.get(self.next).filter(|step| percent >= step.at_percent) {
            for vendor in vendors {
                sim.post(step.path, &(step.body)(&vendor.name)).await?;
            }
            made.push(step.what);
            self.next += 1;
        }
        Ok(made)
    }
}
