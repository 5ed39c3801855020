//! The whole stack: servers, simulators with registered apps, and workers of every vendor.

use std::{path::Path, time::Duration};

use crate::{
    Options, Result, Servers, Sim, Worker,
    vendors::{Vendor, settings_file},
};

const START: Duration = Duration::from_secs(60);
/// Longer than a worker may take for what is on the wire.
const DRAIN: Duration = Duration::from_secs(40);

/// A running stack. Dropping it kills everything that it started; [`Fleet::stop`] ends it in order.
#[derive(Debug)]
pub struct Fleet {
    /// RabbitMQ and Redis.
    pub servers: Servers,
    /// The simulators.
    pub sim: Sim,
    /// The vendors that have workers.
    pub vendors: Vec<Vendor>,
    /// The workers, with their vendor.
    pub workers: Vec<(String, Worker)>,
    /// What stands before every name; empty in servers of our own.
    pub prefix: String,
}

/// How a stack is started.
#[derive(Debug, Clone, Copy)]
pub struct FleetSpec<'a> {
    /// The folder of the workspace.
    pub workspace: &'a Path,
    /// For the workers' secrets and the simulator's record `seen.jsonl`.
    pub dir: &'a Path,
    /// Workers of each vendor.
    pub replicas: usize,
    /// Environment of the workers.
    pub environment: &'a [(&'a str, &'a str)],
}

impl Fleet {
    /// Starts everything, and returns when every worker is ready.
    ///
    /// # Errors
    /// If something does not start; the message says what to do.
    pub async fn start(spec: FleetSpec<'_>) -> Result<Self> {
        let vendors = Vendor::all(spec.workspace)?;
        let servers = Servers::start(Options::default()).await?;
        let prefix = if servers.owns_broker() && servers.owns_redis() { String::new() } else { servers.fresh_prefix() };
        let sim = Sim::start_with(&spec.dir.join("seen.jsonl")).await?;
        let mut fleet = Self { servers, sim, vendors, workers: Vec::new(), prefix };
        fleet.register().await?;
        let settings = settings_file(&fleet.vendors, fleet.sim.places(), &spec.dir.join("secrets"), |_| {})?;
        for vendor in &fleet.vendors {
            let mut worker = Worker::of(&vendor.name, &settings).servers(&fleet.servers).prefix(&fleet.prefix);
            for (name, value) in spec.environment {
                worker = worker.env(name, value);
            }
            for _ in 0..spec.replicas {
                fleet.workers.push((vendor.name.clone(), worker.start()?));
            }
        }
        for (_, worker) in &fleet.workers {
            worker.ready(START).await?;
        }
        Ok(fleet)
    }

    async fn register(&self) -> Result<()> {
        for vendor in &self.vendors {
            for app in vendor.registrations(self.sim.url())? {
                self.sim.register(&app).await?;
            }
        }
        Ok(())
    }

    /// Ends the workers in order: they settle what is on the wire.
    ///
    /// # Errors
    /// If one does not end in time; it is killed when this is dropped.
    pub async fn stop_workers(&mut self) -> Result<()> {
        for (_, worker) in &self.workers {
            worker.term()?;
        }
        for (_, worker) in &self.workers {
            worker.wait(DRAIN).await?;
        }
        self.workers.clear();
        Ok(())
    }
}
