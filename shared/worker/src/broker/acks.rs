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
}

/// What to send.
#[derive(Debug, Default, PartialEq, Eq)]
struct Frames {
    up_to: Option<u64>,
    single: Vec<u64>,
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

    fn take(&self) -> Frames {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).frames()
    }

    /// Acknowledges what is done: everything below the oldest delivery in work with one frame, the rest singly.
    ///
    /// # Errors
    /// When the channel is gone; the broker then delivers again.
    pub async fn flush(&self, channel: &Channel) -> lapin::Result<()> {
        let frames = self.take();
        if let Some(tag) = frames.up_to {
            channel.basic_ack(tag, BasicAckOptions { multiple: true }).await?;
        }
        for tag in frames.single {
            channel.basic_ack(tag, BasicAckOptions { multiple: false }).await?;
        }
        Ok(())
    }

    /// Hands a delivery back untouched; only shutdown does this.
    ///
    /// # Errors
    /// When the channel is gone; the broker then delivers again by itself.
    pub async fn hand_back(&self, channel: &Channel, tag: u64) -> lapin::Result<()> {
        self.tags.lock().unwrap_or_else(PoisonError::into_inner).in_work.remove(&tag);
        channel.basic_nack(tag, BasicNackOptions { multiple: false, requeue: true }).await
    }
}

impl Tags {
    fn frames(&mut self) -> Frames {
        let late = match self.in_work.first() {
            Some(oldest) => self.done.split_off(oldest),
            None => BTreeSet::new(),
        };
        let early = std::mem::take(&mut self.done);
        Frames { up_to: early.last().copied(), single: late.into_iter().collect() }
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
        assert_eq!(acks.take(), Frames { up_to: Some(3), single: vec![5] });
        assert_eq!(acks.take(), Frames::default());
        [4, 6].into_iter().for_each(|tag| acks.settled(tag));
        assert_eq!(acks.take(), Frames { up_to: Some(6), single: vec![] });
    }
}
