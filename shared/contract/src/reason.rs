//! Why: one closed list for receipts and metric labels.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($variant:ident $text:literal $doc:literal,)*) => {
        /// Why a verdict or an outcome is what it is. The list is closed, so it can be a metric label; the vendor's own
        /// code stands beside it in the receipt.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {
            $(#[doc = $doc] $variant,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Reason] = &[$(Reason::$variant,)*];

            /// The reason as in receipts and labels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $text,)* }
            }
        }
    };
}

reasons! {
    Ok "ok" "Nothing is wrong.",
    TokenMalformed "token_malformed" "The token cannot be one of this vendor.",
    TokenUnregistered "token_unregistered" "The token was good once; the app is gone from the device, or has a new one.",
    TokenWrongApp "token_wrong_app" "The token belongs to another app or another generation of the vendor's service.",
    TokenRefused "token_refused" "The vendor refuses the token and does not say why.",
    TokenSwitchedOff "token_switched_off" "The user switched the app's messages off; the token may come to life again.",
    TokenType "token_type" "The target's token type is not one that this vendor has.",
    DuplicateToken "duplicate_token" "The same token stands earlier in the job.",
    BadRequest "bad_request" "The vendor finds the request wrong.",
    BadOption "bad_option" "An entry of `options` is unknown or wrong.",
    PayloadTooLarge "payload_too_large" "`data` and the rest do not fit into the vendor's limit.",
    NoContent "no_content" "Neither text nor data.",
    ContentForbidden "content_forbidden" "The vendor refuses the words.",
    CreatedInFuture "created_in_future" "`created_at` is more than 30 s ahead of now.",
    ExpiresTooLate "expires_too_late" "`expires_at` is more than 7 days after `created_at`.",
    NotPossible "not_possible" "The vendor lacks what would carry the meaning of this job.",
    Expired "expired" "The job's time was over before it could be sent.",
    Superseded "superseded" "A newer job with the same key and token came in while this one waited.",
    RateLimited "rate_limited" "The vendor says: slower.",
    QuotaSpent "quota_spent" "The day's quota of this class is used up.",
    QuietHours "quiet_hours" "The vendor takes this class at other hours of its day.",
    DeviceCapped "device_capped" "The device has had its share for today.",
    CredentialStale "credential_stale" "The vendor no longer takes the token of the call; a new one is fetched.",
    CredentialRefused "credential_refused" "The vendor refuses the app's credential.",
    NoRight "no_right" "The app has no right to this class, channel or feature.",
    Misconfigured "misconfigured" "The app is set up wrongly at the vendor or in the settings.",
    Unavailable "unavailable" "The vendor cannot answer properly right now.",
    NotSent "not_sent" "The request never left: connecting failed.",
    AnswerLost "answer_lost" "The request left and no whole answer came back.",
    AnswerUnreadable "answer_unreadable" "The answer is not what the vendor documents.",
    UnlistedCode "unlisted_code" "The vendor answered with a code that its table does not have.",
    SendSingly "send_singly" "The vendor wants these sent one by one.",
    AttemptsUsedUp "attempts_used_up" "Every attempt that the settings allow was made.",
    WorkerLost "worker_lost" "A worker went away between sending and recording.",
    StoreLost "store_lost" "The store lost its data; whether the push was sent is not known.",
    DiscardedByOperator "discarded_by_operator" "An operator dropped it.",
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
