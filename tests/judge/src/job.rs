//! What the logs say about one published job.

use crate::{
    lines::{Expect, Published},
    names::Name,
};

/// One published job and everything that was heard about it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) vendor: Name,
    pub(crate) app: Name,
    pub(crate) lane: Name,
    pub(crate) id: String,
    pub(crate) expect: Expect,
    pub(crate) must_not_double: bool,
    /// Whether the broker took at least one copy: only then may nothing be lost.
    pub(crate) promised: bool,
    pub(crate) targets: Vec<Target>,
    /// Positions, by token and then by position.
    by_token: Vec<u32>,
}

/// One target of a job.
#[derive(Debug)]
pub(crate) struct Target {
    token: Box<str>,
    /// Calls in which the vendor took it.
    pub(crate) acceptances: Vec<Acceptance>,
    /// Different outcomes that receipts told, in order of arrival.
    pub(crate) answers: Vec<Answer>,
}

/// The vendor took a push.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acceptance {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    /// Whether the worker could read the answer.
    pub(crate) delivered: bool,
}

/// A receipt told an outcome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) outcome: Name,
    /// Milliseconds since 1970.
    pub(crate) settled_at: i64,
}

impl Job {
    pub(crate) fn new(line: Published, vendor: Name, app: Name, lane: Name) -> Self {
        let promised = line.confirmed && !line.returned;
        let targets: Vec<Target> = line
            .tokens
            .into_iter()
            .map(|token| Target { token: token.into(), acceptances: Vec::new(), answers: Vec::new() })
            .collect();
        let mut by_token: Vec<u32> = (0..).take(targets.len()).collect();
        by_token.sort_by_key(|n| &targets[*n as usize].token);
        Self {
            vendor,
            app,
            lane,
            id: line.id,
            expect: line.expect,
            must_not_double: line.must_not_double,
            promised,
            targets,
            by_token,
        }
    }

    /// The first position with this token: what the vendor takes for a repeated token counts there.
    pub(crate) fn first(&self, token: &str) -> Option<usize> {
        let at = self.by_token.partition_point(|n| &*self.targets[*n as usize].token < token);
        let n = *self.by_token.get(at)? as usize;
        (&*self.targets[n].token == token).then_some(n)
    }

    /// The position whose acceptances count for this one.
    pub(crate) fn first_of(&self, n: usize) -> usize {
        self.first(&self.targets[n].token).unwrap_or(n)
    }

    /// The tokens by position.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| &*target.token)
    }

    /// Whether the position holds this token.
    pub(crate) fn holds(&self, n: usize, token: &str) -> bool {
        self.targets.get(n).is_some_and(|target| &*target.token == token)
    }
}
