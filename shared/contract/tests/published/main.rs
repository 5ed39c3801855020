//! What stands in `schemas/` is true: of the types, of each other, and for any job.
#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod agreement;
#[path = "../../examples/schemas/definitions.rs"]
mod definitions;
mod examples;
mod folder;
mod slips;
mod topology;
