//! Bad surroundings: brokers and stores that are slow, full or silent, topology that somebody deletes, settings that are
//! edited badly in every way, and what the command line says and keeps to itself.

mod broker;
mod command_line;
mod metrics;
mod queues;
mod receipts;
mod reload;
mod renewal;
mod start;
mod store;

use std::{fs, process::Stdio};

use push_e2e::{PATIENCE, Stage};
use push_stack::{Worker, binary, clean_environment, dies_with_us, scratch_dir, until};
use push_testkit::jobs::JobBuilder;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

/// A secret in settings that must never be shown.
const SECRET: &str = "hush-5519";

/// An app whose secret stands in the file `secret` beside the settings.
const APP: &str = "[apps.chat.huawei]\nclient_id = '101'\nclient_secret_file = 'secret'\n";

/// Waits until a metric is as wanted. Counters are raised a moment after what they count can be seen.
async fn metric(worker: &Worker, name: &str, labels: &[(&str, &str)], wanted: impl Fn(f64) -> bool) {
    let look = || async { worker.metric(name, labels).await.ok().filter(|value| wanted(*value)) };
    if until("the metric", PATIENCE, look).await.is_err() {
        panic!("{name}{labels:?} stays {:?}", worker.metric(name, labels).await);
    }
}

/// Runs a worker's binary with these settings to its end: exit code, and all that it said.
pub(crate) async fn run(
    vendor: &str,
    args: &[&str],
    settings: &str,
    environment: &[(&str, &str)],
    input: &str,
) -> (Option<i32>, String) {
    let dir = scratch_dir("command").unwrap();
    fs::write(dir.join("secret"), SECRET).unwrap();
    fs::write(dir.join("settings.toml"), settings).unwrap();
    let mut command = dies_with_us(&binary(&format!("push-{vendor}")).unwrap());
    clean_environment(&mut command);
    command.args(args).env("PUSH_CONFIG", dir.join("settings.toml")).envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Command::from(command).kill_on_drop(true).spawn().unwrap();
    // A binary that does not read leaves the pipe: that is its right.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes()).await;
    let output = timeout(PATIENCE, child.wait_with_output())
        .await
        .unwrap_or_else(|_| panic!("{args:?} with {settings}: it does not end"))
        .unwrap();
    fs::remove_dir_all(dir).unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), said)
}

/// Chat messages for Parcel.
fn chats(stage: &Stage, name: &str, count: usize) -> Vec<JobBuilder> {
    (0..count).map(|n| stage.job("chat.direct", &format!("{name}-{n}"))).collect()
}
