//! The verdicts about one job: pure functions of what was heard.

use crate::{
    faults::Faults,
    job::{Acceptance, Answer, Job},
    lines::Expect,
    names::Name,
    summary::Verdict,
};

/// The outcomes that the rules know by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) accepted: Name,
    pub(crate) unknown: Name,
    pub(crate) expired: Name,
    pub(crate) failed: Name,
    pub(crate) discarded: Name,
}

/// Where a job's message still lies.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Places {
    pub(crate) anywhere: bool,
    pub(crate) parking: bool,
    pub(crate) unrouted: bool,
}

/// Whether the job is where it must be when it cannot be settled. `None` for a job whose targets are judged.
pub(crate) fn misplaced(job: &Job, places: Places) -> Option<(Verdict, String)> {
    let (found, wanted) = match job.expect {
        Expect::Settled => return None,
        Expect::Parked => (places.parking, "a parking queue"),
        Expect::Unrouted => (places.unrouted, "push.parked.unrouted"),
    };
    (job.promised && !found).then(|| (Verdict::Lost, format!("confirmed, and not in {wanted}")))
}

/// What is wrong about a position of a job.
pub(crate) fn judge(
    job: &Job,
    n: usize,
    queued: bool,
    known: Known,
    faults: &Faults,
    text: impl Fn(Name) -> String,
) -> Vec<(Verdict, String)> {
    let target = &job.targets[n];
    let first = job.first_of(n);
    let taken = &job.targets[first].acceptances;
    let mut found = Vec::new();
    if target.answers.is_empty() && !queued && job.promised {
        found.push((Verdict::Lost, format!("no outcome and in no queue; the vendor took it {} times", taken.len())));
    }
    if first == n {
        found.extend(doubled(taken, job.must_not_double, faults));
        found.extend(denied(&target.answers, taken, known, &text));
    }
    if taken.is_empty() && target.answers.iter().any(|answer| answer.outcome == known.accepted) {
        found.push((Verdict::Phantom, "told accepted, and the vendor never took it".to_owned()));
    }
    found.extend(contradicted(&target.answers, known, faults, &text));
    found
}

/// More than one acceptance. Each one after the first needs its own excuse: that the answer just before it was cut, or
/// that a fault lies between the two; and only a repeatable job has excuses.
fn doubled(taken: &[Acceptance], must_not_double: bool, faults: &Faults) -> Option<(Verdict, String)> {
    let excuse =
        |pair: &[Acceptance]| !must_not_double && (!pair[0].delivered || faults.interrupted(pair[0].at, pair[1].at));
    let guilty = taken.windows(2).find(|pair| !excuse(pair)).or_else(|| taken.windows(2).next())?;
    let verdict = if excuse(guilty) { Verdict::Excused } else { Verdict::Doubled };
    let class = if must_not_double { "must not double" } else { "repeatable" };
    let answer = if guilty[0].delivered { "delivered" } else { "cut" };
    let why = format!(
        "taken {} times; at {} (answer {answer}) and again at {}; {class}",
        taken.len(),
        guilty[0].at,
        guilty[1].at
    );
    Some((verdict, why))
}

/// The only outcome says that it was never taken, and the vendor took it.
fn denied(
    answers: &[Answer],
    taken: &[Acceptance],
    known: Known,
    text: impl Fn(Name) -> String,
) -> Option<(Verdict, String)> {
    let denies = |answer: &Answer| [known.expired, known.failed, known.discarded].contains(&answer.outcome);
    let answer = answers.first().filter(|_| answers.iter().all(denies))?;
    let at = taken.first()?.at;
    Some((Verdict::Denied, format!("told {}, and the vendor took it at {at}", text(answer.outcome))))
}

/// Two different outcomes, neither of them `unknown`, and the store kept its memory between them.
fn contradicted(
    answers: &[Answer],
    known: Known,
    faults: &Faults,
    text: impl Fn(Name) -> String,
) -> Option<(Verdict, String)> {
    let sure: Vec<&Answer> = answers.iter().filter(|answer| answer.outcome != known.unknown).collect();
    let clash = |pair: &&[&Answer]| !faults.store_hit(pair[0].settled_at, pair[1].settled_at);
    let pair = sure.windows(2).find(clash)?;
    let why = format!(
        "told {} (settled at {}), then {} (settled at {})",
        text(pair[0].outcome),
        pair[0].settled_at,
        text(pair[1].outcome),
        pair[1].settled_at
    );
    Some((Verdict::Contradicted, why))
}

/// The outcome that counts: `unknown` yields to any other, else the first.
pub(crate) fn final_outcome(answers: &[Answer], known: Known) -> Option<Name> {
    let sure = answers.iter().find(|answer| answer.outcome != known.unknown);
    sure.or(answers.first()).map(|answer| answer.outcome)
}
