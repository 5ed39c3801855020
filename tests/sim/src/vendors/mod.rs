//! The vendors, each from its own sheet, each a folder with a type of its name.

use std::sync::Arc;

use crate::simulator::{Answer, Effect, Opened, Ruling, Simulator};

// Every folder here, and `all()`: written by build.rs.
include!(concat!(env!("OUT_DIR"), "/vendors.rs"));

/// A refusal by code, with its reason for the developer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    code: &'static str,
    why: String,
}

impl Refusal {
    fn new(code: &'static str, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }
}

/// A call to an address or with a method that the vendor does not have.
fn stray(status: u16, why: &'static str) -> Opened {
    let judge = move |_| Ruling::refused(Answer::empty(status), format!("http-{status}"), why);
    Opened { app: None, api: "none", effect: Effect::Prepare, aims: Vec::new(), judge: Box::new(judge) }
}
