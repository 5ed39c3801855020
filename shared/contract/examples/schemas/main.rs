//! Writes `schemas/` from the types, or says what is out of date there.
//!
//! `cargo run -p push-contract --example schemas -- write | check | definitions VENDOR:APP,APP[:QUOTA,QUOTA]...`

use std::{env, error::Error, fs, path::Path, process::ExitCode};

use push_contract::{AppName, VendorName, published_schemas};
use serde_json::Value;

mod definitions;
use definitions::{Fleet, Part, definitions, fleet_of};

const USAGE: &str = "usage: schemas write | check | definitions VENDOR:APP,APP[:QUOTA,QUOTA]...";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["write"] => write(),
        ["check"] => check(),
        ["definitions", ref fleet @ ..] if !fleet.is_empty() => print_definitions(fleet),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Every generated file with the text it should have. The definitions file keeps the vendors, apps and quotas it names.
fn generated() -> Result<Vec<(&'static str, String)>, Box<dyn Error>> {
    let mut files = published_schemas();
    let current: Value = serde_json::from_str(&fs::read_to_string(folder().join("definitions.json"))?)?;
    files.push(("definitions.json", definitions(&fleet_of(&current))));
    files.into_iter().map(|(name, value)| Ok((name, pretty(&value)?))).collect()
}

fn write() -> Result<(), Box<dyn Error>> {
    for (name, text) in generated()? {
        fs::write(folder().join(name), text)?;
        println!("schemas/{name}");
    }
    Ok(())
}

fn check() -> Result<(), Box<dyn Error>> {
    let mut stale = Vec::new();
    for (name, text) in generated()? {
        if fs::read_to_string(folder().join(name)).ok().as_ref() != Some(&text) {
            stale.push(name);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("out of date in schemas/: {}; run `make schemas` and read the difference", stale.join(", ")).into())
}

fn print_definitions(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut fleet = Fleet::new();
    for word in words {
        let (vendor, rest) = word.split_once(':').ok_or(USAGE)?;
        let (apps, quotas) = rest.split_once(':').unwrap_or((rest, ""));
        let apps = apps.split(',').map(AppName::new).collect::<Result<_, _>>()?;
        let quotas = quotas.split(',').filter(|quota| !quota.is_empty()).map(str::to_owned).collect();
        fleet.insert(VendorName::new(vendor)?, Part { apps, quotas });
    }
    print!("{}", pretty(&definitions(&fleet))?);
    Ok(())
}

fn pretty(value: &Value) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"))
}
