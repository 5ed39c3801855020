//! What lies in queues at the end: no job may be in none.

use std::collections::HashMap;

use push_judge::Queued;

use crate::{
    Client, Result, Vendor,
    names::{UNROUTED, job_queues, parked},
};

/// More than a demo publishes.
const MOST: usize = 1_000_000;

/// Every message that lies in a queue of jobs.
pub(super) async fn look(client: &Client, vendors: &[Vendor]) -> Result<Vec<Queued>> {
    let mut all = Vec::new();
    for queue in job_queues(vendors) {
        if client.count(&queue).await?.unwrap_or_default() == 0 {
            continue;
        }
        for message in client.peek(&queue, MOST).await? {
            all.push(Queued { queue: queue.clone(), id: message.message_id.unwrap_or_default() });
        }
    }
    Ok(all)
}

/// Whether everything that belongs into parking is there.
pub(super) async fn parked_all(client: &Client, to_park: &HashMap<String, usize>, unrouted: usize) -> Result<bool> {
    let there = |queue: String, wanted: usize| async move {
        Ok(client.count(&queue).await?.unwrap_or_default() as usize >= wanted)
    };
    for (vendor, wanted) in to_park {
        if !there(parked(vendor), *wanted).await? {
            return Ok(false);
        }
    }
    there(UNROUTED.to_owned(), unrouted).await
}
