//! Calls that wait to be released.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The calls that wait, with the fault that holds them.
#[derive(Default)]
pub(crate) struct Holds {
    waiting: Mutex<Vec<(u64, oneshot::Sender<()>)>>,
}

impl Holds {
    fn lock(&self) -> MutexGuard<'_, Vec<(u64, oneshot::Sender<()>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a call for a fault; the receiver ends the waiting.
    pub(crate) fn hold(&self, fault: u64) -> oneshot::Receiver<()> {
        let (release, released) = oneshot::channel();
        self.lock().push((fault, release));
        released
    }

    /// How many wait. One whose caller has gone still counts: the vendor does not know.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Releases those of one fault, or all; gives how many.
    pub(crate) fn release(&self, fault: Option<u64>) -> usize {
        let mut waiting = self.lock();
        let (go, stay): (Vec<_>, Vec<_>) =
            waiting.drain(..).partition(|(id, _)| fault.is_none_or(|fault| fault == *id));
        *waiting = stay;
        let count = go.len();
        for (_, release) in go {
            // A caller held after acceptance may have gone.
            let _ = release.send(());
        }
        count
    }
}
