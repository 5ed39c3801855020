//! APNs' rules, one wrong thing at a time (sheet `apns.md`, sections 2 to 8).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod draft;
mod provider;
mod rules;
#[path = "../support/mod.rs"]
mod support;
