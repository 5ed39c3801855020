//! What happened, and how urgent that is.

use std::{collections::BTreeMap, fmt, time::Duration};

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($variant:ident $text:literal $doc:literal,)*) => {
        /// What happened, from a closed list. The kind alone decides the lane, the default life and whether a push
        /// may be repeated when its fate is unknown; each vendor's table maps it to one of that vendor's classes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[schemars(extend("x-push-lanes" = lanes()), transform = tell_of_each_kind)]
        pub enum Kind {
            $(#[doc = $doc] #[serde(rename = $text)] $variant,)*
        }

        impl Kind {
            /// Every kind, in the order of the contract.
            pub const ALL: &[Kind] = &[$(Kind::$variant,)*];

            /// The kind as producers write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $text,)* }
            }
        }
    };
}

kinds! {
    ChatDirect "chat.direct" "A message from one person to another.",
    ChatGroup "chat.group" "A message in a group.",
    ChatMention "chat.mention" "A message that names the user.",
    CallInvite "call.invite" "Somebody calls. Lives seconds; `collapse.key` is the call's id.",
    CallCancel "call.cancel" "The caller gave up, or another device answered. Supersedes the invite.",
    CallMissed "call.missed" "A call was not answered.",
    SocialRequest "social.request" "Somebody asks to be a friend or to join.",
    SocialInteraction "social.interaction" "Likes, comments, new followers.",
    AccountSecurity "account.security" "A login, a changed password, a verification code.",
    AccountStatus "account.status" "Membership, balance, permissions.",
    OrderUpdate "order.update" "An order or a parcel moved on.",
    PaymentUpdate "payment.update" "Money moved.",
    ReminderCalendar "reminder.calendar" "A meeting, a task, an approval.",
    ReminderDevice "reminder.device" "A device of the user needs attention.",
    MailNew "mail.new" "Mail arrived.",
    SubscriptionUpdate "subscription.update" "Something the user subscribed to has news.",
    News "news" "Editorial news.",
    Content "content" "A recommendation of content.",
    Marketing "marketing" "Promotion.",
}

impl Kind {
    /// The lane a job of this kind belongs to.
    #[must_use]
    pub const fn lane(self) -> Lane {
        match self {
            Self::CallInvite | Self::CallCancel | Self::CallMissed | Self::AccountSecurity => Lane::High,
            Self::SocialInteraction | Self::News | Self::Content | Self::Marketing => Lane::Low,
            _ => Lane::Normal,
        }
    }

    /// How long a job lives from `created_at` when it does not say: calls 60 s, chat and account 24 h, others 12 h.
    #[must_use]
    pub const fn default_life(self) -> Duration {
        match self {
            Self::CallInvite | Self::CallCancel | Self::CallMissed => Duration::from_secs(60),
            Self::ChatDirect | Self::ChatGroup | Self::ChatMention | Self::AccountSecurity | Self::AccountStatus => {
                Duration::from_secs(24 * 3600)
            }
            _ => Duration::from_secs(12 * 3600),
        }
    }

    /// Whether a push is sent again when nobody knows if the vendor took it. A message seen twice beats one never
    /// seen; an advertisement seen twice does not: what belongs to the low lane *must not double*.
    #[must_use]
    pub const fn repeatable(self) -> bool {
        !matches!(self.lane(), Lane::Low)
    }

    /// Whether `collapse` (the call's id) is required.
    #[must_use]
    pub const fn is_call(self) -> bool {
        matches!(self, Self::CallInvite | Self::CallCancel | Self::CallMissed)
    }
}

/// The lane mapping as the schema states it: producers make the routing key from it.
fn lanes() -> serde_json::Value {
    let of = |lane| Kind::ALL.iter().filter(|kind| kind.lane() == lane).collect::<Vec<_>>();
    serde_json::json!(Lane::ALL.iter().map(|lane| (lane.as_str(), of(*lane))).collect::<BTreeMap<_, _>>())
}

/// Says beside each kind which lane it belongs to and how long it lives.
fn tell_of_each_kind(schema: &mut Schema) {
    let variants = schema.get_mut("oneOf").and_then(|list| list.as_array_mut());
    for (variant, kind) in variants.into_iter().flatten().zip(Kind::ALL) {
        variant["x-push-lane"] = kind.lane().as_str().into();
        variant["x-push-default-life-s"] = kind.default_life().as_secs().into();
        variant["x-push-repeatable"] = kind.repeatable().into();
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which of an app's three work queues a job waits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Calls and account security: first when the limit binds.
    High,
    /// Everything a person waits for.
    Normal,
    /// What can wait: interactions, news, content, marketing.
    Low,
}

impl Lane {
    /// The lanes, most urgent first.
    pub const ALL: [Lane; 3] = [Lane::High, Lane::Normal, Lane::Low];

    /// The lane as in queue names and routing keys.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
