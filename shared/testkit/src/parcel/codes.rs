//! Parcel's codes (sheet: "Answers").

use push_contract::{Action, Reason, Timestamp, Verdict};

/// Where the sheet says that a code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    All,
    /// Beside one target. Alone at the head of an answer about several targets it is none of the sheet's: believing it
    /// could bury a thousand good tokens.
    Target,
    /// At the head of an answer, because of what the message says; a `many` is refused as a whole for one message.
    Message,
    /// At the head of an answer of `save` or `list`: the targets are to be sent one by one.
    List,
    /// At the head of an answer of `list` because of one token that is not named; else beside that token.
    Stranger,
    /// At the head of an answer, whatever the message says.
    Call,
}

/// One row of the sheet's table.
#[derive(Debug)]
pub(super) struct Row {
    code: &'static str,
    pub(super) place: Place,
    action: Action,
    reason: Reason,
}

const fn row(code: &'static str, place: Place, action: Action, reason: Reason) -> Row {
    Row { code, place, action, reason }
}

/// The sheet's table, in its order. Times are filled in from the answer.
const TABLE: [Row; 20] = [
    row("0", Place::All, Action::Accepted, Reason::Ok),
    row("1001", Place::Target, Action::DeviceGone { invalid_since: None }, Reason::TokenUnregistered),
    row("1002", Place::Target, Action::DeviceGone { invalid_since: None }, Reason::TokenMalformed),
    row("1003", Place::Target, Action::Refused, Reason::TokenType),
    row("1004", Place::Target, Action::DeviceCapped, Reason::DeviceCapped),
    row("1005", Place::Target, Action::Unavailable, Reason::Unavailable),
    row("1006", Place::Target, Action::DeviceBusy { until: None }, Reason::RateLimited),
    row("2001", Place::Message, Action::Refused, Reason::BadRequest),
    row("2002", Place::Message, Action::Refused, Reason::PayloadTooLarge),
    row("2003", Place::Message, Action::Refused, Reason::ContentForbidden),
    row("3001", Place::List, Action::Unavailable, Reason::SendSingly),
    row("3002", Place::Stranger, Action::Refused, Reason::TokenWrongApp),
    row("4011", Place::Call, Action::AppMisconfigured, Reason::CredentialRefused),
    row("4012", Place::Call, Action::AppMisconfigured, Reason::CredentialRefused),
    row("4013", Place::Call, Action::CredentialStale, Reason::CredentialStale),
    row("4014", Place::Call, Action::AppMisconfigured, Reason::Misconfigured),
    row("5001", Place::Call, Action::SlowDown { until: None }, Reason::RateLimited),
    row("5002", Place::Call, Action::ClassMisconfigured, Reason::NoRight),
    row("5003", Place::Call, Action::QuotaSpent { until: None }, Reason::QuotaSpent),
    row("9001", Place::Call, Action::Unavailable, Reason::Unavailable),
];

/// Every code of the table, for the profile.
pub(super) const CODES: [&str; TABLE.len()] = {
    let mut codes = [""; TABLE.len()];
    let mut n = 0;
    while n < codes.len() {
        codes[n] = TABLE[n].code;
        n += 1;
    }
    codes
};

/// The points in time that may stand beside a code.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    /// `since`: when the token died.
    pub(super) since: Option<Timestamp>,
    /// `until`: when the quota reopens.
    pub(super) until: Option<Timestamp>,
    /// `Retry-After`, counted from the answer.
    pub(super) retry_at: Option<Timestamp>,
}

/// The row of a code, if the sheet has it at one of these places.
pub(super) fn find(code: &str, places: &[Place]) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.code == code && places.contains(&row.place))
}

/// What a code means; one that the sheet does not have, or not there, is the named fallback.
pub(super) fn verdict(code: &str, row: Option<&Row>, times: Times) -> Verdict {
    let Some(row) = row else {
        return Verdict::new(Action::Unavailable, Reason::UnlistedCode).code(code);
    };
    let action = match row.action {
        Action::DeviceGone { .. } => Action::DeviceGone { invalid_since: times.since },
        Action::SlowDown { .. } => Action::SlowDown { until: times.retry_at },
        Action::DeviceBusy { .. } => Action::DeviceBusy { until: times.retry_at },
        Action::QuotaSpent { .. } => Action::QuotaSpent { until: times.until },
        action => action,
    };
    Verdict::new(action, row.reason).code(code)
}
