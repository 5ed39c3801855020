//! The rate of a fleet: the script against the arithmetic on a real Redis, and the bound with many simulated replicas.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod fleet;
mod script;
