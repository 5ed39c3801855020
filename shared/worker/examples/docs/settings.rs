//! `schemas/settings.schema.json`: types and choices from the settings types, meaning and defaults from `defaults.toml`,
//! bounds from the list below, which a test holds to what the loader takes.

use push_worker::settings::{DEFAULTS, Process};
use schemars::{Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

/// Bounds that the types do not carry; those of `Process::check`.
const BOUNDS: &[(&str, &str, &str, f64)] = &[
    ("amqp", "prefetch", "minimum", 1.0),
    ("amqp", "prefetch", "maximum", 2000.0),
    ("amqp", "timeout_ms", "minimum", 100.0),
    ("redis", "timeout_ms", "minimum", 10.0),
    ("worker", "bytes_in_flight", "minimum", 1_048_576.0),
    ("worker", "calls_in_flight", "minimum", 1.0),
    ("worker", "calls_in_flight", "maximum", 100_000.0),
    ("worker", "attempts", "minimum", 1.0),
    ("worker", "attempts", "maximum", 100.0),
    ("worker", "replicas", "minimum", 1.0),
    ("worker", "replicas", "maximum", 10_000.0),
    ("worker", "aim", "exclusiveMinimum", 0.0),
    ("worker", "aim", "maximum", 1.0),
    ("worker", "watch_ms", "minimum", 50.0),
    ("claims", "window_ms", "minimum", 60_000.0),
    ("calls", "timeout_ms", "minimum", 100.0),
    ("breaker", "share", "exclusiveMinimum", 0.0),
    ("breaker", "share", "maximum", 1.0),
];

/// Texts of a certain form.
const PATTERNS: &[(&str, &str, &str)] = &[
    ("amqp", "url", "^amqps?://"),
    ("redis", "url", "^(redis.*)?$"),
    // An address and a port; a name is not looked up.
    ("admin", "listen", r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$"),
];

/// Sections whose `url` may be in a file of its own.
const URL_FILES: [&str; 2] = ["amqp", "redis"];

/// The text of the file.
pub(crate) fn text() -> String {
    serde_json::to_string_pretty(&schema()).unwrap_or_default() + "\n"
}

/// The schema of a settings file: what it does not say is as in the defaults.
pub(crate) fn schema() -> Value {
    let mut schema = of_types();
    let defaults: Value = toml::from_str(DEFAULTS).unwrap_or_default();
    let sections = schema["properties"].as_object_mut().map(std::mem::take).unwrap_or_default();
    let mut properties = Map::new();
    for (name, section) in sections {
        let mut section = resolved(&schema, section);
        section["description"] = format!("[{name}]").into();
        drop_required(&mut section);
        let keys = section["properties"].as_object_mut().map(std::mem::take).unwrap_or_default();
        let mut described = Map::new();
        for (key, value) in keys {
            let mut value = resolved(&schema, value);
            value["description"] = comment_of(&name, &key).into();
            value["default"] = defaults[&name][&key].clone();
            described.insert(key, value);
        }
        section["properties"] = described.into();
        if URL_FILES.contains(&name.as_str()) {
            let meaning = "Names a file that holds the url, relative to the folder of the settings file.";
            section["properties"]["url_file"] = json!({ "type": "string", "description": meaning });
        }
        properties.insert(name, section);
    }
    for (section, key, bound, number) in BOUNDS {
        // Written as they are read: a bound of a whole number is a whole number.
        let whole = properties[*section]["properties"][*key]["type"] == "integer";
        properties[*section]["properties"][*key][*bound] = if whole { json!(*number as i64) } else { json!(number) };
    }
    for (section, key, pattern) in PATTERNS {
        properties[*section]["properties"][*key]["pattern"] = (*pattern).into();
    }
    properties.insert("apps".to_owned(), apps());
    json!({
        "$schema": schema["$schema"],
        "title": "push-fleet settings file",
        "description": "What PUSH_CONFIG names: TOML, here as JSON. Every key may be absent. A vendor's own settings and \
            relations between keys are checked by `push-<vendor> --check-config`.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

fn of_types() -> Value {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(|schema: &mut Schema| {
        // `uint32` and its like are no formats of JSON Schema; the bounds stand beside them.
        if schema.get("format").and_then(Value::as_str).is_some_and(|format| !format.contains('-')) {
            schema.remove("format");
        }
    }));
    settings.into_generator().into_root_schema_for::<Process>().to_value()
}

/// The apps: which there are and for which vendors.
fn apps() -> Value {
    json!({
        "description": "[apps.<app>.<vendor>]: the vendor's own settings, which `push-<vendor> --schema defaults` prints. \
            A secret stands in a file that `<name>_file` names, or in the environment.",
        "type": "object",
        "propertyNames": { "pattern": "^[a-z0-9_-]{1,40}$" },
        "additionalProperties": {
            "type": "object",
            "propertyNames": { "pattern": "^[a-z0-9-]{1,20}$" },
            "additionalProperties": { "type": "object" },
        },
    })
}

/// What a reference points to; anything else as it is.
fn resolved(root: &Value, value: Value) -> Value {
    let target = value["$ref"].as_str().and_then(|to| root.pointer(to.trim_start_matches('#'))).cloned();
    target.unwrap_or(value)
}

fn drop_required(section: &mut Value) {
    if let Some(fields) = section.as_object_mut() {
        fields.remove("required");
    }
}

/// The comment above a key in `defaults.toml`.
pub(crate) fn comment_of(section: &str, key: &str) -> String {
    let mut comment = Vec::new();
    let mut here = false;
    for line in DEFAULTS.lines() {
        if line.starts_with('[') {
            here = line == format!("[{section}]");
            comment.clear();
        } else if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if here && line.split('=').next().is_some_and(|name| name.trim() == key) {
            return comment.join(" ");
        } else {
            comment.clear();
        }
    }
    String::new()
}
