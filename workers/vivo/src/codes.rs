//! Results (section 8) and the status of an invalid user (section 4.2).

use push_contract::{
    Action, Answer, Day, Push, Reason, Timestamp, Verdict,
    kit::codes::{Codes, Meaning},
};

use crate::{
    classes::{self, QUOTAS, SYSTEM},
    settings::Settings,
};

/// Taken, as far as `invalidUser(s)` does not say otherwise.
pub(crate) const SUCCESS: &str = "0";
/// An illegal or dead regId, or one of another app.
pub(crate) const ILLEGAL: &str = "10302";
/// The day's number of saved payloads is spent.
pub(crate) const LISTS_SPENT: &str = "10252";
/// The text of a real message (unconfirmed).
pub(crate) const TEXTS: [&str; 2] = ["10085", "10104"];
const TOTAL: &str = "10070";
const HOURS: &str = "10071";

/// From this hour on operational messages may be sent (section 7), by China's clock; where the settings have no hours.
const FIRST_HOUR: u8 = 7;
const CHINA: i8 = 8;

#[rustfmt::skip]
const TABLE: Codes<Meaning> = Codes(&[
    (&[SUCCESS], Meaning::ACCEPTED),
    (&["10000"], Meaning::STALE),
    (&["10040"], Meaning::UNAVAILABLE),
    // The app's state at vivo: not allowed to push (unconfirmed), under review, taken off the store (unconfirmed);
    // another app's token.
    (&["10043", "10045", "10089", "10094"], Meaning::APP),
    // One field each, from regId to skipContent; then lists, ids, callbacks, and what is never sent.
    (&["10050", "10054", "10055", "10056", "10057", "10058", "10059", "10060", "10061", "10062", "10063", "10064",
       "10065", "10066", "10067", "10068", "10069", "10150", "10151", "10153", "10154", "10301", "10305", "10306",
       "10352", "10353", "10471", "10473", "11000"], Meaning::BAD_REQUEST),
    // Which total, and until when: see `verdict`. Where lists are spent, the targets are sent one by one.
    (&[TOTAL, "10073", "10254", LISTS_SPENT], Meaning::SPENT),
    (&[HOURS], Meaning::QUIET),
    // The second: of auth calls.
    (&["10072", "10093"], Meaning::SLOW),
    // Texts; content review (unconfirmed).
    (&[TEXTS[0], TEXTS[1], "10101", "10102", "10103"], Meaning::CONTENT),
    // A category that vivo does not know, or not together with this classification: the settings are wrong.
    (&["10096", "10097"], Meaning::CLASS),
    (&["10200", "10201", "10202", "10203", "10204", "10205", "10206", "10207"], Meaning::CREDENTIAL),
    (&[ILLEGAL], Meaning::gone(Reason::TokenRefused)),
    // "regId or alias illegal" (unconfirmed): the token is left alone.
    (&["10307"], Meaning::refused(Reason::TokenRefused)),
    // No results but the status of an invalid user. Not online for 90 days: a producer may keep it.
    (&["status_1"], Meaning::gone(Reason::TokenWrongApp)),
    (&["status_2", "status_3"], Meaning::gone(Reason::TokenUnregistered)),
    // Nothing is wrong with the token.
    (&["status_4"], Meaning::CLASS),
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// Whether a text is a listed result other than success.
pub(crate) fn is_refusal(code: &str) -> bool {
    code != SUCCESS && code.parse::<u32>().is_ok() && TABLE.find(code).is_some()
}

/// The result that this one means: another only where the setting `results` says so.
pub(crate) fn meant<'a>(settings: &'a Settings, result: &'a str) -> &'a str {
    settings.results.get(result).map_or(result, String::as_str)
}

/// What a result means for every target of the call.
pub(crate) fn verdict(settings: &Settings, push: &Push, result: &str, answer: &Answer) -> Verdict {
    let (meant, found) = (meant(settings, result), meaning(settings, result));
    let meaning = match (meant, found.action) {
        // vivo took a system message for an operational one: its content did not look like what its category says. The
        // total and the hours of operational messages must not stop chat.
        (TOTAL | HOURS, _) if classes::of(&push.class) == SYSTEM => Meaning::CLASS_RIGHT,
        // The same result comes for devices that are not registered for tests (unconfirmed).
        (_, Action::DeviceGone { .. }) if classes::is_test(settings, &push.job) => Meaning::CLASS,
        _ => found,
    };
    let opens = (meant == HOURS).then(|| opening(&settings.day, answer.at));
    meaning.verdict().until(answer.retry_at(), opens).code(result)
}

/// When operational messages may be sent again that may not be sent now.
fn opening(day: &Day, now: Timestamp) -> Timestamp {
    let [_, operational, _] = QUOTAS;
    let Some(hours) = day.quotas.get(operational).and_then(|quota| quota.hours) else {
        return now.next_daily(FIRST_HOUR, CHINA);
    };
    let opens = |at| hours.opening(day.utc_offset_s, at);
    // Within its hours the settings are wrong, or this day is over for the app: then those of the next day count.
    opens(now).unwrap_or_else(|| opens(day.end(now)).unwrap_or_else(|| day.end(now)))
}

/// What the status of an invalid user means. The list names who was not taken, so none is accepted.
pub(crate) fn status_verdict(status: Option<i64>) -> Verdict {
    let Some(status) = status else { return Meaning::refused(Reason::TokenRefused).verdict() };
    let code = format!("status_{status}");
    // An unlisted one proves nothing against the token.
    TABLE.find(&code).unwrap_or(Meaning::refused(Reason::UnlistedCode)).verdict().code(code)
}

/// What a result means by itself: as listed, else 100xx to 103xx is about the request.
pub(crate) fn meaning(settings: &Settings, result: &str) -> Meaning {
    let meant = meant(settings, result);
    TABLE.find(meant).unwrap_or_else(|| match meant.parse::<i64>() {
        // 106xx: tags, which are never used here.
        Ok(10_000..=10_399 | 10_600..=10_699) => Meaning::refused(Reason::UnlistedCode),
        _ => Meaning::UNLISTED,
    })
}
