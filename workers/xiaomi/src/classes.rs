//! Which category a job belongs to and which channel it may use (section 6); `options.xiaomi` overrides it. On the wire
//! there is only the channel.

use push_contract::{
    Class, ClassRow, Job, Kind, Refusal,
    kit::{
        classes,
        names::{name_of, named},
    },
    typed,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NAME, settings::Settings, template::Channel};

/// The daily totals of an app (section 1).
pub(crate) const QUOTAS: &[&str] = &["public", "default"];
/// The category that stands in for those without a channel.
const PUBLIC: &str = "PUBLIC";

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

/// Xiaomi's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.xiaomi")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs a channel for it; DEFAULT is none.
    category: Option<Category>,
}

impl Category {
    /// The category of a class.
    pub(crate) fn of(class: &Class) -> Self {
        named(&class.name).unwrap_or(Self::Default)
    }

    /// The category of a key of `channels`: its own name or a kind.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        let own = named(key).filter(|category| *category != Self::Default);
        own.or_else(|| named(key).map(deserved))
    }

    /// Whether the phone makes a sound; the others stay in the drawer.
    pub(crate) const fn alerts(self) -> bool {
        !matches!(self, Self::Public | Self::Default)
    }

    const fn quota(self) -> Option<&'static str> {
        match self {
            Self::Public => Some(QUOTAS[0]),
            Self::Default => Some(QUOTAS[1]),
            _ => None,
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
    classes::rows(|kind| {
        let category = deserved(kind);
        let name = name_of(&category);
        let (stead, caps) = match category {
            Category::Public => ("", "5 (news licence: 8) per device and day; the app's daily total"),
            _ => ("; PUBLIC in its stead", "none; as PUBLIC: 5 (news licence: 8) per device and day; as DEFAULT: 1"),
        };
        ClassRow::new(kind, &name, caps)
            .needs(format!("channels: {kind} or {name}{stead}"), name_of(&Category::Default))
    })
}

/// The class without the right to this one, for jobs that the vendor refuses in it.
pub(crate) fn lesser(settings: &Settings, job: &Job, class: &Class) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = classes::MissingRight::Degrade;
    match class.detail.as_str()? {
        _ if class.name == PUBLIC => less.channels.clear(),
        // Down, and never up again to a channel that was refused before.
        key if key == class.name => less.channels.retain(|other, _| other == PUBLIC),
        // A kind's own channel; its category may have another.
        key => drop(less.channels.remove(key)),
    }
    classify(&less, job).ok()
}

/// The channel of a class.
pub(crate) fn channel<'a>(settings: &'a Settings, class: &Class) -> Option<&'a Channel> {
    settings.channels.get(class.detail.as_str()?)
}

/// Chooses the category and its channel: the channel that the job names, else the override, else what the kind
/// deserves, as far as the app has channels.
pub(crate) fn classify(settings: &Settings, job: &Job) -> Result<Class, Refusal> {
    let options: Options = typed::options(job, NAME)?;
    let natural = deserved(job.kind);
    let wanted = options.category.unwrap_or(natural);
    // `key`: that of the channel in the settings.
    let class = |category: Category, key: Option<&str>, because: String| Class {
        quota: category.quota().map(str::to_owned),
        detail: key.into(),
        ..Class::new(job, name_of(&category), because)
    };
    if let Some(key) = named_channel(settings, job) {
        let category = Category::of_key(key).unwrap_or(Category::Default);
        return Ok(class(category, Some(key), format!("the job names the channel of channels.{key}")));
    }
    if wanted == Category::Default {
        return Ok(class(wanted, None, "DEFAULT has no channel".to_owned()));
    }
    let name = name_of(&wanted);
    let has = |key: &&str| settings.channels.contains_key(*key);
    let by_kind = Some(job.kind.as_str()).filter(|_| wanted == natural);
    if let Some(key) = by_kind.into_iter().chain([name.as_str()]).find(has) {
        return Ok(class(wanted, Some(key), format!("channels.{key}")));
    }
    let right = format!("{name}: add its channel to channels once Xiaomi approved it");
    settings.on_missing_right.check("kind", &right)?;
    let public = Some(PUBLIC).filter(has);
    let instead = if public.is_some() { Category::Public } else { Category::Default };
    let because = format!("channels has no {name}: sent as {}", name_of(&instead));
    Ok(class(instead, public, because).wanted(&name))
}

/// The settings' key of the channel that a job names by its id. Only channels of the settings are sent: another id
/// would be refused, or its class not be known.
fn named_channel<'a>(settings: &'a Settings, job: &Job) -> Option<&'a str> {
    let id = job.notification.as_ref()?.channel.as_deref()?;
    settings.channels.iter().find(|(_, channel)| channel.id == id).map(|(key, _)| key.as_str())
}
