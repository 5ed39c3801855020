//! Which class a job belongs to and which it may use: categories (section 6) and push types (section 12.2).

use push_contract::{
    Class, ClassRow, Job, Kind, Refusal,
    kit::classes::{MissingRight, rows},
    typed,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    NAME,
    options::{Options, Urgency},
    settings::{Platform, Settings},
};

/// The class of data messages: Huawei classifies only what it shows, so they carry no category.
pub(crate) const DATA: &str = "DATA";
/// HarmonyOS NEXT: wakes the app, which shows its call page.
pub(crate) const IN_APP_CALL: &str = "IN_APP_CALL";
/// HarmonyOS NEXT: new content for a form (widget).
pub(crate) const FORM: &str = "FORM";
/// HarmonyOS NEXT: a live view.
pub(crate) const LIVE_VIEW: &str = "LIVE_VIEW";

/// What needs no right, and what everything falls to.
pub(crate) const MARKETING: &str = Category::Marketing.as_str();
/// HarmonyOS NEXT: a notification that is read out, a push type of its own there.
pub(crate) const PLAY_VOICE: &str = Category::PlayVoice.as_str();

/// Test messages are the one thing with a quota: 500 per app and day (section 1).
pub(crate) const TEST_QUOTA: &str = "test";
/// 1000 per project and day (section 12.1).
pub(crate) const NEXT_TEST_QUOTA: &str = "test_next";

macro_rules! categories {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// `category` (sections 6 and 12.3). Each but MARKETING is a right that Huawei grants per app.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub(crate) enum Category {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Category {
            /// The name on the wire.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

categories! {
    Im "IM",
    Voip "VOIP",
    /// HarmonyOS NEXT only.
    MissCall "MISS_CALL",
    Subscription "SUBSCRIPTION",
    Travel "TRAVEL",
    Health "HEALTH",
    Work "WORK",
    Account "ACCOUNT",
    Express "EXPRESS",
    Finance "FINANCE",
    DeviceReminder "DEVICE_REMINDER",
    /// Android, in an older page only; never chosen from a kind.
    SystemReminder "SYSTEM_REMINDER",
    /// HarmonyOS NEXT, in one secondary source only; never chosen from a kind.
    CustomerService "CUSTOMER_SERVICE",
    Mail "MAIL",
    /// Android: data messages only. HarmonyOS NEXT: a notification that is read out.
    PlayVoice "PLAY_VOICE",
    Marketing "MARKETING",
}

impl Category {
    /// Whether the platform knows it.
    pub(crate) const fn is_of(self, platform: Platform) -> bool {
        match platform {
            Platform::Android => !matches!(self, Self::MissCall | Self::CustomerService),
            Platform::Next => !matches!(self, Self::SystemReminder),
        }
    }

    /// Whether a data message of this category may wake an Android app (section 4.6 c).
    const fn wakes(self) -> bool {
        matches!(self, Self::Voip | Self::PlayVoice)
    }
}

/// What a kind deserves, and what else the vendor's page allows for it.
const fn deserved(kind: Kind, platform: Platform) -> (Category, Option<Category>) {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => (Category::Im, None),
        Kind::CallInvite | Kind::CallCancel => (Category::Voip, None),
        // On Android VOIP is seen in use.
        Kind::CallMissed => match platform {
            Platform::Android => (Category::Im, Some(Category::Voip)),
            Platform::Next => (Category::MissCall, None),
        },
        Kind::SocialRequest | Kind::SocialInteraction | Kind::SubscriptionUpdate => (Category::Subscription, None),
        Kind::AccountSecurity | Kind::AccountStatus => (Category::Account, None),
        Kind::OrderUpdate => (Category::Express, None),
        // FINANCE is for finance and payment apps; others tell balances as ACCOUNT.
        Kind::PaymentUpdate => (Category::Finance, Some(Category::Account)),
        Kind::ReminderCalendar => (Category::Work, None),
        Kind::ReminderDevice => (Category::DeviceReminder, None),
        Kind::MailNew => (Category::Mail, None),
        // News counts as a subscription only if the user asked for it: producers say so by subscription.update.
        Kind::News | Kind::Content | Kind::Marketing => (Category::Marketing, None),
    }
}

/// The table for `--classes`.
pub(crate) fn table(platform: Platform) -> Vec<ClassRow> {
    rows(|kind| {
        let (category, instead) = deserved(kind, platform);
        if category == Category::Marketing {
            return ClassRow::new(kind, MARKETING, "2 (news: 5) per device and day; 3000 in all");
        }
        let mut needs = format!("{}: {}", platform.categories_key(), category.as_str());
        if let Some(instead) = instead {
            needs.push_str(&format!(", or {} in its stead", instead.as_str()));
        }
        ClassRow::new(kind, category.as_str(), "3000 per device and day in all").needs(needs, MARKETING)
    })
}

/// Chooses the class on a platform: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(
    platform: Platform,
    settings: &Settings,
    job: &Job,
    options: &Options,
) -> Result<Class, Refusal> {
    // An override that this platform does not know is for the other one.
    let (wanted, instead) = match options.category.filter(|category| category.is_of(platform)) {
        Some(category) => (category, None),
        None => deserved(job.kind, platform),
    };
    let chooser = Chooser { platform, settings, job, options, wanted, instead };
    match platform {
        Platform::Android => chooser.on_android(),
        Platform::Next => chooser.on_next(),
    }
}

/// The class without the right to this one, for jobs that the vendor refuses in it.
pub(crate) fn lesser(
    platform: Platform,
    settings: &Settings,
    job: &Job,
    options: &Options,
    class: &Class,
) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = MissingRight::Degrade;
    match (platform, class.name.as_str()) {
        (Platform::Next, IN_APP_CALL) => less.next_in_app_call = false,
        (Platform::Next, LIVE_VIEW) => less.next_live_views.clear(),
        // What is refused of an urgent job is its urgency (80300011).
        (Platform::Android, _) if class.urgent => less.high_priority = false,
        (Platform::Android, name) => less.categories.retain(|category| category.as_str() != name),
        (Platform::Next, name) => less.next_categories.retain(|category| category.as_str() != name),
    }
    classify(platform, &less, job, options).ok()
}

struct Chooser<'a> {
    platform: Platform,
    settings: &'a Settings,
    job: &'a Job,
    options: &'a Options,
    wanted: Category,
    instead: Option<Category>,
}

impl Chooser<'_> {
    fn on_android(&self) -> Result<Class, Refusal> {
        let (settings, options, wanted) = (self.settings, self.options, self.wanted);
        let wants_high = options.urgency.map_or(wanted.wakes(), |urgency| urgency == Urgency::High);
        if options.urgency == Some(Urgency::High) && !settings.high_priority {
            self.missing("options.huawei.urgency", "high-priority messages: set high_priority")?;
        }
        if self.job.notification.is_none() {
            if wanted.wakes() && wants_high {
                let name = wanted.as_str();
                if self.has(wanted) && settings.high_priority {
                    let because = format!("categories has {name}, high_priority is set: wakes the app");
                    return Ok(Class { urgent: true, ..self.class(name, because) });
                }
                self.missing("kind", &format!("{name} that wake the app: set high_priority, categories"))?;
                let because = format!("no right to wake the app as {name}: a plain data message");
                return Ok(self.class(DATA, because).wanted(name));
            }
            let urgent = wants_high && settings.high_priority;
            return Ok(Class { urgent, ..self.plain()? });
        }
        if wanted == Category::PlayVoice {
            let rule = "PLAY_VOICE is for data messages: leave out notification";
            return Err(typed::bad_option(NAME, "category", rule));
        }
        let class = self.shown()?;
        let is_voip = class.name == Category::Voip.as_str();
        let is_marketed = class.name == MARKETING && wanted != Category::Marketing;
        let urgent = settings.high_priority && !is_marketed && options.urgency.map_or(is_voip, |_| wants_high);
        Ok(Class { urgent, ..class })
    }

    fn on_next(&self) -> Result<Class, Refusal> {
        let (settings, options, job) = (self.settings, self.options, self.job);
        if options.form.is_some() {
            let targets = job.targets.iter().filter(|target| settings.platform(target) == Platform::Next).count();
            return match targets {
                1 => Ok(self.class(FORM, "a form of one device")),
                _ => Err(typed::bad_option(NAME, "form", "is on one device: one target of type next")),
            };
        }
        if let Some(event) = options.live_event() {
            let granted = settings.next_live_views.iter().any(|granted| granted == event);
            return self.special(LIVE_VIEW, granted, &format!("live views of {event}: add it to next_live_views"));
        }
        let is_invite = job.kind == Kind::CallInvite && job.notification.is_none();
        if options.in_app_call.unwrap_or(is_invite) {
            return self.special(IN_APP_CALL, settings.next_in_app_call, "in-app calls: set next_in_app_call");
        }
        self.plain()
    }

    /// What needs a right of its own on HarmonyOS NEXT; without it the job is sent as if nobody had asked.
    fn special(&self, name: &str, granted: bool, right: &str) -> Result<Class, Refusal> {
        if granted {
            let urgent = name == IN_APP_CALL;
            return Ok(Class { urgent, ..self.class(name, format!("the settings have the right to {name}")) });
        }
        self.missing("options.huawei", right)?;
        let class = self.plain()?;
        let because = format!("no right to {right}; sent as {}", class.name);
        Ok(Class { because, ..class }.wanted(name))
    }

    fn plain(&self) -> Result<Class, Refusal> {
        match self.job.notification {
            None => Ok(self.class(DATA, "data messages carry no category")),
            Some(_) => self.shown(),
        }
    }

    /// The best category for what is shown.
    fn shown(&self) -> Result<Class, Refusal> {
        let (wanted, list) = (self.wanted.as_str(), self.platform.categories_key());
        let Some(chosen) = [Some(self.wanted), self.instead].into_iter().flatten().find(|category| self.has(*category))
        else {
            self.missing("kind", &format!("{wanted}: add it to {list}"))?;
            let because = format!("{list} lacks {wanted}: sent as MARKETING");
            return Ok(self.class(MARKETING, because).wanted(wanted));
        };
        let because = match chosen {
            Category::Marketing => "MARKETING needs no right".to_owned(),
            _ => format!("{list} has {}", chosen.as_str()),
        };
        Ok(self.class(chosen.as_str(), because).wanted(wanted))
    }

    fn has(&self, category: Category) -> bool {
        category == Category::Marketing || self.settings.categories_of(self.platform).contains(&category)
    }

    fn class(&self, name: &str, because: impl Into<String>) -> Class {
        let quota = match self.platform {
            Platform::Android => TEST_QUOTA,
            Platform::Next => NEXT_TEST_QUOTA,
        };
        Class { quota: self.job.test.then(|| quota.to_owned()), ..Class::new(self.job, name, because) }
    }

    fn missing(&self, field: &str, right: &str) -> Result<(), Refusal> {
        self.settings.on_missing_right.check(field, &format!("{right} once Huawei granted it"))
    }
}
