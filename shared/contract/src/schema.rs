//! The JSON Schemas that are published in `schemas/`, made from the types.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Value, json};

use crate::{Job, ParkedJob, Receipt};

/// Every published schema (JSON Schema 2020-12) with the name of its file.
#[must_use]
pub fn published_schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("job.v1.schema.json", schema_of::<Job>(&[])),
        ("receipt.v1.schema.json", schema_of::<Receipt>(&["Outcome", "Reason", "Notice"])),
        ("receipts.v1.schema.json", receipts()),
        ("parked.v1.schema.json", schema_of::<ParkedJob>(&["ParkReason"])),
    ]
}

/// The schema of a type. The lists named in `growing` may get new words within this version, so that a reader that
/// validates with today's schema does not refuse them.
fn schema_of<T: JsonSchema>(growing: &[&str]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    // `uint32` and its like are no formats of JSON Schema; the bounds stand beside them.
    settings = settings.with_transform(RecursiveTransform(|schema: &mut Schema| {
        if schema.get("format").and_then(Value::as_str).is_some_and(|format| format.starts_with("uint")) {
            schema.remove("format");
        }
    }));
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    for name in growing {
        let list = schema["$defs"][*name].take();
        schema["$defs"][*name] = json!({
            "description": list["description"],
            "anyOf": [{ "oneOf": list["oneOf"] }, { "type": "string", "description": "A word that is yet to come." }],
        });
    }
    schema
}

/// The message: receipts travel as an array.
fn receipts() -> Value {
    let mut receipt = schema_of::<Receipt>(&["Outcome", "Reason", "Notice"]);
    let lists = receipt["$defs"].take();
    let dialect = receipt["$schema"].take();
    if let Some(fields) = receipt.as_object_mut() {
        fields.retain(|key, _| key != "$defs" && key != "$schema");
    }
    let mut schema = json!({
        "$schema": dialect,
        "title": "push-fleet receipts message, version 1",
        "description": "The body of one message to push.receipts: receipts with at most 200 results and 256 KiB in all.",
        "type": "array",
        "minItems": 1,
        "items": { "$ref": "#/$defs/Receipt" },
        "$defs": lists,
    });
    schema["$defs"]["Receipt"] = receipt;
    schema
}
