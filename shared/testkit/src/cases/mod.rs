//! Golden cases: what a vendor sends for a job and what it makes of the answer, as files that are read in review.
//!
//! A case is a folder:
//!
//! | file | |
//! |---|---|
//! | `job.json` | a job, or an array of jobs that share a call; without it the case is about the token endpoint |
//! | `settings.json` | optional: laid over the settings of the suite |
//! | `request.http` | written by the vendor, compared whole |
//! | `response.http` | the answer, from the vendor's sheet |
//! | `request-2.http`, `response-2.http` ... | the further calls of a dispatch |
//! | `verdict.json` | class, fitting and verdicts, compared whole |
//!
//! `GOLDEN=rewrite` writes what the code does now into `request*.http` and `verdict.json`; read the difference before it
//! is committed. Time and token are fixed, so only what is random by nature (a signature) needs [`Cases::mask`].

mod dispatch;
mod http_text;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use push_contract::{App, Job, Vendor};
use serde_json::Value;

use crate::settings;

/// A vendor's folder of cases, and what they are run with.
pub struct Cases<'a> {
    vendor: &'a dyn Vendor,
    folder: PathBuf,
    settings: Value,
    masked: Vec<&'static str>,
    rewrite: bool,
}

impl<'a> Cases<'a> {
    /// The cases of a folder, run with these settings (secrets included) over the vendor's defaults.
    pub fn new(vendor: &'a dyn Vendor, folder: impl Into<PathBuf>, settings: Value) -> Self {
        let rewrite = std::env::var("GOLDEN").is_ok_and(|word| word == "rewrite");
        Self { vendor, folder: folder.into(), settings, masked: Vec::new(), rewrite }
    }

    /// A request header (in lower case) that differs from run to run: written as `<masked>`. Verify it elsewhere.
    #[must_use]
    pub fn mask(mut self, header: &'static str) -> Self {
        self.masked.push(header);
        self
    }

    /// Runs every case.
    ///
    /// # Panics
    /// When one differs: the message names every case, its file and the first line that differs.
    pub fn run(&self) {
        let mut names = match folders(&self.folder) {
            Ok(names) => names,
            Err(error) => panic!("{}: {error}", self.folder.display()),
        };
        names.sort();
        assert!(!names.is_empty(), "{} holds no case", self.folder.display());
        let faults: Vec<String> =
            names.iter().filter_map(|name| Some(format!("{name}: {}", self.run_case(name).err()?))).collect();
        assert!(faults.is_empty(), "{} of {} cases differ:\n{}", faults.len(), names.len(), faults.join("\n"));
    }

    fn run_case(&self, name: &str) -> Result<(), String> {
        let folder = self.folder.join(name);
        let mut settings = settings::with_defaults(self.vendor, &self.settings)?;
        if let Some(text) = read(&folder.join("settings.json"))? {
            let over = serde_json::from_str(&text).map_err(|error| format!("settings.json: {error}"))?;
            settings = settings::overlaid(settings, &over);
        }
        let app = self.vendor.open("chat", &settings).map_err(|error| error.to_string())?;
        let case = Case { app: app.as_ref(), folder, masked: &self.masked, rewrite: self.rewrite };
        let story = match read(&case.folder.join("job.json"))? {
            Some(text) => dispatch::story(&case, jobs(&text)?)?,
            None => dispatch::credential(&case)?,
        };
        let mut text = serde_json::to_string_pretty(&story).map_err(|error| error.to_string())?;
        text.push('\n');
        case.compare("verdict.json", &text)
    }
}

/// One case being run.
struct Case<'a> {
    app: &'a dyn App,
    folder: PathBuf,
    masked: &'a [&'static str],
    rewrite: bool,
}

impl Case<'_> {
    /// Compares a file with what the code made of it, or writes it.
    fn compare(&self, file: &str, actual: &str) -> Result<(), String> {
        let path = self.folder.join(file);
        let wanted = read(&path)?;
        if wanted.as_deref() == Some(actual) {
            return Ok(());
        }
        if self.rewrite {
            return fs::write(&path, actual).map_err(|error| format!("{file}: {error}"));
        }
        let Some(wanted) = wanted else {
            return Err(format!("{file} is missing: GOLDEN=rewrite writes it"));
        };
        let mut lines = wanted.lines().chain([""]).zip(actual.lines().chain([""])).enumerate();
        let (n, (wanted, actual)) = lines.find(|(_, (wanted, actual))| wanted != actual).unwrap_or_default();
        Err(format!("{file}:{}:\n  wanted {wanted}\n  actual {actual}", n + 1))
    }

    /// The file's text; it must be there.
    fn need(&self, file: &str) -> Result<String, String> {
        read(&self.folder.join(file))?.ok_or_else(|| format!("{file} is missing: write the vendor's answer there"))
    }

    /// That no call is described which was never made.
    fn no_call_past(&self, last: usize) -> Result<(), String> {
        for file in [http_file("request", last + 1), http_file("response", last + 1)] {
            if self.folder.join(&file).exists() {
                return Err(format!("{file} is there, but that call was not made: remove it or mend the case"));
            }
        }
        Ok(())
    }
}

/// `request.http`, `request-2.http` and so on.
fn http_file(word: &str, call: usize) -> String {
    if call == 1 { format!("{word}.http") } else { format!("{word}-{call}.http") }
}

fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

fn read(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// The jobs of `job.json`. Each is cut out of the text as it stands, so that `data` keeps its bytes.
fn jobs(text: &str) -> Result<Vec<Job>, String> {
    let texts: Vec<&serde_json::value::RawValue> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text).map_err(|error| format!("job.json: {error}"))?
    } else {
        vec![serde_json::from_str(text).map_err(|error| format!("job.json: {error}"))?]
    };
    texts
        .iter()
        .map(|text| Job::from_slice(text.get().as_bytes()).map_err(|error| format!("job.json: {error}")))
        .collect()
}
