//! Laying the layers over one another.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use push_contract::{AppName, Profile, SettingsError, Timestamp};
use toml::{Table, Value};

use super::{DEFAULTS, Process, Settings, rights, secret_names};

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The settings file, if there is one.
    pub file: Option<PathBuf>,
    /// Environment variables whose name starts with `PUSH__`.
    pub environment: BTreeMap<String, String>,
}

impl Sources {
    /// The sources of this process: `PUSH_CONFIG` and `PUSH__*`.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            file: std::env::var_os("PUSH_CONFIG").map(PathBuf::from),
            environment: std::env::vars().filter(|(name, _)| name.starts_with("PUSH__")).collect(),
        }
    }
}

/// Reads everything and checks it. Also returns the files that were read, for the watch.
///
/// # Errors
/// Key, value and rule of the first thing that is wrong. Values of secrets are not shown.
pub fn load(profile: &Profile, sources: &Sources) -> Result<(Settings, Vec<PathBuf>), SettingsError> {
    let mut files = Vec::new();
    let mut tree = parse("the built-in defaults", DEFAULTS)?;
    if let Some(path) = &sources.file {
        let text = read(path, "PUSH_CONFIG")?;
        files.push(path.clone());
        let file = parse(&path.display().to_string(), &text)?;
        refuse_plain_secrets(profile, &file)?;
        merge(&mut tree, file);
    }
    for (name, value) in &sources.environment {
        overlay(&mut tree, name, value)?;
    }
    let base = sources.file.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    for section in ["amqp", "redis"] {
        if let Some(Value::Table(table)) = tree.get_mut(section) {
            resolve(table, "url", section, base, &mut files)?;
        }
    }
    let apps = match tree.remove("apps") {
        None => Table::new(),
        Some(Value::Table(apps)) => apps,
        Some(other) => return Err(SettingsError::new("apps", other.type_str(), "must be a table of apps")),
    };
    let process = tree_to_process(tree)?;
    process.check()?;
    let (mut own, mut rights_end) = (BTreeMap::new(), BTreeMap::new());
    for (name, vendors) in apps {
        let app = AppName::new(name.clone())
            .map_err(|error| SettingsError::new(format!("apps.{name}"), name.clone(), error.to_string()))?;
        let Value::Table(mut vendors) = vendors else {
            return Err(SettingsError::new(format!("apps.{name}"), "(no table)", "must hold one table per vendor"));
        };
        match vendors.remove(profile.name) {
            None => {}
            Some(Value::Table(mut table)) => {
                let key = format!("apps.{name}.{}", profile.name);
                let now = Timestamp::now();
                rights_end.insert(app.clone(), rights::ends(&table, now));
                rights::settle(&mut table, &key, now)?;
                let mut values = parse("the vendor's defaults", profile.defaults)?;
                merge(&mut values, table);
                for secret in secret_names(profile) {
                    resolve(&mut values, secret, &key, base, &mut files)?;
                }
                let values = serde_json::to_value(values)
                    .map_err(|error| SettingsError::new(key, "(table)", error.to_string()))?;
                own.insert(app, values);
            }
            Some(_) => {
                return Err(SettingsError::new(
                    format!("apps.{name}.{}", profile.name),
                    "(no table)",
                    "must be a table",
                ));
            }
        }
    }
    Ok((Settings { process, apps: own, rights_end }, files))
}

fn read(path: &Path, key: &str) -> Result<String, SettingsError> {
    fs::read_to_string(path)
        .map_err(|error| SettingsError::new(key, path.display().to_string(), format!("cannot be read: {error}")))
}

fn parse(what: &str, text: &str) -> Result<Table, SettingsError> {
    text.parse::<Table>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        SettingsError::new(what, format!("line {line}"), format!("is no TOML: {}", error.message()))
    })
}

/// `over` wins; tables are merged.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// `PUSH__A__B=text` sets `a.b`. A text that reads as another TOML value where such a value stands is that value.
fn overlay(tree: &mut Table, name: &str, text: &str) -> Result<(), SettingsError> {
    let path: Vec<String> = name["PUSH__".len()..].split("__").map(str::to_lowercase).collect();
    let Some((last, parents)) = path.split_last().filter(|(last, _)| !last.is_empty()) else {
        return Err(SettingsError::new(name, "(set)", "must be PUSH__<section>__<key>"));
    };
    let mut table = tree;
    for parent in parents {
        let below = table.entry(parent.clone()).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(below) = below else {
            return Err(SettingsError::new(name, "(set)", format!("{parent} is no section")));
        };
        table = below;
    }
    // Numbers, booleans and lists are read as such only when they stand for themselves; an id of digits that belongs
    // into a text is quoted by whoever needs it: PUSH__...='"123"'.
    let value = format!("v = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("v"));
    let value = match (table.get(last), value) {
        (
            Some(Value::String(_)) | None,
            Some(Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_)),
        ) => Value::String(text.to_owned()),
        (_, Some(value)) => value,
        (_, None) => Value::String(text.to_owned()),
    };
    table.insert(last.clone(), value);
    Ok(())
}

/// Reads `<name>_file` into `<name>`, unless the environment gave the secret itself.
fn resolve(
    table: &mut Table,
    name: &str,
    section: &str,
    base: &Path,
    files: &mut Vec<PathBuf>,
) -> Result<(), SettingsError> {
    let file_key = format!("{name}_file");
    let Some(path) = table.remove(&file_key) else { return Ok(()) };
    let key = format!("{section}.{file_key}");
    let Value::String(path) = path else {
        return Err(SettingsError::new(key, path.type_str(), "must be a path"));
    };
    let path = base.join(path);
    let text = read(&path, &key)?;
    files.push(path);
    table.insert(name.to_owned(), Value::String(text.trim_end_matches(['\r', '\n']).to_owned()));
    Ok(())
}

fn refuse_plain_secrets(profile: &Profile, file: &Table) -> Result<(), SettingsError> {
    let apps = file.get("apps").and_then(Value::as_table).into_iter().flatten();
    for (app, vendors) in apps {
        let Some(Value::Table(values)) = vendors.get(profile.name) else { continue };
        if let Some(name) = secret_names(profile).find(|name| values.contains_key(*name)) {
            return Err(SettingsError::new(
                format!("apps.{app}.{}.{name}", profile.name),
                "(secret)",
                format!(
                    "a secret does not stand in the settings file: put it into a file and set {name}_file, or into the environment"
                ),
            ));
        }
    }
    Ok(())
}

fn tree_to_process(tree: Table) -> Result<Process, SettingsError> {
    let shown = Value::Table(tree.clone());
    serde_path_to_error::deserialize(Value::Table(tree)).map_err(|error| {
        let (key, rule) = (error.path().to_string(), error.inner().message());
        let found = key.split('.').try_fold(&shown, |value, part| value.get(part).ok_or(()));
        let (value, rule) = match found {
            Err(()) => ("(absent)".to_owned(), rule.to_owned()),
            Ok(_) if key.ends_with("url") => ("(secret)".to_owned(), "must be a text".to_owned()),
            // What has no business here may be a secret: an address under a misspelt name.
            Ok(_) if rule.starts_with("unknown field") => ("(not shown)".to_owned(), rule.to_owned()),
            Ok(Value::Table(_)) => ("(table)".to_owned(), rule.to_owned()),
            Ok(value) => (value.to_string(), rule.to_owned()),
        };
        SettingsError::new(key, value, rule)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            name: "parcel",
            defaults: "ttl = 60\n",
            secrets: &["app_secret"],
            token_types: &["plain"],
            quotas: &[],
            codes: &[],
        }
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("push-settings-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn sources(&self, text: &str, environment: &[(&str, &str)]) -> Sources {
            let file = self.0.join("push.toml");
            fs::write(&file, text).unwrap();
            Sources {
                file: Some(file),
                environment: environment.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn environment_wins_over_file_over_defaults() {
        let folder = Folder::new("layers");
        let sources = folder.sources(
            "[amqp]\nprefix = 'a'\nprefetch = 7\n[apps.chat.parcel]\nid = 'x'",
            &[("PUSH__AMQP__PREFETCH", "9"), ("PUSH__APPS__CHAT__PARCEL__ID", "123")],
        );
        let (settings, _) = load(&profile(), &sources).unwrap();
        assert_eq!((settings.process.amqp.prefix.as_str(), settings.process.amqp.prefetch), ("a", 9));
        let app = &settings.apps[&AppName::new("chat").unwrap()];
        assert_eq!((app["id"].as_str(), app["ttl"].as_i64()), (Some("123"), Some(60)));
    }

    #[test]
    fn secrets_come_from_files_and_the_environment_only() {
        let folder = Folder::new("secrets");
        let error = load(&profile(), &folder.sources("[apps.chat.parcel]\napp_secret = 'hush'", &[])).unwrap_err();
        assert!(error.key == "apps.chat.parcel.app_secret" && !error.to_string().contains("hush"), "{error}");
        fs::write(folder.0.join("s"), "hush\n").unwrap();
        let (settings, files) =
            load(&profile(), &folder.sources("[apps.chat.parcel]\napp_secret_file = 's'", &[])).unwrap();
        assert_eq!(settings.apps[&AppName::new("chat").unwrap()]["app_secret"], "hush");
        assert_eq!(files.len(), 2);
    }

    #[test]
    fn wrong_settings_name_key_value_and_rule() {
        let folder = Folder::new("wrong");
        for (text, key) in [
            ("[amqp]\nprefetch = 0", "amqp.prefetch"),
            ("[amqp]\nprefech = 1", "amqp.prefech"),
            ("[worker]\nattempts = 'x'", "worker.attempts"),
            ("[claims]\ndead_after_ms = 100", "claims.dead_after_ms"),
            ("[amqp]\nurl = 'http://h'", "amqp.url"),
            ("[amqp]\nurl = 'amqp://u:hush@h:port/'", "amqp.url"),
            ("[amqp]\nuri = 'amqp://u:hush@h/'", "amqp.uri"),
            ("[ampq]\nurl = 'amqp://u:hush@h/'", "ampq"),
            ("[redis]\nurl = 'redisx://:hush@h/'", "redis.url"),
            ("[redis]\nurl = 'redis://:hush@h:port/'", "redis.url"),
            ("[redis]\nurl = ['hush']", "redis.url"),
            ("[apps.'Ä']\n", "apps.Ä"),
            ("[[", &folder.0.join("push.toml").display().to_string()),
        ] {
            let error = load(&profile(), &folder.sources(text, &[])).unwrap_err();
            assert!(error.key == key && !error.to_string().contains("hush"), "{error}");
        }
    }
}
