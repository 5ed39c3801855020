//! Parcel is put to the contract, and the suite itself to vendors that break it.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod planted;
mod sample;

use push_testkit::{conformance, parcel::Parcel};

#[test]
fn parcel_keeps_the_contract() {
    conformance::run(&Parcel, sample::sample());
}
