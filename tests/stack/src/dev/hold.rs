//! The process in the background that the stack belongs to.

use std::{fmt::Write, fs, path::Path};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Context, Result,
    dev::{dir, env_path},
    fleet::{Fleet, FleetSpec},
};

/// Starts the stack, writes `target/dev/env`, and ends the stack in order when SIGTERM or SIGINT comes.
///
/// # Errors
/// If something does not start or does not end in time.
pub async fn hold(workspace: &Path) -> Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let dir = dir(workspace);
    let started = tokio::select! {
        started = Fleet::start(FleetSpec { workspace, dir: &dir, replicas: 1, environment: &[] }) => started,
        _ = terminated.recv() => return Ok(()),
        _ = interrupted.recv() => return Ok(()),
    };
    let mut fleet = started?;
    let env = env_path(workspace);
    let unfinished = dir.join("env.new");
    fs::write(&unfinished, environment(&fleet)).context("writing target/dev/env")?;
    fs::rename(&unfinished, &env).context("writing target/dev/env")?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    fs::remove_file(&env).context("removing target/dev/env")?;
    fleet.stop_workers().await
}

fn environment(fleet: &Fleet) -> String {
    let mut text = String::from("# Written by make up: source this file.\n");
    let mut export = |name: &str, value: &str| {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "export {name}='{value}'");
    };
    export("AMQP_URL", fleet.servers.amqp_url());
    export("REDIS_URL", fleet.servers.redis_url());
    export("SIM_URL", fleet.sim.url());
    if !fleet.prefix.is_empty() {
        export("NAME_PREFIX", &fleet.prefix);
    }
    for (vendor, worker) in &fleet.workers {
        let name = vendor.to_ascii_uppercase().replace('-', "_");
        export(&format!("METRICS_{name}"), &format!("http://127.0.0.1:{}/metrics", worker.admin_port()));
    }
    text
}
