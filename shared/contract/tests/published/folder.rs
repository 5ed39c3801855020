//! The folder `schemas/` as the tests see it.

use std::{fs, path::PathBuf};

use jsonschema::Validator;
use serde_json::Value;

/// A file or folder in `schemas/`.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas")).join(name)
}

/// The text of a file in `schemas/`.
pub(crate) fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("schemas/{name}: {error}"))
}

/// A JSON file in `schemas/`.
pub(crate) fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap_or_else(|error| panic!("schemas/{name}: {error}"))
}

/// A published schema, with `format` asserted, as a careful producer would use it.
pub(crate) fn validator(name: &str) -> Validator {
    jsonschema::options()
        .should_validate_formats(true)
        .build(&json(name))
        .unwrap_or_else(|error| panic!("schemas/{name}: {error}"))
}

/// Name and bytes of every example in a folder of `schemas/examples/`.
pub(crate) fn examples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = fs::read_dir(path("examples").join(folder))
        .expect("the folder of examples")
        .map(|entry| {
            let entry = entry.expect("an example");
            let name = entry.file_name().into_string().expect("a plain file name");
            (format!("{folder}/{name}"), fs::read(entry.path()).expect("an example that can be read"))
        })
        .collect();
    found.sort();
    found
}
