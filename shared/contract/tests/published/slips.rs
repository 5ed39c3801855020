//! What can go wrong with a job on its way from a backend's code to JSON.

use proptest::{prelude::*, sample::Index};
use serde_json::{Map, Value, json};

/// Texts that one rule or another is about.
const WORDS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "a.b",
    "a_b",
    "a-b",
    "a:b",
    "a\n",
    "é",
    "chat.direct",
    "call.invite",
    "call.cancel",
    "marketing",
    "CALL.INVITE",
    "app",
    "activity",
    "intent",
    "url",
    "set",
    "add",
    "http://example.com",
    "https://",
    "HTTPS://example.com",
    " https://x",
    "2026-11-21T08:00:00Z",
    "2026-11-21t08:00:00z",
    "2026-11-21 08:00:00Z",
    "2026-02-29T08:00:00Z",
    "2028-02-29T08:00:00Z",
    "2026-11-21T24:00:00Z",
    "2016-12-31T23:59:60Z",
    "0000-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999999-23:59",
    "1",
    "1.0",
    "true",
    "null",
    "{}",
    "\0",
];
/// Fields of one object or another, and one of none.
const FIELDS: &[&str] = &[
    "v",
    "id",
    "app",
    "vendor",
    "targets",
    "kind",
    "notification",
    "data",
    "sender",
    "created_at",
    "expires_at",
    "collapse",
    "options",
    "labels",
    "silent",
    "test",
    "token",
    "type",
    "badge",
    "ref",
    "title",
    "body",
    "subtitle",
    "image",
    "sound",
    "channel",
    "tag",
    "click",
    "action",
    "activity",
    "intent",
    "url",
    "nickname",
    "key",
    "seq",
    "set",
    "add",
    "soud",
];

/// One thing that goes wrong at one place.
#[derive(Debug, Clone)]
pub(crate) enum Slip {
    /// The field or item is left out.
    Drop,
    /// Something else stands there.
    Replace(Value),
    /// The same, but an object's values as an array or a text as `{text: null}`: forms that serde knows.
    Reshape,
    /// Another field stands in the object, or item in the array.
    Add(&'static str, Value),
    /// Another name for the field.
    Rename(&'static str),
    /// Longer than it may be, or just as long: characters, items, properties.
    Lengthen(usize),
    /// What stands somewhere else.
    Swap(Index),
}

fn value() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        proptest::sample::select(vec![
            json!(0),
            json!(-1),
            json!(1),
            json!(2),
            json!(99_999),
            json!(100_000),
            json!(9_007_199_254_740_991_u64),
            json!(9_007_199_254_740_992_u64),
            json!(u64::MAX),
            json!(0.0),
            json!(-0.0),
            json!(1.0),
            json!(0.5),
            json!(99_999.0),
            json!(100_000.0),
            json!(9_007_199_254_740_991.0),
            json!(9_007_199_254_740_992.0),
            json!(1e300),
        ]),
        any::<i64>().prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        proptest::sample::select(WORDS).prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        let field = proptest::sample::select(FIELDS);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((field, inner), 0..4).prop_map(|pairs| pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

/// Anything that can go wrong.
pub(crate) fn slip() -> impl Strategy<Value = Slip> {
    let field = || proptest::sample::select(FIELDS);
    let length = proptest::sample::select(vec![
        0, 1, 16, 17, 20, 21, 40, 41, 64, 65, 128, 129, 256, 257, 1000, 1001, 1024, 1025,
    ]);
    prop_oneof![
        Just(Slip::Drop),
        value().prop_map(Slip::Replace),
        Just(Slip::Reshape),
        (field(), value()).prop_map(|(field, value)| Slip::Add(field, value)),
        field().prop_map(Slip::Rename),
        length.prop_map(Slip::Lengthen),
        any::<Index>().prop_map(Slip::Swap),
    ]
}

/// A pointer to every value but the root.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        let at = format!("{at}/{key}");
        found.push(at.clone());
        places(value, &at, found);
    }
}

/// Does it to the job, at one of its places.
pub(crate) fn apply(job: &mut Value, place: Index, slip: &Slip) {
    let mut all = Vec::new();
    places(job, "", &mut all);
    if all.is_empty() {
        return;
    }
    let at = place.get(&all).as_str();
    let (parent, key) = at.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match slip {
        Slip::Replace(value) => *job.pointer_mut(at).unwrap() = value.clone(),
        Slip::Swap(other) => *job.pointer_mut(at).unwrap() = job.pointer(other.get(&all[..]).as_str()).unwrap().clone(),
        Slip::Reshape => reshape(job.pointer_mut(at).unwrap()),
        Slip::Lengthen(length) => lengthen(job.pointer_mut(at).unwrap(), *length),
        Slip::Add(field, value) => match job.pointer_mut(at).unwrap() {
            Value::Object(fields) => drop(fields.insert((*field).to_owned(), value.clone())),
            Value::Array(items) => items.push(value.clone()),
            _ => drop(job.as_object_mut().map(|fields| fields.insert((*field).to_owned(), value.clone()))),
        },
        Slip::Drop => match job.pointer_mut(parent).unwrap() {
            Value::Object(fields) => drop(fields.remove(&key)),
            Value::Array(items) => drop(items.remove(key.parse().unwrap())),
            _ => {}
        },
        Slip::Rename(name) => {
            if let Value::Object(fields) = job.pointer_mut(parent).unwrap()
                && let Some(value) = fields.remove(&key)
            {
                fields.insert((*name).to_owned(), value);
            }
        }
    }
}

fn reshape(value: &mut Value) {
    *value = match value.take() {
        Value::Object(fields) => fields.into_iter().map(|(_, value)| value).collect(),
        Value::String(text) => json!({ text: null }),
        Value::Number(number) => json!(number.as_f64()),
        other => json!([other]),
    };
}

fn lengthen(value: &mut Value, length: usize) {
    match value {
        Value::String(text) => *text = text.chars().chain(std::iter::repeat('a')).take(length).collect(),
        Value::Array(items) => {
            let filler = items.first().cloned().unwrap_or_default();
            items.resize(length, filler);
        }
        Value::Object(fields) => fields.extend((0..length.min(40)).map(|n| (format!("x{n}"), "x".into()))),
        other => *other = "界".repeat(length).into(),
    }
}
