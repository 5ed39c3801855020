//! Drift: a change of the tables without `make schemas`.

use std::{fs, path::Path};

fn is_up_to_date(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == text, "{name} is out of date: run `make schemas` and read the difference");
}

#[test]
fn the_schema_of_the_settings_file() {
    is_up_to_date("schemas/settings.schema.json", &crate::settings::text());
}

#[test]
fn the_page_of_metrics() {
    is_up_to_date("docs/metrics.md", &crate::metrics::text().unwrap());
}
