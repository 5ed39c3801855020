//! Pushes of different jobs that share a call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use push_contract::{Batch, Push};
use tokio::sync::oneshot;

use super::{
    Worker,
    dispatch::{MayWrite, Told},
};
use crate::{app::AppState, pace::Paid};

/// What pushes of one call have in common: app, realm, the vendor's key.
type Slot = (String, &'static str, String);

/// Calls being gathered.
#[derive(Debug, Default)]
pub struct Gatherer {
    open: Mutex<HashMap<Slot, Vec<Waiting>>>,
}

/// One push that waits for company. What it holds is asked again right before bytes are written.
#[derive(Debug)]
struct Waiting {
    push: Push,
    paid: Option<Paid>,
    told: oneshot::Sender<Vec<Told>>,
    ask: tokio::sync::mpsc::Sender<oneshot::Sender<bool>>,
}

/// Asks each gathered job whether it may still be written.
struct Askers(Vec<tokio::sync::mpsc::Sender<oneshot::Sender<bool>>>);

impl MayWrite for Askers {
    async fn ask(&mut self, _: usize) -> Vec<bool> {
        let mut answers = Vec::with_capacity(self.0.len());
        for ask in &self.0 {
            let (answer, said) = oneshot::channel();
            // A job that no longer listens is gone: nothing of it is written.
            answers.push(ask.send(answer).await.is_ok() && said.await.unwrap_or(false));
        }
        answers
    }
}

impl Worker {
    /// Sends one push together with others that come within a few milliseconds.
    pub(super) async fn gather(
        self: &Arc<Self>,
        app: &Arc<AppState>,
        key: String,
        push: Push,
        paid: Option<Paid>,
        may: &mut impl MayWrite,
    ) -> Vec<Told> {
        let limits = app.vendor.call_limits();
        let targets = push.positions.len();
        let (told, mut verdicts) = oneshot::channel();
        let (ask, mut asked) = tokio::sync::mpsc::channel::<oneshot::Sender<bool>>(1);
        let slot = (app.name.to_string(), app.realm(&push), key);
        let full = {
            let mut open = self.gatherer.open.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = open.entry(slot.clone()).or_default();
            waiting.push(Waiting { push, paid, told, ask });
            if waiting.len() == 1 {
                let (worker, app, slot) = (self.clone(), app.clone(), slot.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(worker.process.worker.gather_ms)).await;
                    let ready = worker.gatherer.take(&slot, limits.jobs);
                    worker.send_gathered(&app, ready).await;
                });
            }
            waiting.len() >= limits.jobs
        };
        if full {
            let ready = self.gatherer.take(&slot, limits.jobs);
            let (worker, app) = (self.clone(), app.clone());
            tokio::spawn(async move { worker.send_gathered(&app, ready).await });
        }
        loop {
            tokio::select! {
                told = &mut verdicts => return told.unwrap_or_else(|_| vec![Told::NotWritten; targets]),
                Some(answer) = asked.recv() => {
                    let _ = answer.send(may.ask(1).await.first().copied().unwrap_or(false));
                }
            }
        }
    }

    async fn send_gathered(&self, app: &Arc<AppState>, ready: Vec<Waiting>) {
        if ready.is_empty() {
            return;
        }
        let Ok(_permit) = app.calls.acquire().await else { return };
        let paid = app.pace.for_one_call(ready.iter().map(|waiting| waiting.paid));
        let mut pushes = Vec::with_capacity(ready.len());
        let mut tellers = Vec::with_capacity(ready.len());
        let mut askers = Vec::with_capacity(ready.len());
        for waiting in ready {
            tellers.push((waiting.told, waiting.push.positions.len()));
            pushes.push(waiting.push);
            askers.push(waiting.ask);
        }
        let mut told = self.dispatch(app, Batch { pushes }, paid, &mut Askers(askers)).await.into_iter();
        for (teller, targets) in tellers {
            let _ = teller.send(told.by_ref().take(targets).collect());
        }
    }
}

impl Gatherer {
    fn take(&self, slot: &Slot, most: usize) -> Vec<Waiting> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = open.get_mut(slot) else { return Vec::new() };
        let rest = waiting.split_off(waiting.len().min(most));
        let ready = std::mem::replace(waiting, rest);
        if waiting.is_empty() {
            open.remove(slot);
        }
        ready
    }
}
