//! Which queues are told of, and under which labels.

use push_contract::{AppName, Lane};

use crate::broker::topology::{LADDER, Names};

/// A queue that is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Its full name.
    pub(super) name: String,
    /// Whose jobs it holds, if they are one app's.
    pub(super) app: Option<AppName>,
    /// Queue, app, lane, quota and delay; empty where there is none.
    pub(super) labels: [String; 5],
    /// Whether anybody is expected to take from it.
    pub(super) consumed: bool,
    /// Whether the age of what lies in it is told. In the wait ladder it is bounded by the delay; receipts are no jobs.
    pub(super) aged: bool,
}

/// Every queue that a vendor with these apps and quotas uses, and the two that all vendors share.
pub(super) fn all(names: &Names, apps: &[AppName], quotas: &[&str]) -> Vec<Told> {
    let plain = |name, queue: &str| Told {
        name,
        app: None,
        labels: [queue, "", "", "", ""].map(str::to_owned),
        consumed: false,
        aged: true,
    };
    let mut all = vec![
        plain(names.parked(), "parked"),
        plain(names.unrouted(), "unrouted"),
        Told { consumed: true, aged: false, ..plain(names.receipts(), "receipts") },
    ];
    all.extend(LADDER.map(|seconds| {
        let labels = ["wait", "", "", "", &format!("{seconds}s")].map(str::to_owned);
        Told { labels, aged: false, ..plain(names.wait(seconds), "wait") }
    }));
    for app in apps {
        let of_app = |name, labels: [&str; 5]| Told {
            name,
            app: Some(app.clone()),
            labels: labels.map(str::to_owned),
            consumed: true,
            aged: true,
        };
        let work = |lane: Lane| of_app(names.work(lane, app), ["work", app.as_str(), lane.as_str(), "", ""]);
        all.extend(Lane::ALL.map(work));
        all.extend(quotas.iter().map(|quota| of_app(names.held(app, quota), ["held", app.as_str(), "", quota, ""])));
    }
    all
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_queue_has_labels_of_its_own() {
        let apps = ["chat", "shop"].map(|app| AppName::new(app).unwrap());
        let all = all(&Names::new("p.", "parcel"), &apps, &["news", "promo"]);
        assert_eq!(all.len(), 3 + LADDER.len() + 2 * (3 + 2));
        let names: BTreeSet<_> = all.iter().map(|told| told.name.as_str()).collect();
        let labels: BTreeSet<_> = all.iter().map(|told| told.labels.join(",")).collect();
        assert_eq!((names.len(), labels.len()), (all.len(), all.len()), "{all:#?}");
        let labels_of = |name: &str| all.iter().find(|told| told.name == name).map(|told| told.labels.join(","));
        for (name, labels) in [
            ("p.push.jobs.parcel.high.chat", "work,chat,high,,"),
            ("p.push.held.parcel.shop.news", "held,shop,,news,"),
            ("p.push.wait.parcel.60s", "wait,,,,60s"),
            ("p.push.parked.parcel", "parked,,,,"),
            ("p.push.parked.unrouted", "unrouted,,,,"),
            ("p.push.receipts", "receipts,,,,"),
        ] {
            assert_eq!(labels_of(name).as_deref(), Some(labels), "{name}");
        }
    }
}
