//! What follows from a verdict: the one place where every action is matched.

use push_contract::{Action, Outcome, Reason, Verdict};

/// What a position's past and its job allow.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// Attempts counted before this call.
    pub attempt: u32,
    /// Attempts that the settings allow.
    pub attempts: u32,
    /// Whether an unknown push may be sent again.
    pub repeatable: bool,
    /// Whether an earlier call about the position had no answer.
    pub doubt: bool,
    /// Whether the app is blocked now, so that a failure is the app's and not this attempt's.
    pub blocked: bool,
    /// Whether a spent quota means waiting for its reopening.
    pub hold: bool,
    /// Whether a job of a refused class goes on: in a lesser class, or into parking.
    pub lesser: bool,
}

/// What becomes of a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It ends.
    End(Outcome, Reason),
    /// The next generation repeats it.
    Repeat {
        /// Whether this was an attempt.
        counts: bool,
        /// Whether the vendor may have taken it.
        doubt: bool,
        /// Into the held queue, rather than the wait ladder.
        held: bool,
        /// Why, for metrics.
        reason: Reason,
    },
    /// The vendor surely did not take it, and it is not this job's fault: it is open again.
    Reopen,
}

/// Decides about one position.
#[must_use]
pub fn plan(verdict: &Verdict, about: Circumstances) -> Plan {
    let reason = verdict.reason;
    // What ends without the vendor having said no to this very push may have been delivered by an earlier call.
    let unless_in_doubt = |outcome| Plan::End(if about.doubt { Outcome::Unknown } else { outcome }, reason);
    let attempts_left = about.attempt + 1 < about.attempts;
    match verdict.action {
        Action::Accepted => Plan::End(Outcome::Accepted, reason),
        Action::Refused => Plan::End(Outcome::Rejected, reason),
        Action::DeviceGone { .. } => Plan::End(Outcome::InvalidToken, reason),
        Action::DeviceCapped => unless_in_doubt(Outcome::DeviceCapped),
        Action::ClassMisconfigured if about.lesser => Plan::Reopen,
        Action::ClassMisconfigured => unless_in_doubt(Outcome::Misconfigured),
        Action::QuotaSpent { .. } if about.hold => {
            Plan::Repeat { counts: false, doubt: about.doubt, held: true, reason }
        }
        Action::QuotaSpent { .. } => unless_in_doubt(Outcome::QuotaExhausted),
        Action::SlowDown { .. } | Action::AppMisconfigured | Action::CredentialStale => Plan::Reopen,
        Action::Unavailable if about.blocked => Plan::Reopen,
        Action::Unavailable | Action::DeviceBusy { .. } if attempts_left => {
            Plan::Repeat { counts: true, doubt: about.doubt, held: false, reason }
        }
        Action::Unavailable | Action::DeviceBusy { .. } => {
            Plan::End(if about.doubt { Outcome::Unknown } else { Outcome::Failed }, Reason::AttemptsUsedUp)
        }
        Action::Unknown if about.repeatable && attempts_left => {
            Plan::Repeat { counts: true, doubt: true, held: false, reason }
        }
        Action::Unknown => Plan::End(Outcome::Unknown, reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Circumstances = Circumstances {
        attempt: 0,
        attempts: 3,
        repeatable: true,
        doubt: false,
        blocked: false,
        hold: false,
        lesser: false,
    };

    fn of(action: Action, about: Circumstances) -> Plan {
        plan(&Verdict::new(action, Reason::BadRequest), about)
    }

    fn outcome(action: Action, about: Circumstances) -> Option<Outcome> {
        match of(action, about) {
            Plan::End(outcome, _) => Some(outcome),
            _ => None,
        }
    }

    #[test]
    fn every_action_has_its_end() {
        let last = Circumstances { attempt: 2, ..FRESH };
        for (action, expected) in [
            (Action::Accepted, Some(Outcome::Accepted)),
            (Action::Refused, Some(Outcome::Rejected)),
            (Action::DeviceGone { invalid_since: None }, Some(Outcome::InvalidToken)),
            (Action::DeviceCapped, Some(Outcome::DeviceCapped)),
            (Action::ClassMisconfigured, Some(Outcome::Misconfigured)),
            (Action::QuotaSpent { until: None }, Some(Outcome::QuotaExhausted)),
            (Action::Unavailable, Some(Outcome::Failed)),
            (Action::DeviceBusy { until: None }, Some(Outcome::Failed)),
            (Action::Unknown, Some(Outcome::Unknown)),
            (Action::SlowDown { until: None }, None),
            (Action::AppMisconfigured, None),
            (Action::CredentialStale, None),
        ] {
            assert_eq!(outcome(action, last), expected, "{action:?}");
        }
    }

    #[test]
    fn what_may_have_been_delivered_is_never_denied() {
        let doubted = Circumstances { attempt: 2, doubt: true, ..FRESH };
        for action in
            [Action::Unavailable, Action::DeviceCapped, Action::QuotaSpent { until: None }, Action::ClassMisconfigured]
        {
            assert_eq!(outcome(action, doubted), Some(Outcome::Unknown), "{action:?}");
        }
    }

    #[test]
    fn an_unknown_push_is_repeated_only_where_doubling_does_no_harm() {
        assert!(matches!(of(Action::Unknown, FRESH), Plan::Repeat { counts: true, doubt: true, .. }));
        assert_eq!(outcome(Action::Unknown, Circumstances { repeatable: false, ..FRESH }), Some(Outcome::Unknown));
    }

    #[test]
    fn a_refused_class_ends_the_job_unless_there_is_a_way_on() {
        assert_eq!(outcome(Action::ClassMisconfigured, FRESH), Some(Outcome::Misconfigured));
        assert_eq!(of(Action::ClassMisconfigured, Circumstances { lesser: true, ..FRESH }), Plan::Reopen);
    }

    #[test]
    fn a_blocked_app_burns_no_attempt() {
        assert_eq!(of(Action::Unavailable, Circumstances { blocked: true, attempt: 2, ..FRESH }), Plan::Reopen);
    }
}
