//! OPPO's codes (section 8).

use push_contract::{Action, Reason, Timestamp, Verdict};

/// Taken.
pub(crate) const SUCCESS: &str = "0";
/// An illegal argument; a bad registration id, if the text says so.
pub(crate) const ARGUMENT: &str = "41";
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

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Action = Action::SlowDown { until: None };
const SPENT: Action = Action::QuotaSpent { until: None };

type Row = (&'static str, Action, Reason, About);

const ROWS: [Row; 40] = [
    (SUCCESS, Action::Accepted, Reason::Ok, About::Call),
    ("-1", Action::Unavailable, Reason::Unavailable, About::Call), // service unavailable
    ("-2", SLOW, Reason::RateLimited, About::Call),                // server flow control
    ("11", Action::CredentialStale, Reason::CredentialStale, About::Call), // auth token illegal or expired
    ("29", Action::CredentialStale, Reason::CredentialStale, About::Call), // auth token missing
    ("12", Action::Refused, Reason::BadRequest, About::Call),      // wrong HTTP method; to 25: our own fault
    ("20", Action::Refused, Reason::BadRequest, About::Call),
    ("21", Action::Refused, Reason::BadRequest, About::Call),
    ("22", Action::Refused, Reason::BadRequest, About::Call),
    ("23", Action::Refused, Reason::BadRequest, About::Call),
    ("24", Action::Refused, Reason::BadRequest, About::Call),
    ("25", Action::Refused, Reason::BadRequest, About::Call),
    ("13", SLOW, Reason::RateLimited, About::Call), // app call limit, incl. frequency
    ("14", Action::AppMisconfigured, Reason::CredentialRefused, About::Call), // AppKey invalid
    ("15", Action::AppMisconfigured, Reason::CredentialRefused, About::Call), // AppKey missing
    ("16", Action::AppMisconfigured, Reason::CredentialRefused, About::Call), // signature invalid
    ("17", Action::AppMisconfigured, Reason::CredentialRefused, About::Call), // signature missing
    ("18", Action::AppMisconfigured, Reason::Misconfigured, About::Call), // timestamp missing
    ("19", Action::AppMisconfigured, Reason::Misconfigured, About::Call), // timestamp invalid: the clock
    ("26", Action::AppMisconfigured, Reason::Misconfigured, About::Call), // our address is on the blacklist
    ("27", Action::AppMisconfigured, Reason::NoRight, About::Call), // access to this function denied
    ("28", Action::AppMisconfigured, Reason::Misconfigured, About::Call), // app disabled
    ("30", Action::AppMisconfigured, Reason::NoRight, About::Call), // no right to push by API
    (NO_DATA, Action::Refused, Reason::BadRequest, About::Message),
    (DUPLICATE, Action::Accepted, Reason::Ok, About::Target), // or refused, by the setting
    ("33", SPENT, Reason::QuotaSpent, About::Call),           // daily number of messages exceeded
    ("34", Action::Refused, Reason::BadRequest, About::Message), // picture quota
    ("51", Action::Refused, Reason::BadRequest, About::Message), // picture invalid
    ("40", Action::Refused, Reason::BadRequest, About::Message), // required argument missing
    (ARGUMENT, Action::Refused, Reason::BadRequest, About::Message),
    // The token is fine (section 10, 16).
    ("54", Action::ClassMisconfigured, Reason::Misconfigured, About::Message), // template missing, or its parameters
    ("55", SLOW, Reason::RateLimited, About::Call),                            // call frequency limit
    ("59", Action::ClassMisconfigured, Reason::NoRight, About::Message),       // secondary click action
    ("67", Action::ClassMisconfigured, Reason::NoRight, About::Message),       // category or notify_level
    ("10000", GONE, Reason::TokenMalformed, About::Target),                    // illegal or unknown
    ("10001", GONE, Reason::TokenUnregistered, About::Target),                 // not subscribed, or push switched off
    ("10002", Action::Refused, Reason::BadRequest, About::Message),            // alias illegal; none is sent
    ("10003", Action::Refused, Reason::BadRequest, About::Message),            // alias not subscribed
    (REPEATED[0], Action::Accepted, Reason::Ok, About::Target),                // the first was taken
    (REPEATED[1], Action::Accepted, Reason::Ok, About::Target),
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

/// When OPPO may be asked again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// After a code that says: slower.
    pub(crate) slow_until: Timestamp,
    /// After the day's quota.
    pub(crate) quota_until: Timestamp,
}

/// What a code means, and whose fault it is.
pub(crate) fn verdict(code: &str, times: Times) -> (Verdict, About) {
    let (action, reason, about) = match ROWS.iter().find(|row| row.0 == code) {
        Some((_, action, reason, about)) => (*action, *reason, *about),
        // 500 to 599 are server errors, in no table; what else is unlisted is tried again before it counts as final.
        None if code.len() == 3 && code.starts_with('5') => (Action::Unavailable, Reason::Unavailable, About::Call),
        None => (Action::Unavailable, Reason::UnlistedCode, About::Call),
    };
    let action = match action {
        Action::SlowDown { .. } => Action::SlowDown { until: Some(times.slow_until) },
        Action::QuotaSpent { .. } => Action::QuotaSpent { until: Some(times.quota_until) },
        other => other,
    };
    (Verdict::new(action, reason).code(code), about)
}

/// A registration id that is refused as an illegal argument (section 8, code 41).
pub(crate) fn illegal_id() -> Verdict {
    Verdict::new(GONE, Reason::TokenMalformed).code(ARGUMENT)
}
