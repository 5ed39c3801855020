//! Connecting, reconnecting, and running one consumer per queue that may be consumed now.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{interval, sleep},
};

use super::{
    Message, Session, Source,
    consumer::{Consumer, Consumers, Running},
    session::told,
    topology::Names,
};
use crate::{metrics::Metrics, settings::Amqp};

/// Keeps the worker connected.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// `[amqp]`
    pub settings: Amqp,
    /// Names.
    pub names: Names,
    /// Bytes of bodies that all consumers together should hold.
    pub bytes: usize,
    /// Unique to this process.
    pub worker: String,
    /// Quotas of the vendor: each has a held queue per app.
    pub quotas: &'static [&'static str],
    /// Metrics.
    pub metrics: Metrics,
}

/// What the worker tells its supervisor, and what it gets.
pub trait Work: Send + Sync + 'static {
    /// The apps whose queues exist.
    fn apps(&self) -> Vec<push_contract::AppName>;
    /// The queues that may be consumed now.
    fn sources(&self) -> Vec<Source>;
    /// Wakes when [`Work::sources`] may have changed.
    fn changes(&self) -> watch::Receiver<u64>;
    /// A new session, or none.
    fn session(&self, session: Option<Arc<Session>>);
    /// A delivery.
    fn handle(self: Arc<Self>, message: Message);
}

impl Supervisor {
    /// Runs until told to stop; then stops every consumer and waits until nothing is in work or `drain` is over.
    pub async fn run<W: Work>(self, work: Arc<W>, mut stop: watch::Receiver<bool>, drain: Duration) {
        let mut failures = 0;
        while !*stop.borrow() {
            let apps = work.apps();
            let opened = tokio::select! {
                opened = Session::open(
                    &self.settings, &self.names, &apps, self.quotas, &self.worker, failures > 0
                ) => opened,
                () = told(&mut stop) => return,
            };
            let session = match opened {
                Ok(session) => session,
                Err(why) => {
                    self.metrics.amqp_connects.with_label_values(&["failed"]).inc();
                    let pause = push_pacing::pause(
                        failures,
                        Duration::from_millis(250),
                        Duration::from_secs(10),
                        fastrand::f64(),
                    );
                    tracing::warn!(why, pause_ms = pause.as_millis() as u64, "no broker");
                    failures += 1;
                    tokio::select! {
                        () = sleep(pause) => continue,
                        () = told(&mut stop) => return,
                    }
                }
            };
            failures = 0;
            tracing::info!("connected to the broker");
            self.metrics.amqp_connects.with_label_values(&["ok"]).inc();
            self.metrics.amqp_connected.set(1);
            work.session(Some(session.clone()));
            self.serve(&work, &session, &mut stop, drain).await;
            self.metrics.amqp_connected.set(0);
            work.session(None);
            session.close().await;
        }
    }

    /// One session from its start to its end.
    async fn serve<W: Work>(
        &self,
        work: &Arc<W>,
        session: &Arc<Session>,
        stop: &mut watch::Receiver<bool>,
        drain: Duration,
    ) {
        let mut consumers = Consumers::new();
        let mut retiring = Vec::new();
        let mut changes = work.changes();
        let mut blocked = session.blocked();
        let mut dead = session.dead();
        // Probes come due by the clock, without an event.
        let mut look = interval(Duration::from_millis(250));
        let mut ping = interval(Duration::from_secs(u64::from(self.settings.heartbeat_s.max(2)) / 2));
        let ping_channel = session.control().await;
        let mut apps = work.apps();
        loop {
            let stopping = *stop.borrow();
            let pause = stopping || *blocked.borrow();
            self.metrics.amqp_blocked.set(i64::from(*blocked.borrow()));
            let wanted: HashSet<Source> = if pause { HashSet::new() } else { work.sources().into_iter().collect() };
            if !pause && apps != work.apps() {
                apps = work.apps();
                if let Ok(channel) = &ping_channel
                    && let Err(error) =
                        super::topology::prepare(channel, self.settings.topology, &self.names, &apps, self.quotas).await
                {
                    session.fail(&format!("topology of a new app: {error}"));
                }
            }
            self.reconcile(work, session, &mut consumers, &mut retiring, &wanted);
            if stopping {
                break;
            }
            tokio::select! {
                _ = changes.changed() => {}
                _ = blocked.changed() => {}
                _ = look.tick() => {}
                _ = ping.tick(), if !*blocked.borrow() => self.ping(session, &ping_channel),
                () = told(&mut dead) => break,
                () = told(stop) => {}
            }
        }
        for running in consumers.values() {
            running.stop.send_replace(true);
        }
        let ended = async {
            for task in consumers.into_values().map(|running| running.task).chain(retiring) {
                let _ = task.await;
            }
        };
        if tokio::time::timeout(drain, ended).await.is_err() {
            tracing::warn!("not everything was settled in time; the broker delivers the rest again");
        }
    }

    /// Starts what is wanted and not running, stops what runs and is not wanted.
    fn reconcile<W: Work>(
        &self,
        work: &Arc<W>,
        session: &Arc<Session>,
        consumers: &mut Consumers,
        retiring: &mut Vec<JoinHandle<()>>,
        wanted: &HashSet<Source>,
    ) {
        retiring.retain(|task| !task.is_finished());
        consumers.retain(|_, running| !running.task.is_finished());
        for (source, running) in consumers.iter() {
            if !wanted.contains(source) {
                running.stop.send_replace(true);
            }
        }
        let bytes = self.bytes / wanted.len().max(1);
        for source in wanted {
            if consumers.get(source).is_some_and(|running| !*running.stop.borrow()) {
                continue;
            }
            // One that is still finishing keeps its channel; a second one takes over beside it.
            let (stop, stopped) = watch::channel(false);
            let consumer = Consumer {
                source: Arc::new(source.clone()),
                prefetch: self.settings.prefetch,
                bytes,
                metrics: self.metrics.clone(),
            };
            let (work, session) = (work.clone(), session.clone());
            let task = tokio::spawn(consumer.run(session, stopped, move |message| work.clone().handle(message)));
            if let Some(old) = consumers.insert(source.clone(), Running { stop, task }) {
                retiring.push(old.task);
            }
        }
    }

    /// A connection that accepts bytes and never answers is dead.
    fn ping(&self, session: &Arc<Session>, channel: &lapin::Result<lapin::Channel>) {
        let Ok(channel) = channel else {
            session.fail("no control channel");
            return;
        };
        let (session, channel, patience) =
            (session.clone(), channel.clone(), Duration::from_millis(self.settings.timeout_ms));
        tokio::spawn(async move {
            let options = lapin::options::ExchangeDeclareOptions { passive: true, ..Default::default() };
            let call =
                channel.exchange_declare("amq.direct".into(), lapin::ExchangeKind::Direct, options, Default::default());
            match tokio::time::timeout(patience, call).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => session.fail(&error.to_string()),
                Err(_) if *session.blocked().borrow() => {}
                Err(_) => session.fail("the broker does not answer"),
            }
        });
    }
}
