//! The calls of a dispatch (sections 4.1 to 4.3).

use http::Uri;
use push_contract::{
    Batch, Call, Class, Job, Lane, Outcome, Push, Reason, Refusal, SettingsError, Timestamp, Token,
    kit::{
        fields::{Fields, json},
        settings::paths,
    },
    wire,
};

use crate::{
    classes::is_service,
    notification::{self, Delivery},
    registration::{Region, region},
    settings::{Broadcast, Image, Settings},
};

/// What joins the ids of a broadcast: not a comma (section 10, 5).
const SEPARATOR: &str = ";";
/// The memo of a content that is saved a second time.
const AGAIN: &str = "again";
/// What stands before the id of a content that was saved once, in a memo.
const FIRST: &str = "first";
/// `target_type` of registration ids.
const REGISTRATION_ID: u8 = 2;

/// The addresses of one region.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub(crate) auth: Uri,
    unicast: Uri,
    unicast_batch: Uri,
    save: Uri,
    broadcast: Uri,
}

impl Addresses {
    /// The addresses at a host, and the setting that names it.
    fn open(key: &str, host: &str) -> Result<Self, SettingsError> {
        let [auth, unicast, unicast_batch, save, broadcast] = paths(
            key,
            host,
            [
                "/server/v1/auth",
                "/server/v1/message/notification/unicast",
                "/server/v1/message/notification/unicast_batch",
                "/server/v1/message/notification/save_message_content",
                "/server/v1/message/notification/broadcast",
            ],
        )?;
        Ok(Self { auth, unicast, unicast_batch, save, broadcast })
    }
}

/// The addresses of both regions.
#[derive(Debug)]
pub(crate) struct Hosts {
    cn: Addresses,
    intl: Addresses,
}

impl Hosts {
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let (cn, intl) = (&settings.cn_url, &settings.intl_url);
        Ok(Self { cn: Addresses::open("cn_url", cn)?, intl: Addresses::open("intl_url", intl)? })
    }

    pub(crate) const fn at(&self, region: Region) -> &Addresses {
        match region {
            Region::Cn => &self.cn,
            Region::Intl => &self.intl,
        }
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
    let big = || has_big_picture(settings, &push.job);
    match settings.broadcast {
        Broadcast::Never => false,
        _ if push.positions.len() == 1 => big(),
        Broadcast::Always => true,
        Broadcast::Marketing => !is_service(&push.class) || big(),
    }
}

/// Whether a job has a big picture: only a broadcast can carry one.
pub(crate) fn has_big_picture(settings: &Settings, job: &Job) -> bool {
    let has_image = job.notification.as_ref().is_some_and(|n| n.image.is_some());
    has_image && settings.image == Image::Big && settings.broadcast != Broadcast::Never
}

/// Jobs that may share a call: one target each, so that the call's limit of targets is that of its jobs; nothing that is
/// in a hurry; and not both classes, since code 33 speaks of one.
pub(crate) fn gather_key(settings: &Settings, job: &Job, class: &Class) -> Option<String> {
    let may = job.targets.len() == 1 && job.lane() != Lane::High && !has_big_picture(settings, job);
    may.then(|| if is_service(class) { "service" } else { "marketing" }.to_owned())
}

/// One app's calls to a region, as far as a token and the time are known.
pub(crate) struct Caller<'a> {
    settings: &'a Settings,
    addresses: &'a Addresses,
    token: &'a Token,
    now: Timestamp,
}

impl<'a> Caller<'a> {
    /// The caller of a batch. Its ids have one realm: if the first can be sent to, all can, and to the same host.
    pub(crate) fn of(
        settings: &'a Settings,
        hosts: &'a Hosts,
        batch: &Batch,
        token: Option<&'a Token>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let addresses = hosts.at(region(settings, batch.tokens().next().unwrap_or_default())?);
        let token = token.ok_or_else(|| Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::CredentialStale,
            field: ".".to_owned(),
            rule: "no auth token for the call: check the app's credential".to_owned(),
        })?;
        Ok(Self { settings, addresses, token, now })
    }

    /// The first call of a dispatch.
    pub(crate) fn first(&self, batch: &Batch) -> Result<Call, Refusal> {
        match Stage::of(self.settings, batch, None) {
            Stage::Batch => {
                let fields = [("messages", format!("[{}]", self.messages(batch)?.join(",")))];
                Ok(self.call("unicast_batch", &self.addresses.unicast_batch, fields, None))
            }
            Stage::Unicast => {
                let fields = [("message", self.messages(batch)?.concat())];
                Ok(self.call("unicast", &self.addresses.unicast, fields, None))
            }
            Stage::Save { .. } | Stage::Broadcast { .. } => self.save(batch, false),
        }
    }

    /// `message`, or each of `messages`.
    fn messages(&self, batch: &Batch) -> Result<Vec<String>, Refusal> {
        let targets = batch.pushes.iter().flat_map(|push| push.positions.iter().map(move |n| (push, *n)));
        let message = |(push, n): (&Push, usize)| {
            let message = Fields::new()
                .with("target_type", REGISTRATION_ID)
                .with("target_value", &push.job.targets[n].token)
                .with("verify_registration_id", self.settings.verify_registration_id.then_some(true))
                .with("notification", self.shown(push, n)?);
            Ok(String::from_utf8_lossy(&json(&message)?).into_owned())
        };
        targets.map(message).collect()
    }

    /// Saves the content: every field of the notification is a field of the form.
    pub(crate) fn save(&self, batch: &Batch, again: bool) -> Result<Call, Refusal> {
        let push = batch.only()?;
        let shown = self.shown(push, push.positions.first().copied().unwrap_or_default())?;
        let mut fields: Vec<(&str, String)> = shown.form().collect();
        fields.sort_unstable();
        let mut call = self.call("save", &self.addresses.save, fields, again.then(|| AGAIN.to_owned()));
        call.commits = false;
        Ok(call)
    }

    /// Sends a saved content to the ids of the batch.
    pub(crate) fn broadcast(&self, batch: &Batch, message_id: &str, again: bool) -> Call {
        let mut fields = vec![
            ("message_id", message_id.to_owned()),
            ("target_type", REGISTRATION_ID.to_string()),
            ("target_value", batch.tokens().collect::<Vec<_>>().join(SEPARATOR)),
        ];
        if self.settings.verify_registration_id {
            fields.push(("verify_registration_id", "true".to_owned()));
        }
        let memo = format!("{} {message_id}", if again { AGAIN } else { FIRST });
        self.call("broadcast", &self.addresses.broadcast, fields, Some(memo))
    }

    fn shown(&self, push: &Push, position: usize) -> Result<Fields, Refusal> {
        let badge = push.job.targets[position].badge;
        let to = Delivery { position, badge, ttl_seconds: push.expiry.since(self.now).as_secs() };
        Ok(notification::write(self.settings, &push.job, &push.class, to)?.0)
    }

    /// A form with the token.
    fn call<'f>(
        &self,
        api: &'static str,
        address: &Uri,
        fields: impl IntoIterator<Item = (&'f str, String)>,
        memo: Option<String>,
    ) -> Call {
        let fields: Vec<_> = fields.into_iter().collect();
        let mut all = vec![("auth_token", self.token.value.reveal())];
        all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        Call { api, request: wire::post(address, wire::FORM, wire::form(&all)), commits: true, memo }
    }
}
