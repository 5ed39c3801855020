//! What is made from the worker's own tables is up to date, and says what the worker does.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

#[path = "../../examples/docs/metrics.rs"]
mod metrics;
#[path = "../../examples/docs/settings.rs"]
mod settings;

mod settings_file;
mod up_to_date;
