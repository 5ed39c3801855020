//! Leasing for one app: asking the bucket while somebody waits, and doing without it while the store is away.

use std::{
    pin::pin,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use push_pacing::{Ask, Grant, Share};
use tokio::time::{Instant, sleep, timeout};

use super::{Mode, Pace};
use crate::{
    app::AppState,
    claims::{Claims, RedisStore, StoreDown},
    pipeline::Worker,
};

/// Between two questions at least, and at most while somebody waits.
const SOON: Duration = Duration::from_millis(10);
const LATE: Duration = Duration::from_millis(100);
/// An answer that takes longer is none: its tokens would be as good as over.
const ANSWER: Duration = Duration::from_millis(250);
/// So many questions without an answer, and the process keeps to its share.
const FAILURES: u32 = 3;
/// Between two looks whether the store is back.
const PROBE: Duration = Duration::from_millis(250);
/// How often metrics are brought up to date while nothing happens, and whether the app is still in use.
const IDLE: Duration = Duration::from_secs(1);

/// Works on one of an app's paces until nobody holds the app any more.
pub async fn run(worker: Arc<Worker>, pace: Arc<Pace>, app: Weak<AppState>) {
    match &worker.claims {
        Claims::Memory(_) => {
            pace.show(Mode::Standalone, &worker.metrics);
            let mut share = Share::new(pace.limits, pace.now_us());
            while app.strong_count() > 0 {
                let wait = alone(&worker, &pace, &mut share);
                until_poked(&pace, wait).await;
            }
        }
        Claims::Redis(store) => {
            let mut failures = 0;
            pace.show(Mode::Leased, &worker.metrics);
            while app.strong_count() > 0 {
                let Some(ask) = pace.ask() else {
                    pace.show_waiting(&worker.metrics);
                    let _ = timeout(IDLE, pace.poke.notified()).await;
                    continue;
                };
                let asked_us = pace.now_us();
                match lease(store, &pace, &ask).await {
                    Ok(grant) => {
                        failures = 0;
                        pace.grant(&grant, asked_us, &worker.metrics);
                        pace.show_waiting(&worker.metrics);
                        sleep(SOON).await;
                        if pace.desk().waiting_units() != [0; 3] {
                            let wait = Duration::from_micros(u64::try_from(grant.wait_us).unwrap_or(0)).min(LATE);
                            let _ = timeout(wait.saturating_sub(SOON), pace.urgent.notified()).await;
                        }
                    }
                    Err(error) => {
                        pace.unheard(&ask);
                        failures += 1;
                        worker.metrics.store_errors.with_label_values(&["lease"]).inc();
                        if failures >= FAILURES {
                            tracing::warn!(limit = pace.name, %error, "no lease: keeping to a share of the rate");
                            until_back(&worker, store, &pace, &app).await;
                            failures = 0;
                        } else {
                            sleep(SOON).await;
                        }
                    }
                }
            }
        }
    }
}

async fn lease(store: &RedisStore, pace: &Pace, ask: &Ask) -> Result<Grant, StoreDown> {
    let late = |_| StoreDown { what: "lease", why: "no answer in time".to_owned() };
    timeout(ANSWER, store.lease(&pace.name, &pace.limits, ask)).await.map_err(late)?
}

/// Serves from the share of this process until the bucket leases again.
async fn until_back(worker: &Worker, store: &RedisStore, pace: &Pace, app: &Weak<AppState>) {
    pace.show(Mode::Share, &worker.metrics);
    let mut share = Share::new(pace.limits.alone_of(worker.replicas()), pace.now_us());
    while app.strong_count() > 0 {
        // What was sent without a lease is told, and paid for, with the question whether there are leases again.
        let unheard = pace.slow.swap(false, Ordering::Relaxed);
        let shut_us = pace.shut_us.swap(0, Ordering::Relaxed);
        let ask = Ask { returning: true, slow: unheard, shut_us, back: -share.spent(pace.now_us()), ..Ask::default() };
        let mut answer = pin!(lease(store, pace, &ask));
        let answer = loop {
            let wait = alone(worker, pace, &mut share);
            tokio::select! {
                answer = &mut answer => break answer,
                () = until_poked(pace, wait) => {}
            }
        };
        let next = match answer {
            Ok(grant) if grant.hold_us == 0 => break,
            Ok(grant) => PROBE.min(Duration::from_micros(u64::try_from(grant.hold_us).unwrap_or(0))),
            Err(_) => {
                pace.unheard(&ask);
                PROBE
            }
        };
        let again = Instant::now() + next;
        while Instant::now() < again {
            let wait = alone(worker, pace, &mut share);
            until_poked(pace, wait.min(again.saturating_duration_since(Instant::now()))).await;
        }
        share.keep_to(pace.limits.alone_of(worker.replicas()));
    }
    tracing::info!(limit = pace.name, "leasing the rate again");
    pace.show(Mode::Leased, &worker.metrics);
}

/// Serves once from a share; returns when to look again.
fn alone(worker: &Worker, pace: &Pace, share: &mut Share) -> Duration {
    let now = pace.now_us();
    let (ask, waiting) = {
        let mut desk = pace.desk();
        desk.forget(tokio::sync::oneshot::Sender::is_closed);
        (desk.ask(now), desk.waiting_units())
    };
    let slow = pace.slow.load(Ordering::Relaxed) && matches!(worker.claims, Claims::Memory(_));
    let mut wait = IDLE;
    if (waiting != [0; 3] || slow)
        && let Some(ask) = ask.or_else(|| slow.then(Ask::default))
    {
        let mut ask = Ask { back: 0, ..ask };
        if slow {
            // Alone for good: there is no other bucket to tell.
            pace.slow.store(false, Ordering::Relaxed);
            (ask.slow, ask.shut_us) = (true, pace.shut_us.swap(0, Ordering::Relaxed));
        }
        let grant = share.lease(&ask, now);
        wait = Duration::from_micros(u64::try_from(grant.wait_us).unwrap_or(0)).min(LATE);
        pace.grant(&grant, now, &worker.metrics);
    }
    pace.show_waiting(&worker.metrics);
    wait
}

/// Not before a millisecond, however many jobs arrive.
async fn until_poked(pace: &Pace, wait: Duration) {
    let _ = timeout(wait, pace.poke.notified()).await;
    sleep(Duration::from_millis(1)).await;
}
