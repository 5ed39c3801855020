//! Parcel, the made-up vendor of `PARCEL.md`: it has one of everything that makes real vendors hard.

mod answers;
mod app;
mod calls;
mod class;
mod codes;
mod message;
mod settings;
mod sign;

use push_contract::{App, ClassRow, Profile, SettingsError, Vendor};
use serde_json::Value;

pub use class::{ParcelClass, ParcelOptions};

const NAME: &str = "parcel";
const SECRET: &str = "app_secret";
const SEALED: &str = "sealed";

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: &[SECRET],
    token_types: &["plain", SEALED],
    quotas: &["news", "promo"],
    codes: &codes::CODES,
};

/// The vendor. One app of it sends by `many`, `save` and `list`, or `one`, as its settings say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parcel;

impl Vendor for Parcel {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        Ok(Box::new(app::ParcelApp::new(settings::read(settings)?)))
    }

    fn classes(&self) -> Vec<ClassRow> {
        class::rows()
    }

    fn options_schema(&self) -> Value {
        schemars::schema_for!(ParcelOptions).to_value()
    }
}
