//! Xiaomi's codes (section 8).

use push_contract::{Action, Reason, Timestamp, Verdict};

/// Taken, as far as `data` does not say otherwise.
pub(crate) const SUCCESS: &str = "0";
/// Sending failed: in practice no id of the call is good.
const NO_TARGETS: &str = "20301";
/// The callback's address is illegal.
pub(crate) const CALLBACK: [&str; 2] = ["10025", "65038"];
/// No codes, but what names ids and messages that were refused beside code 0.
pub(crate) const BAD: &str = "bad_regids";
pub(crate) const EXCEEDED: &str = "channel_exceed_quota";

/// Whose fault a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// The call's, the app's or Xiaomi's own: the same for every target.
    Call,
    /// Of something in a message: of several jobs in a call one may be guilty.
    Message,
    /// Of some targets, and nobody says which.
    Targets,
}

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Action = Action::SlowDown { until: None };
const SPENT: Action = Action::QuotaSpent { until: None };
const LATER: Action = Action::DeviceBusy { until: None };

type Row = (&'static [&'static str], Action, Reason, About);

const ROWS: [Row; 22] = [
    (&[SUCCESS], Action::Accepted, Reason::Ok, About::Call),
    (&[BAD], GONE, Reason::TokenRefused, About::Targets),
    (&[EXCEEDED], SPENT, Reason::QuotaSpent, About::Call),
    // Unknown, internal, busy, remote service, job timeout, RPC, database, JSON.
    (
        &["-1", "1", "10001", "10002", "10003", "10009", "10010", "10011", "20607", "26003", "65029", "65030"],
        Action::Unavailable,
        Reason::Unavailable,
        About::Call,
    ),
    // Address not allowed, no right to the resource or interface, operation forbidden.
    (&["10004", "10005", "10014", "10036"], Action::AppMisconfigured, Reason::NoRight, About::Call),
    // AppKey missing; then request illegal, user illegal, no such interface, wrong method.
    (&["10006"], Action::AppMisconfigured, Reason::CredentialRefused, About::Call),
    (&["10012", "10013", "10020", "10021"], Action::AppMisconfigured, Reason::Misconfigured, About::Call),
    // Content type; parameter wrong, missing, illegal, none; pairs and callbacks too long; illegal callback; notification's
    // format and id; empty parameter.
    (
        &[
            "10007",
            "10008",
            "10016",
            "10017",
            "21305",
            "65011",
            "65014",
            "65015",
            "65036",
            "65037",
            CALLBACK[0],
            CALLBACK[1],
            "22100",
            "22103",
            "100",
        ],
        Action::Refused,
        Reason::BadRequest,
        About::Message,
    ),
    (&["10018", "65009"], Action::Refused, Reason::PayloadTooLarge, About::Message),
    (
        &["10022", "10023", "10024", "10027", "10028", "200002", "26004", "22101"],
        SLOW,
        Reason::RateLimited,
        About::Call,
    ),
    // The app is on the blacklist.
    (&["10026", "10031", "10033"], Action::AppMisconfigured, Reason::Misconfigured, About::Call),
    // Illegal device.
    (&["10029"], GONE, Reason::TokenRefused, About::Targets),
    // Of statistics and feedback; not seen on sends.
    (&["10030", "10032", "10035", "10038", "10039"], Action::Unavailable, Reason::Unavailable, About::Call),
    // Too many today; then the total of the class.
    (&["10034", "200001"], SPENT, Reason::QuotaSpent, About::Call),
    // Request expired; sending the notification failed: tried again.
    (&["10037", "22102"], Action::Unavailable, Reason::Unavailable, About::Call),
    (&[NO_TARGETS], GONE, Reason::TokenRefused, About::Targets),
    // Topics, aliases, accounts, and messages to recall: not seen on sends to ids.
    (
        &[
            "20209", "20215", "20216", "20315", "26005", "65006", "65007", "65008", "65010", "65012", "65013", "65016",
            "65017", "65028", "65035", "65040",
        ],
        Action::Refused,
        Reason::BadRequest,
        About::Message,
    ),
    (&["21301", "21302", "21303"], Action::AppMisconfigured, Reason::CredentialRefused, About::Call),
    // App illegal, unknown, withdrawn; its id, key or secret wrong; the package.
    (
        &["22000", "22001", "22002", "22003", "22004", "22005", "22006", "22007", "22008", "22020", "22021", "22022"],
        Action::AppMisconfigured,
        Reason::Misconfigured,
        About::Call,
    ),
    // To be reviewed by hand; one odd text must not block the app.
    (&["26006"], Action::ClassMisconfigured, Reason::Misconfigured, About::Message),
    // Channel missing, unknown or not reviewed; a template that is not the channel's (unconfirmed).
    (&["27001"], Action::ClassMisconfigured, Reason::Misconfigured, About::Message),
    // Device not found: usually offline.
    (&["65003"], LATER, Reason::Unavailable, About::Targets),
];

const COUNT: usize = {
    let (mut row, mut count) = (0, 0);
    while row < ROWS.len() {
        count += ROWS[row].0.len();
        row += 1;
    }
    count
};

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
    names
};

/// When Xiaomi may be asked again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// After a code that says: slower.
    pub(crate) slow_until: Timestamp,
    /// After the day's total.
    pub(crate) quota_until: Timestamp,
}

/// What a code means, and whose fault it is; `reason` is the vendor's own text.
pub(crate) fn verdict(code: &str, reason: &str, times: Times) -> (Verdict, About) {
    let row = ROWS.iter().find(|(codes, ..)| codes.contains(&code));
    let (action, why, about) =
        row.map_or((Action::Unavailable, Reason::UnlistedCode, About::Call), |row| (row.1, row.2, row.3));
    let (action, why) = match action {
        Action::SlowDown { .. } => (Action::SlowDown { until: Some(times.slow_until) }, why),
        Action::QuotaSpent { .. } => (Action::QuotaSpent { until: Some(times.quota_until) }, why),
        // "Sending failed": only where the text names the targets is it they that are bad.
        _ if code == NO_TARGETS && !reason.to_ascii_lowercase().contains("target") => (LATER, Reason::Unavailable),
        other => (other, why),
    };
    (Verdict::new(action, why).code(code), about)
}
