//! Which category a job belongs to and which channel it may use (section 6). On the wire there is only the channel.

use push_contract::{Class, ClassRow, Job, Kind, Outcome, Reason, Refusal, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    NAME,
    options::Options,
    settings::{MissingRight, Settings},
    template::Channel,
};

/// The daily totals of an app (section 1).
pub(crate) const QUOTAS: &[&str] = &["public", "default"];

/// What a channel is applied for, in our words: Xiaomi has 41 types of private messages and no codes for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Category {
    /// Friend chat, group chat.
    Im,
    /// Audio and video calls.
    Call,
    FriendRequest,
    Account,
    /// Orders and logistics.
    Order,
    /// Personal assets.
    Assets,
    /// Personal schedule, work information.
    Schedule,
    /// Device information.
    Device,
    Mail,
    /// Public, but subscribed to on the phone: as loud as private.
    Subscription,
    Public,
    /// No channel.
    Default,
}

/// How a class is shown and limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Private,
    Subscription,
    Public,
    Default,
}

impl Category {
    const ALL: [Self; 12] = [
        Self::Im,
        Self::Call,
        Self::FriendRequest,
        Self::Account,
        Self::Order,
        Self::Assets,
        Self::Schedule,
        Self::Device,
        Self::Mail,
        Self::Subscription,
        Self::Public,
        Self::Default,
    ];

    /// The name in settings, options, labels and receipts.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Im => "IM",
            Self::Call => "CALL",
            Self::FriendRequest => "FRIEND_REQUEST",
            Self::Account => "ACCOUNT",
            Self::Order => "ORDER",
            Self::Assets => "ASSETS",
            Self::Schedule => "SCHEDULE",
            Self::Device => "DEVICE",
            Self::Mail => "MAIL",
            Self::Subscription => "SUBSCRIPTION",
            Self::Public => "PUBLIC",
            Self::Default => "DEFAULT",
        }
    }

    /// The category of a key of `channels`: its own name or a kind.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let kind = || Kind::ALL.iter().find(|kind| kind.as_str() == key).map(|kind| deserved(*kind));
        Self::named(key).filter(|category| *category != Self::Default).or_else(kind)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }

    pub(crate) const fn level(self) -> Level {
        match self {
            Self::Subscription => Level::Subscription,
            Self::Public => Level::Public,
            Self::Default => Level::Default,
            _ => Level::Private,
        }
    }
}

impl Level {
    /// The level of a class.
    pub(crate) fn of(class: &Class) -> Self {
        Category::named(&class.name).map_or(Self::Default, Category::level)
    }

    /// Whether the phone makes a sound; the others stay in the drawer.
    pub(crate) const fn alerts(self) -> bool {
        matches!(self, Self::Private | Self::Subscription)
    }

    const fn quota(self) -> Option<&'static str> {
        match self {
            Self::Private | Self::Subscription => None,
            Self::Public => Some(QUOTAS[0]),
            Self::Default => Some(QUOTAS[1]),
        }
    }
}

/// What a kind deserves (the second table of section 6).
const fn deserved(kind: Kind) -> Category {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => Category::Im,
        Kind::CallInvite | Kind::CallCancel | Kind::CallMissed => Category::Call,
        // Not listed by name (unconfirmed): who has no channel for it sends it as an interaction, which is public.
        Kind::SocialRequest => Category::FriendRequest,
        // On a private channel it is a punished violation.
        Kind::SocialInteraction => Category::Public,
        Kind::AccountSecurity | Kind::AccountStatus => Category::Account,
        Kind::OrderUpdate => Category::Order,
        Kind::PaymentUpdate => Category::Assets,
        Kind::ReminderCalendar => Category::Schedule,
        Kind::ReminderDevice => Category::Device,
        // The table knows no mail: an app has a private channel for it, or it is public.
        Kind::MailNew => Category::Mail,
        Kind::SubscriptionUpdate => Category::Subscription,
        Kind::News | Kind::Content | Kind::Marketing => Category::Public,
    }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    let row = |kind: &Kind| {
        let category = deserved(*kind);
        let own = format!("channels: {kind} or {}", category.as_str());
        ClassRow {
            kind: *kind,
            class: category.as_str().to_owned(),
            needs: Some(match category {
                Category::Public => own,
                _ => format!("{own}; PUBLIC in its stead"),
            }),
            without: Category::Default.as_str().to_owned(),
            caps: match category.level() {
                Level::Public => "5 (news licence: 8) per device and day; the app's daily total",
                _ => "none; as PUBLIC: 5 (news licence: 8) per device and day; as DEFAULT: 1",
            }
            .to_owned(),
        }
    };
    Kind::ALL.iter().map(row).collect()
}

/// The channel of a class, and the settings' key of it.
pub(crate) fn channel<'a>(settings: &'a Settings, class: &Class) -> Option<&'a Channel> {
    settings.channels.get(class.detail.as_str()?)
}

/// Chooses the category and its channel: the channel that the job names, else the override, else what the kind deserves,
/// as far as the app has channels.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let class = |category: Category, wanted: Category, key: Option<&str>, because: String| Class {
        name: category.as_str().to_owned(),
        degraded_from: (category != wanted).then(|| wanted.as_str().to_owned()),
        quota: category.level().quota().map(str::to_owned),
        urgent: false,
        repeatable: job.kind.repeatable(),
        detail: key.map_or(Value::Null, Value::from),
        because,
    };
    if let Some(key) = named_channel(settings, job, options)? {
        let category = Category::of_key(key).unwrap_or(Category::Default);
        return Ok(class(category, category, Some(key), format!("the job names the channel of channels.{key}")));
    }
    let natural = deserved(job.kind);
    let wanted = options.category.unwrap_or(natural);
    if wanted == Category::Default {
        return Ok(class(wanted, wanted, None, "DEFAULT has no channel".to_owned()));
    }
    let by_kind = Some(job.kind.as_str()).filter(|_| wanted == natural);
    let has = |key: &&str| settings.channels.contains_key(*key);
    if let Some(key) = by_kind.into_iter().chain([wanted.as_str()]).find(has) {
        return Ok(class(wanted, wanted, Some(key), format!("channels.{key}")));
    }
    let public = Some(Category::Public.as_str()).filter(has);
    // No types of Xiaomi's by name, so to have no channel for them is no missing right.
    let unnamed = options.category.is_none() && matches!(wanted, Category::FriendRequest | Category::Mail);
    if settings.on_missing_right == MissingRight::Refuse && !(unnamed && public.is_some()) {
        return Err(Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::NoRight,
            field: "kind".to_owned(),
            rule: format!(
                "the app has no channel for {}: add it to channels once Xiaomi approved it, or on_missing_right = \"degrade\"",
                wanted.as_str()
            ),
        });
    }
    let category = if public.is_some() { Category::Public } else { Category::Default };
    Ok(class(category, wanted, public, format!("channels has no {}: sent as {}", wanted.as_str(), category.as_str())))
}

/// The settings' key of the channel that a job names by its id. Only channels of the settings are sent: another id would
/// be refused, or its class not be known.
fn named_channel<'a>(settings: &'a Settings, job: &Job, options: &Options) -> Result<Option<&'a str>, Refusal> {
    let own = options.category.map(Category::as_str);
    let find = |id: &str| {
        let mut keys = settings.channels.iter().filter(|(_, channel)| channel.id == id).map(|(key, _)| key.as_str());
        // One id may stand under several keys: that of the job's own kind or category goes first.
        let first = keys.clone().find(|key| *key == job.kind.as_str() || Some(*key) == own);
        first.or_else(|| keys.next())
    };
    match options.channel_id.as_deref() {
        Some(id) => match find(id) {
            Some(key) => Ok(Some(key)),
            None => Err(typed::bad_option(NAME, "channel_id", "the id of a channel of the app's settings")),
        },
        None => Ok(job.notification.as_ref().and_then(|shown| shown.channel.as_deref()).and_then(find)),
    }
}
