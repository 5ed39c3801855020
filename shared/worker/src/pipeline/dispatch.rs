//! One dispatch: the calls that send one batch, from the first request to one verdict per target.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use push_contract::{Action, Answer, Batch, Counted, Next, Reason, Timestamp, Token, Verdict};

use super::{Worker, portion::Portion};
use crate::{
    app::AppState,
    credentials::{Credentials, NoToken},
    pace::Paid,
    probe::Step,
    transport::{Lines, Sent},
};

/// What a dispatch came to for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// The vendor's word, or what follows from its silence.
    Verdict(Verdict),
    /// Nothing was written.
    NotWritten,
}

/// Asked right before bytes are written: whether each push may still go.
pub(super) trait MayWrite: Send {
    /// One flag per push of the batch.
    fn ask(&mut self, pushes: usize) -> impl Future<Output = Vec<bool>> + Send;
}

/// Most calls of one dispatch: a vendor whose answers ask for ever more is not followed.
const MOST_CALLS: usize = 8;

impl Worker {
    /// Sends a batch for which so much was paid. Refused as a whole, it is split in halves until the guilty job stands
    /// alone; asked to, it is sent one by one; with a stale credential, once more with a fresh one.
    pub(super) async fn dispatch(
        &self,
        app: &Arc<AppState>,
        batch: Batch,
        paid: Option<Paid>,
        may: &mut impl MayWrite,
    ) -> Vec<Told> {
        let mut told = vec![Told::NotWritten; batch.targets()];
        let mut portions = VecDeque::from([Portion::whole(batch)]);
        let mut paid = paid;
        while let Some(mut portion) = portions.pop_front() {
            if portion.batch.targets() > 1 && app.lists.are_closed(Timestamp::now()) {
                // Made before that: its targets come again, each with a call of its own.
                continue;
            }
            let lines = app.transport.lines();
            let Some((credentials, token)) = self.token(app, &portion.batch).await else { continue };
            // After the token: what waited for one must not go out in one moment. Whatever is sent again, split or one
            // by one, is counted again.
            app.pace.before_write(paid.take(), app.pace.units(1, portion.batch.targets())).await;
            let allowed = may.ask(told.len()).await;
            portion.keep(|origin| allowed.get(origin).copied().unwrap_or(false));
            if portion.batch.pushes.is_empty() {
                continue;
            }
            match self.exchange(app, &lines, &portion, token, may).await {
                Exchanged::Verdicts(verdicts, token) => {
                    let flat: Vec<usize> = portion.places.iter().flatten().copied().collect();
                    let stale: Vec<usize> = flat
                        .iter()
                        .zip(&verdicts)
                        .filter(|(_, verdict)| verdict.action == Action::CredentialStale)
                        .map(|(place, _)| *place)
                        .collect();
                    for (place, verdict) in flat.iter().zip(verdicts) {
                        told[*place] = Told::Verdict(verdict);
                    }
                    if stale.is_empty() {
                        continue;
                    }
                    app.transport.replace(&lines, || credentials.forget(token.as_ref()));
                    if portion.fresh_token {
                        // A token that was fetched a moment ago is no longer stale: the vendor does not want this app.
                        for place in stale {
                            told[place] = Told::Verdict(refused_credential(&told[place]));
                        }
                        self.misconfigured(app, "a fresh credential is called stale".to_owned()).await;
                    } else {
                        portions.push_back(portion.of(&stale));
                    }
                }
                Exchanged::Singly => portions.extend(portion.singly()),
                Exchanged::Whole(_) if portion.batch.pushes.len() > 1 => portions.extend(portion.halves()),
                Exchanged::Split(_) if portion.batch.targets() > 1 => portions.extend(portion.halves()),
                Exchanged::Whole(verdict) | Exchanged::Split(verdict) => {
                    for place in portion.places.iter().flatten() {
                        told[*place] = Told::Verdict(verdict.clone());
                    }
                }
                Exchanged::NotWritten => {}
            }
        }
        told
    }

    /// The app's token for a batch, if it needs one, and where it is kept. Fetched before the claim is asked about for the
    /// last time: a token endpoint may take its time, and nothing of that may lie between the fence and the bytes.
    async fn token(&self, app: &Arc<AppState>, batch: &Batch) -> Option<(Arc<Credentials>, Option<Arc<Token>>)> {
        let name = app.name.as_str();
        let realm = batch.pushes.first().map_or("", |push| app.realm(push));
        let credentials = app.credentials(realm);
        match credentials.get(app, realm, &self.metrics).await {
            Ok(token) => Some((credentials, token)),
            Err(NoToken::Refused(detail)) => {
                self.misconfigured(app, format!("credential refused: {detail}")).await;
                None
            }
            Err(NoToken::Trouble { retry_after, detail }) => {
                tracing::warn!(app = name, detail, "no token");
                app.shut_until(Timestamp::now().plus(retry_after.unwrap_or_else(|| app.next_pause())));
                if self.is_news(app)
                    && let Some(pause) = app.note_call(true)
                {
                    self.stop_app(app, "token endpoint", pause).await;
                }
                None
            }
        }
    }

    /// The calls of one batch.
    async fn exchange(
        &self,
        app: &Arc<AppState>,
        lines: &Lines,
        portion: &Portion,
        token: Option<Arc<Token>>,
        may: &mut impl MayWrite,
    ) -> Exchanged {
        let (name, batch) = (app.name.as_str(), &portion.batch);
        let mut call = match app.vendor.encode(batch, token.as_deref(), Timestamp::now()) {
            Ok(call) => call,
            Err(refusal) => return Exchanged::Whole(refusal.verdict()),
        };
        self.metrics.batch.with_label_values(&[call.api]).observe(batch.targets() as f64);
        let mut committed = false;
        for _ in 0..MOST_CALLS {
            let (api, commits, memo) = (call.api, call.commits, call.memo.take());
            committed |= commits;
            if !commits {
                app.before_call(api).await;
            }
            let in_flight = self.metrics.in_flight.with_label_values(&[name]);
            in_flight.inc();
            let began = Instant::now();
            let sent = lines.send(call).await;
            in_flight.dec();
            if commits {
                self.probe.passed(Step::Written, batch.pushes[0].job.id.as_str());
            }
            let answer = match sent {
                Sent::Answer(answer) => answer,
                Sent::NotSent(detail) => {
                    self.metrics.calls.with_label_values(&[name, api, "not_sent"]).inc();
                    tracing::warn!(app = name, api, detail, "vendor not reached");
                    app.shut_until(Timestamp::now().plus(app.next_pause()));
                    self.note_result(app, true).await;
                    return Exchanged::NotWritten;
                }
                Sent::Lost(detail) => {
                    self.metrics.calls.with_label_values(&[name, api, "lost"]).inc();
                    tracing::warn!(app = name, api, detail, "no answer from the vendor");
                    self.note_result(app, true).await;
                    let verdict = if commits {
                        Verdict::new(Action::Unknown, Reason::AnswerLost)
                    } else {
                        Verdict::new(Action::Unavailable, Reason::Unavailable)
                    };
                    return Exchanged::Verdicts(batch.all(&verdict), token);
                }
            };
            self.metrics.calls.with_label_values(&[name, api, "answer"]).inc();
            self.metrics.call_seconds.with_label_values(&[api]).observe(began.elapsed().as_secs_f64());
            match app.vendor.decode(batch, memo.as_deref(), token.as_deref(), &answer) {
                Next::Done(verdicts) => {
                    let verdicts = honest(verdicts, batch, commits, &answer);
                    self.after_answer(app, batch, &verdicts).await;
                    return Exchanged::Verdicts(verdicts, token);
                }
                Next::Call(following) => {
                    // Admission paid for one call a batch. Where calls are counted, each further one costs as much.
                    if app.rate.counted == Counted::Calls {
                        app.pace.before_write(None, 1).await;
                    }
                    // The calls before may have taken long, and none of them has sent anything.
                    if !committed && following.commits {
                        let pushes = portion.origin.iter().max().map_or(0, |last| last + 1);
                        let allowed = may.ask(pushes).await;
                        if !portion.origin.iter().all(|origin| allowed.get(*origin).copied().unwrap_or(false)) {
                            return Exchanged::NotWritten;
                        }
                    }
                    call = *following;
                }
                Next::Singly => return Exchanged::Singly,
                Next::NoLists(verdict) => {
                    self.after_last_list(app, &verdict);
                    return Exchanged::NotWritten;
                }
                Next::Whole(verdict) => {
                    return Exchanged::Whole(self.about_all(app, batch, commits, &answer, verdict).await);
                }
                Next::Split(verdict) => {
                    return Exchanged::Split(self.about_all(app, batch, commits, &answer, verdict).await);
                }
            }
        }
        Exchanged::Verdicts(batch.all(&Verdict::new(Action::Unavailable, Reason::AnswerUnreadable)), token)
    }

    /// A verdict about a call as a whole.
    async fn about_all(
        &self,
        app: &Arc<AppState>,
        batch: &Batch,
        commits: bool,
        answer: &Answer,
        verdict: Verdict,
    ) -> Verdict {
        let verdict = honest(vec![verdict], batch, commits, answer).remove(0);
        self.after_answer(app, batch, std::slice::from_ref(&verdict)).await;
        verdict
    }
}

/// What one exchange with the vendor came to.
enum Exchanged {
    Verdicts(Vec<Verdict>, Option<Arc<Token>>),
    Whole(Verdict),
    Split(Verdict),
    Singly,
    NotWritten,
}

/// A vendor's decoder must give one verdict per target; and a call that commits and was answered with a good status but
/// unreadably may have been taken, whatever the decoder makes of it.
fn honest(mut verdicts: Vec<Verdict>, batch: &Batch, commits: bool, answer: &Answer) -> Vec<Verdict> {
    if verdicts.len() > batch.targets() || (verdicts.len() < batch.targets() && verdicts.len() != 1) {
        tracing::error!(
            verdicts = verdicts.len(),
            targets = batch.targets(),
            "a decoder lost count; the vendor's word is not known"
        );
        return batch.all(&Verdict::new(Action::Unknown, Reason::AnswerUnreadable));
    }
    for verdict in &mut verdicts {
        let good = (200..300).contains(&answer.status);
        if commits && good && verdict.action == Action::Unavailable && verdict.reason == Reason::AnswerUnreadable {
            verdict.action = Action::Unknown;
        }
    }
    verdicts
}

fn refused_credential(told: &Told) -> Verdict {
    let mut verdict = Verdict::new(Action::AppMisconfigured, Reason::CredentialRefused);
    if let Told::Verdict(stale) = told {
        verdict.code.clone_from(&stale.code);
    }
    verdict
}
