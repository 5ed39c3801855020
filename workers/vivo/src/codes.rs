//! Results (section 8) and the status of an invalid user (section 4.2).

use push_contract::{Action, Reason, Verdict};
use serde::Deserialize;

use crate::settings::{Settings, Total};

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
const SYSTEM_TOTAL: &str = "10073";

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Action = Action::SlowDown { until: None };
const SPENT: Action = Action::QuotaSpent { until: None };

type Row = (&'static [&'static str], Action, Reason);

const ROWS: [Row; 15] = [
    (&[SUCCESS], Action::Accepted, Reason::Ok),
    (&["10000"], Action::CredentialStale, Reason::CredentialStale),
    (&["10040"], Action::Unavailable, Reason::Unavailable),
    // The app's state at vivo: not allowed to push (unconfirmed), under review, taken off the store (unconfirmed); another
    // app's token.
    (&["10043", "10045", "10089", "10094"], Action::AppMisconfigured, Reason::Misconfigured),
    // One field each, from regId to skipContent; then lists, ids, callbacks and what is never sent (aliases, statistics).
    (
        &[
            "10050", "10054", "10055", "10056", "10057", "10058", "10059", "10060", "10061", "10062", "10063", "10064",
            "10065", "10066", "10067", "10068", "10069", "10150", "10151", "10153", "10154", "10301", "10305", "10306",
            "10352", "10353", "10471", "10473", "11000",
        ],
        Action::Refused,
        Reason::BadRequest,
    ),
    // Which total, and until when: see `verdict`.
    (&[TOTAL, HOURS, SYSTEM_TOTAL, "10254"], SPENT, Reason::QuotaSpent),
    (&["10072"], SLOW, Reason::RateLimited),
    // Of auth calls.
    (&["10093"], SLOW, Reason::RateLimited),
    (&TEXTS, Action::Refused, Reason::ContentForbidden),
    // A category that vivo does not know, or not together with this classification: the settings are wrong.
    (&["10096", "10097"], Action::ClassMisconfigured, Reason::Misconfigured),
    // Content review (unconfirmed).
    (&["10101", "10102", "10103"], Action::Refused, Reason::ContentForbidden),
    (
        &["10200", "10201", "10202", "10203", "10204", "10205", "10206", "10207"],
        Action::AppMisconfigured,
        Reason::CredentialRefused,
    ),
    // Where it is answered to a list, the targets are sent one by one.
    (&[LISTS_SPENT], SPENT, Reason::QuotaSpent),
    (&[ILLEGAL], GONE, Reason::TokenRefused),
    // "regId or alias illegal" (unconfirmed): the token is left alone.
    (&["10307"], Action::Refused, Reason::TokenRefused),
];

/// `status` 1 to 4 of an invalid user.
const STATUSES: [(&str, Action, Reason); 4] = [
    ("status_1", GONE, Reason::TokenWrongApp),     // unknown for this app
    ("status_2", GONE, Reason::TokenUnregistered), // uninstalled, unsubscribed, data cleared
    ("status_3", GONE, Reason::TokenUnregistered), // not online for 90 days; a producer may keep it
    ("status_4", Action::ClassMisconfigured, Reason::Misconfigured), // not a test device: nothing is wrong with the token
];

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &{
    let mut names = [""; COUNT];
    let (mut row, mut n) = (0, 0);
    while row < ROWS.len() {
        let mut column = 0;
        while column < ROWS[row].0.len() {
            names[n] = ROWS[row].0[column];
            n += 1;
            column += 1;
        }
        row += 1;
    }
    let mut status = 0;
    while status < STATUSES.len() {
        names[n + status] = STATUSES[status].0;
        status += 1;
    }
    names
};

const COUNT: usize = {
    let (mut row, mut count) = (0, STATUSES.len());
    while row < ROWS.len() {
        count += ROWS[row].0.len();
        row += 1;
    }
    count
};

/// What the setting `results` can make of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Meaning {
    Refused,
    InvalidToken,
    ClassMisconfigured,
    AppMisconfigured,
    SlowDown,
    QuotaSpent,
    Unavailable,
}

impl Meaning {
    const fn verdict(self) -> (Action, Reason) {
        match self {
            Self::Refused => (Action::Refused, Reason::BadRequest),
            Self::InvalidToken => (GONE, Reason::TokenRefused),
            Self::ClassMisconfigured => (Action::ClassMisconfigured, Reason::Misconfigured),
            Self::AppMisconfigured => (Action::AppMisconfigured, Reason::Misconfigured),
            Self::SlowDown => (SLOW, Reason::RateLimited),
            Self::QuotaSpent => (SPENT, Reason::QuotaSpent),
            Self::Unavailable => (Action::Unavailable, Reason::Unavailable),
        }
    }
}

/// What a result is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    /// The message was sent as a system message.
    pub(crate) is_system: bool,
    /// The message was a test message.
    pub(crate) is_test: bool,
    /// When the answer was read.
    pub(crate) at: push_contract::Timestamp,
    /// Not before, where the answer says so.
    pub(crate) retry_at: Option<push_contract::Timestamp>,
}

/// What a result means for every target of the call.
pub(crate) fn verdict(settings: &Settings, code: &str, about: About) -> Verdict {
    let (action, reason) = find(settings, code);
    let (action, reason) = match (action, code) {
        (Action::SlowDown { .. }, _) => (Action::SlowDown { until: about.retry_at }, reason),
        // vivo took a system message for an operational one: its content did not look like what its category says. The
        // totals and hours of operational messages must not stop chat.
        (Action::QuotaSpent { .. }, HOURS) if about.is_system => (Action::ClassMisconfigured, Reason::NoRight),
        (Action::QuotaSpent { .. }, TOTAL) if about.is_system && settings.total_exceeded == Total::Operational => {
            (Action::ClassMisconfigured, Reason::NoRight)
        }
        (Action::QuotaSpent { .. }, HOURS) => (quota(settings.sending_starts(about.at)), reason),
        (Action::QuotaSpent { .. }, _) => (quota(settings.quota_reset(about.at)), reason),
        // The same result comes for devices that are not registered for tests (unconfirmed).
        (Action::DeviceGone { .. }, _) if about.is_test => (Action::ClassMisconfigured, Reason::Misconfigured),
        other => (other.0, reason),
    };
    Verdict::new(action, reason).code(code)
}

/// What the status of an invalid user means. The list names who was not taken, so none is accepted.
pub(crate) fn status_verdict(status: Option<i64>) -> Verdict {
    let Some(status) = status else { return Verdict::new(Action::Refused, Reason::TokenRefused) };
    let code = format!("status_{status}");
    let listed = STATUSES.iter().find(|(name, ..)| *name == code);
    // An unlisted one proves nothing against the token.
    let (action, reason) = listed.map_or((Action::Refused, Reason::UnlistedCode), |row| (row.1, row.2));
    Verdict::new(action, reason).code(code)
}

/// Whether a result of the auth call means that credential or app is wrong.
pub(crate) fn blames_the_app(settings: &Settings, code: &str) -> bool {
    matches!(find(settings, code).0, Action::AppMisconfigured | Action::CredentialStale)
}

fn quota(until: push_contract::Timestamp) -> Action {
    Action::QuotaSpent { until: Some(until) }
}

/// The settings' word, the table's, else the fallback: 100xx to 103xx is about the request.
fn find(settings: &Settings, code: &str) -> (Action, Reason) {
    if let Some(meaning) = settings.results.get(code) {
        return meaning.verdict();
    }
    if let Some((_, action, reason)) = ROWS.iter().find(|(codes, ..)| codes.contains(&code)) {
        return (*action, *reason);
    }
    match code.parse::<i64>() {
        // 106xx: tags, which are never used here.
        Ok(10_000..=10_399 | 10_600..=10_699) => (Action::Refused, Reason::UnlistedCode),
        _ => (Action::Unavailable, Reason::UnlistedCode),
    }
}
