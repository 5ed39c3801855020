#![doc = include_str!("../README.md")]

mod admin;
pub mod app;
pub mod blocks;
pub mod broker;
pub mod claims;
mod cli;
pub mod credentials;
mod explain;
pub mod lists;
pub mod metrics;
pub mod pace;
pub mod pipeline;
pub mod probe;
mod queues;
pub mod quota;
mod quota_query;
mod renewal;
mod run;
pub mod settings;
pub mod settle;
pub mod transport;

use std::{process::ExitCode, sync::Arc};

use push_contract::Vendor;

use crate::probe::{Inert, Probe};

/// Runs a worker for one vendor until it is told to stop, or answers one question about it. Reads the command line,
/// `PUSH_CONFIG` and `PUSH__*`.
///
/// Exit codes: 0 after an orderly stop, 64 for wrong settings or a wrong command line, 65 for a job that `--explain`
/// cannot read, 70 when something that never happens did.
#[must_use]
pub fn main(vendor: Box<dyn Vendor>) -> ExitCode {
    main_with_probe(vendor, Arc::new(Inert))
}

/// Like [`main()`], with a probe that is told of every step: for the tests' own worker.
#[must_use]
pub fn main_with_probe(vendor: Box<dyn Vendor>, probe: Arc<dyn Probe>) -> ExitCode {
    cli::run(vendor, probe)
}

/// Every job is a handful of short-lived allocations, some large and most of them freed by another thread than theirs:
/// with the system's allocator they took a quarter of a worker's time. `.cargo/config.toml` keeps it small.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
