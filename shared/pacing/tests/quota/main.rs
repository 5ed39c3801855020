//! The daily quota of a fleet: the script against the arithmetic on a real Redis, and the bound with many simulated
//! processes.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod fleet;
mod script;
