//! Xiaomi's codes (section 8).

use push_contract::{
    Action, Reason,
    kit::codes::{Codes, Meaning},
};

/// Taken, as far as `data` does not say otherwise.
pub(crate) const SUCCESS: &str = "0";
/// Sending failed: in practice no id of the call is good.
const NO_TARGETS: &str = "20301";
/// No codes, but what names ids and messages that were refused beside code 0.
pub(crate) const BAD: &str = "bad_regids";
pub(crate) const EXCEEDED: &str = "channel_exceed_quota";

/// The id is dead.
pub(crate) const GONE: Meaning = Meaning::gone(Reason::TokenRefused);
/// The phone is not there at the moment, or Xiaomi does not say what is wrong with it.
const LATER: Meaning = Meaning::new(Action::DeviceBusy { until: None }, Reason::Unavailable);

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

use About::{Call, Message, Targets};

#[rustfmt::skip]
const TABLE: Codes<(Meaning, About)> = Codes(&[
    (&[SUCCESS], (Meaning::ACCEPTED, Call)),
    (&[BAD], (GONE, Targets)),
    (&[EXCEEDED], (Meaning::SPENT, Call)),
    // Unknown, internal, busy, remote service, job timeout, RPC, database, JSON.
    (&["-1", "1", "10001", "10002", "10003", "10009", "10010", "10011", "20607", "26003", "65029", "65030"],
        (Meaning::UNAVAILABLE, Call)),
    // Address not allowed, no right to the resource or interface, operation forbidden.
    (&["10004", "10005", "10014", "10036"], (Meaning::APP_RIGHT, Call)),
    (&["10006"], (Meaning::CREDENTIAL, Call)), // AppKey missing
    (&["10012", "10013", "10020", "10021"], (Meaning::APP, Call)), // request, user, interface, method
    // Content type; parameter wrong, missing, illegal, none, empty.
    (&["10007", "10008", "10016", "10017", "21305", "65011", "100"], (Meaning::BAD_REQUEST, Message)),
    // Pairs and callbacks too long; illegal callback; the notification's format and id.
    (&["65014", "65015", "65036", "65037", "10025", "65038", "22100", "22103"],
        (Meaning::BAD_REQUEST, Message)),
    (&["10018", "65009"], (Meaning::TOO_LARGE, Message)),
    (&["10022", "10023", "10024", "10027", "10028", "200002", "26004", "22101"], (Meaning::SLOW, Call)),
    (&["10026", "10031", "10033"], (Meaning::APP, Call)), // blacklist
    (&["10029"], (GONE, Targets)), // illegal device
    (&["10030", "10032", "10035", "10038", "10039"], (Meaning::UNAVAILABLE, Call)), // statistics: not seen on sends
    (&["10034", "200001"], (Meaning::SPENT, Call)), // too many today; the total of the class
    (&["10037", "22102"], (Meaning::UNAVAILABLE, Call)), // expired, sending failed: tried again
    (&[NO_TARGETS], (GONE, Targets)),
    // Topics, aliases, accounts, and messages to recall: not seen on sends to ids.
    (&["20209", "20215", "20216", "20315", "26005", "65006", "65007", "65008", "65010", "65012", "65013", "65016",
        "65017", "65028", "65035", "65040"], (Meaning::BAD_REQUEST, Message)),
    (&["21301", "21302", "21303"], (Meaning::CREDENTIAL, Call)),
    // App illegal, unknown, withdrawn; its id, key or secret wrong; the package.
    (&["22000", "22001", "22002", "22003", "22004", "22005", "22006", "22007", "22008", "22020", "22021", "22022"],
        (Meaning::APP, Call)),
    // To be reviewed by hand; one odd text must not block the app.
    (&["26006"], (Meaning::CLASS, Message)),
    // Channel missing, unknown or not reviewed; a template that is not the channel's (unconfirmed).
    (&["27001"], (Meaning::CLASS, Message)),
    (&["65003"], (LATER, Targets)), // device not found: usually offline
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// Whether the code is one that Xiaomi refuses a call by.
pub(crate) fn refuses(code: &str) -> bool {
    code != SUCCESS && TABLE.find(code).is_some()
}

/// What a code means, and whose fault it is; `reason` is the vendor's own text.
pub(crate) fn find(code: &str, reason: &str) -> (Meaning, About) {
    match TABLE.find(code).unwrap_or((Meaning::UNLISTED, Call)) {
        // "Sending failed": only where the text names the targets is it they that are bad.
        (_, about) if code == NO_TARGETS && !reason.to_ascii_lowercase().contains("target") => (LATER, about),
        found => found,
    }
}
