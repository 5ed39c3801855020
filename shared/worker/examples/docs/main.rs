//! Writes what is made from the worker's own tables, or says what is out of date: `schemas/settings.schema.json` and
//! `docs/metrics.md`.
//!
//! `cargo run -p push-worker --example docs -- write | check`

use std::{env, fs, path::Path, process::ExitCode};

mod metrics;
mod settings;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write"] => write(),
        ["check"] => check(),
        _ => Err("usage: docs write | check".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Every file with the text it should have.
fn generated() -> Result<[(&'static str, String); 2], String> {
    Ok([("schemas/settings.schema.json", settings::text()), ("docs/metrics.md", metrics::text()?)])
}

fn write() -> Result<(), String> {
    for (name, text) in generated()? {
        let path = root().join(name);
        let folder = path.parent().unwrap_or(root());
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).map_err(|error| format!("{name}: {error}"))?;
        println!("{name}");
    }
    Ok(())
}

fn check() -> Result<(), String> {
    let files = generated()?;
    let is_stale = |name: &str, text: &String| fs::read_to_string(root().join(name)).ok().as_ref() != Some(text);
    let stale: Vec<&str> = files.iter().filter(|(name, text)| is_stale(name, text)).map(|(name, _)| *name).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("out of date: {}; run `make schemas` and read the difference", stale.join(", ")))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
