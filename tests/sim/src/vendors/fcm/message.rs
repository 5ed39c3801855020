//! The body of a send, field by field (section 4.2), by the names of the reference. A field that is not here is unknown
//! to the vendor; lowerCamelCase, which Google takes too, is not taken here, so that no body mixes the two.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::strict::Maybe;

/// Texts by key. Every value is a text.
pub(super) type Texts = BTreeMap<String, String>;

/// Section 4.1.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Send {
    pub(super) validate_only: Maybe<bool>,
    pub(super) message: Maybe<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Message {
    pub(super) token: Maybe<String>,
    pub(super) fid: Maybe<String>,
    pub(super) topic: Maybe<String>,
    pub(super) condition: Maybe<String>,
    pub(super) data: Maybe<Texts>,
    pub(super) notification: Maybe<Basic>,
    pub(super) android: Maybe<Android>,
    pub(super) apns: Maybe<Apple>,
    pub(super) webpush: Maybe<Web>,
    pub(super) fcm_options: Maybe<Label>,
}

/// `message.notification`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Basic {
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) image: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Label {
    pub(super) analytics_label: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Android {
    pub(super) collapse_key: Maybe<String>,
    pub(super) priority: Maybe<String>,
    pub(super) ttl: Maybe<String>,
    pub(super) restricted_package_name: Maybe<String>,
    pub(super) data: Maybe<Texts>,
    pub(super) notification: Maybe<Shown>,
    pub(super) fcm_options: Maybe<Label>,
    #[serde(rename = "direct_boot_ok")]
    pub(super) _direct_boot_ok: Maybe<bool>,
    #[serde(rename = "bandwidth_constrained_ok")]
    pub(super) _bandwidth_constrained_ok: Maybe<bool>,
    #[serde(rename = "restricted_satellite_ok")]
    pub(super) _restricted_satellite_ok: Maybe<bool>,
}

/// `android.notification`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Shown {
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) icon: Maybe<String>,
    pub(super) color: Maybe<String>,
    pub(super) sound: Maybe<String>,
    pub(super) tag: Maybe<String>,
    pub(super) click_action: Maybe<String>,
    pub(super) channel_id: Maybe<String>,
    pub(super) image: Maybe<String>,
    pub(super) ticker: Maybe<String>,
    #[serde(rename = "sticky")]
    pub(super) _sticky: Maybe<bool>,
    pub(super) event_time: Maybe<String>,
    #[serde(rename = "local_only")]
    pub(super) _local_only: Maybe<bool>,
    pub(super) notification_priority: Maybe<String>,
    pub(super) visibility: Maybe<String>,
    pub(super) notification_count: Maybe<i32>,
    pub(super) default_sound: Maybe<bool>,
    #[serde(rename = "default_vibrate_timings")]
    pub(super) _default_vibrate_timings: Maybe<bool>,
    pub(super) vibrate_timings: Maybe<Vec<String>>,
    #[serde(rename = "default_light_settings")]
    pub(super) _default_light_settings: Maybe<bool>,
    pub(super) light_settings: Maybe<Light>,
    pub(super) title_loc_key: Maybe<String>,
    pub(super) title_loc_args: Maybe<Vec<String>>,
    pub(super) body_loc_key: Maybe<String>,
    pub(super) body_loc_args: Maybe<Vec<String>>,
    pub(super) proxy: Maybe<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Light {
    pub(super) color: Color,
    pub(super) light_on_duration: String,
    pub(super) light_off_duration: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Color {
    pub(super) red: f64,
    pub(super) green: f64,
    pub(super) blue: f64,
    pub(super) alpha: Maybe<f64>,
}

/// `apns`: only for iOS tokens of FCM.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Apple {
    #[serde(rename = "headers")]
    pub(super) _headers: Maybe<Texts>,
    #[serde(rename = "payload")]
    pub(super) _payload: Maybe<Map<String, Value>>,
    pub(super) fcm_options: Maybe<AppleOptions>,
    #[serde(rename = "live_activity_token")]
    pub(super) _live_activity_token: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AppleOptions {
    pub(super) analytics_label: Maybe<String>,
    #[serde(rename = "image")]
    pub(super) _image: Maybe<String>,
}

/// `webpush`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Web {
    #[serde(rename = "headers")]
    pub(super) _headers: Maybe<Texts>,
    #[serde(rename = "data")]
    pub(super) _data: Maybe<Texts>,
    #[serde(rename = "notification")]
    pub(super) _notification: Maybe<Map<String, Value>>,
    pub(super) fcm_options: Maybe<WebOptions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebOptions {
    pub(super) link: Maybe<String>,
    pub(super) analytics_label: Maybe<String>,
}

impl Message {
    /// `android.notification`, if given.
    pub(super) fn shown(&self) -> Option<&Shown> {
        self.android.as_ref()?.notification.as_ref()
    }

    /// Neither notification object: the app's code runs.
    pub(super) fn is_data(&self) -> bool {
        self.notification.is_none() && self.shown().is_none()
    }

    /// What the app receives: `android.data` overrides `message.data`.
    pub(super) fn payload(&self) -> Option<&Texts> {
        self.android.as_ref().and_then(|android| android.data.as_ref()).or(self.data.as_ref())
    }

    /// The title that the phone shows: the inner one overrides.
    pub(super) fn title(&self) -> Option<&str> {
        let outer = self.notification.as_ref().and_then(|basic| basic.title.as_deref());
        self.shown().and_then(|shown| shown.title.as_deref()).or(outer)
    }

    /// Bytes of keys and values of `data` and of the notification's texts.
    pub(super) fn bytes(&self) -> usize {
        let data = self.payload().into_iter().flatten().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let basic = self.notification.as_ref();
        let basic = basic.map(|basic| [&basic.title, &basic.body, &basic.image]).into_iter().flatten();
        let shown = self.shown().map(|shown| {
            let Shown { title, body, icon, color, sound, tag, click_action, channel_id, image, ticker, .. } = shown;
            [title, body, icon, color, sound, tag, click_action, channel_id, image, ticker]
        });
        let texts = basic.chain(shown.into_iter().flatten()).filter_map(|text| text.as_ref());
        data + texts.map(String::len).sum::<usize>()
    }
}
