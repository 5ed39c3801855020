//! The body of a send, field by field (sections 4.1 to 4.4). The sheet says that unknown fields seem to be ignored and
//! must not be sent: here they are refused.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::strict::Maybe;

/// Section 4.1. The tokens stay raw: their length is taken off the size of the body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Message {
    pub(super) data: Maybe<String>,
    pub(super) notification: Maybe<Basic>,
    pub(super) android: Maybe<Android>,
    pub(super) token: Maybe<Box<RawValue>>,
}

/// The outer `notification`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Basic {
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) image: Maybe<String>,
}

/// Section 4.2.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Android {
    pub(super) ttl: Maybe<String>,
    pub(super) bi_tag: Maybe<String>,
    pub(super) data: Maybe<String>,
    pub(super) notification: Maybe<Notification>,
    pub(super) target_user_type: Maybe<i64>,
}

/// Section 4.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Notification {
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) click_action: Maybe<ClickAction>,
    pub(super) importance: Maybe<String>,
    pub(super) image: Maybe<String>,
    pub(super) style: Maybe<i64>,
    pub(super) big_title: Maybe<String>,
    pub(super) big_body: Maybe<String>,
    pub(super) when: Maybe<String>,
    pub(super) buttons: Maybe<Vec<Button>>,
    pub(super) badge: Maybe<Badge>,
    pub(super) notify_id: Maybe<i64>,
    pub(super) tag: Maybe<String>,
    pub(super) group: Maybe<String>,
}

/// Section 4.4.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClickAction {
    #[serde(rename = "type")]
    pub(super) kind: i64,
    #[serde(default)]
    pub(super) intent: Maybe<String>,
    #[serde(default)]
    pub(super) action: Maybe<String>,
    #[serde(default)]
    pub(super) url: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Badge {
    pub(super) add_num: Maybe<i64>,
    pub(super) set_num: Maybe<i64>,
    pub(super) badge_class: Maybe<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) action_type: i64,
    #[serde(default)]
    pub(super) intent_type: Maybe<i64>,
    #[serde(default)]
    pub(super) intent: Maybe<String>,
    #[serde(default)]
    pub(super) data: Maybe<String>,
}

impl Message {
    /// `android`, if given.
    pub(super) fn android(&self) -> Option<&Android> {
        self.android.as_ref()
    }

    /// `android.notification`, if given.
    pub(super) fn shown(&self) -> Option<&Notification> {
        self.android()?.notification.as_ref()
    }

    /// Neither notification object: a data message.
    pub(super) fn is_data(&self) -> bool {
        self.notification.is_none() && self.shown().is_none()
    }

    /// The custom payload: `android.data` overrides the outer `data`.
    pub(super) fn payload(&self) -> Option<&str> {
        self.android().and_then(|android| android.data.as_deref()).or(self.data.as_deref())
    }

    /// The title that the phone shows: the inner one overrides.
    pub(super) fn title(&self) -> Option<&str> {
        let outer = self.notification.as_ref().and_then(|basic| basic.title.as_deref());
        self.shown().and_then(|shown| shown.title.as_deref()).or(outer)
    }

    /// The text that the phone shows.
    pub(super) fn body(&self) -> Option<&str> {
        let outer = self.notification.as_ref().and_then(|basic| basic.body.as_deref());
        self.shown().and_then(|shown| shown.body.as_deref()).or(outer)
    }
}
