#![doc = include_str!("../README.md")]

mod android;
mod answer;
mod auth;
mod classes;
mod codes;
mod content;
mod next;
mod service_account;
mod settings;

use std::borrow::Cow;

use http::{HeaderName, HeaderValue, Uri, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Day, Fitted, Job,
    Next, Outcome, Profile, Push, Rate, Reason, Refusal, SettingsError, Target, Timestamp, Token, Vendor,
    typed::address, wire,
};
use serde_json::Value;

use auth::Credentials;
use classes::Options;
use content::{Delivery, Writer};
use settings::{Platform, Settings};

/// The name in queues, settings and options.
const NAME: &str = "huawei";

/// Huawei Push Kit.
#[derive(Debug, Clone, Copy)]
pub struct Huawei;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &[Platform::Android.as_str(), Platform::Next.as_str()],
    quotas: &[Platform::Android.test_quota(), Platform::Next.test_quota()],
    codes: codes::NAMES,
};

impl Vendor for Huawei {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let credentials = Credentials::open(&settings)?;
        let android = match (settings.client_id.as_str(), settings.project_id.as_str()) {
            ("", "") => None,
            (client, "") => Some(("v1", client)),
            (_, project) => Some(("v2", project)),
        };
        let account = credentials.account.as_ref().filter(|account| !account.project_id().is_empty());
        let next = account.map(|account| ("v3", account.project_id()));
        let send = |(version, id)| address("send_url", &settings.send_url, &format!("/{version}/{id}/messages:send"));
        let [android, next] = [android.map(send).transpose()?, next.map(send).transpose()?];
        Ok(Box::new(HuaweiApp { android, next, credentials, settings }))
    }

    fn classes(&self) -> Vec<ClassRow> {
        classes::table(Platform::Android)
    }

    fn further_classes(&self) -> Vec<(&'static str, Vec<ClassRow>)> {
        vec![("HarmonyOS NEXT", classes::table(Platform::Next))]
    }

    fn options_schema(&self) -> Value {
        schemars::schema_for!(Options).to_value()
    }
}

/// One app.
#[derive(Debug)]
struct HuaweiApp {
    settings: Settings,
    credentials: Credentials,
    /// Where messages for Android go, if the settings say.
    android: Option<Uri>,
    /// Where those for HarmonyOS NEXT go, if there is a service account.
    next: Option<Uri>,
}

impl HuaweiApp {
    fn platform(&self, push: &Push) -> Platform {
        push.positions.first().map_or(self.settings.token_type, |n| self.settings.platform(&push.job.targets[*n]))
    }

    fn address(&self, platform: Platform) -> Result<&Uri, Refusal> {
        let (address, rule) = match platform {
            Platform::Android => (&self.android, "the app has no client ID, no project ID: Android cannot be reached"),
            Platform::Next => (&self.next, "the app has no service account: HarmonyOS NEXT cannot be reached"),
        };
        let (outcome, reason) = (Outcome::Misconfigured, Reason::Misconfigured);
        let refusal = || Refusal { outcome, reason, field: "targets.type".to_owned(), rule: rule.to_owned() };
        address.as_ref().ok_or_else(refusal)
    }

    /// The platforms of a job that can be reached; the class of the job is that of the first.
    fn platforms(&self, job: &Job) -> Result<Vec<Platform>, Refusal> {
        let is_meant =
            |platform: &Platform| job.targets.iter().any(|target| self.settings.platform(target) == *platform);
        let mut meant: Vec<_> = Platform::ALL.into_iter().filter(is_meant).collect();
        if !meant.iter().any(|platform| self.address(*platform).is_ok()) {
            self.address(meant.first().copied().unwrap_or(self.settings.token_type))?;
        }
        meant.retain(|platform| self.address(*platform).is_ok());
        Ok(meant)
    }

    /// The class on a platform: the job's own on the first that can be reached. On the other it follows from the job.
    fn class_on<'a>(&self, platform: Platform, job: &Job, class: &'a Class) -> Result<Cow<'a, Class>, Refusal> {
        match self.platforms(job)?.first() {
            Some(first) if *first != platform => classes::classify(platform, &self.settings, job).map(Cow::Owned),
            _ => Ok(Cow::Borrowed(class)),
        }
    }
}

impl App for HuaweiApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn api_rates(&self) -> Vec<(&'static str, u32)> {
        vec![("auth", auth::TOKENS_PER_SECOND)]
    }

    fn warnings(&self) -> Vec<String> {
        let unclassified = |platform: Platform| {
            let empty = self.address(platform).is_ok() && self.settings.categories_of(platform).is_empty();
            empty.then(|| format!("{} is empty: every notification is MARKETING", platform.categories_key()))
        };
        let unreached = (self.next.is_none() && !self.settings.next_categories.is_empty())
            .then(|| "next_categories: without service_account_file nothing is sent to HarmonyOS NEXT".to_owned());
        Platform::ALL.into_iter().filter_map(unclassified).chain(unreached).collect()
    }

    fn realm(&self, target: &Target) -> &'static str {
        self.settings.platform(target).realm()
    }

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn authentication(&self, realm: &str, now: Timestamp) -> Authentication {
        self.credentials.authentication(Platform::of_realm(realm), &self.settings.client_id, now)
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        let platform = self.platforms(job)?.first().copied().unwrap_or(self.settings.token_type);
        classes::classify(platform, &self.settings, job)
    }

    fn class_in(&self, realm: &str, job: &Job, class: &Class) -> Option<Class> {
        match self.class_on(Platform::of_realm(realm), job, class).ok()? {
            Cow::Owned(class) => Some(class),
            Cow::Borrowed(_) => None,
        }
    }

    fn lesser(&self, job: &Job, class: &Class) -> Option<Class> {
        match self.platforms(job).ok()?.as_slice() {
            [platform] => classes::lesser(*platform, &self.settings, job, class),
            // The class of a job to both is that of its first platform. Its urgency is refused there and nowhere else;
            // of anything else it is not known which of the two refused it.
            [first, ..] if class.urgent => classes::lesser(*first, &self.settings, job, class),
            _ => None,
        }
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let (mut fitted, settings, options) = (Fitted::default(), &self.settings, &Options::of(job)?);
        for (n, platform) in self.platforms(job)?.into_iter().enumerate() {
            let fits = self.class_on(platform, job, class).and_then(|class| {
                content::fit(platform, Writer { settings, job, class: &class, options, fitted: &mut fitted })
            });
            // What a further platform refuses concerns its own targets alone: `encode` tells them.
            if n == 0 {
                fits?;
            }
        }
        Ok(fitted)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let push = batch.only()?;
        let (settings, job, platform) = (&self.settings, &push.job, self.platform(push));
        let (address, class) = (self.address(platform)?, self.class_on(platform, job, &push.class)?);
        let delivery = Delivery {
            tokens: push.tokens().collect(),
            badge: push.positions.first().and_then(|n| job.targets[*n].badge),
            ttl_seconds: push.expiry.since(now).as_secs(),
        };
        let (options, fitted) = (&Options::of(job)?, &mut Fitted::default());
        let body = Writer { settings, job, class: &class, options, fitted }.write(platform, delivery)?;
        if self.platforms(job)?.first() != Some(&platform) {
            content::fit(platform, Writer { settings, job, class: &class, options, fitted: &mut Fitted::default() })?;
        }
        let (api, media, push_type) = match platform {
            Platform::Android => ("send", wire::JSON, None),
            Platform::Next => ("send_next", "application/json", Some(next::push_type(&class))),
        };
        let mut request = wire::post(address, media, body);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, wire::authorization("Bearer ", token)?);
        headers.extend(push_type.map(|kind| (HeaderName::from_static("push-type"), HeaderValue::from_static(kind))));
        Ok(Call { api, request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let platform = batch.pushes.first().map_or(self.settings.token_type, |push| self.platform(push));
        answer::read(platform, batch, answer)
    }
}
