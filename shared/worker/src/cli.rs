//! The command line: one worker, or one answer.

use std::{
    io::{IsTerminal, Read, Write},
    process::ExitCode,
    sync::Arc,
};

use push_contract::{SettingsError, Vendor};
use tracing_subscriber::EnvFilter;

use crate::{
    app::{Apps, open_apps},
    explain,
    metrics::Metrics,
    probe::Probe,
    run,
    settings::{self, LogFormat, Settings, Sources},
};

const USAGE: &str = "usage:
  push-<vendor>                      run the worker
  push-<vendor> --check-config       check the settings and exit: 0 good, 64 wrong
  push-<vendor> --explain JOB        what would be done with a job (a file, or - for standard input), and why
  push-<vendor> --classes            the vendor's class table, as JSON
  push-<vendor> --schema [WHAT]      options (JSON Schema of `options.<vendor>`), defaults (commented settings), metrics
settings: the file that PUSH_CONFIG names, overlaid by PUSH__SECTION__KEY";

const OK: u8 = 0;
const WRONG: u8 = 64;
const NO_JOB: u8 = 65;
const BROKEN: u8 = 70;

pub(crate) fn run(vendor: Box<dyn Vendor>, probe: Arc<dyn Probe>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let code = match words.as_slice() {
        [] => worker(vendor, probe),
        ["--check-config"] => match checked(vendor.as_ref()) {
            Ok((settings, warnings)) => {
                warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
                print(&format!("settings are good: {} app(s) for {}\n", settings.apps.len(), vendor.profile().name))
            }
            Err(error) => complain(&error),
        },
        ["--explain", path] => explain_job(vendor.as_ref(), path),
        ["--classes"] => print(&format!("{}\n", pretty(&classes(vendor.as_ref())))),
        ["--schema"] | ["--schema", "options"] => print(&format!("{}\n", pretty(&vendor.options_schema()))),
        ["--schema", "defaults"] => print(&format!(
            "{}\n# The vendor's own settings, under [apps.<app>.{}]:\n\n{}",
            settings::DEFAULTS,
            vendor.profile().name,
            vendor.profile().defaults
        )),
        ["--schema", "metrics"] => print(&metrics_table()),
        ["--help" | "-h"] => print(&format!("{USAGE}\n")),
        _ => {
            eprintln!("{USAGE}");
            WRONG
        }
    };
    ExitCode::from(code)
}

/// Loads the settings and opens every app. Gives also what the apps warn of.
fn checked(vendor: &dyn Vendor) -> Result<(Settings, Vec<String>), SettingsError> {
    let (settings, _) = settings::load(vendor.profile(), &Sources::of_process())?;
    let warnings = settings::check_apps(vendor, &settings)?;
    // As at the start: a certificate whose key is another's shows only when a client is made with it.
    open_apps(vendor, &settings, &Apps::new())?;
    Ok((settings, warnings))
}

fn worker(vendor: Box<dyn Vendor>, probe: Arc<dyn Probe>) -> u8 {
    let sources = Sources::of_process();
    let loaded = settings::load(vendor.profile(), &sources).and_then(|loaded| {
        let warnings = settings::check_apps(vendor.as_ref(), &loaded.0)?;
        Ok((loaded, warnings))
    });
    let ((settings, files), warnings) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return complain(&error),
    };
    start_log(&settings);
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return BROKEN;
        }
    };
    match runtime.block_on(run::worker(vendor, settings, sources, files, probe)) {
        Ok(()) => OK,
        Err(error) => complain(&error),
    }
}

fn start_log(settings: &Settings) {
    let log = &settings.process.log;
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // Fails only if a test has installed a log of its own.
    let _ = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
}

/// The rows of every platform; those of a further one say of which.
fn classes(vendor: &dyn Vendor) -> serde_json::Value {
    let mut rows: Vec<serde_json::Value> = Vec::new();
    let all = std::iter::once(("", vendor.classes())).chain(vendor.further_classes());
    for (platform, row) in all.flat_map(|(platform, rows)| rows.into_iter().map(move |row| (platform, row))) {
        let mut row = serde_json::to_value(row).unwrap_or_default();
        if !platform.is_empty() {
            row["platform"] = platform.into();
        }
        rows.push(row);
    }
    rows.into()
}

fn explain_job(vendor: &dyn Vendor, path: &str) -> u8 {
    let settings = match checked(vendor) {
        Ok((settings, _)) => settings,
        Err(error) => return complain(&error),
    };
    let mut body = Vec::new();
    let read = if path == "-" {
        std::io::stdin().read_to_end(&mut body).map(drop)
    } else {
        std::fs::read(path).map(|bytes| body = bytes)
    };
    if let Err(error) = read {
        eprintln!("{path} cannot be read: {error}");
        return NO_JOB;
    }
    match explain::explain(vendor, &settings, &body) {
        Ok(value) => print(&format!("{}\n", pretty(&value))),
        Err(why) => {
            eprintln!("{why}");
            NO_JOB
        }
    }
}

fn metrics_table() -> String {
    let mut table = String::from("| metric | labels | meaning |\n|---|---|---|\n");
    for (name, labels, help) in Metrics::ALL {
        table.push_str(&format!("| `{name}` | {} | {help} |\n", labels.join(", ")));
    }
    table
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn print(text: &str) -> u8 {
    // A reader that has gone away is no failure of ours.
    let _ = std::io::stdout().write_all(text.as_bytes());
    OK
}

fn complain(error: &SettingsError) -> u8 {
    eprintln!("settings: {error}");
    WRONG
}
