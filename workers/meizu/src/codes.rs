//! Meizu's codes (section 8). Some stand at the head of an answer, some in its map, 110010 in both with two meanings.

use push_contract::{
    Reason,
    kit::codes::{Codes, Meaning},
};

/// Processed; the map says who was not accepted.
pub(crate) const SUCCESS: &str = "200";
/// To be repeated at another address.
pub(crate) const MOVED: &str = "300";
/// Transparent messages over their limit, or discontinued.
pub(crate) const TRANSPARENT_SPENT: &str = "110053";

/// What a code means at the head of an answer, and what in its map; `None`: it does not stand there.
type Meanings = (Option<Meaning>, Option<Meaning>);

const UNREGISTERED: Option<Meaning> = Some(Meaning::gone(Reason::TokenUnregistered));
const MALFORMED: Option<Meaning> = Some(Meaning::gone(Reason::TokenMalformed));
const SWITCHED_OFF: Option<Meaning> = Some(Meaning::gone(Reason::TokenSwitchedOff));

#[rustfmt::skip]
const TABLE: Codes<Meanings> = Codes(&[
    (&[SUCCESS], (Some(Meaning::ACCEPTED), Some(Meaning::ACCEPTED))),
    // A redirect that leads nowhere, or twice; "other error", "system error", and unknown.
    (&[MOVED, "500", "1001", "-1"], (Some(Meaning::UNAVAILABLE), None)),
    (&["1003"], (Some(Meaning::SLOW), None)), // server busy
    // A parameter is wrong or empty; the taskId.
    (&["1005", "110004", "110032"], (Some(Meaning::BAD_REQUEST), None)),
    // The signature, appId, appKey, appSecret.
    (&["1006", "110000", "110001", "110033"], (Some(Meaning::CREDENTIAL), None)),
    (&["110002"], (UNREGISTERED, UNREGISTERED)),
    (&["110003"], (MALFORMED, MALFORMED)),
    (&["110005"], (None, Some(Meaning::BAD_REQUEST))), // an alias; none is sent
    (&["110009", "110031"], (Some(Meaning::APP), None)), // black-listed; packageName
    // At the head: too fast. In the map: the user switched the app's messages off.
    (&["110010"], (Some(Meaning::SLOW), SWITCHED_OFF)),
    // Public messages of the day; more than 5 messages within a minute, which the phone folds.
    (&["110011", "520"], (None, Some(Meaning::CAPPED))),
    (&["110019", "110051", TRANSPARENT_SPENT], (Some(Meaning::SPENT), None)), // the period of the second is not stated
    // No permission: the token is fine, and one device must not stop the app.
    (&["201"], (None, Some(Meaning::CLASS_RIGHT))),
    (&["501", "513", "519"], (None, Some(Meaning::UNAVAILABLE))),
    (&["518"], (None, Some(Meaning::SLOW))), // faster than the configured rate
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// What a code at the head of an answer means for every target.
pub(crate) fn of_call(code: &str) -> Meaning {
    at_head(code).unwrap_or(Meaning::refused(Reason::UnlistedCode))
}

/// What a code in the map means for its targets. An unlisted one is tried again before it is final.
pub(crate) fn of_target(code: &str) -> Meaning {
    TABLE.find(code).and_then(|(_, meaning)| meaning).unwrap_or(Meaning::UNLISTED)
}

/// Whether the code is one that Meizu refuses a call by.
pub(crate) fn refuses(code: &str) -> bool {
    code != SUCCESS && at_head(code).is_some()
}

fn at_head(code: &str) -> Option<Meaning> {
    TABLE.find(code).and_then(|(meaning, _)| meaning)
}
