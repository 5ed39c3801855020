//! One HTTP request, what it is about, and what comes back.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use crate::{Class, Job, Reason, Refusal, Timestamp, Verdict};

/// Some positions of one job, about to be sent together. All have the same token type, badge and realm
/// ([`App::realm`](crate::App::realm)).
#[derive(Debug, Clone)]
pub struct Push {
    /// The job.
    pub job: Arc<Job>,
    /// Its class.
    pub class: Arc<Class>,
    /// The positions to send to, ascending, at least one.
    pub positions: Vec<usize>,
    /// When the job's time is over; what is left of it becomes the vendor's TTL.
    pub expiry: Timestamp,
}

impl Push {
    /// The token type of the push's targets; `default` is the app's, for targets that name none.
    #[must_use]
    pub fn token_type<'a>(&'a self, default: &'a str) -> &'a str {
        self.positions.first().and_then(|n| self.job.targets[*n].kind.as_deref()).unwrap_or(default)
    }

    /// The tokens, in the order of the positions.
    pub fn tokens(&self) -> impl ExactSizeIterator<Item = &str> {
        self.positions.iter().map(|n| self.job.targets[*n].token.as_str())
    }
}

/// What one dispatch sends: positions of one job, or several jobs that share a call.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The pushes, at least one.
    pub pushes: Vec<Push>,
}

impl Batch {
    /// The one push of a batch, for vendors whose calls say the content once.
    ///
    /// # Errors
    /// When there are several.
    pub fn only(&self) -> Result<&Push, Refusal> {
        match self.pushes.as_slice() {
            [push] => Ok(push),
            _ => Err(Refusal::rejected(Reason::BadRequest, ".", "one job a call: the content is said once")),
        }
    }

    /// How many targets the batch has.
    #[must_use]
    pub fn targets(&self) -> usize {
        self.pushes.iter().map(|push| push.positions.len()).sum()
    }

    /// Every token, job by job, position by position: the order of the verdicts.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        self.pushes.iter().flat_map(Push::tokens)
    }

    /// The same verdict for every target.
    #[must_use]
    pub fn all(&self, verdict: &Verdict) -> Vec<Verdict> {
        vec![verdict.clone(); self.targets()]
    }

    /// A further call of the dispatch; one that is refused before it is sent is its end.
    #[must_use]
    pub fn further(&self, call: Result<Call, Refusal>) -> Next {
        match call {
            Ok(call) => Next::Call(Box::new(call)),
            Err(refusal) => Next::Done(self.all(&refusal.verdict())),
        }
    }
}

/// One HTTP request of a dispatch.
pub struct Call {
    /// Which of the vendor's interfaces; a metric label.
    pub api: &'static str,
    /// The request, its address absolute.
    pub request: http::Request<Bytes>,
    /// Whether the vendor may deliver after this request. A failure before it is "not sent".
    pub commits: bool,
    /// What the vendor wants to know again when the answer comes, such as the id of a saved message.
    pub memo: Option<String>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("api", &self.api).field("commits", &self.commits).finish_non_exhaustive()
    }
}

/// A whole answer, its body bounded by the transport.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: http::HeaderMap,
    /// Body, at most 64 KiB; longer ones never reach a vendor's `decode`.
    pub body: Bytes,
    /// When it was read.
    pub at: Timestamp,
}

/// What a dispatch does after an answer.
#[derive(Debug)]
pub enum Next {
    /// It is over: one verdict a target, in the order of [`Batch::tokens`].
    Done(Vec<Verdict>),
    /// It needs another request.
    Call(Box<Call>),
    /// The targets are to be sent one by one.
    Singly,
    /// The vendor takes no more lists of this app until its day ends, and says so with this verdict; nothing was sent. The
    /// targets come again, each with a call of its own, and so does all that follows that day.
    NoLists(Verdict),
    /// The call as a whole was refused because of something in it. A batch of several jobs is split in halves until
    /// the guilty job stands alone; alone, each of its targets gets this verdict.
    Whole(Verdict),
    /// The call as a whole was refused because of some of its targets, and the vendor does not say which. The batch is
    /// split in halves, between jobs and then between the targets of one job, until the guilty target stands alone and
    /// gets this verdict.
    Split(Verdict),
}
