//! The vendors, each from its own sheet.

mod apns;
mod fcm;
mod honor;
mod huawei;
mod meizu;
mod oppo;
mod parcel;
mod vivo;
mod xiaomi;

use std::sync::Arc;

pub use apns::Apns;
pub use fcm::Fcm;
pub use honor::Honor;
pub use huawei::Huawei;
pub use meizu::Meizu;
pub use oppo::Oppo;
pub use parcel::Parcel;
pub use vivo::Vivo;
pub use xiaomi::Xiaomi;

use crate::simulator::{Answer, Effect, Opened, Ruling, Simulator};

/// Every vendor that push-sim plays: the one list.
pub fn all() -> Vec<Arc<dyn Simulator>> {
    vec![
        Arc::new(Apns::default()),
        Arc::new(Fcm::default()),
        Arc::new(Honor::default()),
        Arc::new(Huawei::default()),
        Arc::new(Meizu::default()),
        Arc::new(Oppo::default()),
        Arc::new(Parcel::default()),
        Arc::new(Vivo::default()),
        Arc::new(Xiaomi::default()),
    ]
}

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
