//! The calls of a dispatch (sections 4.1 to 4.3).

use push_contract::{
    Batch, Call, Class, Job, Lane, Push, Refusal, Timestamp, Token, derived_id,
    kit::{
        fields::Fields,
        names::{name_of, named},
    },
    wire,
};
use serde::{Deserialize, Serialize};

use crate::{OppoApp, classes::is_service, notification};

/// What joins the ids of a broadcast: not a comma (section 10, 5).
const SEPARATOR: &str = ";";
/// `target_type` of registration ids.
const REGISTRATION_ID: u8 = 2;

/// OPPO's service in mainland China and the one everywhere else (section 1): each has its own host and its own tokens.
const CN: &str = "cn";
pub(crate) const INTL: &str = "intl";

/// What is below a host: auth, then the calls.
pub(crate) const PATHS: [&str; 5] = [
    "/server/v1/auth",
    "/server/v1/message/notification/unicast",
    "/server/v1/message/notification/unicast_batch",
    "/server/v1/message/notification/save_message_content",
    "/server/v1/message/notification/broadcast",
];

/// The service that an id names.
pub(crate) fn realm(id: &str) -> &'static str {
    match id.split('_').collect::<Vec<_>>().as_slice() {
        [_] | ["CN", _] | [_, "CN", _] => CN,
        _ => INTL,
    }
}

/// Where a dispatch stands; the memo of its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// One message to one id.
    Unicast,
    /// A message for each id.
    UnicastBatch,
    /// A content is saved.
    Save,
    /// The saved content goes to all ids.
    Broadcast,
    /// OPPO lost the content: it is saved a second time, and sent.
    SaveAgain,
    BroadcastAgain,
}

impl Stage {
    /// The stage of a call with this memo; without one, the first of a dispatch: broadcast is meant for content &
    /// marketing.
    pub(crate) fn of(batch: &Batch, memo: Option<&str>) -> Self {
        memo.and_then(named).unwrap_or(match batch.pushes.as_slice() {
            [push] if push.positions.len() == 1 => Self::Unicast,
            [push] if !is_service(&push.class) => Self::Save,
            _ => Self::UnicastBatch,
        })
    }

    /// The broadcast of the content that this stage saves.
    pub(crate) const fn broadcast(self) -> Option<Self> {
        match self {
            Self::Save => Some(Self::Broadcast),
            Self::SaveAgain => Some(Self::BroadcastAgain),
            _ => None,
        }
    }
}

/// Jobs that may share a call: one target each, so that the call's limit of targets is that of its jobs; nothing that
/// is in a hurry; and not both classes, since code 33 speaks of one.
pub(crate) fn gather_key(job: &Job, class: &Class) -> Option<String> {
    let may = job.targets.len() == 1 && job.lane() != Lane::High;
    may.then(|| if is_service(class) { "service" } else { "marketing" }.to_owned())
}

/// The call of a stage; `message_id` is that of a saved content. The ids of a batch have one realm.
pub(crate) fn call(
    app: &OppoApp,
    stage: Stage,
    message_id: &str,
    batch: &Batch,
    token: Option<&Token>,
    now: Timestamp,
) -> Result<Call, Refusal> {
    let token = wire::token(token)?;
    // A saved content is not the message to its first id: where that follows by unicast, it would be a duplicate.
    let sort = if stage.broadcast().is_some() { "s" } else { "" };
    let shown = |(push, position): (&Push, usize)| {
        let left = push.expiry.since(now).as_secs();
        let id = format!("{sort}{:016x}", derived_id(&push.job.id, position));
        let (fields, _) = notification::write(&app.settings, &push.job, &push.class, position, left)?;
        Ok::<_, Refusal>(Fields::new().with("app_message_id", id).and(Some(fields)))
    };
    // The phone drops a message that is for another id.
    let to = |ids: &str| {
        let to = Fields::new().with("target_type", REGISTRATION_ID).with("target_value", ids);
        to.with("verify_registration_id", true)
    };
    let message = |(push, position): (&Push, usize)| {
        let token = &push.job.targets[position].token;
        Ok::<_, Refusal>(to(token).with("notification", shown((push, position))?))
    };
    let mut targets = batch.pushes.iter().flat_map(|push| push.positions.iter().map(move |n| (push, *n)));
    let [_, unicast, unicast_batch, save, broadcast] = app.addresses(realm(batch.tokens().next().unwrap_or_default()));
    let (api, address, form) = match stage {
        Stage::Unicast => {
            let message = targets.next().map(message).transpose()?;
            ("unicast", unicast, Fields::new().with("message", message))
        }
        Stage::UnicastBatch => {
            let messages = targets.map(message).collect::<Result<Vec<_>, _>>()?;
            ("unicast_batch", unicast_batch, Fields::new().with("messages", messages))
        }
        // Every field of the notification is a field of the form.
        Stage::Save | Stage::SaveAgain => ("save", save, targets.next().map(shown).transpose()?.unwrap_or_default()),
        Stage::Broadcast | Stage::BroadcastAgain => {
            let ids = batch.tokens().collect::<Vec<_>>().join(SEPARATOR);
            ("broadcast", broadcast, to(&ids).with("message_id", message_id))
        }
    };
    let mut fields: Vec<_> = form.form().collect();
    fields.sort_unstable();
    let mut form = vec![("auth_token", token)];
    form.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
    let request = wire::post(address, wire::FORM, wire::form(&form));
    Ok(Call { api, request, commits: stage.broadcast().is_none(), memo: Some(name_of(&stage)) })
}

#[cfg(test)]
mod tests {
    use super::{CN, INTL, realm};

    #[test]
    fn an_id_names_its_service() {
        let table = [
            ("b6bbd94b59cdb5df8391642c1509b7fe", CN),
            ("CN_b6bbd94b59cdb5df8391642c1509b7fe", CN),
            ("OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe", CN),
            ("IN_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
            ("OPPO_IN_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
            ("CN_OPPO_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
            ("A_CN_B_b6bbd94b59cdb5df8391642c1509b7fe", INTL),
        ];
        for (id, wanted) in table {
            assert_eq!(realm(id), wanted, "{id}");
        }
    }
}
