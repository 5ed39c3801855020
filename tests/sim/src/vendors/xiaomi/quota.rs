//! The quota query (section 4.4). What it tells is unconfirmed: here the total of public messages, as answers to
//! messages tell it.

use std::sync::Arc;

use http::Method;
use serde_json::{Map, json};

use super::apps::Class;
use super::{Xiaomi, answers};
use crate::simulator::{Ask, Effect, Opened, Ruling};
use crate::vendors::Refusal;

/// At most once in a second.
const CALLS: usize = 1;
const SECOND_MS: u64 = 1000;

pub(super) fn open(xiaomi: Arc<Xiaomi>, ask: &Ask) -> Opened {
    let admitted = match ask.method {
        Method::GET => xiaomi.admit(ask),
        _ => Err(Refusal::new(answers::METHOD, "only GET")),
    };
    let app = admitted.as_ref().ok().map(|app| app.name.clone());
    let judge = move |now| {
        let ruling = admitted.and_then(|app| {
            // Xiaomi issues no credentials: what the desk counts here is these calls.
            if !xiaomi.desk.may_issue(&app.name, CALLS, SECOND_MS, now) {
                return Err(Refusal::new(answers::TOO_FAST, "asked twice within a second"));
            }
            let mut data = Map::new();
            if let Some((quota, acked)) = app.day(Class::Public) {
                data.insert("day_quota".to_owned(), json!(quota.to_string()));
                data.insert("day_acked".to_owned(), json!(acked.to_string()));
            }
            Ok(Ruling::done(answers::told(&data, "", xiaomi.next()), answers::TAKEN))
        });
        ruling.unwrap_or_else(|refusal| xiaomi.refused(refusal))
    };
    Opened { app, api: "quota", effect: Effect::Prepare, aims: Vec::new(), judge: Box::new(judge) }
}
