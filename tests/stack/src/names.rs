//! The queues and exchanges of the topology, by the names that the AsyncAPI page gives them.

use crate::{Client, Context, Result, Vendor};

const LANES: [&str; 3] = ["high", "normal", "low"];
const LADDER: [u32; 6] = [1, 5, 15, 60, 300, 1800];

/// Where messages that nobody consumes lie.
pub(crate) const UNROUTED: &str = "push.parked.unrouted";

/// A vendor's parking.
pub(crate) fn parked(vendor: &str) -> String {
    format!("push.parked.{vendor}")
}

/// Every queue in which a job can lie, but for the held ones, which exist only when a quota closed.
pub(crate) fn job_queues(vendors: &[Vendor]) -> Vec<String> {
    let mut all = vec![UNROUTED.to_owned()];
    for vendor in vendors {
        let name = &vendor.name;
        all.push(parked(name));
        all.extend(LADDER.iter().map(|seconds| format!("push.wait.{name}.{seconds}s")));
        all.extend(vendor.apps().flat_map(|app| LANES.map(|lane| format!("push.jobs.{name}.{lane}.{app}"))));
    }
    all
}

/// Removes the topology from servers that others use too.
///
/// # Errors
/// If the broker does not answer.
pub(crate) async fn remove_all(client: &Client, vendors: &[Vendor]) -> Result<()> {
    for queue in job_queues(vendors) {
        client.delete_queue(&queue).await?;
        if queue.starts_with("push.wait.") {
            client.delete_exchange(&queue).await?;
        }
    }
    for queue in ["push.receipts", "push.receipts.log"] {
        client.delete_queue(queue).await?;
    }
    for exchange in ["push.jobs", "push.unrouted", "push.parked", "push.held", "push.receipts"] {
        client.delete_exchange(exchange).await?;
    }
    Ok(())
}

/// Removes the keys with a prefix from a store that others use too. An empty prefix removes nothing.
///
/// # Errors
/// If the store does not answer.
pub(crate) async fn remove_keys(redis_url: &str, prefix: &str) -> Result<()> {
    if prefix.is_empty() {
        return Ok(());
    }
    let doing = "removing keys from Redis";
    let client = redis::Client::open(redis_url).context(doing)?;
    let mut redis = client.get_multiplexed_async_connection().await.context(doing)?;
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(1000);
        let (next, keys): (u64, Vec<String>) = scan.query_async(&mut redis).await.context(doing)?;
        if !keys.is_empty() {
            let () = redis::cmd("UNLINK").arg(keys).query_async(&mut redis).await.context(doing)?;
        }
        if next == 0 {
            return Ok(());
        }
        cursor = next;
    }
}
