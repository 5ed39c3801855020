//! Judges the logs of a run: see the crate's README.

use std::{
    fs::File,
    io::{BufReader, Write},
    path::Path,
    process::ExitCode,
};

use push_judge::{Judge, Receipt, SLACK_MS, Summary, for_each_line};
use serde::de::DeserializeOwned;

const USAGE: &str = "usage: push-judge --published FILE --seen FILE --receipts FILE [--queued FILE] [--faults FILE]
                  [--slack-ms N] [--out FILE]
Every flag with a log may be repeated. The summary goes to --out, else to stdout.
Exit: 0 every promise kept, 1 some broken, 64 wrong usage, 65 a log cannot be read, 73 the summary cannot be written.";

/// Something that keeps the judge from judging.
struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn usage(message: &str) -> Self {
        Self { code: 64, message: format!("{message}\n{USAGE}") }
    }
}

/// The command line.
#[derive(Default)]
struct Arguments {
    published: Vec<String>,
    seen: Vec<String>,
    receipts: Vec<String>,
    queued: Vec<String>,
    faults: Vec<String>,
    slack_ms: Option<i64>,
    out: Option<String>,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut read = Self::default();
        while let Some(flag) = words.next() {
            let value = words.next().ok_or_else(|| Failure::usage(&format!("{flag} needs a value")))?;
            match flag.as_str() {
                "--published" => read.published.push(value),
                "--seen" => read.seen.push(value),
                "--receipts" => read.receipts.push(value),
                "--queued" => read.queued.push(value),
                "--faults" => read.faults.push(value),
                "--slack-ms" => {
                    let millis = value.parse().map_err(|_| Failure::usage("--slack-ms needs a whole number"))?;
                    read.slack_ms = Some(millis);
                }
                "--out" => read.out = Some(value),
                _ => return Err(Failure::usage(&format!("unknown flag {flag}"))),
            }
        }
        for (flag, files) in [("--published", &read.published), ("--seen", &read.seen), ("--receipts", &read.receipts)]
        {
            if files.is_empty() {
                return Err(Failure::usage(&format!("{flag} is missing")));
            }
        }
        Ok(read)
    }
}

/// Reads every line of the files as `T`.
fn lines<T: DeserializeOwned>(files: &[String], mut take: impl FnMut(T)) -> Result<(), Failure> {
    raw_lines(files, |text| serde_json::from_str(text).map(&mut take))
}

fn raw_lines(files: &[String], mut take: impl FnMut(&str) -> Result<(), serde_json::Error>) -> Result<(), Failure> {
    for file in files {
        let failure = |why: String| Failure { code: 65, message: format!("{file}: {why}") };
        let log = File::open(Path::new(file)).map_err(|error| failure(format!("cannot be opened: {error}")))?;
        for_each_line(BufReader::new(log), &mut take).map_err(|error| failure(error.to_string()))?;
    }
    Ok(())
}

fn judge(arguments: &Arguments) -> Result<Summary, Failure> {
    let mut judge = Judge::new(arguments.slack_ms.unwrap_or(SLACK_MS));
    lines(&arguments.published, |line| judge.published(line))?;
    lines(&arguments.seen, |line| judge.seen(line))?;
    raw_lines(&arguments.receipts, |text| {
        judge.receipt(&Receipt::read(text)?);
        Ok(())
    })?;
    lines(&arguments.queued, |line| judge.queued(&line))?;
    lines(&arguments.faults, |line| judge.fault(line))?;
    Ok(judge.finish())
}

fn write(summary: &Summary, out: Option<&str>) -> Result<(), Failure> {
    let place = out.unwrap_or("stdout");
    let failure = |why: String| Failure { code: 73, message: format!("{place} cannot be written: {why}") };
    let text = serde_json::to_string_pretty(summary).map_err(|error| failure(error.to_string()))?;
    let written = match out {
        Some(file) => std::fs::write(file, text + "\n"),
        None => writeln!(std::io::stdout(), "{text}"),
    };
    written.map_err(|error| failure(error.to_string()))
}

fn run() -> Result<Summary, Failure> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let summary = judge(&arguments)?;
    write(&summary, arguments.out.as_deref())?;
    Ok(summary)
}

fn main() -> ExitCode {
    match run() {
        Ok(summary) => {
            eprint!("{}", summary.explain());
            ExitCode::from(u8::from(!summary.clean()))
        }
        Err(Failure { code, message }) => {
            eprintln!("push-judge: {message}");
            ExitCode::from(code)
        }
    }
}
