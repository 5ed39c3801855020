//! How old the oldest job of a queue is, as far as it can be known without taking any out.
//!
//! A queue gives its jobs in the order in which they came. So nothing in it is older than the youngest job that came out
//! of it, and nothing in it is older than the last time when it was seen empty. The later of both is the queue's *mark*,
//! and what is told is the time since then: the oldest job is at most so old. It is too high by the time between two
//! looks or two arrivals at the worker that looks, and by what lies between `created_at` and publishing.
//!
//! While an app is blocked its jobs come out of the queue only to be put back, so nothing moves its mark but a queue
//! that is empty and of which nobody holds a job.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use push_contract::Timestamp;
use serde::{Deserialize, Serialize};

use crate::broker::Depth;

/// The youngest job that came out of each queue to this worker.
#[derive(Debug, Default)]
pub(crate) struct Arrivals(Mutex<HashMap<String, Timestamp>>);

impl Arrivals {
    /// A job that the producer made at `created` came out of the queue for the first time.
    pub(crate) fn note(&self, queue: &str, created: Timestamp, received: Timestamp) {
        // A producer's clock may be ahead.
        let created = created.min(received);
        let mut youngest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match youngest.get_mut(queue) {
            Some(known) => *known = created.max(*known),
            None => drop(youngest.insert(queue.to_owned(), created)),
        }
    }

    /// The youngest so far.
    pub(super) fn of(&self, queue: &str) -> Option<Timestamp> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(queue).copied()
    }
}

/// The mark of each queue. Whoever tells of the queues next goes on from those of the one before.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Marks(HashMap<String, Timestamp>);

impl Marks {
    /// The age of the oldest job of a queue at `now`, the time at which the broker was asked.
    ///
    /// Of a queue that nothing is known about and nothing came out of, the age is that since the first look.
    pub(super) fn age(
        &mut self,
        queue: &str,
        depth: Depth,
        blocked: bool,
        arrived: Option<Timestamp>,
        now: Timestamp,
    ) -> Duration {
        let mark = self.0.entry(queue.to_owned()).or_insert(arrived.unwrap_or(now));
        if depth.ready == 0 && (!blocked || depth.consumers == 0) {
            *mark = now;
        }
        *mark = arrived.map_or(*mark, |arrived| arrived.max(*mark));
        if depth.ready == 0 { Duration::ZERO } else { now.since(*mark) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: &str = "push.jobs.parcel.high.chat";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// Looks one after the other: (second, ready, consumers, blocked, youngest arrival) and the seconds that are told.
    fn told(looks: &[(i64, u32, u32, bool, Option<i64>)]) -> Vec<u64> {
        let mut marks = Marks::default();
        let look = |&(now, ready, consumers, blocked, arrived): &(i64, u32, u32, bool, Option<i64>)| {
            marks.age(QUEUE, Depth { ready, consumers }, blocked, arrived.map(at), at(now)).as_secs()
        };
        looks.iter().map(look).collect()
    }

    #[test]
    fn an_empty_queue_has_no_age_and_a_filled_one_that_since_it_was_empty() {
        let looks = [(100, 0, 1, false, None), (105, 3, 1, false, None), (110, 9, 1, false, None)];
        assert_eq!(told(&looks), [0, 5, 10]);
    }

    #[test]
    fn what_comes_out_tells_how_old_the_rest_is_at_most() {
        // A backlog of an hour that drains: it is as old as what arrives.
        let looks = [(3600, 900, 2, false, Some(10)), (3605, 500, 2, false, Some(2000)), (3610, 0, 2, false, None)];
        assert_eq!(told(&looks), [3590, 1605, 0]);
        assert_eq!(told(&[(3600, 900, 2, false, None), (3605, 900, 2, false, None)]), [0, 5], "nothing is known");
    }

    #[test]
    fn an_older_job_that_was_put_back_makes_nothing_younger() {
        let looks = [(0, 0, 1, false, None), (50, 7, 1, false, Some(40)), (60, 7, 1, false, Some(40))];
        assert_eq!(told(&looks), [0, 10, 20]);
    }

    #[test]
    fn a_blocked_app_ages_while_one_job_at_a_time_is_tried() {
        let looks = [
            (0, 0, 1, false, None),
            (60, 1, 0, true, None),
            // The job is in the hands of the one that probes, and comes back.
            (65, 0, 1, true, None),
            (70, 1, 1, true, None),
            // Nobody holds it: it is gone.
            (75, 0, 0, true, None),
            (80, 1, 0, true, None),
        ];
        assert_eq!(told(&looks), [0, 60, 0, 70, 0, 5]);
    }

    #[test]
    fn whoever_tells_next_goes_on_from_the_marks_before() {
        let mut first = Marks::default();
        first.age(QUEUE, Depth { ready: 0, consumers: 0 }, false, None, at(0));
        first.age(QUEUE, Depth { ready: 5, consumers: 0 }, true, None, at(20));
        let text = serde_json::to_string(&first).unwrap();
        let mut second: Marks = serde_json::from_str(&text).unwrap();
        let age = second.age(QUEUE, Depth { ready: 5, consumers: 0 }, true, None, at(40));
        assert_eq!(age, Duration::from_secs(40));
    }

    #[test]
    fn a_clock_that_is_ahead_makes_no_job_younger_than_its_arrival() {
        let arrivals = Arrivals::default();
        arrivals.note(QUEUE, at(130), at(100));
        assert_eq!(arrivals.of(QUEUE), Some(at(100)));
        arrivals.note(QUEUE, at(90), at(101));
        assert_eq!(arrivals.of(QUEUE), Some(at(100)), "an older one tells nothing new");
        assert_eq!(arrivals.of("another"), None);
    }
}
