//! What is the same for every app: profile, settings, class table, options schema, code table.

use std::collections::BTreeSet;

use push_contract::{Kind, Vendor, VendorName};
use serde_json::{Value, json};

use super::{
    report::{Report, ensure},
    sample::Sample,
};
use crate::settings;

/// Profile, class table and options schema.
pub(super) fn check(report: &mut Report, vendor: &dyn Vendor) {
    let profile = vendor.profile();
    report.check("profile: name", || VendorName::new(profile.name).map(drop).map_err(|error| error.to_string()));
    report.check("profile: token types", || {
        ensure(!profile.token_types.is_empty(), || "a vendor has at least one token type".to_owned())?;
        unique("token type", profile.token_types)
    });
    report.check("profile: quotas", || unique("quota", profile.quotas));
    report.check("profile: codes", || unique("code", profile.codes));
    report.check("profile: secrets", || {
        let defaults: Value = toml::from_str(profile.defaults).map_err(|error| error.to_string())?;
        let given = profile.secrets.iter().find(|key| defaults.get(**key).is_some());
        ensure(given.is_none(), || format!("the defaults give the secret {given:?}"))
    });
    report.check("classes: every kind once", || {
        let rows = vendor.classes();
        for kind in Kind::ALL {
            let count = rows.iter().filter(|row| row.kind == *kind).count();
            ensure(count == 1, || format!("{kind} stands there {count} times"))?;
        }
        let empty = rows.iter().find(|row| row.class.is_empty() || row.without.is_empty());
        ensure(empty.is_none(), || format!("no class: {empty:?}"))
    });
    report.check("options: the schema refuses unknown keys", || {
        let schema = vendor.options_schema();
        ensure(schema["type"] == json!("object") && schema["additionalProperties"] == json!(false), || {
            "the schema must be an object with additionalProperties: false".to_owned()
        })
    });
}

/// What `open` refuses, and how it says so.
pub(super) fn settings(report: &mut Report, vendor: &dyn Vendor, sample: &Sample, full: &Value) {
    let secrets = super::secrets(vendor, full);
    let mut wrong: Vec<(String, &str, Value)> =
        vec![("settings: an unknown key".to_owned(), "no_such_setting", json!({ "no_such_setting": "x1y2z3" }))];
    for key in &sample.required {
        wrong.push((format!("settings: {key} is absent"), key, json!({ *key: null })));
        wrong.push((format!("settings: {key} is empty"), key, json!({ *key: "" })));
        wrong.push((format!("settings: {key} is a list"), key, json!({ *key: ["x1y2z3"] })));
    }
    for (key, value) in &sample.wrong {
        wrong.push((format!("settings: {key} = {value}"), key, json!({ *key: value })));
    }
    for (name, key, over) in wrong {
        report.check(&name, || {
            let Err(error) = vendor.open("chat", &settings::overlaid(full.clone(), &over)) else {
                return Err("must be refused".to_owned());
            };
            let leaf = error.key.rsplit('.').next().unwrap_or_default();
            ensure(leaf == key || error.key.ends_with(key) || leaf.starts_with(&format!("{key}[")), || {
                format!("the error names {}", error.key)
            })?;
            ensure(!error.rule.is_empty(), || "the error gives no rule".to_owned())?;
            let text = format!("{error} {error:?}");
            let shown = secrets.iter().any(|secret| text.contains(secret));
            let secret_shown = vendor.profile().secrets.contains(&key) && text.contains("x1y2z3");
            ensure(!shown && !secret_shown, || "the error shows a secret".to_owned())
        });
    }
    report.check("settings: no table", || {
        ensure(vendor.open("chat", &json!([])).is_err(), || "must be refused".to_owned())
    });
}

/// That the profile's codes and the sample's second writing of the sheet agree, and that each code was met.
pub(super) fn codes(report: &mut Report, vendor: &dyn Vendor, sample: &Sample, seen: &BTreeSet<&str>) {
    report.check("codes: the sample's table is the profile's", || {
        let told: BTreeSet<&str> = sample.codes.iter().map(|(code, ..)| *code).collect();
        let declared: BTreeSet<&str> = vendor.profile().codes.iter().copied().collect();
        let odd: Vec<_> = told.symmetric_difference(&declared).collect();
        ensure(odd.is_empty(), || format!("only in one of them: {odd:?}"))
    });
    for (code, ..) in &sample.codes {
        report.check(&format!("codes: {code}"), || {
            ensure(seen.contains(code), || "no call of any variant was answered with it".to_owned())
        });
    }
}

fn unique(what: &str, texts: &[&str]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    let twice = texts.iter().find(|text| text.is_empty() || !seen.insert(**text));
    ensure(twice.is_none(), || format!("{what} empty or there twice: {twice:?}"))
}
