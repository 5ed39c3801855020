//! `docs/metrics.md`: names, labels and meanings are the worker's; when to look at each is said here.

use push_worker::metrics::Metrics;

/// A group of metrics: its heading, and of each metric when to look at it.
type Group = (&'static str, &'static [(&'static str, &'static str)]);

#[rustfmt::skip]
const GROUPS: &[Group] = &[
    ("Jobs and targets", &[
        ("push_jobs_received_total", "First of all: is there work, and does it come in as fast as producers publish?"),
        ("push_jobs_redelivered_total", "After restarts and broken connections. A steady rate in quiet times means that workers die or channels close."),
        ("push_jobs_settled_total", "Beside the received ones: when it lags for minutes, look at what blocks."),
        ("push_jobs_parked_total", "Alert on any increase: somebody has to look into the parking queue. The reason says whose mistake it was."),
        ("push_outcomes_total", "The result of all. Alert on a falling share of `accepted`; the reason says where to go on."),
        ("push_lane_disagreed_total", "When calls are late: a producer that puts news into `high` makes them wait."),
        ("push_class_outcomes_total", "What the app's traffic is made of in the vendor's own terms, and how each class fares."),
        ("push_degraded_total", "After an app was set up or its rights changed: what is sent in a lower class arrives silently, later or capped."),
        ("push_class_misconfigured", "Alert while 1: the vendor does not take the class; its code is in the log. Other classes of the app flow."),
        ("push_class_refused_total", "How many pushes that cost, and with which code. A vendor that took a system message for an advertisement counts here, too."),
        ("push_repeats_total", "When pushes are late though queues are empty: they are in the wait ladder, for this reason."),
    ]),
    ("Nothing twice", &[
        ("push_duplicates_total", "`repeat`: a producer publishes twice. `busy` and `settled` belong to restarts; a steady rate of them does not."),
        ("push_ambiguous_total", "After a crash or a loss of the store's data: how much was sent again, how much ended `unknown`."),
        ("push_claims_lost_total", "When it grows without a restart: workers freeze for longer than `claims.dead_after_ms`; give them CPU."),
        ("push_store_up", "Alert on 0: repeatable pushes are sent without memory, the others wait."),
        ("push_store_errors_total", "Beside the one above: which calls fail, and whether it is all of them or a few."),
        ("push_store_seconds", "When pushes get slower and the vendor does not: every push asks the store twice."),
        ("push_replicas", "When a limit is exceeded or not used up: each worker takes its share by this number."),
    ]),
    ("The vendor", &[
        ("push_vendor_calls_total", "Alert on the share of `lost` and `not_sent`: the vendor or the way there is in trouble."),
        ("push_vendor_codes_total", "When outcomes change: the vendor's own word for it. A growing `other` means that its tables have changed."),
        ("push_vendor_call_seconds", "When pushes are slow: is it the vendor?"),
        ("push_batch_targets", "When the rate of calls is the limit: how full they are."),
        ("push_in_flight", "When throughput stands still: at `worker.calls_in_flight` the vendor is too slow for it, far below it something else is."),
        ("push_blocked", "Alert on 1: nothing of this app, or of this quota, is sent. `misconfigured` needs a human, `unavailable` the vendor, `quota` the next day."),
        ("push_breaker_opened_total", "When a vendor flickers: how often it was given up for a while."),
        ("push_tokens_suspect_total", "Alert on any increase: so many dead tokens at once are rather an app that is set up wrongly. Stop deleting tokens and look."),
        ("push_credential_fetches_total", "When an app is blocked as misconfigured: since when its credential is refused. A high rate of successes wears out the vendor's patience."),
        ("push_credential_expiry_timestamp_seconds", "Alert when it is in the past though jobs come: tokens are renewed well before."),
        ("push_renew_by_timestamp_seconds", "Alert 30 days before, and again 7 days before: nothing renews these by itself."),
    ]),
    ("Time", &[
        ("push_end_to_end_seconds", "What users feel, up to the vendor. Alert on the 99th percentile of `high`."),
        ("push_queue_wait_seconds", "When that one is high: the part before a worker had the job. More replicas or fewer jobs help."),
        ("push_rate_wait_seconds", "The part that the vendor's limit costs. More replicas do not help, a higher limit does."),
        ("push_rate_limit", "When rates look odd: the limit that is in force, what the fleet aims at, and whether the vendor has slowed it down."),
        ("push_rate_granted_total", "Summed over workers, beside the aim: how much of the limit is used, and by which lane."),
        ("push_rate_waiting", "Alert when `high` waits for minutes: the limit is too low even for what is urgent."),
        ("push_rate_mode", "Alert on `share`: the store is away, and a fifth of the aim stays unused."),
        ("push_quota", "`used` over `limit`, the largest of all workers: how much of the day is gone. Absent where no limit is known."),
        ("push_quota_granted_total", "Summed over workers, by lane: who spends a quota."),
        ("push_quota_exhausted", "Alert: from this lane on jobs are dropped or held until the vendor's day ends."),
        ("push_quota_runs_out_timestamp_seconds", "Alert while there is time to delay a campaign: over 0 and within hours."),
    ]),
    ("Receipts and the broker", &[
        ("push_receipts_total", "When a backend misses receipts: whether they were sent."),
        ("push_receipts_returned_total", "Alert on any increase: the receipts queue is gone or unbound, and these receipts with it."),
        ("push_publish_confirm_seconds", "When settling is slow: the broker's disks or its quorum."),
        ("push_publish_errors_total", "Alert on a steady rate: what cannot be published stays unsettled and comes again."),
        ("push_queue_jobs", "What lies where: backlog, wait ladder, held, parked, receipts that nobody reads. Alert when parking grows."),
        ("push_queue_consumers", "Alert on 0 where jobs wait and no app is blocked. It is told of queues that somebody should read."),
        ("push_queue_oldest_seconds", "The first alert to have, lane by lane: it grows also when nothing arrives. Held: over a day means that a quota did not reopen."),
        ("push_amqp_connected", "Alert on 0 for longer than a restart of the broker takes."),
        ("push_amqp_blocked", "Alert on 1: the broker has a memory or disk alarm. Consuming goes on only while receipts can be published."),
        ("push_amqp_connects_total", "When the connection comes and goes: how often, and how it ends."),
    ]),
    ("The process", &[
        ("push_in_work", "When memory grows or a stop takes long: what has to be finished."),
        ("push_in_work_bytes", "When large jobs are slow: at `worker.bytes_in_flight` others wait for them."),
        ("push_prefetch", "When a queue is slow and its jobs are large: how many of them a worker takes at once."),
        ("push_settings_reloads_total", "After an edit: was it taken?"),
        ("push_settings_reload_failed", "Alert on 1: the file on disk is wrong, and the next start will refuse it. The log says key, value and rule."),
        ("push_handed_back_total", "After a rollout: how much went back to the queues untouched."),
        ("push_panics_total", "Alert on any increase, and report it: it is our defect. The job is parked."),
        ("push_build_info", "During a rollout: which versions run."),
    ]),
];

const HEAD: &str = "\
# Metrics

Every worker serves these on `/metrics` of its admin port, in Prometheus' text format. `make schemas` writes this page; names,
labels and meanings are what `push-<vendor> --schema metrics` prints.

`_total` counts up from the start of the process; `_seconds` and `_targets` are histograms (`_timestamp_seconds` is a time);
everything else is a value of now. What an operator alerts on is at zero from the start, so that the first event is an
increase. Beside them stand `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds` and their like.

## Labels

| label | values | how many |
|---|---|---|
| `vendor` | the worker's vendor, on every metric | 1 |
| `app` | the apps of the settings file | as configured |
| `lane` | `high`, `normal`, `low` | 3 |
| `outcome`, `reason` | the closed lists of `schemas/receipt.v1.schema.json`; for parking that of `parked.v1.schema.json`; few of the pairs occur | about 30 pairs |
| `class`, `api`, `code` | the vendor's classes, interfaces and codes, from its tables; a code that is in no table is `other` | tens |
| `queue` | of `push_queue_...`: `work`, `wait`, `held`, `parked`, `unrouted`, `receipts`; of `push_prefetch` the queue's name | 6; 3 or more per app |
| `quota`, `delay` | the vendor's quotas; `1s` to `1800s`. `push_queue_...` leave empty what a queue does not have | a few; 6 |
| `subject` | `app/<app>` and `quota/<app>/<quota>` | a few per app |
| `result`, `how`, `then`, `at`, `why`, `what`, `version` | fixed words | up to 10 |

No label is taken from a job: no token, id, title or user. An app costs about a hundred series.

## Queues

One worker of each vendor tells `push_queue_...`, whoever has the lock `queues` in Redis (without Redis each worker); it
asks RabbitMQ every 5 seconds and takes nothing out. The others have no such series, and neither has one that is not
connected. When it dies another follows within 20 seconds. Ask for the `max`: while Redis is away two may tell.
`unrouted` and `receipts` are one queue each for all vendors, and every vendor tells of them. When no worker lives
nobody tells: the alerts named `PushQueue...` read RabbitMQ.

`push_queue_oldest_seconds` is an upper bound. A queue gives its jobs in order, so the oldest one is no older than the
youngest that arrived at this worker for the first time (by `created_at`), and no older than the last look that found
the queue empty; the later of both counts. So it is too high by up to 5 seconds, or by the time between two arrivals, or
by what a producer takes from `created_at` to publishing; after hours without any worker by as much as that. It is too
low for what came back: jobs handed back by a worker that died, copies of a retry, and jobs of a blocked app by what
they spent in a worker's hands before the block. While an app is blocked only a queue that is empty and held by nobody
counts as empty. Of `wait` (bounded by its delay) and `receipts` it is not told. A first worker on a Redis without
memory begins at its first look.
";

/// The text of the page.
///
/// # Errors
/// When a metric is in no group, or a group speaks of one that is gone.
pub(crate) fn text() -> Result<String, String> {
    let said = || GROUPS.iter().flat_map(|(_, rows)| rows.iter().map(|(name, _)| *name));
    if let Some((name, ..)) = Metrics::ALL.iter().find(|(name, ..)| !said().any(|known| known == *name)) {
        return Err(format!("say in shared/worker/examples/docs/metrics.rs when to look at {name}"));
    }
    if let Some(gone) = said().find(|known| !Metrics::ALL.iter().any(|(name, ..)| name == known)) {
        return Err(format!("{gone} in shared/worker/examples/docs/metrics.rs is no metric any more"));
    }
    let mut page = HEAD.to_owned();
    for (heading, rows) in GROUPS {
        page.push_str(&format!("\n## {heading}\n\n| metric | labels | meaning | look at it |\n|---|---|---|---|\n"));
        for (name, when) in *rows {
            let (_, labels, meaning) =
                Metrics::ALL.iter().find(|(known, ..)| known == name).copied().unwrap_or_default();
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            page.push_str(&format!("| `{name}` | {} | {meaning} | {when} |\n", labels.join(", ")));
        }
    }
    Ok(page)
}
