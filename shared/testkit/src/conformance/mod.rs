//! The contract of the seam, put to a vendor in one call.
//!
//! A vendor's `tests/conformance.rs` fills a [`Sample`] from its sheet and calls [`run`]. The suite opens the vendor with
//! every variant of the settings, sends every kind of job through class, fit, encode and decode, and answers with
//! everything that a vendor, or a proxy in front of it, may say. A panic is a fault that names the check.

mod answers;
mod drive;
mod fields;
mod limits;
mod profile;
mod report;
mod sample;

use std::collections::BTreeSet;

use push_contract::Vendor;
use serde_json::{Value, json};

use crate::settings;

pub use sample::{Asked, Sample, answer, with_header};

use drive::Drive;
use report::Report;

/// Runs the whole contract.
///
/// # Panics
/// When the vendor breaks it; the message lists every fault.
#[allow(clippy::needless_pass_by_value, reason = "a caller writes its sample in the call")]
pub fn run(vendor: &dyn Vendor, sample: Sample) {
    let mut report = Report::default();
    let name = vendor.profile().name;
    profile::check(&mut report, vendor);
    let Some(full) = report.get("defaults", || settings::with_defaults(vendor, &sample.settings)) else {
        return report.close(name);
    };
    profile::settings(&mut report, vendor, &sample, &full);

    let (hosts, bases) = overridden_hosts(&sample);
    let secrets = secrets(vendor, &full);
    let mut seen = BTreeSet::new();
    let plain = ("as given", json!({}));
    for (variant, over) in std::iter::once(&plain).chain(&sample.variants) {
        let settings = settings::overlaid(settings::overlaid(full.clone(), over), &hosts);
        let app = report
            .get(&format!("{variant}: open"), || vendor.open("chat", &settings).map_err(|error| error.to_string()));
        let Some(app) = app else { continue };
        let drive =
            report.get(&format!("{variant}: authenticate"), || Drive::new(app.as_ref(), &sample, &secrets, &bases));
        let Some(drive) = drive else { continue };
        fields::check(&mut report, variant, vendor, &drive);
        limits::check(&mut report, variant, vendor, &drive);
        answers::check(&mut report, variant, &drive, &mut seen);
    }
    profile::codes(&mut report, vendor, &sample, &seen);
    report.close(name);
}

/// Settings that send every host elsewhere, and where that is.
fn overridden_hosts(sample: &Sample) -> (Value, Vec<String>) {
    let mut over = json!({});
    let mut bases = Vec::new();
    for (n, key) in sample.hosts.iter().enumerate() {
        let base = format!("http://127.0.0.1:{}", 40001 + n);
        over[*key] = base.as_str().into();
        bases.push(format!("{base}/"));
    }
    (over, bases)
}

/// The secrets of the sample: texts too short to be told from chance are left out.
fn secrets(vendor: &dyn Vendor, settings: &Value) -> Vec<String> {
    let values = vendor.profile().secrets.iter().filter_map(|key| settings.get(*key)?.as_str());
    values.filter(|text| text.len() >= 4).map(str::to_owned).collect()
}
