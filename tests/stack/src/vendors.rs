//! What the simulator and the workers are told about each vendor's apps: `stack.toml` in the vendor's folder.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Value, json};
use toml::Table;

use crate::{Context, Result, StackError};

/// Where the simulator is.
#[derive(Debug, Clone, Copy)]
pub struct SimPlaces<'a> {
    /// Its address.
    pub url: &'a str,
    /// Its address with TLS.
    pub tls_url: &'a str,
    /// The certificate of its authority.
    pub authority_pem: &'a str,
}

/// One vendor's apps.
#[derive(Debug, Clone)]
pub struct Vendor {
    /// The vendor's name: its folder under `workers/`.
    pub name: String,
    apps: BTreeMap<String, AppPlan>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct AppPlan {
    register: Table,
    settings: Table,
    #[serde(default)]
    secrets: BTreeMap<String, String>,
}

impl Vendor {
    /// The vendors of the workspace: every crate under `workers/`.
    ///
    /// # Errors
    /// If one has no `stack.toml`, or a wrong one.
    pub fn all(workspace: &Path) -> Result<Vec<Self>> {
        let entries = fs::read_dir(workspace.join("workers")).context("listing workers/")?;
        let crates = entries.filter_map(|entry| entry.ok()).filter(|entry| entry.path().join("Cargo.toml").is_file());
        let mut names: Vec<String> = crates.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names.into_iter().map(|name| Self::read(workspace, name)).collect()
    }

    fn read(workspace: &Path, name: String) -> Result<Self> {
        let path = workspace.join("workers").join(&name).join("stack.toml");
        let doing = || format!("{} says which apps {name} has at the simulator", path.display());
        let text = fs::read_to_string(&path).context(doing())?;
        Ok(Self { apps: toml::from_str(&text).context(doing())?, name })
    }

    /// The names of its apps.
    pub fn apps(&self) -> impl Iterator<Item = &str> {
        self.apps.keys().map(String::as_str)
    }

    /// The bodies for `POST /control/apps`.
    ///
    /// # Errors
    /// If a value has no form in JSON.
    pub fn registrations(&self, sim: &str) -> Result<Vec<Value>> {
        let all = self.apps.iter().map(|(app, plan)| {
            let mut body =
                serde_json::to_value(filled(&plan.register, &[("{sim}", sim)])).context("writing a registration")?;
            body["vendor"] = json!(self.name);
            body["app"] = json!(app);
            for (name, secret) in &plan.secrets {
                body[name] = json!(secret);
            }
            Ok(body)
        });
        all.collect()
    }

    /// The settings of `[apps.<app>.<vendor>]`, with the files of its secrets, which are written to `dir`.
    fn settings(&self, places: &[(&str, &str)], dir: &Path) -> Result<Vec<(String, Table)>> {
        let all = self.apps.iter().map(|(app, plan)| {
            let mut settings = filled(&plan.settings, places);
            for (name, secret) in &plan.secrets {
                let path = dir.join(format!("{app}-{}-{name}", self.name));
                fs::write(&path, secret).context(format!("writing {}", path.display()))?;
                settings.insert(format!("{name}_file"), path.to_string_lossy().into_owned().into());
            }
            Ok((app.clone(), settings))
        });
        all.collect()
    }
}

/// A settings file for workers of all `vendors`; secrets go to files in `dir`. `change` may change an app's section.
///
/// # Errors
/// If a file cannot be written.
pub fn settings_file(
    vendors: &[Vendor],
    sim: SimPlaces<'_>,
    dir: &Path,
    change: impl Fn(&mut Table),
) -> Result<String> {
    fs::create_dir_all(dir).context(format!("making {}", dir.display()))?;
    let authority = dir.join("authority.pem");
    fs::write(&authority, sim.authority_pem).context(format!("writing {}", authority.display()))?;
    let authority = authority.to_string_lossy();
    let places = [("{sim}", sim.url), ("{sim_tls}", sim.tls_url), ("{authority_file}", &*authority)];
    let mut apps = Table::new();
    for vendor in vendors {
        for (app, mut settings) in vendor.settings(&places, dir)? {
            change(&mut settings);
            let app = apps.entry(app).or_insert_with(|| Table::new().into());
            let app = app.as_table_mut().ok_or_else(|| StackError::new("an app that is no table"))?;
            app.insert(vendor.name.clone(), settings.into());
        }
    }
    let mut file = Table::new();
    file.insert("apps".into(), apps.into());
    toml::to_string(&file).context("writing the settings")
}

/// Places such as `{sim}` replaced by what they stand for, in texts at the top level.
fn filled(table: &Table, places: &[(&str, &str)]) -> Table {
    let fill = |value: &toml::Value| match value {
        toml::Value::String(text) => {
            places.iter().fold(text.clone(), |text, (place, value)| text.replace(place, value)).into()
        }
        other => other.clone(),
    };
    table.iter().map(|(key, value)| (key.clone(), fill(value))).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{SimPlaces, Vendor, settings_file};

    #[test]
    fn every_worker_has_its_apps_and_secrets_stay_out_of_the_settings() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let vendors = Vendor::all(workspace).unwrap();
        assert!(!vendors.is_empty());
        let dir = crate::scratch_dir("vendors").unwrap();
        let sim = SimPlaces { url: "http://sim", tls_url: "https://sim", authority_pem: "an authority" };
        let text = settings_file(&vendors, sim, &dir, |app| {
            app.insert("rate_per_second".into(), 7.into());
        })
        .unwrap();
        for vendor in &vendors {
            assert_eq!(vendor.apps().collect::<Vec<_>>(), ["chat", "shop"]);
            assert!(text.contains(&format!("[apps.chat.{}]", vendor.name)), "{text}");
            let registered = vendor.registrations("http://sim").unwrap();
            assert_eq!(
                (&registered[0]["vendor"], &registered[0]["app"]),
                (&vendor.name.as_str().into(), &"chat".into())
            );
        }
        for file in fs::read_dir(&dir).unwrap() {
            let secret = fs::read_to_string(file.unwrap().path()).unwrap();
            assert!(!text.contains(&secret), "a secret in the settings file");
        }
        fs::remove_dir_all(dir).unwrap();
    }
}
