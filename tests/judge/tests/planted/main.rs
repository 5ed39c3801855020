//! Plants every fault and every excuse into small logs, and wants exactly the verdict that belongs to it.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod logs;
mod pushes;
mod receipts;
