//! Whatever is done to a valid job, schema and types agree whether it still is one. A producer that checks with the
//! schema never meets a refusal that it could not have seen, and the other way round.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::{prelude::*, sample::Index};
use push_contract::{Job, MAX_JOB_BYTES, Timestamp};
use serde_json::Value;

use crate::{
    folder,
    slips::{apply, slip},
};

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| folder::validator("job.v1.schema.json"));
static VALID: LazyLock<Vec<Value>> =
    LazyLock::new(|| folder::examples("valid").iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect());

/// Some second of some day, now and then outside what a calendar or a clock has, written in one of several ways.
fn time() -> impl Strategy<Value = String> {
    let separator = proptest::sample::select(vec!["T", "T", "T", "t", " ", "_", ""]);
    let fraction = proptest::sample::select(vec!["", "", ".", ".0", ".123", ".123456789", ".1234567890", ",5"]);
    let offset = proptest::sample::select(vec![
        "Z", "Z", "z", "", "+00:00", "-00:00", "+08:00", "+0800", "+08", "+23:59", "-23:59", "+24:00", "+00:60", "Z ",
        "+08:00Z",
    ]);
    let day = (proptest::sample::select(vec![0, 1, 1900, 1970, 2000, 2026, 2028, 9999]), 0..=13, 0..=32);
    let clock = (0..=24, 0..=60, 0..=61);
    (day, separator, clock, fraction, offset).prop_map(
        |((year, month, date), separator, (hour, minute, second), fraction, offset)| {
            format!("{year:04}-{month:02}-{date:02}{separator}{hour:02}:{minute:02}:{second:02}{fraction}{offset}")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schema_and_types_agree(
        start in any::<Index>(),
        slips in prop::collection::vec((any::<Index>(), slip()), 1..4),
    ) {
        let mut job = start.get(&VALID).clone();
        for (place, slip) in &slips {
            apply(&mut job, *place, slip);
        }
        let body = serde_json::to_vec(&job).unwrap();
        prop_assume!(body.len() <= MAX_JOB_BYTES);
        let (schema, types) = (SCHEMA.validate(&job), Job::from_slice(&body));
        prop_assert_eq!(schema.is_ok(), types.is_ok(), "schema: {:?}, types: {:?}", schema.err(), types.err());
    }

    #[test]
    fn schema_and_types_read_the_same_times(text in time()) {
        let mut job = VALID[0].clone();
        job["created_at"] = text.clone().into();
        prop_assert_eq!(SCHEMA.is_valid(&job), Timestamp::parse(&text).is_some());
    }
}
