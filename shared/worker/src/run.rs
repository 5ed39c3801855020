//! One worker from its start to its end.

use std::{
    path::PathBuf,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use push_contract::{AppName, Mask, SettingsError, Timestamp, Vendor};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{Semaphore, mpsc, watch},
    time::{MissedTickBehavior, interval},
};

use crate::{
    admin::Admin,
    app::{Apps, open_apps},
    blocks::{Blocks, Flow, Why},
    broker::{Supervisor, topology::Names},
    claims::{ClaimKey, ClaimTimes, Claims, MemoryStore, RedisStore},
    metrics::Metrics,
    pace,
    pipeline::{Gatherer, Worker},
    probe::Probe,
    queues::{self, Arrivals},
    quota::{self, Quotas},
    quota_query,
    settings::{self, AfterLoss, Process, Settings, Sources, Watch, ms},
    settle::Receipts,
};

/// How often the heartbeat goes out and the blocks come in.
const BEAT: Duration = Duration::from_millis(1000);
/// How long one replica holds the right to probe an app.
const PROBE: Duration = Duration::from_secs(15);

/// Runs until SIGTERM or SIGINT; a second one ends it at once.
///
/// # Errors
/// Settings that cannot be used after all, such as an admin address in use.
pub(crate) async fn worker(
    vendor: Box<dyn Vendor>,
    settings: Settings,
    sources: Sources,
    files: Vec<PathBuf>,
    probe: Arc<dyn Probe>,
) -> Result<(), SettingsError> {
    let profile = vendor.profile();
    let process = settings.process.clone();
    let replica =
        format!("{}-{:08x}", std::env::var("HOSTNAME").unwrap_or_else(|_| "worker".to_owned()), fastrand::u32(..));
    let metrics =
        Metrics::new(profile.name).map_err(|error| SettingsError::new("metrics", "(built in)", error.to_string()))?;
    metrics.watch_process();
    let names: Vec<&str> = settings.apps.keys().map(push_contract::AppName::as_str).collect();
    metrics.start_at_zero(&names);
    let apps = open_apps(vendor.as_ref(), &settings, &Apps::new())?;
    print_limits(&apps, &metrics, &process);
    show_endings(&apps, &settings, &metrics);
    let listener = Admin::bind(process.admin.listen).await.map_err(|error| {
        SettingsError::new("admin.listen", process.admin.listen.to_string(), format!("cannot be bound: {error}"))
    })?;
    let claims = open_claims(&process, profile.name, &replica)?;
    let (stop, stopping) = watch::channel(false);
    let (shrink, to_shrink) = mpsc::channel(8192);
    let queue_names = Names::new(&process.amqp.prefix, profile.name);
    let quotas = profile.quotas;
    let worker = Arc::new(Worker {
        names: queue_names.clone(),
        apps: ArcSwap::from_pointee(apps),
        claims,
        blocks: Blocks::new(metrics.clone()),
        quotas: Quotas::default(),
        probe,
        replica: replica.clone(),
        stopping: stopping.clone(),
        receipts: Receipts::start(queue_names.clone(), ms(process.worker.receipts_ms), metrics.clone()),
        shrink,
        gatherer: Gatherer::default(),
        session: watch::Sender::new(None),
        changed: watch::Sender::new(0),
        living: AtomicUsize::new(0),
        probing: std::sync::Mutex::default(),
        suspects: Semaphore::new(1),
        moves: tokio::sync::Mutex::default(),
        arrivals: Arrivals::default(),
        metrics: metrics.clone(),
        process: process.clone(),
        vendor,
    });
    let tick = Arc::new(AtomicI64::new(Timestamp::now().as_millis()));
    tokio::spawn(Admin::new(worker.clone(), tick.clone()).serve(listener));
    tokio::spawn(shrink_records(worker.clone(), to_shrink));
    tokio::spawn(beat(worker.clone(), tick));
    tokio::spawn(quota::keep(worker.clone()));
    tokio::spawn(queues::tell(worker.clone()));
    work_for(&worker, |_| true);
    tokio::spawn(watch_settings(worker.clone(), sources, files));
    tracing::info!(replica, vendor = worker.vendor.profile().name, apps = worker.apps.load().len(), "worker starts");
    let supervisor = Supervisor {
        bytes: process.worker.bytes_in_flight,
        settings: process.amqp.clone(),
        names: queue_names,
        worker: replica,
        quotas,
        metrics,
    };
    let serving = tokio::spawn(supervisor.run(worker.clone(), stopping, ms(process.worker.drain_ms)));
    wait_for_signal().await;
    tracing::info!("told to stop: finishing what is on the wire");
    stop.send_replace(true);
    tokio::select! {
        _ = serving => {
            worker.close_quotas().await;
            tracing::info!("stopped");
        }
        () = wait_for_signal() => tracing::warn!("told to stop again: leaving at once"),
    }
    Ok(())
}

async fn wait_for_signal() {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

fn open_claims(process: &Process, vendor: &str, replica: &str) -> Result<Claims, SettingsError> {
    let claims = &process.claims;
    let times = ClaimTimes {
        window: ms(claims.window_ms),
        hold: ms(claims.fence_ms + process.calls.connect_ms + process.calls.timeout_ms + 5000),
        dead_after: ms(claims.dead_after_ms),
        strict: claims.after_loss == AfterLoss::Strict,
    };
    if process.redis.url.is_empty() {
        tracing::warn!("no redis.url: standalone. This process is the store; run one worker of this vendor only");
        return Ok(Claims::Memory(Box::new(MemoryStore::new(times))));
    }
    RedisStore::new(&process.redis.url, &process.redis.prefix, vendor, replica, times, ms(process.redis.timeout_ms))
        .map(|store| Claims::Redis(Arc::new(store)))
        .map_err(|error| SettingsError::new("redis.url", "(secret)", format!("cannot be read: {error}")))
}

/// The limits that are kept, said once at start: none is never an answer.
fn print_limits(apps: &Apps, metrics: &Metrics, process: &Process) {
    for app in apps.values() {
        let limit = f64::from(app.rate.per_second);
        tracing::info!(app = app.name.as_str(), per_second = app.rate.per_second, counted = ?app.rate.counted, aim = process.worker.aim, "rate limit");
        for (api, per_second) in app.vendor.api_rates() {
            tracing::info!(app = app.name.as_str(), api, per_second, "rate limit of calls that push nothing");
        }
        metrics.rate_limit.with_label_values(&[app.name.as_str(), "limit"]).set(limit);
        metrics.rate_limit.with_label_values(&[app.name.as_str(), "aim"]).set(limit * process.worker.aim);
        for (quota, setting) in &app.vendor.day().quotas {
            let (app, limit) = (app.name.as_str(), setting.limit.number());
            tracing::info!(app, quota, limit, spent = ?setting.spent, "daily quota (0: the vendor's own answer alone stops it)");
        }
    }
}

/// Shows when what must be renewed ends. What is gone from the settings is shown no longer.
fn show_endings(apps: &Apps, settings: &Settings, metrics: &Metrics) {
    metrics.renew_by.reset();
    for (name, app) in apps {
        for ending in settings.endings(name, app.vendor.as_ref()) {
            metrics.renew_by.with_label_values(&[name.as_str(), &ending.what]).set(ending.at.as_secs());
        }
    }
}

/// Starts what works for the apps that pass: leasing, and asking for the limits of the day.
fn work_for(worker: &Arc<Worker>, which: impl Fn(&AppName) -> bool) {
    for (_, app) in worker.apps.load().iter().filter(|(name, _)| which(name)) {
        for pace in app.paces() {
            tokio::spawn(pace::run(worker.clone(), pace.clone(), Arc::downgrade(app)));
        }
        tokio::spawn(quota_query::run(worker.clone(), Arc::downgrade(app)));
    }
}

/// Heartbeat, blocks, and who probes what.
async fn beat(worker: Arc<Worker>, tick: Arc<AtomicI64>) {
    let mut every = interval(BEAT);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        tick.store(Timestamp::now().as_millis(), Ordering::Relaxed);
        if let Claims::Redis(store) = &worker.claims {
            match store.beat().await {
                Ok(beat) => {
                    worker.living.store(beat.living, Ordering::Relaxed);
                    worker.metrics.replicas.set(i64::try_from(beat.living).unwrap_or(1));
                    worker.blocks.learn(&beat.blocks);
                }
                Err(error) => {
                    worker.metrics.store_errors.with_label_values(&["beat"]).inc();
                    tracing::debug!(%error, "no heartbeat");
                }
            }
        }
        worker.blocks.forget_ended();
        worker.metrics.store_up.set(i64::from(worker.claims.is_up()));
        choose_probes(&worker).await;
        worker.changed.send_modify(|count| *count += 1);
    }
}

/// Takes the right to probe every app whose time for it has come. While the store is away everybody probes: else a block
/// would last as long as that.
async fn choose_probes(worker: &Worker) {
    let now = Timestamp::now();
    for app in worker.apps.load_full().values() {
        let mine = worker.blocks.flow(&app.name, now) == Flow::Probe
            && match &worker.claims {
                Claims::Redis(store) => store.lock(&format!("probe:{}", app.name), PROBE).await.unwrap_or(true),
                Claims::Memory(_) => true,
            };
        let mut probing = worker.probing.lock().unwrap_or_else(PoisonError::into_inner);
        if mine {
            probing.insert(app.name.clone());
        } else if worker.blocks.of_app(&app.name).is_none_or(|block| block.until > now) {
            probing.remove(&app.name);
        }
    }
}

/// Shrinks the records of acknowledged messages, many in one step.
async fn shrink_records(worker: Arc<Worker>, mut messages: mpsc::Receiver<(ClaimKey, Mask)>) {
    let mut batch = Vec::new();
    while messages.recv_many(&mut batch, 64).await > 0 {
        if let Err(error) = worker.claims.shrink(&batch).await {
            worker.metrics.store_errors.with_label_values(&["shrink"]).inc();
            tracing::debug!(%error, "records stay whole");
        }
        batch.clear();
    }
}

/// Takes changed settings over, or refuses them and keeps the old ones.
async fn watch_settings(worker: Arc<Worker>, sources: Sources, files: Vec<PathBuf>) {
    let mut watch = Watch::new(files);
    let mut every = interval(ms(worker.process.worker.watch_ms));
    let mut refused = None;
    loop {
        every.tick().await;
        let changed;
        (watch, changed) = match tokio::task::spawn_blocking(move || {
            let changed = watch.changed();
            (watch, changed)
        })
        .await
        {
            Ok(looked) => looked,
            Err(_) => return,
        };
        // What was refused is tried again: the file that it misses may come, and is not among those that are watched.
        if !changed && refused.is_none() {
            continue;
        }
        let loaded = settings::load(worker.vendor.profile(), &sources).and_then(|(settings, files)| {
            let warnings = settings::check_apps(worker.vendor.as_ref(), &settings)?;
            let apps = open_apps(worker.vendor.as_ref(), &settings, &worker.apps.load())?;
            Ok((settings, files, apps, warnings))
        });
        match loaded {
            Ok((settings, files, apps, warnings)) => {
                watch.follow(files);
                warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                show_endings(&apps, &settings, &worker.metrics);
                take_over(&worker, apps).await;
                if settings.process != worker.process {
                    tracing::warn!("settings outside [apps] changed: they count from the next start");
                }
                worker.metrics.reloads.with_label_values(&["taken"]).inc();
                worker.metrics.reload_failed.set(0);
                refused = None;
                tracing::info!("settings taken over");
            }
            Err(error) if !changed && refused.as_ref() == Some(&error) => {}
            Err(error) => {
                worker.metrics.reloads.with_label_values(&["refused"]).inc();
                worker.metrics.reload_failed.set(1);
                tracing::error!(key = error.key, rule = error.rule, "changed settings refused, the old ones stay");
                refused = Some(error);
            }
        }
    }
}

/// An app whose settings changed may be healed, or have other limits: its block for wrong settings ends, and so do those
/// of quotas whose limits changed.
async fn take_over(worker: &Arc<Worker>, apps: Apps) {
    let old = worker.apps.load_full();
    let changed: Vec<_> = apps
        .iter()
        .filter(|(name, app)| old.get(*name).is_none_or(|known| !Arc::ptr_eq(known, app)))
        .map(|(name, _)| name.clone())
        .collect();
    // Of quotas that are gone; the others are told anew with the next look.
    worker.metrics.quota.reset();
    worker.metrics.quota_runs_out.reset();
    print_limits(&apps, &worker.metrics, &worker.process);
    worker.apps.store(Arc::new(apps));
    work_for(worker, |name| changed.contains(name));
    for name in changed {
        tracing::info!(app = name.as_str(), "app changed");
        if worker.blocks.of_app(&name).is_some_and(|block| block.why == Why::Misconfigured) {
            worker.blocks.free_app(&worker.claims, &name).await;
        }
        if let (Some(old), Some(new)) = (old.get(&name), worker.apps.load().get(&name).cloned()) {
            let (old, new) = (old.vendor.day(), new.vendor.day());
            for quota in worker.vendor.profile().quotas {
                let changed = old.quotas.get(*quota) != new.quotas.get(*quota) || old.utc_offset_s != new.utc_offset_s;
                if changed {
                    worker.blocks.reopen_quota(&worker.claims, &name, quota).await;
                }
            }
        }
    }
    worker.changed.send_modify(|count| *count += 1);
}
