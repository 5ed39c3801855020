//! Meizu's codes (section 8). Some stand at the head of an answer, some in its map, 110010 in both with two meanings.

use push_contract::{Action, Reason, Verdict};

/// Processed; the map says who was not accepted.
pub(crate) const SUCCESS: &str = "200";
/// To be repeated at another address.
pub(crate) const MOVED: &str = "300";
/// The phone had more than 5 messages within a minute.
pub(crate) const FOLDED: &str = "520";
/// Transparent messages over their limit, or discontinued.
pub(crate) const TRANSPARENT_SPENT: &str = "110053";

/// A verdict, where the code can stand.
type Meaning = Option<(Action, Reason)>;

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Meaning = Some((Action::SlowDown { until: None }, Reason::RateLimited));
const SPENT: Meaning = Some((Action::QuotaSpent { until: None }, Reason::QuotaSpent));
const TROUBLE: Meaning = Some((Action::Unavailable, Reason::Unavailable));
const OURS: Meaning = Some((Action::Refused, Reason::BadRequest));
const CREDENTIAL: Meaning = Some((Action::AppMisconfigured, Reason::CredentialRefused));
const SETUP: Meaning = Some((Action::AppMisconfigured, Reason::Misconfigured));
const UNREGISTERED: Meaning = Some((GONE, Reason::TokenUnregistered));
const MALFORMED: Meaning = Some((GONE, Reason::TokenMalformed));
const CAPPED: Meaning = Some((Action::DeviceCapped, Reason::DeviceCapped));
const TAKEN: Meaning = Some((Action::Accepted, Reason::Ok));

/// Code, what it means at the head, what in the map.
const ROWS: [(&str, Meaning, Meaning); 29] = [
    (SUCCESS, TAKEN, TAKEN),
    (MOVED, TROUBLE, None), // when it leads nowhere, or twice
    ("500", TROUBLE, None),
    ("1001", TROUBLE, None),
    ("1003", SLOW, None), // server busy
    ("1005", OURS, None),
    ("1006", CREDENTIAL, None), // signature
    ("110000", CREDENTIAL, None),
    ("110001", CREDENTIAL, None),
    ("110002", UNREGISTERED, UNREGISTERED),
    ("110003", MALFORMED, MALFORMED),
    ("110004", OURS, None),  // a parameter is empty
    ("110005", None, OURS),  // an alias; none is sent
    ("110009", SETUP, None), // black-listed
    // At the head: too fast. In the map: the user switched the app's messages off.
    ("110010", SLOW, Some((GONE, Reason::TokenSwitchedOff))),
    ("110011", None, CAPPED), // public messages of the day
    ("110019", SPENT, None),
    ("110031", SETUP, None), // packageName
    ("110032", OURS, None),  // taskId
    ("110033", CREDENTIAL, None),
    ("110051", SPENT, None), // period not stated
    (TRANSPARENT_SPENT, SPENT, None),
    ("-1", TROUBLE, None),
    // No permission: the token is fine, and one device must not stop the app.
    ("201", None, Some((Action::ClassMisconfigured, Reason::NoRight))),
    ("501", None, TROUBLE),
    ("513", None, TROUBLE),
    ("518", None, SLOW), // faster than the configured rate
    ("519", None, TROUBLE),
    (FOLDED, None, CAPPED),
];

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &{
    let mut names = [""; ROWS.len()];
    let mut n = 0;
    while n < ROWS.len() {
        names[n] = ROWS[n].0;
        n += 1;
    }
    names
};

/// What a code at the head of an answer means.
pub(crate) fn of_call(code: &str) -> Verdict {
    let (action, reason) = row(code).and_then(|row| row.1).unwrap_or((Action::Refused, Reason::UnlistedCode));
    Verdict::new(action, reason).code(code)
}

/// What a code in the map means for its targets. An unlisted one is tried again before it is final.
pub(crate) fn of_target(code: &str) -> Verdict {
    let (action, reason) = row(code).and_then(|row| row.2).unwrap_or((Action::Unavailable, Reason::UnlistedCode));
    Verdict::new(action, reason).code(code)
}

/// Whether the code is one that Meizu refuses a call by.
pub(crate) fn refuses(code: &str) -> bool {
    code != SUCCESS && row(code).is_some_and(|row| row.1.is_some())
}

fn row(code: &str) -> Option<&'static (&'static str, Meaning, Meaning)> {
    ROWS.iter().find(|row| row.0 == code)
}
