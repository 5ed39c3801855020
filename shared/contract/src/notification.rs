//! What the phone shows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::strict;

/// The visible part of a push. Without it a job is a data (transparent) message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// First line. Empty or absent: the sender's nickname, else the sender's id. Cut to the vendor's limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text. Cut to the vendor's limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Second line, where the platform has one; else reported as dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// https address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^https://"))]
    pub image: Option<String>,
    /// Name of a sound file inside the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<String>,
    /// Notification channel of the app (Android 8 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// A later notification with the same tag replaces this one on the phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// What a tap does. Absent: the app opens.
    #[serde(default, deserialize_with = "strict::object", skip_serializing_if = "Option::is_none")]
    pub click: Option<Click>,
}

/// What a tap on the notification does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
pub enum Click {
    /// Opens the app's start page.
    App {},
    /// Opens an activity by its action or class name.
    Activity {
        /// The activity.
        activity: String,
    },
    /// Opens what an intent URI describes.
    Intent {
        /// `intent://...#Intent;...;end` or an own scheme.
        intent: String,
    },
    /// Opens a web page.
    Url {
        /// https only.
        #[schemars(regex(pattern = "^https://"))]
        url: String,
    },
}

/// The number at the app's icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Badge {
    /// Shows this number; 0 clears it.
    Set(
        #[serde(deserialize_with = "strict::whole")]
        #[schemars(range(max = 99999))]
        u32,
    ),
    /// Adds to what is shown.
    Add(
        #[serde(deserialize_with = "strict::whole")]
        #[schemars(range(min = 1, max = 99999))]
        u32,
    ),
}
