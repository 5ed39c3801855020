//! Registered apps: projects with their service accounts, as Google knows them (section 2).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::DecodingKey;
use rcgen::KeyPair;
use serde::Deserialize;
use serde_json::Value;

/// What `expires_in` says (section 3.2).
const TOKEN_SECONDS: u64 = 3599;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// The key file, JSON as text.
    service_account: String,
    /// The project's number, which may stand in the address in place of its id.
    project_number: Option<String>,
    /// The package that the app's tokens belong to.
    package_name: Option<String>,
    /// Whether the messaging API is enabled in the project.
    #[serde(default = "yes")]
    api_enabled: bool,
    /// Whether the account holds `cloudmessaging.messages.create`.
    #[serde(default = "yes")]
    may_send: bool,
    rate_per_second: Option<u32>,
    #[serde(default = "hour")]
    token_seconds: u64,
}

fn yes() -> bool {
    true
}

fn hour() -> u64 {
    TOKEN_SECONDS
}

/// The key file, as far as Google's side of it goes. Other members stand in it too.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    project_id: String,
    client_email: String,
    private_key: String,
    private_key_id: String,
    token_uri: String,
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) project_id: String,
    pub(super) project_number: Option<String>,
    pub(super) package_name: Option<String>,
    pub(super) account: Account,
    pub(super) api_enabled: bool,
    pub(super) may_send: bool,
    pub(super) token_seconds: u64,
}

/// The public half of a service account.
pub(super) struct Account {
    pub(super) email: String,
    pub(super) key_id: String,
    pub(super) key: DecodingKey,
    /// The audience of its assertions.
    pub(super) token_uri: String,
}

impl App {
    /// Whether the address names this app's project.
    pub(super) fn is_of(&self, project: &str) -> bool {
        self.project_id == project || self.project_number.as_deref() == Some(project)
    }
}

/// The apps by name.
#[derive(Default)]
pub(super) struct Apps {
    by_name: RwLock<BTreeMap<String, Arc<App>>>,
}

impl Apps {
    /// Registers or replaces an app; gives its rate in messages per second, if one is set.
    pub(super) fn register(&self, name: &str, settings: Value) -> Result<Option<u32>, String> {
        let given: Registration = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let rate = given.rate_per_second;
        let app = check(name, given)?;
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let email = &app.account.email;
        if let Some(other) = apps.values().find(|other| other.name != name && other.account.email == *email) {
            return Err(format!("client_email {email} belongs to app {}; give each app its own account", other.name));
        }
        apps.insert(name.to_owned(), Arc::new(app));
        Ok(rate)
    }

    pub(super) fn named(&self, name: &str) -> Option<Arc<App>> {
        self.find(|app| app.name == name)
    }

    pub(super) fn of_email(&self, email: &str) -> Option<Arc<App>> {
        self.find(|app| app.account.email == email)
    }

    /// The first app of a project, by name.
    pub(super) fn of_project(&self, project: &str) -> Option<Arc<App>> {
        self.find(|app| app.is_of(project))
    }

    fn find(&self, wanted: impl Fn(&App) -> bool) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| wanted(app)).cloned()
    }
}

fn check(name: &str, given: Registration) -> Result<App, String> {
    let file: KeyFile = serde_json::from_str(&given.service_account)
        .map_err(|error| format!("service_account must be the key file as JSON text: {error}"))?;
    if file.kind != "service_account" {
        return Err("service_account: type must be service_account".to_owned());
    }
    if !(1..=3600).contains(&given.token_seconds) {
        return Err("token_seconds must be 1 to 3600".to_owned());
    }
    let key = public_key(&file.private_key)?;
    Ok(App {
        name: name.to_owned(),
        project_id: file.project_id,
        project_number: given.project_number,
        package_name: given.package_name,
        account: Account { email: file.client_email, key_id: file.private_key_id, key, token_uri: file.token_uri },
        api_enabled: given.api_enabled,
        may_send: given.may_send,
        token_seconds: given.token_seconds,
    })
}

/// The key that verifies; of a private key its public half.
fn public_key(pem: &str) -> Result<DecodingKey, String> {
    let public = if pem.contains("PRIVATE KEY") {
        let pair = KeyPair::from_pem(pem).map_err(|error| format!("private_key must be PKCS #8, RSA: {error}"))?;
        pair.public_key_pem()
    } else {
        pem.to_owned()
    };
    DecodingKey::from_rsa_pem(public.as_bytes()).map_err(|error| format!("private_key must be an RSA key: {error}"))
}
