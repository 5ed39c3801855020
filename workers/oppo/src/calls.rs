//! The calls of a dispatch (sections 4.1 to 4.3).

use bytes::Bytes;
use http::{Request, Uri};
use push_contract::{
    Batch, Call, Class, Job, Outcome, Push, Reason, Refusal, SettingsError, Timestamp, Token, Verdict, typed::address,
    wire,
};
use serde::Serialize;

use crate::{
    classes::is_service,
    notification::{self, Delivery, Shown},
    options::Options,
    registration,
    settings::{Broadcast, Image, Settings},
};

/// What joins the ids of a broadcast: not a comma (section 10, 5).
const SEPARATOR: &str = ";";
/// The memo of a content that is saved a second time.
const AGAIN: &str = "again";
/// What stands before the id of a content that was saved once, in a memo.
const FIRST: &str = "first";

/// The addresses of an app's calls.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) auth: Uri,
    unicast: Uri,
    unicast_batch: Uri,
    save: Uri,
    broadcast: Uri,
}

impl Addresses {
    /// The addresses at the host of the app's region.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        // Both are checked, so that a change of the region meets no surprise.
        address("cn_url", &settings.cn_url, "")?;
        address("intl_url", &settings.intl_url, "")?;
        let (key, host) = settings.host();
        let at = |path: &str| address(key, host, &format!("/server/v1/{path}"));
        Ok(Self {
            auth: at("auth")?,
            unicast: at("message/notification/unicast")?,
            unicast_batch: at("message/notification/unicast_batch")?,
            save: at("message/notification/save_message_content")?,
            broadcast: at("message/notification/broadcast")?,
        })
    }
}

/// Where a dispatch stands. Known from settings, batch and memo alone, so `decode` finds it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage<'a> {
    /// One message to one id.
    Unicast,
    /// A message for each id.
    Batch,
    /// A content is saved, for the second time if OPPO lost the first.
    Save { again: bool },
    /// A saved content goes to all ids.
    Broadcast { again: bool, message_id: &'a str },
}

impl<'a> Stage<'a> {
    /// The stage of a call with this memo.
    pub(crate) fn of(settings: &Settings, batch: &Batch, memo: Option<&'a str>) -> Self {
        match memo {
            Some(AGAIN) => Self::Save { again: true },
            Some(memo) => {
                let (word, message_id) = memo.split_once(' ').unwrap_or((FIRST, memo));
                Self::Broadcast { again: word == AGAIN, message_id }
            }
            None => match batch.pushes.as_slice() {
                [push] if is_broadcast(settings, push) => Self::Save { again: false },
                [push] if push.positions.len() == 1 => Self::Unicast,
                _ => Self::Batch,
            },
        }
    }
}

fn is_broadcast(settings: &Settings, push: &Push) -> bool {
    // Options that cannot be read were refused before.
    let big = || Options::of(&push.job).is_ok_and(|options| has_big_picture(settings, &push.job, &options));
    match settings.broadcast {
        Broadcast::Never => false,
        _ if push.positions.len() == 1 => big(),
        Broadcast::Always => true,
        Broadcast::Marketing => !is_service(&push.class) || big(),
    }
}

/// Whether a job has a big picture: only a broadcast can carry one.
pub(crate) fn has_big_picture(settings: &Settings, job: &Job, options: &Options) -> bool {
    let linked = || settings.image == Image::Big && job.notification.as_ref().is_some_and(|n| n.image.is_some());
    settings.broadcast != Broadcast::Never && (options.big_picture_id.is_some() || linked())
}

/// Jobs that may share a call: one target each, so that the call's limit of targets is that of its jobs; nothing that is
/// in a hurry; and not both classes, since code 33 speaks of one.
pub(crate) fn gather_key(settings: &Settings, job: &Job, class: &Class) -> Option<String> {
    let hurried = job.lane() == push_contract::Lane::High;
    let big = Options::of(job).is_ok_and(|options| has_big_picture(settings, job, &options));
    let may = settings.gather && job.targets.len() == 1 && !hurried && !big;
    may.then(|| if is_service(class) { "service" } else { "marketing" }.to_owned())
}

/// One app's calls, as far as a token and the time are known.
pub(crate) struct Caller<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) addresses: &'a Addresses,
    pub(crate) token: Option<&'a Token>,
    pub(crate) now: Timestamp,
}

/// `message`, and each of `messages`.
#[derive(Serialize)]
struct Message<'a> {
    target_type: u8,
    target_value: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    verify_registration_id: bool,
    notification: &'a Shown<'a>,
}

/// `target_type` of registration ids.
const REGISTRATION_ID: u8 = 2;

impl Caller<'_> {
    /// The first call of a dispatch.
    pub(crate) fn first(&self, batch: &Batch) -> Result<Call, Refusal> {
        let known = registration::judge(self.settings, batch.tokens());
        registration::check(&known)?;
        match Stage::of(self.settings, batch, None) {
            Stage::Batch => {
                let messages = self.messages(batch, &known)?.join(",");
                let fields = [("messages", format!("[{messages}]"))];
                self.call("unicast_batch", &self.addresses.unicast_batch, &fields, true, None)
            }
            Stage::Unicast => {
                let fields = [("message", self.messages(batch, &known)?.concat())];
                self.call("unicast", &self.addresses.unicast, &fields, true, None)
            }
            Stage::Save { .. } | Stage::Broadcast { .. } => self.save(batch, false),
        }
    }

    /// A message for every target that goes to OPPO.
    fn messages(&self, batch: &Batch, known: &[Option<Verdict>]) -> Result<Vec<String>, Refusal> {
        let targets = batch.pushes.iter().flat_map(|push| push.positions.iter().map(move |n| (push, *n)));
        let open = targets.zip(known).filter(|(_, known)| known.is_none());
        open.map(|((push, n), _)| {
            let target_value = push.job.targets[n].token.as_str();
            let verify_registration_id = self.settings.verify_registration_id;
            self.shown(push, n, |notification| {
                text(&Message { target_type: REGISTRATION_ID, target_value, verify_registration_id, notification })
            })
        })
        .collect()
    }

    /// Saves the content: every field of the notification is a field of the form.
    pub(crate) fn save(&self, batch: &Batch, again: bool) -> Result<Call, Refusal> {
        let (Some(push), 1) = (batch.pushes.first(), batch.pushes.len()) else {
            return Err(Refusal::rejected(Reason::BadRequest, ".", "a content that is saved is one job's"));
        };
        let first = push.positions.first().copied().unwrap_or_default();
        let flat =
            self.shown(push, first, |notification| serde_json::to_value(notification).map_err(|_| unwritable()))?;
        let fields: Vec<(&str, String)> = flat
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        self.call("save", &self.addresses.save, &fields, false, again.then(|| AGAIN.to_owned()))
    }

    /// Sends a saved content to the ids of the batch.
    pub(crate) fn broadcast(&self, batch: &Batch, message_id: &str, again: bool) -> Result<Call, Refusal> {
        let known = registration::judge(self.settings, batch.tokens());
        let ids: Vec<&str> =
            batch.tokens().zip(&known).filter(|(_, known)| known.is_none()).map(|(id, _)| id).collect();
        let mut fields = vec![
            ("message_id", message_id.to_owned()),
            ("target_type", REGISTRATION_ID.to_string()),
            ("target_value", ids.join(SEPARATOR)),
        ];
        if self.settings.verify_registration_id {
            fields.push(("verify_registration_id", "true".to_owned()));
        }
        let memo = format!("{} {message_id}", if again { AGAIN } else { FIRST });
        self.call("broadcast", &self.addresses.broadcast, &fields, true, Some(memo))
    }

    fn shown<T>(
        &self,
        push: &Push,
        position: usize,
        take: impl FnOnce(&Shown<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let badge = push.job.targets[position].badge;
        let to = Delivery { position, badge, ttl_seconds: push.expiry.since(self.now).as_secs() };
        notification::write(self.settings, &push.job, &push.class, to, take)
    }

    fn call(
        &self,
        api: &'static str,
        address: &Uri,
        fields: &[(&str, String)],
        commits: bool,
        memo: Option<String>,
    ) -> Result<Call, Refusal> {
        let token = self.token.ok_or_else(|| Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::CredentialStale,
            field: ".".to_owned(),
            rule: "no auth token for the call: check the app's credential".to_owned(),
        })?;
        let mut all = vec![("auth_token", token.value.reveal())];
        all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        Ok(Call { api, request: post(address, &all), commits, memo })
    }
}

fn text(message: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(message).map_err(|_| unwritable())
}

fn unwritable() -> Refusal {
    Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON")
}

/// A form.
pub(crate) fn post(address: &Uri, fields: &[(&str, &str)]) -> Request<Bytes> {
    wire::post(address, wire::FORM, wire::form(fields))
}
