//! A receipt may arrive again, but only as it was.

use std::collections::HashMap;

use crate::{
    faults::Faults,
    names::{Name, Names},
    receipt::Receipt,
    summary::Example,
};

/// A print of every receipt, and those that came again with other content.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    first: HashMap<(Name, Name, String), Print>,
    changed: Vec<Change>,
}

#[derive(Debug)]
struct Print {
    settled_at: i64,
    fields: Box<[(Name, u64)]>,
    changed: bool,
}

#[derive(Debug)]
struct Change {
    example: Example,
    first_at: i64,
    second_at: i64,
}

impl Repeats {
    /// Compares a receipt with the first one of its id. Each id is reported once.
    pub(crate) fn hear(&mut self, receipt: &Receipt, names: &mut Names) {
        let told = &receipt.told;
        let mut fields: Vec<_> = receipt.prints.iter().map(|(name, print)| (names.of(name), *print)).collect();
        fields.sort_unstable();
        let key = (names.of(&told.vendor), names.of(&told.app), told.receipt_id.clone());
        let settled_at = receipt.settled_at();
        let Some(first) = self.first.get_mut(&key) else {
            self.first.insert(key, Print { settled_at, fields: fields.into(), changed: false });
            return;
        };
        if *first.fields == *fields || first.changed {
            return;
        }
        first.changed = true;
        let fields = different(&first.fields, &fields, names);
        let why = format!("{}/{}: receipt {} differs in {fields}", told.vendor, told.app, told.receipt_id);
        let example = Example { job: told.id.clone(), n: receipt.first_position(), why };
        self.changed.push(Change { example, first_at: first.settled_at, second_at: settled_at });
    }

    /// The changed ones, without those that a fault of the store excuses.
    pub(crate) fn inexcusable(self, faults: &Faults) -> impl Iterator<Item = Example> {
        let guilty = |change: &Change| !faults.store_hit(change.first_at, change.second_at);
        self.changed.into_iter().filter(guilty).map(|change| change.example)
    }
}

/// The names of the fields that are not the same in both.
fn different(one: &[(Name, u64)], other: &[(Name, u64)], names: &Names) -> String {
    let only = |these: &[(Name, u64)], those: &[(Name, u64)]| -> Vec<Name> {
        these.iter().filter(|field| !those.contains(field)).map(|(name, _)| *name).collect()
    };
    let mut fields = [only(one, other), only(other, one)].concat();
    fields.sort_unstable();
    fields.dedup();
    fields.into_iter().map(|name| names.text(name)).collect::<Vec<_>>().join(", ")
}
