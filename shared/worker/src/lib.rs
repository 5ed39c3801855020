//! The process around a vendor.

pub mod claims;
pub mod settings;

use std::process::ExitCode;

use push_contract::Vendor;

/// Runs a worker for one vendor until it is told to stop.
#[must_use]
pub fn main(vendor: Box<dyn Vendor>) -> ExitCode {
    drop(vendor);
    ExitCode::FAILURE
}
