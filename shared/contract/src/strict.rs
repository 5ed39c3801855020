//! Reads exactly what the schema of a job allows. serde alone is wider in two places and narrower in one: a derived
//! struct also reads from an array of its fields, a plain enum also from `{"name": null}`, and an integer not from
//! `5.0`, which to JSON Schema is the same number as `5` and which some producers' encoders write.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{Error, IntoDeserializer, Unexpected, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

/// A struct or tagged enum that reads from a JSON object and from nothing else.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        T::deserialize(MapOnly(from)).map(Self)
    }
}

/// Whatever is asked for, offers a map.
struct MapOnly<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MapOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// An object, or nothing.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Object<T>>::deserialize(from)?.map(|object| object.0))
}

/// A list of objects.
pub(crate) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Object<T>>::deserialize(from)?.into_iter().map(|object| object.0).collect())
}

/// One word of a closed list.
pub(crate) fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(from)?;
    let word: StrDeserializer<'_, D::Error> = text.as_ref().into_deserializer();
    T::deserialize(word)
}

/// A whole number from 0, also when it is written with a fraction of zero.
struct Whole<T>(T);

impl<'de, T: TryFrom<u64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(from)?;
        let whole = number.as_u64().or_else(|| number.as_f64().and_then(whole_of));
        whole
            .and_then(|whole| T::try_from(whole).ok())
            .map(Self)
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Other("number"), &"a whole number within its range"))
    }
}

/// The integer that a float is, if it is one that floats hold exactly.
fn whole_of(number: f64) -> Option<u64> {
    let exact = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
    exact.then_some(number as u64)
}

/// A whole number.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: TryFrom<u64>>(from: D) -> Result<T, D::Error> {
    Whole::deserialize(from).map(|whole| whole.0)
}

/// A whole number, or nothing.
pub(crate) fn whole_or_null<'de, D: Deserializer<'de>, T: TryFrom<u64>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Whole<T>>::deserialize(from)?.map(|whole| whole.0))
}
