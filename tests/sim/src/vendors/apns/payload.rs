//! The body (section 4.3): `aps`, and the app's own keys beside it.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::headers::{Head, PushType};
use super::reasons::WRONG_PAYLOAD;
use crate::strict::Maybe;
use crate::vendors::Refusal;

/// The body as a whole.
#[derive(Debug, Deserialize)]
pub(super) struct Payload {
    #[serde(deserialize_with = "object")]
    pub(super) aps: Aps,
    #[serde(flatten)]
    pub(super) custom: Map<String, Value>,
}

/// What Apple reads. Keys of Live Activities, widgets and controls are not played.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Aps {
    pub(super) alert: Maybe<TextOr<AlertKeys>>,
    pub(super) badge: Maybe<i64>,
    pub(super) sound: Maybe<TextOr<Critical>>,
    pub(super) thread_id: Maybe<String>,
    pub(super) category: Maybe<String>,
    pub(super) content_available: Maybe<u8>,
    pub(super) mutable_content: Maybe<u8>,
    pub(super) target_content_id: Maybe<String>,
    pub(super) interruption_level: Maybe<String>,
    pub(super) relevance_score: Maybe<f64>,
    pub(super) filter_criteria: Maybe<String>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AlertKeys {
    pub(super) title: Maybe<String>,
    pub(super) subtitle: Maybe<String>,
    pub(super) body: Maybe<String>,
    launch_image: Maybe<String>,
    title_loc_key: Maybe<String>,
    title_loc_args: Maybe<Vec<String>>,
    subtitle_loc_key: Maybe<String>,
    subtitle_loc_args: Maybe<Vec<String>>,
    loc_key: Maybe<String>,
    loc_args: Maybe<Vec<String>>,
}

/// A text, or an object. serde alone would take a list for the object as well.
#[derive(Debug, PartialEq)]
pub(super) enum TextOr<T> {
    Text(String),
    Object(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOr<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = TextOr<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an object")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOr::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(TextOr::Object)
            }
        }

        from.deserialize_any(Either(PhantomData))
    }
}

fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    match TextOr::deserialize(from)? {
        TextOr::Object(object) => Ok(object),
        TextOr::Text(_) => Err(D::Error::custom("must be an object")),
    }
}

/// The sound of a critical alert.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Critical {
    critical: u8,
    name: String,
    #[serde(default)]
    volume: Maybe<f64>,
}

impl Payload {
    /// The title, if one is shown.
    pub(super) fn title(&self) -> Option<&str> {
        match self.aps.alert.as_ref()? {
            TextOr::Object(keys) => keys.title.as_deref(),
            TextOr::Text(_) => None,
        }
    }

    /// The app's own text.
    pub(super) fn ext(&self) -> Option<&str> {
        self.custom.get("ext").and_then(Value::as_str)
    }
}

/// Every rule about the body's content.
pub(super) fn check(payload: &Payload, head: &Head) -> Result<(), Refusal> {
    let aps = &payload.aps;
    require(aps.badge.is_none_or(|badge| badge >= 0), "badge must not be below 0")?;
    require(aps.relevance_score.is_none_or(|score| (0.0..=1.0).contains(&score)), "relevance-score must be 0 to 1")?;
    require(aps.content_available.is_none_or(|on| on == 1), "content-available must be 1")?;
    require(aps.mutable_content.is_none_or(|on| on == 1), "mutable-content must be 1")?;
    let levels = ["passive", "active", "time-sensitive", "critical"];
    let level = aps.interruption_level.as_deref();
    require(level.is_none_or(|level| levels.contains(&level)), "interruption-level is none of the four")?;
    if let Some(TextOr::Object(sound)) = aps.sound.as_ref() {
        let fits = sound.critical == 1 && !sound.name.is_empty();
        require(fits, "sound: critical must be 1, name must not be empty")?;
        require(sound.volume.is_none_or(|volume| (0.0..=1.0).contains(&volume)), "sound: volume must be 0 to 1")?;
        require(level == Some("critical"), "a critical sound goes with interruption-level critical")?;
    }
    match head.push_type {
        PushType::Background => {
            let only = Aps { content_available: Maybe(Some(1)), ..Aps::default() };
            require(*aps == only, "a background push has content-available in aps and nothing else")
        }
        PushType::Alert => {
            let shows = aps.alert.is_some() || aps.badge.is_some() || aps.sound.is_some();
            require(shows, "an alert push has an alert, a badge or a sound")?;
            require(aps.mutable_content.is_none() || aps.alert.is_some(), "mutable-content needs an alert")?;
            let mixed = aps.content_available.is_some() && head.priority == 10;
            require(!mixed, "content-available beside an alert of priority 10 is delayed or dropped")
        }
        PushType::Voip => Ok(()),
    }
}

fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(WRONG_PAYLOAD, why)) }
}
