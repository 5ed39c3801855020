//! The settings of one app at Parcel, checked when they are read.

use std::collections::BTreeSet;

use http::Uri;
use push_contract::{Day, Secret, SettingsError, typed::address};
use serde_json::{Map, Value};

use super::class::Right;

/// How an app sends (sheet: "Sending").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    Gather,
    List,
    Single,
}

/// The addresses of the sheet's five calls.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    pub(super) auth: Uri,
    pub(super) save: Uri,
    pub(super) list: Uri,
    pub(super) many: Uri,
    pub(super) one: Uri,
}

/// The settings of one app.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) app_id: String,
    pub(super) app_secret: Secret,
    pub(super) addresses: Addresses,
    pub(super) calls: Calls,
    pub(super) list_targets: usize,
    pub(super) rights: BTreeSet<Right>,
    pub(super) sealed_by_default: bool,
    pub(super) rate_per_second: u32,
    pub(super) api_rates: Vec<(&'static str, u32)>,
    pub(super) day: Day,
}

const KEYS: [&str; 11] = [
    "app_id",
    super::SECRET,
    "auth_url",
    "send_url",
    "calls",
    "list_targets",
    "rights",
    "token_type",
    "rate_per_second",
    "api_rates",
    "day",
];

/// Reads the settings.
pub(super) fn read(settings: &Value) -> Result<Settings, SettingsError> {
    let Some(keys) = settings.as_object() else {
        return Err(SettingsError::new(".", "(no table)", "must be a table"));
    };
    let table = Table { keys };
    if let Some(key) = keys.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(table.wrong(key, &format!("unknown key; one of {}", KEYS.join(", "))));
    }
    let rule = "such as https://parcel.example";
    let (auth, send) = (table.text("auth_url", rule)?, table.text("send_url", rule)?);
    Ok(Settings {
        app_id: table.text("app_id", "the app's id at Parcel, from its console")?.to_owned(),
        app_secret: Secret::new(table.text(super::SECRET, "set app_secret_file or the environment variable")?),
        addresses: Addresses {
            auth: address("auth_url", auth, "/parcel/auth")?,
            save: address("send_url", send, "/parcel/save")?,
            list: address("send_url", send, "/parcel/list")?,
            many: address("send_url", send, "/parcel/many")?,
            one: address("send_url", send, "/parcel/one")?,
        },
        calls: table.one_of("calls", &[("gather", Calls::Gather), ("list", Calls::List), ("single", Calls::Single)])?,
        list_targets: usize::try_from(table.number("list_targets", 2, 1000)?).unwrap_or(1000),
        rights: table.rights()?,
        sealed_by_default: table.one_of("token_type", &[("plain", false), ("sealed", true)])?,
        rate_per_second: u32::try_from(table.number("rate_per_second", 1, 1_000_000)?).unwrap_or(u32::MAX),
        api_rates: table.api_rates()?,
        day: table.day()?,
    })
}

struct Table<'a> {
    keys: &'a Map<String, Value>,
}

impl<'a> Table<'a> {
    fn wrong(&self, key: &str, rule: &str) -> SettingsError {
        let value = match self.keys.get(key) {
            // An unknown key may be a secret's, written wrongly.
            Some(_) if key == super::SECRET || !KEYS.contains(&key) => "(secret)".to_owned(),
            Some(value) => value.to_string(),
            None => "(absent)".to_owned(),
        };
        SettingsError::new(key, value, rule)
    }

    fn text(&self, key: &str, rule: &str) -> Result<&'a str, SettingsError> {
        let text = self.keys.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| self.wrong(key, &format!("must be a text that is not empty: {rule}")))
    }

    fn number(&self, key: &str, min: u64, max: u64) -> Result<u64, SettingsError> {
        let number = self.keys.get(key).and_then(Value::as_u64).filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| self.wrong(key, &format!("must be a whole number from {min} to {max}")))
    }

    fn one_of<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<T, SettingsError> {
        let text = self.keys.get(key).and_then(Value::as_str);
        let found = choices.iter().find(|(name, _)| Some(*name) == text);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(key, &format!("must be one of {}", names.join(", ")))
        })
    }

    fn api_rates(&self) -> Result<Vec<(&'static str, u32)>, SettingsError> {
        let wrong = || self.wrong("api_rates", "must be a table of auth and save, each from 1 to 1000000");
        let rates = self.keys.get("api_rates").and_then(Value::as_object).ok_or_else(wrong)?;
        let one = |(name, value): (&String, &Value)| {
            let api = ["auth", "save"].into_iter().find(|api| api == name)?;
            let per_second = value.as_u64().filter(|number| (1..=1_000_000).contains(number))?;
            Some((api, u32::try_from(per_second).ok()?))
        };
        rates.iter().map(|rate| one(rate).ok_or_else(wrong)).collect()
    }

    fn day(&self) -> Result<Day, SettingsError> {
        let day = self.keys.get("day").cloned().unwrap_or_default();
        serde_json::from_value(day).map_err(|error| self.wrong("day", &error.to_string()))
    }

    fn rights(&self) -> Result<BTreeSet<Right>, SettingsError> {
        let rights = self.keys.get("rights").map(|value| serde_json::from_value(value.clone()));
        rights.and_then(Result::ok).ok_or_else(|| self.wrong("rights", "must be a list of: calls, alerts"))
    }
}
