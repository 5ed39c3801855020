//! Questions about single messages, asked together: hundreds of jobs are in work at once, and a script call costs the
//! server and the client more than what it does for one message.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::join_all;
use redis::Script;
use tokio::{sync::oneshot, task::yield_now};

use super::{ClaimKey, RedisStore, StoreDown, reply::Reply};

/// The most messages of one call.
const MESSAGES: usize = 32;
/// The most positions of one call, unless one message alone has more: a script holds up every other client.
const POSITIONS: usize = 1000;

/// What is asked about one message. The arguments hold tokens: there is no Debug.
pub(super) struct Question {
    pub(super) key: ClaimKey,
    /// Positions that the script goes through.
    pub(super) positions: usize,
    pub(super) arguments: Vec<Vec<u8>>,
}

type Asked = (Question, oneshot::Sender<Result<Reply, StoreDown>>);

/// A script that answers message by message, and who waits for it to be asked.
pub(super) struct Together {
    what: &'static str,
    script: &'static Script,
    /// Arguments that all messages share.
    common: Vec<Vec<u8>>,
    waiting: Mutex<Vec<Asked>>,
}

impl fmt::Debug for Together {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").field("what", &self.what).finish_non_exhaustive()
    }
}

impl Together {
    pub(super) fn new(what: &'static str, script: &'static Script, common: Vec<Vec<u8>>) -> Self {
        Self { what, script, common, waiting: Mutex::default() }
    }

    fn down(&self, why: impl Into<String>) -> StoreDown {
        StoreDown { what: self.what, why: why.into() }
    }

    /// Asks, with whoever else is about to. A caller that is gone takes nobody's answer with it: a task of its own asks.
    pub(super) async fn ask(self: &Arc<Self>, store: &Arc<RedisStore>, question: Question) -> Result<Reply, StoreDown> {
        let (answer, heard) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push((question, answer));
            waiting.len() == 1
        };
        if is_first {
            tokio::spawn(self.clone().ask_all(store.clone()));
        }
        heard.await.unwrap_or_else(|_| Err(self.down("the process ends")))
    }

    /// Lets what is ready to run come along, then asks for all of them. A batch does not wait for another's answer: while
    /// the server hangs, each caller waits for one time limit and no more.
    async fn ask_all(self: Arc<Self>, store: Arc<RedisStore>) {
        yield_now().await;
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        join_all(batches(waiting).into_iter().map(|batch| self.ask_batch(&store, batch))).await;
    }

    async fn ask_batch(&self, store: &RedisStore, batch: Vec<Asked>) {
        let keys: Vec<&ClaimKey> = batch.iter().map(|(question, _)| &question.key).collect();
        let own = batch.iter().flat_map(|(question, _)| &question.arguments);
        let arguments: Vec<&[u8]> = self.common.iter().chain(own).map(Vec::as_slice).collect();
        let reply = store.run(self.what, self.script, &keys, &[], &arguments).await;
        let answers = match reply.map(Reply::split) {
            Ok(answers) if answers.len() == batch.len() => answers,
            Ok(_) => return tell_all(batch, &self.down("an answer of another shape")),
            Err(error) => return tell_all(batch, &error),
        };
        for ((_, waits), answer) in batch.into_iter().zip(answers) {
            if answer.what == "broken" {
                tracing::error!(what = self.what, why = %answer.text(0), "a record of the store cannot be read");
            }
            // Whoever does not wait any more is as one whose answer was lost.
            let _ = waits.send(Ok(answer));
        }
    }
}

fn tell_all(batch: Vec<Asked>, error: &StoreDown) {
    for (_, waits) in batch {
        let _ = waits.send(Err(error.clone()));
    }
}

/// In order, as many to a call as it may have.
fn batches(waiting: Vec<Asked>) -> Vec<Vec<Asked>> {
    let mut batches: Vec<Vec<Asked>> = Vec::new();
    let mut room = 0;
    for asked in waiting {
        let positions = asked.0.positions;
        match batches.last_mut().filter(|batch| batch.len() < MESSAGES && positions <= room) {
            Some(batch) => batch.push(asked),
            None => {
                room = POSITIONS;
                batches.push(vec![asked]);
            }
        }
        room = room.saturating_sub(positions);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_so_many_messages_and_positions() {
        let sizes = |positions: &[usize]| {
            let asked = |positions: &usize| {
                let question =
                    Question { key: ClaimKey::new("chat", "j", 0), positions: *positions, arguments: Vec::new() };
                (question, oneshot::channel().0)
            };
            batches(positions.iter().map(asked).collect()).iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&[1; 70]), [32, 32, 6]);
        assert_eq!(sizes(&[1000, 1, 1]), [1, 2]);
        assert_eq!(sizes(&[400, 600, 1]), [2, 1]);
        assert_eq!(sizes(&[1, 2000, 1]), [1, 1, 1], "one that is too large goes alone");
    }
}
