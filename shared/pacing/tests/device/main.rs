//! Counts of devices: the script against the counts in memory on a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod script;
