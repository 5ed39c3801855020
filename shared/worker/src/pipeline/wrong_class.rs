//! Classes that the vendor refuses although the settings have the right to them: the alert, and what becomes of the jobs.
//! Other classes of the app are not touched.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use push_contract::{Action, AppName, Class, Job, Notice, ParkReason, Timestamp, Verdict};

use super::{End, Judged, Worker, dispatch::Told, read::Read};
use crate::{app::AppState, broker::Message, settings::OnWrongClass, settle::notice};

/// How long a refused class is not tried again where jobs are degraded. Vendors punish who keeps claiming.
const PAUSE: Duration = Duration::from_secs(60);
/// More classes than any vendor's ladder has.
const RUNGS: usize = 8;

/// Where jobs of a refused class go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// They end as `misconfigured`.
    Report,
    /// They are sent in this class.
    Degrade(Class),
    /// Into parking.
    Park,
}

/// Whether the vendor would be told the same.
fn is_same(one: &Class, other: &Class) -> bool {
    one.name == other.name && one.urgent == other.urgent && one.detail == other.detail
}

/// The class that a job gets without the right to this one, if that is another. A vendor knows one right at a time: what
/// it would have the job climb back to, one of `refused`, is no lesser class.
fn lesser(app: &AppState, job: &Job, class: &Class, refused: &[Arc<Class>]) -> Option<Class> {
    let mut lesser = app.vendor.lesser(job, class)?;
    if is_same(&lesser, class) || refused.iter().any(|refused| is_same(&lesser, refused)) {
        return None;
    }
    // Degraded from what the job deserves, however many steps it took. Without its urgency a class is yet the same.
    let deserved = class.degraded_from.as_ref().unwrap_or(&class.name);
    lesser.degraded_from = Some(deserved.clone()).filter(|deserved| *deserved != lesser.name);
    Some(lesser)
}

impl Worker {
    /// The class of a job, or if the vendor refused that a short while ago and jobs are to be degraded, the next one.
    pub(super) fn spared(&self, app: &AppState, job: &Job, judged: Judged) -> Judged {
        let mut judged = judged;
        if self.process.worker.on_wrong_class != OnWrongClass::Degrade {
            return judged;
        }
        let now = Timestamp::now();
        let mut refused = Vec::new();
        for _ in 0..RUNGS {
            let Some(class) = &judged.class else { break };
            if self.blocks.class_until(&app.name, class, now).is_none() {
                break;
            }
            let Some(lesser) = lesser(app, job, class, &refused) else { break };
            refused.push(Arc::new(class.clone()));
            // A job that does not fit into the lesser class meets the vendor's refusal instead.
            let Ok(fitted) = app.vendor.fit(job, &lesser) else { break };
            (judged.class, judged.fitted) = (Some(lesser), fitted);
        }
        judged
    }

    /// Notes what the vendor said about the class of a window, and says where refused jobs go.
    pub(super) async fn judge_class(
        &self,
        app: &AppState,
        job: &Job,
        class: &Class,
        refused_before: &[Arc<Class>],
        told: &BTreeMap<usize, Told>,
    ) -> Way {
        let verdicts =
            || told.values().filter_map(|told| if let Told::Verdict(told) = told { Some(told) } else { None });
        if verdicts().any(|verdict| verdict.action == Action::Accepted) {
            self.blocks.class_taken(&self.claims, &app.name, class, job.kind).await;
        }
        let refused: Vec<&Verdict> =
            verdicts().filter(|verdict| verdict.action == Action::ClassMisconfigured).collect();
        // What a vendor says about test devices is not about the class.
        let Some(first) = refused.first().filter(|_| !job.test) else { return Way::Report };
        self.count_refused(&app.name, &class.name, &refused);
        let detail = first.code.clone().unwrap_or_else(|| first.reason.as_str().to_owned());
        self.blocks.class_refused(&self.claims, &app.name, class, job.kind, detail, PAUSE).await;
        match self.process.worker.on_wrong_class {
            OnWrongClass::Report => Way::Report,
            OnWrongClass::Park => Way::Park,
            OnWrongClass::Degrade => lesser(app, job, class, refused_before).map_or(Way::Report, Way::Degrade),
        }
    }

    fn count_refused(&self, app: &AppName, class: &str, refused: &[&Verdict]) {
        let codes = self.vendor.profile().codes;
        for verdict in refused {
            let code = verdict.code.as_deref().and_then(|code| codes.iter().find(|known| **known == code));
            let code = code.copied().unwrap_or("other");
            self.metrics.class_refused.with_label_values(&[app.as_str(), class, code]).inc();
        }
    }

    /// The vendor refused the job's class and took nothing of it: the next round sends it in a lesser one.
    pub(super) fn degrade(&self, app: &AppState, job: &Job, judged: &mut Judged, lesser: Class) -> Arc<Class> {
        match app.vendor.fit(job, &lesser) {
            Ok(fitted) => judged.fitted = fitted,
            Err(refusal) => judged.refusal = Some(refusal),
        }
        let refused = judged.class.replace(lesser.clone());
        self.count_degraded(&app.name, &lesser, refused.as_ref().map(|class| class.name.as_str()));
        Arc::new(lesser)
    }

    /// The vendor refused the job's class, and an operator shall see to it.
    pub(super) async fn park_class(&self, message: &Message, read: &Read, class: &Class) -> End {
        let rule = format!("the vendor refuses the class {}", class.name);
        let end = self.park(message, ParkReason::ClassMisconfigured, Some("kind"), Some(&rule)).await;
        if end != End::Done {
            return end;
        }
        let told = notice(&read.job, read.copy.generation, &self.bare_meta(message, read), Notice::Parked);
        self.publish_receipt(message, &told).await
    }

    /// Counts a job that goes out as less than it deserves. `refused`: the class in which the vendor would not take it.
    pub(super) fn count_degraded(&self, app: &AppName, class: &Class, refused: Option<&str>) {
        let Some(from) = class.degraded_from.as_deref().or(refused) else { return };
        let reason = if refused.is_some() { "refused" } else { "no_right" };
        tracing::debug!(app = app.as_str(), from, class = class.name, reason, "degraded");
        self.metrics.degraded.with_label_values(&[app.as_str(), from, &class.name, reason]).inc();
    }
}
