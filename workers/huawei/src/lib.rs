#![doc = include_str!("../README.md")]

mod android;
mod answer;
mod auth;
mod classes;
mod codes;
mod content;
mod next;
mod options;
mod service_account;
mod settings;

use std::borrow::Cow;

use http::{HeaderValue, Uri, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Fitted, Job, Next,
    Outcome, Profile, Push, Rate, Reason, Refusal, SettingsError, Target, Timestamp, Token, Vendor, typed::address,
    wire,
};
use serde_json::Value;

use auth::Credentials;
use content::Delivery;
use options::Options;
use settings::{Platform, Settings, UrlVersion};

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
    quotas: &[classes::TEST_QUOTA, classes::NEXT_TEST_QUOTA],
    codes: codes::NAMES,
};

impl Vendor for Huawei {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let credentials = Credentials::open(&settings)?;
        let account = credentials.account.as_ref().map(|account| account.project_id.as_str());
        let send = |path: String| address("send_url", &settings.send_url, &path).map(Some);
        let android = match (settings.url_version, account.unwrap_or(&settings.project_id)) {
            _ if !settings.has_android() => None,
            (UrlVersion::V1, _) => send(format!("/v1/{}/messages:send", settings.client_id))?,
            (UrlVersion::V2, "") => {
                return Err(SettingsError::new("project_id", "", "needed for url_version = \"v2\""));
            }
            (UrlVersion::V2, project) => send(format!("/v2/{project}/messages:send"))?,
        };
        let next = account.map_or(Ok(None), |project| send(format!("/v3/{project}/messages:send")))?;
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
            Platform::Android => (&self.android, "the app has no client ID: Android cannot be reached"),
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
        let meant = || Platform::ALL.into_iter().filter(is_meant);
        let reached: Vec<_> = meant().filter(|platform| self.address(*platform).is_ok()).collect();
        match meant().next() {
            Some(first) if reached.is_empty() => self.address(first).map(|_| reached),
            _ => Ok(reached),
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

    fn warnings(&self) -> Vec<String> {
        let settings = &self.settings;
        let marketing =
            |platform: Platform| format!("{} is empty: every notification is MARKETING", platform.categories_key());
        let empty =
            |platform: &Platform| self.address(*platform).is_ok() && settings.categories_of(*platform).is_empty();
        let mut warnings: Vec<_> = Platform::ALL.into_iter().filter(empty).map(marketing).collect();
        let wants_next = settings.next_in_app_call || !settings.next_categories.is_empty();
        if wants_next && self.next.is_none() {
            warnings.push(
                "next_categories, next_in_app_call: without service_account_file nothing is sent to HarmonyOS NEXT"
                    .to_owned(),
            );
        }
        warnings
    }

    fn realm(&self, target: &Target) -> &'static str {
        match self.settings.platform(target) {
            Platform::Android => "",
            Platform::Next => Platform::Next.as_str(),
        }
    }

    fn authentication(&self, realm: &str, now: Timestamp) -> Authentication {
        let is_next = realm == Platform::Next.as_str();
        let platform = if is_next { Platform::Next } else { Platform::Android };
        self.credentials.authentication(platform, &self.settings.client_id, now)
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        let platform = self.platforms(job)?.first().copied().unwrap_or(self.settings.token_type);
        classes::classify(platform, &self.settings, job, &Options::of(job)?)
    }

    fn lesser(&self, job: &Job, class: &Class) -> Option<Class> {
        match self.platforms(job).ok()?.as_slice() {
            [platform] => classes::lesser(*platform, &self.settings, job, &Options::of(job).ok()?, class),
            // The class of a job to both is that of its first platform: which one was refused is not known.
            _ => None,
        }
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let mut whole = Fitted::default();
        let (platforms, options) = (self.platforms(job)?, Options::of(job)?);
        for (n, platform) in platforms.iter().enumerate() {
            // What a further platform refuses concerns its own targets alone: `encode` tells them.
            let class = match n {
                0 => Cow::Borrowed(class),
                _ => match classes::classify(*platform, &self.settings, job, &options) {
                    Ok(class) => Cow::Owned(class),
                    Err(_) => continue,
                },
            };
            let fitted = content::fit(*platform, &self.settings, job, &class)?;
            merge(&mut whole.dropped, fitted.dropped);
            merge(&mut whole.changed, fitted.changed);
        }
        if let [only] = platforms.as_slice()
            && options::are_beyond(job, &options, *only)
        {
            merge(&mut whole.dropped, vec!["options.huawei".to_owned()]);
        }
        Ok(whole)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let push = batch.only()?;
        let (settings, job, platform) = (&self.settings, &push.job, self.platform(push));
        let address = self.address(platform)?;
        // The class of a job for both platforms is Android's; that of its other targets follows from the same job.
        let class = match platform {
            Platform::Android => Cow::Borrowed(push.class.as_ref()),
            Platform::Next => Cow::Owned(classes::classify(platform, settings, job, &Options::of(job)?)?),
        };
        let delivery = Delivery {
            tokens: push.tokens().collect(),
            badge: push.positions.first().and_then(|n| job.targets[*n].badge),
            ttl_seconds: push.expiry.since(now).as_secs(),
        };
        let (body, _) = content::write(platform, settings, job, &class, delivery)?;
        let (api, media) = match platform {
            Platform::Android => ("send", wire::JSON),
            Platform::Next => ("send_next", "application/json"),
        };
        let mut request = wire::post(address, media, body);
        request.headers_mut().insert(header::AUTHORIZATION, wire::authorization("Bearer ", token)?);
        if platform == Platform::Next {
            request.headers_mut().insert("push-type", HeaderValue::from_static(next::push_type(&class)));
        }
        Ok(Call { api, request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let platform = batch.pushes.first().map_or(self.settings.token_type, |push| self.platform(push));
        answer::read(platform, batch, answer)
    }
}

/// Adds what is not yet told.
fn merge(whole: &mut Vec<String>, more: Vec<String>) {
    for field in more {
        if !whole.contains(&field) {
            whole.push(field);
        }
    }
}
