//! The simulators of the vendors, as a process.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use reqwest::Method;
use serde_json::Value;
use tokio::{sync::oneshot, time::timeout};

use crate::{
    Context, Result, StackError,
    http::{Http, PATIENCE},
    places::{binary, scratch_dir},
    process::{Process, clean_environment, dies_with_us},
    vendors::SimPlaces,
};

const START: Duration = Duration::from_secs(60);
const READY: &str = "push-sim listening on ";

/// A running `push-sim`. Dropping it kills it.
#[derive(Debug)]
pub struct Sim {
    url: String,
    tls_url: String,
    authority_pem: String,
    http: Http,
    seen_path: PathBuf,
    process: Process,
    own_dir: Option<PathBuf>,
}

impl Sim {
    /// Starts it on a free port with its record in a folder of its own.
    ///
    /// # Errors
    /// If it is not built or does not start.
    pub async fn start() -> Result<Self> {
        let dir = scratch_dir("push-sim")?;
        let mut sim = Self::start_with(&dir.join("seen.jsonl")).await?;
        sim.own_dir = Some(dir);
        Ok(sim)
    }

    /// Starts it on a free port; what the vendors took is written to `seen`, one JSON object a line.
    ///
    /// # Errors
    /// If it is not built or does not start.
    pub async fn start_with(seen: &Path) -> Result<Self> {
        let mut command = dies_with_us(&binary("push-sim")?);
        clean_environment(&mut command);
        command.args(["--listen", "127.0.0.1:0", "--seen"]).arg(seen);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process::spawn("push-sim", command)?;
        let stdout = process.take_stdout().ok_or_else(|| StackError::new("push-sim has no output"))?;
        let (sender, line) = oneshot::channel();
        std::thread::spawn(move || {
            // A simulator that ends without a word closes the channel.
            if let Some(Ok(line)) = BufReader::new(stdout).lines().next() {
                let _ = sender.send(line);
            }
        });
        let line = timeout(START, line).await.context("push-sim does not say where it listens")?;
        let line = line.context("push-sim ended before it listened")?;
        let urls = line.strip_prefix(READY).and_then(|urls| urls.trim().split_once(' '));
        let (url, tls_url) =
            urls.ok_or_else(|| StackError::new(format!("push-sim said {line:?} instead of where it listens")))?;
        let http = Http::new(url.to_owned())?;
        let (status, authority_pem) = http.get("/control/authority").await?;
        if status != 200 {
            return Err(StackError::new(format!("/control/authority answered {status}: {authority_pem}")));
        }
        let (url, tls_url, seen_path) = (url.to_owned(), tls_url.to_owned(), seen.to_owned());
        Ok(Self { url, tls_url, authority_pem, http, seen_path, process, own_dir: None })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address with TLS, where it speaks HTTP/2 and HTTP/1.1.
    #[must_use]
    pub fn tls_url(&self) -> &str {
        &self.tls_url
    }

    /// The certificate of the authority that a client of [`Sim::tls_url`] must trust, PEM.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority_pem
    }

    /// What settings of workers must know of it.
    #[must_use]
    pub fn places(&self) -> SimPlaces<'_> {
        SimPlaces { url: &self.url, tls_url: &self.tls_url, authority_pem: &self.authority_pem }
    }

    /// The file that it writes what the vendors took to.
    #[must_use]
    pub fn seen_path(&self) -> &Path {
        &self.seen_path
    }

    /// The process itself.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// POSTs to the control API and returns the answer, `Null` if it has no body.
    ///
    /// # Errors
    /// If the answer is not a success; the message holds it.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        read(path, self.http.call(Method::POST, path, Some(body.to_string()), PATIENCE).await?)
    }

    /// GETs from the control API.
    ///
    /// # Errors
    /// If the answer is not a success or not JSON.
    pub async fn get(&self, path: &str) -> Result<Value> {
        read(path, self.http.get(path).await?)
    }

    /// Registers an app: `/control/apps`. Registering again replaces.
    ///
    /// # Errors
    /// If the simulator refuses it.
    pub async fn register(&self, app: &Value) -> Result<()> {
        self.post("/control/apps", app).await.map(drop)
    }

    /// Plants a fault and returns its id: `/control/faults`.
    ///
    /// # Errors
    /// If the simulator does not know the fault.
    pub async fn fault(&self, fault: &Value) -> Result<u64> {
        let answer = self.post("/control/faults", fault).await?;
        answer["id"].as_u64().ok_or_else(|| StackError::new(format!("a fault without an id: {answer}")))
    }

    /// Removes one fault, or all.
    ///
    /// # Errors
    /// If the simulator does not answer.
    pub async fn clear_faults(&self, id: Option<u64>) -> Result<()> {
        let path = id.map_or_else(|| "/control/faults".to_owned(), |id| format!("/control/faults/{id}"));
        read(&path, self.http.call(Method::DELETE, &path, None, PATIENCE).await?).map(drop)
    }

    /// From now on calls to `vendor` (and `app`) wait for [`Sim::release`]. `"before"`: they are held before they are
    /// taken, and taken on release; `"after"`: they are taken at once and only the answer waits. Returns the fault's id.
    ///
    /// # Errors
    /// If the simulator does not answer.
    pub async fn hold(&self, vendor: &str, app: Option<&str>, accept: &str) -> Result<u64> {
        let mut fault = serde_json::json!({ "vendor": vendor, "fault": { "do": "hold", "accept": accept } });
        if let Some(app) = app {
            fault["app"] = app.into();
        }
        self.fault(&fault).await
    }

    /// Lets the held answers of one fault go, or all.
    ///
    /// # Errors
    /// If the simulator does not answer.
    pub async fn release(&self, id: Option<u64>) -> Result<()> {
        let body = id.map_or_else(|| serde_json::json!({}), |id| serde_json::json!({ "id": id }));
        self.post("/control/release", &body).await.map(drop)
    }

    /// The counts of one vendor.
    ///
    /// # Errors
    /// If the simulator does not answer.
    pub async fn counts(&self, vendor: &str) -> Result<Value> {
        self.get(&format!("/control/counts?vendor={vendor}")).await
    }

    /// Everything that the vendors took or refused, one object per target of every call that commits.
    ///
    /// # Errors
    /// If the simulator does not answer in JSON lines.
    pub async fn seen(&self) -> Result<Vec<Value>> {
        let (status, text) = self.http.get("/control/seen").await?;
        if status != 200 {
            return Err(StackError::new(format!("/control/seen answered {status}: {text}")));
        }
        text.lines().map(|line| serde_json::from_str(line).context("reading /control/seen")).collect()
    }

    /// Waits until a vendor's count of `what` (`accepted`, `calls`, `targets`, `held`, `auth_calls`) is `at_least`.
    ///
    /// # Errors
    /// If it is not within `deadline`; the message holds the counts.
    pub async fn wait(&self, vendor: &str, what: &str, at_least: u64, deadline: Duration) -> Result<Value> {
        self.wait_for(vendor, None, what, at_least, deadline).await
    }

    /// As [`Sim::wait`], of one app if it is named.
    ///
    /// # Errors
    /// As [`Sim::wait`].
    pub(crate) async fn wait_for(
        &self,
        vendor: &str,
        app: Option<&str>,
        what: &str,
        at_least: u64,
        deadline: Duration,
    ) -> Result<Value> {
        let (millis, app) = (deadline.as_millis(), app.unwrap_or_default());
        let path =
            format!("/control/wait?vendor={vendor}&app={app}&what={what}&at_least={at_least}&timeout_ms={millis}");
        let (status, text) = self.http.call(Method::GET, &path, None, deadline + PATIENCE).await?;
        if status == 408 {
            let wanted = format!("{vendor} has not {at_least} {what} after {deadline:?}");
            return Err(StackError::new(format!("{wanted}; it has {text}")));
        }
        read(&path, (status, text))
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        if let Some(dir) = &self.own_dir {
            // Left behind, it is only disk space below target/.
            let _ = std::fs::remove_dir_all(dir);
        }
    }
}

fn read(path: &str, (status, text): (u16, String)) -> Result<Value> {
    if !(200..300).contains(&status) {
        return Err(StackError::new(format!("{path} answered {status}: {text}")));
    }
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).context(format!("reading the answer of {path}"))
}
