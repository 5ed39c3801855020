//! What scripts answer.

use std::borrow::Cow;

use redis::Value;

use super::{Settled, States};

/// A script's answer: what, birth, now, and the rest. Where it was asked about several messages, the rest are answers.
pub(super) struct Reply {
    pub(super) what: String,
    pub(super) birth: String,
    pub(super) now: i64,
    pub(super) rest: Vec<Value>,
}

impl Reply {
    pub(super) fn read(value: Value) -> Option<Self> {
        let Value::Array(items) = value else { return None };
        let mut items = items.into_iter();
        let mut text = || items.next().map(|item| text_of(&item));
        Some(Self { what: text()?, birth: text()?, now: text()?.parse().ok()?, rest: items.collect() })
    }

    /// The answers, one a message; each knows the birth. What is no answer is left out.
    pub(super) fn split(self) -> Vec<Self> {
        let Self { birth, now, rest, .. } = self;
        let answer = |value: Value| {
            let Value::Array(items) = value else { return None };
            let mut items = items.into_iter();
            let what = items.next().map(|item| text_of(&item))?;
            Some(Self { what, birth: birth.clone(), now, rest: items.collect() })
        };
        rest.into_iter().filter_map(answer).collect()
    }

    pub(super) fn text(&self, n: usize) -> Cow<'_, str> {
        self.rest.get(n).map_or(Cow::Borrowed(""), text_in)
    }

    pub(super) fn settled(&self) -> Settled {
        let [states, meta, results] = [0, 1, 2].map(|n| self.text(n));
        Settled { states: States::read(&states), meta: meta.into_owned(), results: results.into_owned() }
    }
}

pub(super) fn text_of(value: &Value) -> String {
    text_in(value).into_owned()
}

fn text_in(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Int(number) => number.to_string().into(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes),
        Value::SimpleString(text) => text.into(),
        _ => "".into(),
    }
}
