//! Which interruption level and priority a job gets (section 6). Apple has no categories to apply for.

use push_contract::{Class, ClassRow, Job, Kind, Refusal, kit::classes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    options::Options,
    settings::{Settings, TokenType, Voip},
};

/// The class of data messages.
pub(crate) const BACKGROUND: &str = "background";
/// The class of jobs whose every target is a VoIP token.
pub(crate) const VOIP: &str = "voip";

/// Delivered at once.
const NOW: u8 = 10;
/// Considers the phone's battery.
const CONSIDERATE: u8 = 5;

/// `aps.interruption-level` (section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Level {
    /// Into the list, without light and sound.
    Passive,
    /// As usual.
    Active,
    /// Breaks through a Focus. A right.
    TimeSensitive,
    /// Breaks through silence. A right that Apple grants.
    Critical,
}

impl Level {
    /// The name on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::Active => "active",
            Self::TimeSensitive => "time-sensitive",
            Self::Critical => "critical",
        }
    }

    const fn granted(self, settings: &Settings) -> bool {
        match self {
            Self::Passive | Self::Active => true,
            Self::TimeSensitive => settings.time_sensitive,
            Self::Critical => settings.critical,
        }
    }

    /// The setting that says the right.
    const fn right(self) -> Option<&'static str> {
        match self {
            Self::Passive | Self::Active => None,
            Self::TimeSensitive => Some("time_sensitive"),
            Self::Critical => Some("critical"),
        }
    }
}

/// What a kind deserves.
const fn deserved(kind: Kind) -> (Level, u8) {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => (Level::Active, NOW),
        Kind::CallMissed | Kind::MailNew => (Level::Active, NOW),
        Kind::CallInvite | Kind::AccountSecurity | Kind::ReminderCalendar => (Level::TimeSensitive, NOW),
        // It takes the invitation's place: at once, and without another ring.
        Kind::CallCancel => (Level::Passive, NOW),
        Kind::AccountStatus | Kind::OrderUpdate | Kind::PaymentUpdate | Kind::ReminderDevice => (Level::Active, NOW),
        Kind::SocialRequest => (Level::Active, CONSIDERATE),
        Kind::SocialInteraction | Kind::SubscriptionUpdate | Kind::News | Kind::Content | Kind::Marketing => {
            (Level::Passive, CONSIDERATE)
        }
    }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    classes::rows(|kind| {
        let (level, priority) = deserved(kind);
        let row = ClassRow::new(kind, level.as_str(), format!("none published; priority {priority}"));
        match level.right() {
            Some(setting) => row.needs(format!("{setting} = true"), Level::Active.as_str()),
            None => row,
        }
    })
}

/// Chooses the level: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let class = |name: &str, priority: u8, because: String| {
        let detail = json!({ "priority": priority });
        Class { urgent: priority == NOW, detail, ..Class::new(job, name, because) }
    };
    if job.targets.iter().all(|target| settings.type_of(target) == TokenType::Voip) {
        may_be_voip(settings, job)?;
        return Ok(class(VOIP, NOW, "every target is a VoIP token".to_owned()));
    }
    if job.notification.is_none() {
        return Ok(class(BACKGROUND, CONSIDERATE, "data messages are background pushes".to_owned()));
    }
    let (deserved, usual) = deserved(job.kind);
    let (wanted, priority) = (options.interruption_level.unwrap_or(deserved), options.priority.unwrap_or(usual));
    let ladder = [wanted, Level::TimeSensitive, Level::Active];
    let level = ladder.into_iter().find(|level| level.granted(settings)).unwrap_or(Level::Active);
    if level == wanted {
        let because = match wanted.right() {
            Some(setting) => format!("{setting} is set"),
            None => format!("{} needs no right", wanted.as_str()),
        };
        return Ok(class(wanted.as_str(), priority, because));
    }
    let lacking = wanted.right().unwrap_or_default();
    let right = format!("{} pushes: set {lacking} once the app has it", wanted.as_str());
    settings.on_missing_right.check("kind", &right)?;
    let because = format!("{lacking} is not set: sent as {}", level.as_str());
    Ok(class(level.as_str(), priority, because).wanted(wanted.as_str()))
}

/// Whether the app has a call to report for a push of this kind. A missed call is over: it is an alert.
pub(crate) const fn is_reported(kind: Kind) -> bool {
    matches!(kind, Kind::CallInvite | Kind::CallCancel)
}

/// Whether the job may go to VoIP tokens: iOS ends deliveries to an app that reports no call for such a push.
pub(crate) fn may_be_voip(settings: &Settings, job: &Job) -> Result<(), Refusal> {
    match settings.voip {
        Voip::All => Ok(()),
        Voip::Calls if is_reported(job.kind) => Ok(()),
        Voip::Calls => {
            let rule = "a VoIP push must be call.invite or call.cancel: voip = \"all\" sends it";
            Err(Refusal::unsupported("targets.type", rule))
        }
        Voip::None => Err(Refusal::no_right("targets.type", "VoIP pushes: set voip once the app may use CallKit")),
    }
}
