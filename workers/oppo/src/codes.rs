//! OPPO's codes (section 8).

use std::time::Duration;

use About::{Call, Message, Target};
use push_contract::{
    Answer, Reason, Timestamp, Verdict,
    kit::codes::{Codes, Meaning},
};

/// Taken.
pub(crate) const SUCCESS: &str = "0";
/// An illegal argument; a bad registration id, if the text says so.
const ARGUMENT: &str = "41";
/// No such data: a saved message that is not known.
pub(crate) const NO_DATA: &str = "31";
/// Data that is there already: the `app_message_id` of an earlier call.
pub(crate) const DUPLICATE: &str = "32";
/// A registration id, or an alias, that stands in the call twice.
pub(crate) const REPEATED: [&str; 2] = ["10004", "10005"];

/// Whose fault a code is when it stands at the head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The call's, the app's or OPPO's own: the same for every target.
    Call,
    /// Of something in a message: of several jobs in a call one may be guilty.
    Message,
    /// Of one target.
    Target,
}

const MALFORMED: Meaning = Meaning::gone(Reason::TokenMalformed);

#[rustfmt::skip]
const TABLE: Codes<(Meaning, About)> = Codes(&[
    (&[SUCCESS], (Meaning::ACCEPTED, Call)),
    (&["-1"], (Meaning::UNAVAILABLE, Call)),
    // Server flow control, the app's number of calls, their frequency.
    (&["-2", "13", "55"], (Meaning::SLOW, Call)),
    // Auth token illegal or expired, missing.
    (&["11", "29"], (Meaning::STALE, Call)),
    // HTTP method, interface method, version, encoding: our own fault.
    (&["12", "20", "21", "22", "23", "24", "25"], (Meaning::BAD_REQUEST, Call)),
    // AppKey, signature: invalid, missing.
    (&["14", "15", "16", "17"], (Meaning::CREDENTIAL, Call)),
    // Timestamp missing, wrong (the clock); our address on the blacklist; app disabled.
    (&["18", "19", "26", "28"], (Meaning::APP, Call)),
    // No right to this function, to push by API.
    (&["27", "30"], (Meaning::APP_RIGHT, Call)),
    // Picture quota, picture invalid; argument missing, illegal.
    (&[NO_DATA, "34", "51", "40", ARGUMENT], (Meaning::BAD_REQUEST, Message)),
    (&[DUPLICATE], (Meaning::ACCEPTED, Target)),
    (&["33"], (Meaning::SPENT, Call)),
    // Template missing, or its parameters. The token is fine (section 10, 16).
    (&["54"], (Meaning::CLASS, Message)),
    // Secondary click action; category or notify_level.
    (&["59", "67"], (Meaning::CLASS_RIGHT, Message)),
    // Illegal or unknown; not subscribed, or push switched off.
    (&["10000"], (MALFORMED, Target)),
    (&["10001"], (Meaning::gone(Reason::TokenUnregistered), Target)),
    // Aliases, of which none is sent.
    (&["10002", "10003"], (Meaning::BAD_REQUEST, Message)),
    // The first was taken.
    (&REPEATED, (Meaning::ACCEPTED, Target)),
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// When OPPO may be asked again after a code that says slower: in a second at least (section 7).
pub(crate) fn slow_until(answer: &Answer) -> Timestamp {
    answer.at.after_pause(answer.retry_after(), Duration::from_secs(1))
}

/// What a code means, and whose fault it is.
pub(crate) fn verdict(code: &str, text: &str, answer: &Answer) -> (Verdict, About) {
    // `registration_id`, `registrationId`, `Registration id`.
    let letters: String = text.chars().filter(char::is_ascii_alphabetic).collect();
    let (meaning, about) = match TABLE.find(code) {
        _ if code == ARGUMENT && letters.to_ascii_lowercase().contains("registrationid") => (MALFORMED, Target),
        Some(listed) => listed,
        // 500 to 599 are server errors, in no table; what else is unlisted is tried again before it counts as final.
        None if code.len() == 3 && code.starts_with('5') => (Meaning::UNAVAILABLE, Call),
        None => (Meaning::UNLISTED, Call),
    };
    (meaning.verdict().until(Some(slow_until(answer)), None).code(code), about)
}
