//! Every metric of a worker, in one place. Labels come from closed lists or from the settings, never from a job.

use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use push_contract::{Lane, Outcome, ParkReason, Reason};

const CALL_SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0];
const WAIT_SECONDS: &[f64] = &[0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];
const BATCH: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

macro_rules! metrics {
    ($($field:ident: $type:ident $name:literal [$($label:literal),*] $(buckets $buckets:ident)? $help:literal,)*) => {
        /// The metrics of one worker; `vendor` is a label of every one of them.
        #[derive(Debug, Clone)]
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] pub $field: $type,)*
        }

        impl Metrics {
            /// Creates and registers every metric.
            ///
            /// # Errors
            /// Never in practice: the names are constants, and a test creates them.
            pub fn new(vendor: &str) -> prometheus::Result<Self> {
                let registry = Registry::new();
                $(
                    let opts = Opts::new($name, $help).const_label("vendor", vendor);
                    let labels: &[&str] = &[$($label),*];
                    let $field = metrics!(@new $type opts labels $($buckets)?);
                    registry.register(Box::new($field.clone()))?;
                )*
                Ok(Self { registry, $($field,)* })
            }

            /// Name, labels and meaning of every metric, for the documentation.
            pub const ALL: &[(&'static str, &'static [&'static str], &'static str)] = &[$(($name, &[$($label),*], $help),)*];
        }
    };
    (@new IntCounter $opts:ident $labels:ident) => {{ let _ = $labels; IntCounter::with_opts($opts)? }};
    (@new IntGauge $opts:ident $labels:ident) => {{ let _ = $labels; IntGauge::with_opts($opts)? }};
    (@new IntCounterVec $opts:ident $labels:ident) => { IntCounterVec::new($opts, $labels)? };
    (@new IntGaugeVec $opts:ident $labels:ident) => { IntGaugeVec::new($opts, $labels)? };
    (@new GaugeVec $opts:ident $labels:ident) => { GaugeVec::new($opts, $labels)? };
    (@new Histogram $opts:ident $labels:ident $buckets:ident) => {{
        let _ = $labels;
        Histogram::with_opts(HistogramOpts { common_opts: $opts, buckets: $buckets.to_vec() })?
    }};
    (@new HistogramVec $opts:ident $labels:ident $buckets:ident) => {
        HistogramVec::new(HistogramOpts { common_opts: $opts, buckets: $buckets.to_vec() }, $labels)?
    };
}

metrics! {
    jobs_received: IntCounterVec "push_jobs_received_total" ["app", "lane"] "Messages taken from work queues, redeliveries and copies included.",
    jobs_redelivered: IntCounterVec "push_jobs_redelivered_total" ["app", "lane"] "Messages that the broker had delivered to somebody before.",
    jobs_settled: IntCounterVec "push_jobs_settled_total" ["app", "lane"] "Messages acknowledged after everything about them was published.",
    jobs_parked: IntCounterVec "push_jobs_parked_total" ["reason"] "Messages moved to parking.",
    lane_disagreed: IntCounterVec "push_lane_disagreed_total" ["app"] "Jobs in another lane than their kind belongs to.",
    outcomes: IntCounterVec "push_outcomes_total" ["app", "lane", "outcome", "reason"] "Targets that ended.",
    degraded: IntCounterVec "push_degraded_total" ["app", "from", "class", "reason"] "Jobs in a lower class than they deserve, by the class they got: no_right (the settings have no right to it), or refused (the vendor does not take it).",
    class_outcomes: IntCounterVec "push_class_outcomes_total" ["app", "class", "outcome"] "Targets that ended, by the vendor's class.",
    class_refused: IntCounterVec "push_class_refused_total" ["app", "class", "code"] "Targets whose class the vendor refused or took for a lesser one, by its code; unlisted ones are other.",
    class_misconfigured: IntGaugeVec "push_class_misconfigured" ["app", "class"] "1 while a vendor refuses a class of an app: its right, channel or template is wrong.",
    repeats: IntCounterVec "push_repeats_total" ["app", "reason"] "Targets put into the wait ladder.",
    duplicates: IntCounterVec "push_duplicates_total" ["app", "how"] "Messages met by an existing claim: busy, settled, or a producer's repeat.",
    ambiguous: IntCounterVec "push_ambiguous_total" ["app", "then"] "Targets that may have been sent before: sent again, or ended unknown.",
    claims_lost: IntCounterVec "push_claims_lost_total" ["at"] "Claims found to be another worker's.",
    calls: IntCounterVec "push_vendor_calls_total" ["app", "api", "result"] "Vendor calls by what came back: answer, not_sent, lost.",
    codes: IntCounterVec "push_vendor_codes_total" ["app", "code"] "Verdicts by the vendor's own code; unlisted ones are other.",
    call_seconds: HistogramVec "push_vendor_call_seconds" ["api"] buckets CALL_SECONDS "Time from writing a request to its whole answer.",
    batch: HistogramVec "push_batch_targets" ["api"] buckets BATCH "Targets per dispatch.",
    end_to_end: HistogramVec "push_end_to_end_seconds" ["lane"] buckets WAIT_SECONDS "From created_at to the vendor's acceptance.",
    queue_wait: HistogramVec "push_queue_wait_seconds" ["lane"] buckets WAIT_SECONDS "From created_at to the worker, first copies only.",
    rate_wait: HistogramVec "push_rate_wait_seconds" ["app"] buckets WAIT_SECONDS "Time a job waited for the rate limit.",
    rate_limit: GaugeVec "push_rate_limit" ["app", "what"] "Per second: the vendor's limit, and the fleet's aim; factor: the part of the aim in force, below 1 after the vendor said slow down.",
    rate_granted: IntCounterVec "push_rate_granted_total" ["app", "lane"] "Units (calls or targets, as the vendor counts) that this worker was given under the limit.",
    rate_waiting: IntGaugeVec "push_rate_waiting" ["app", "lane"] "Units that jobs of this worker wait for.",
    rate_mode: IntGaugeVec "push_rate_mode" ["app", "mode"] "1 for how the rate is kept: leased from the fleet's bucket, a share while the store is away, or standalone.",
    quota: IntGaugeVec "push_quota" ["app", "quota", "what"] "Targets of the vendor's present day: limit, and used (handed out to workers so far, by all).",
    quota_granted: IntCounterVec "push_quota_granted_total" ["app", "quota", "lane"] "Targets of a daily quota that this worker was given.",
    quota_exhausted: IntGaugeVec "push_quota_exhausted" ["app", "quota", "lane"] "1 while a lane may use no more of a daily quota.",
    quota_runs_out: IntGaugeVec "push_quota_runs_out_timestamp_seconds" ["app", "quota"] "When a daily quota will be used up if today goes on as it did so far; 0: it lasts.",
    in_flight: IntGaugeVec "push_in_flight" ["app"] "Vendor calls on the wire.",
    in_work: IntGauge "push_in_work" [] "Messages taken and not yet acknowledged.",
    in_work_bytes: IntGauge "push_in_work_bytes" [] "Bodies of those that are being worked on.",
    prefetch: IntGaugeVec "push_prefetch" ["queue"] "Present prefetch of a queue.",
    blocked: IntGaugeVec "push_blocked" ["subject", "why"] "1 while an app or a quota may not send.",
    breaker_opened: IntCounterVec "push_breaker_opened_total" ["app"] "Times the breaker stopped an app's calls.",
    tokens_suspect: IntCounterVec "push_tokens_suspect_total" ["app"] "Dead tokens reported as suspect: too many at once.",
    credential_fetches: IntCounterVec "push_credential_fetches_total" ["app", "result"] "Tokens fetched or signed.",
    credential_expiry: IntGaugeVec "push_credential_expiry_timestamp_seconds" ["app"] "When the present token ends.",
    renew_by: IntGaugeVec "push_renew_by_timestamp_seconds" ["app", "what"] "When what a human must renew ends: certificate (the app's own), authorities (which it trusts beside the usual ones), or a right with an end, by its key.",
    receipts: IntCounterVec "push_receipts_total" ["app"] "Receipts published and confirmed.",
    receipts_returned: IntCounter "push_receipts_returned_total" [] "Receipts that no queue took: the receipts queue was deleted or unbound.",
    publish_seconds: Histogram "push_publish_confirm_seconds" [] buckets CALL_SECONDS "Time from publishing to the broker's confirm.",
    publish_errors: IntCounterVec "push_publish_errors_total" ["why"] "Publishes that were not confirmed.",
    amqp_connected: IntGauge "push_amqp_connected" [] "1 while both connections to the broker are open.",
    amqp_blocked: IntGauge "push_amqp_blocked" [] "1 while the broker accepts no publishes.",
    amqp_connects: IntCounterVec "push_amqp_connects_total" ["result"] "Attempts to connect to the broker.",
    store_up: IntGauge "push_store_up" [] "1 while the store answers.",
    store_errors: IntCounterVec "push_store_errors_total" ["what"] "Calls that the store did not answer.",
    store_seconds: HistogramVec "push_store_seconds" ["what"] buckets CALL_SECONDS "Time of a store's answer.",
    queue_jobs: IntGaugeVec "push_queue_jobs" ["queue", "app", "lane", "quota", "delay"] "Messages in a queue that no consumer holds, as one worker of the vendor sees it.",
    queue_consumers: IntGaugeVec "push_queue_consumers" ["queue", "app", "lane", "quota", "delay"] "Subscriptions to a queue; a worker has one or a few to each.",
    queue_oldest: GaugeVec "push_queue_oldest_seconds" ["queue", "app", "lane", "quota", "delay"] "The oldest message of a queue has lain there for at most so long; 0 while it is empty.",
    replicas: IntGauge "push_replicas" [] "Living workers of this vendor, by their heartbeats.",
    reloads: IntCounterVec "push_settings_reloads_total" ["result"] "Changed settings taken or refused.",
    reload_failed: IntGauge "push_settings_reload_failed" [] "1 while the settings file on disk is refused.",
    handed_back: IntCounter "push_handed_back_total" [] "Untouched jobs handed back at shutdown.",
    panics: IntCounter "push_panics_total" [] "Panics caught; each parked its job.",
    build_info: IntGaugeVec "push_build_info" ["version"] "1.",
}

impl Metrics {
    /// Puts every series that an operator alerts on at zero, so that the first event is an increase.
    pub fn start_at_zero(&self, apps: &[&str]) {
        for reason in ParkReason::ALL {
            self.jobs_parked.with_label_values(&[reason.as_str()]);
        }
        for app in apps {
            for lane in Lane::ALL {
                self.jobs_received.with_label_values(&[app, lane.as_str()]);
                self.jobs_settled.with_label_values(&[app, lane.as_str()]);
                self.outcomes.with_label_values(&[app, lane.as_str(), Outcome::Accepted.as_str(), Reason::Ok.as_str()]);
            }
            self.breaker_opened.with_label_values(&[app]);
            self.tokens_suspect.with_label_values(&[app]);
            self.receipts.with_label_values(&[app]);
            self.credential_fetches.with_label_values(&[app, "failed"]);
        }
        for result in ["taken", "refused"] {
            self.reloads.with_label_values(&[result]);
        }
        self.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
    }

    /// Also shows the process's memory, descriptors and CPU time.
    pub fn watch_process(&self) {
        let process = prometheus::process_collector::ProcessCollector::for_self();
        // Fails only when registered twice.
        let _ = self.registry.register(Box::new(process));
    }

    /// The text of `/metrics`.
    #[must_use]
    pub fn text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_registers_and_has_a_meaning() {
        let metrics = Metrics::new("parcel").unwrap();
        metrics.start_at_zero(&["chat"]);
        assert!(metrics.text().contains("push_jobs_parked_total{reason=\"too_large\",vendor=\"parcel\"} 0"));
        for (name, _, help) in Metrics::ALL {
            assert!(name.starts_with("push_") && help.ends_with('.'), "{name}");
        }
    }
}
