//! Acknowledging many deliveries with few frames.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use lapin::{
    Channel,
    options::{BasicAckOptions, BasicNackOptions},
};

/// The deliveries of one channel: which are in work, which are done and not yet acknowledged.
#[derive(Debug, Default)]
pub struct Acks {
    tags: Mutex<Tags>,
}

#[derive(Debug, Default)]
struct Tags {
    in_work: BTreeSet<u64>,
    done: BTreeSet<u64>,
    /// Of those in work: untouched, and to be handed back.
    back: Vec<u64>,
}

/// What to send.
#[derive(Debug, Default, PartialEq, Eq)]
struct Frames {
    up_to: Option<u64>,
    single: Vec<u64>,
    back: Vec<u64>,
}

impl Acks {
    /// A delivery came in.
    pub fn received(&self, tag: u64) {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).in_work.insert(tag);
    }

    /// A delivery is settled.
    pub fn settled(&self, tag: u64) {
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.in_work.remove(&tag);
        tags.done.insert(tag);
    }

    /// How many deliveries are in work.
    pub fn in_work(&self) -> usize {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).in_work.len()
    }

    /// A delivery is untouched and goes back with the next flush that may hand back; only shutdown does this.
    pub fn hand_back(&self, tag: u64) {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).back.push(tag);
    }

    fn take(&self, hand_back: bool) -> Frames {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).frames(hand_back)
    }

    /// Acknowledges what is done: everything below the oldest delivery in work with one frame, the rest singly. Hands
    /// back what is untouched, if nothing is delivered through this channel any more: else it would come right back.
    ///
    /// # Errors
    /// When the channel is gone; the broker then delivers again.
    pub async fn flush(&self, channel: &Channel, hand_back: bool) -> lapin::Result<()> {
        let frames = self.take(hand_back);
        if let Some(tag) = frames.up_to {
            channel.basic_ack(tag, BasicAckOptions { multiple: true }).await?;
        }
        for tag in frames.single {
            channel.basic_ack(tag, BasicAckOptions { multiple: false }).await?;
        }
        for tag in frames.back {
            channel.basic_nack(tag, BasicNackOptions { multiple: false, requeue: true }).await?;
        }
        Ok(())
    }
}

impl Tags {
    fn frames(&mut self, hand_back: bool) -> Frames {
        let late = match self.in_work.first() {
            Some(oldest) => self.done.split_off(oldest),
            None => BTreeSet::new(),
        };
        let early = std::mem::take(&mut self.done);
        // Until they go back they count as in work, so that no acknowledgement covers them.
        let back = if hand_back { std::mem::take(&mut self.back) } else { Vec::new() };
        for tag in &back {
            self.in_work.remove(tag);
        }
        Frames { up_to: early.last().copied(), single: late.into_iter().collect(), back }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_covers_what_is_below_the_oldest_in_work() {
        let acks = Acks::default();
        (1..=6).for_each(|tag| acks.received(tag));
        [1, 2, 3, 5].into_iter().for_each(|tag| acks.settled(tag));
        assert_eq!(acks.take(false), Frames { up_to: Some(3), single: vec![5], back: vec![] });
        assert_eq!(acks.take(false), Frames::default());
        [4, 6].into_iter().for_each(|tag| acks.settled(tag));
        assert_eq!(acks.take(false), Frames { up_to: Some(6), single: vec![], back: vec![] });
    }

    #[test]
    fn what_goes_back_waits_for_its_time_and_is_never_acknowledged() {
        let acks = Acks::default();
        (1..=3).for_each(|tag| acks.received(tag));
        acks.hand_back(2);
        [1, 3].into_iter().for_each(|tag| acks.settled(tag));
        assert_eq!(acks.take(false), Frames { up_to: Some(1), single: vec![3], back: vec![] });
        assert_eq!(acks.in_work(), 1);
        assert_eq!(acks.take(true), Frames { up_to: None, single: vec![], back: vec![2] });
        assert_eq!(acks.in_work(), 0);
    }
}
