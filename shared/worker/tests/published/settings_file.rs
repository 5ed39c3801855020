//! The schema of the settings file and the loader agree: an editor that knows the schema finds what `--check-config`
//! would find, and finds nothing that it would not.

use std::{
    fs,
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use jsonschema::Validator;
use push_contract::{Profile, SettingsError};
use push_worker::settings::{DEFAULTS, Sources, load};
use serde_json::{Value, json};

use crate::settings::{comment_of, schema};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&schema()).unwrap());

/// A settings file of its own.
struct File(PathBuf);

impl File {
    fn new(text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("push-schema-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("url"), "redis://127.0.0.1:6379/\n").unwrap();
        fs::write(folder.join("push.toml"), text).unwrap();
        Self(folder)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the loader says about a file.
fn loaded(text: &str) -> Result<(), SettingsError> {
    let profile =
        Profile { name: "parcel", defaults: "", secrets: &[], token_types: &["plain"], quotas: &[], codes: &[] };
    let file = File::new(text);
    load(&profile, &Sources { file: Some(file.0.join("push.toml")), ..Sources::default() }).map(drop)
}

/// What the schema says about it.
fn fits(text: &str) -> bool {
    SCHEMA.is_valid(&toml::from_str(text).unwrap())
}

#[test]
fn the_defaults_fit() {
    assert!(fits(DEFAULTS));
    assert!(fits(""), "every key may be absent");
}

#[rustfmt::skip]
const GOOD: &[&str] = &[
    "",
    "[amqp]\nurl = 'amqps://rabbit.example:5671/push'\nprefix = 'test.'\nprefetch = 2000",
    "[redis]\nurl = ''",
    "[redis]\nurl = 'rediss://redis.example:6380/0'",
    "[redis]\nurl_file = 'url'",
    "[admin]\nlisten = '[::1]:9090'",
    "[worker]\naim = 1",
    "[claims]\nafter_loss = 'strict'",
    "[log]\nlevel = 'push_worker=debug,info'\nformat = 'text'",
    "[apps.chat-2_b.parcel]\nanything = 1\n[apps.chat-2_b.other-vendor]\n[apps.shop]",
];

/// Wrong files, and the key that the loader names.
#[rustfmt::skip]
const WRONG: &[(&str, &str)] = &[
    ("workers = 1", "workers"),
    ("[amqp]\nprefech = 1", "amqp.prefech"),
    ("[amqp]\nprefetch = 'many'", "amqp.prefetch"),
    ("[amqp]\ntopology = 'create'", "amqp.topology"),
    ("[amqp]\nurl = 'http://127.0.0.1:15672'", "amqp.url"),
    ("[amqp]\nurl_file = 1", "amqp.url_file"),
    ("[redis]\nurl = 'http://127.0.0.1'", "redis.url"),
    ("[admin]\nlisten = '9090'", "admin.listen"),
    ("[admin]\nlisten = 'localhost:9090'", "admin.listen"),
    ("[worker]\ndrain_ms = -1", "worker.drain_ms"),
    ("[worker]\non_wrong_class = 'wait'", "worker.on_wrong_class"),
    ("[claims]\nafter_loss = 'maybe'", "claims.after_loss"),
    ("[calls]\ntimeout_ms = 1.5", "calls.timeout_ms"),
    ("[log]\nformat = 'xml'", "log.format"),
    ("log = 'info'", "log"),
    ("apps = 'chat'", "apps"),
    ("[apps]\nchat = 1", "apps.chat"),
    ("[apps.Chat]", "apps.Chat"),
    ("[apps.chat]\nparcel = 1", "apps.chat.parcel"),
];

#[test]
fn both_take_what_is_good() {
    for text in GOOD {
        assert_eq!(loaded(text), Ok(()), "{text}");
        assert!(fits(text), "{text}: {:?}", SCHEMA.validate(&toml::from_str(text).unwrap()));
    }
}

#[test]
fn both_refuse_what_is_wrong() {
    for (text, key) in WRONG {
        let error = loaded(text).expect_err(text);
        assert_eq!(error.key, *key, "{text}: {error}");
        assert!(!fits(text), "{text}: {error}, and the schema takes it");
    }
}

/// Each key of each section, with its schema.
fn each_key(mut see: impl FnMut(&str, &str, &Value)) {
    for (section, table) in schema()["properties"].as_object().unwrap() {
        let keys = table["properties"].as_object().into_iter().flatten();
        keys.filter(|(key, _)| *key != "url_file").for_each(|(key, value)| see(section, key, value));
    }
}

/// The numbers at a bound and just past it.
fn edges(value: &Value) -> Vec<(Value, bool)> {
    let whole = value["type"] == "integer";
    let step = |number: f64, by: f64| if whole { json!((number + by) as i64) } else { json!(number + by / 1000.0) };
    let mut edges = Vec::new();
    for (bound, past) in [("minimum", -1.0), ("maximum", 1.0), ("exclusiveMinimum", -1.0)] {
        if let Some(number) = value[bound].as_f64() {
            edges.push((step(number, past), false));
            edges.push((step(number, 0.0), bound != "exclusiveMinimum"));
            if bound == "exclusiveMinimum" {
                edges.push((step(number, 1.0), true));
            }
        }
    }
    edges
}

#[test]
fn bounds_are_those_of_the_loader() {
    let mut met = 0;
    each_key(|section, key, value| {
        for (number, good) in edges(value) {
            let text = format!("[{section}]\n{key} = {number}");
            // That a living worker does not count as dead is a relation between keys, which no schema can say.
            let loaded = loaded(&text);
            let related = loaded.as_ref().is_err_and(|error| error.key == "claims.dead_after_ms");
            assert_eq!(fits(&text), good, "{text}");
            assert!(related || loaded.is_ok() == good, "{text}: {loaded:?}");
            met += 1;
        }
    });
    assert!(met > 40, "only {met} bounds");
}

#[test]
fn choices_are_those_of_the_loader() {
    let mut met = 0;
    each_key(|section, key, value| {
        for choice in value["enum"].as_array().into_iter().flatten() {
            let text = format!("[{section}]\n{key} = {choice}");
            assert_eq!(loaded(&text), Ok(()), "{text}");
            met += 1;
        }
    });
    assert!(met >= 9, "only {met} choices");
}

#[test]
fn every_key_has_its_meaning_and_its_default() {
    each_key(|section, key, value| {
        assert!(comment_of(section, key).len() > 10, "{section}.{key}: a comment above it in defaults.toml");
        assert!(!value["default"].is_null(), "{section}.{key}: a default in defaults.toml");
    });
}
