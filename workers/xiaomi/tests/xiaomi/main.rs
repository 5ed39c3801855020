//! The Xiaomi worker against the vendor's sheet. Section numbers are those of the sheet that README.md names.
#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod answers;
mod classes;
mod fit;
mod quota;
mod samples;
mod settings;
mod simulated;
mod support;
mod vendor;
