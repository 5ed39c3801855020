//! The published schemas are those of the types, and the examples are what both say they are.

use jsonschema::Validator;
use push_contract::{Job, Kind, MAX_JOB_BYTES, Outcome, ParkedJob, Receipt, published_schemas};
use serde_json::Value;

use crate::{
    definitions,
    folder::{examples, json, text, validator},
};

fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn published_files_are_those_of_the_types() {
    let definitions = definitions::definitions(&definitions::fleet_of(&json("definitions.json")));
    for (name, value) in published_schemas().into_iter().chain([("definitions.json", definitions)]) {
        let made = serde_json::to_string_pretty(&value).unwrap() + "\n";
        assert!(text(name) == made, "schemas/{name} is out of date: run `make schemas` and read the difference");
    }
}

#[test]
fn schemas_are_schemas() {
    for (name, schema) in published_schemas() {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn valid_jobs_are_taken_by_schema_and_types() {
    let schema = validator("job.v1.schema.json");
    let found = examples("valid");
    assert!(found.len() >= 12, "{} examples", found.len());
    for (name, body) in found {
        let value = serde_json::from_slice(&body).unwrap();
        assert_eq!(faults(&schema, &value), [""; 0], "{name}");
        let job = Job::from_slice(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(job.fault(job.created_at), None, "{name} is refused when it comes in");
        assert!(job.expiry() > job.created_at, "{name} never lives");
    }
}

#[test]
fn invalid_jobs_are_refused_by_schema_and_types() {
    let schema = validator("job.v1.schema.json");
    let found = examples("invalid");
    assert!(found.len() >= 25, "{} examples", found.len());
    for (name, body) in found {
        assert!(body.len() <= MAX_JOB_BYTES, "{name} breaks another rule too");
        assert!(!schema.is_valid(&serde_json::from_slice(&body).unwrap()), "{name}: the schema takes it");
        assert!(Job::from_slice(&body).is_err(), "{name}: the types take it");
    }
}

#[test]
fn a_job_reads_back_from_what_it_writes() {
    let schema = validator("job.v1.schema.json");
    for (name, body) in examples("valid") {
        let written = serde_json::to_vec(&Job::from_slice(&body).unwrap()).unwrap();
        assert!(schema.is_valid(&serde_json::from_slice(&written).unwrap()), "{name}");
        assert_eq!(serde_json::to_vec(&Job::from_slice(&written).unwrap()).unwrap(), written, "{name}");
    }
}

#[test]
fn the_schema_states_lane_and_life_of_every_kind() {
    let kinds = &json("job.v1.schema.json")["$defs"]["Kind"];
    let listed = kinds["oneOf"].as_array().unwrap();
    assert_eq!(listed.len(), Kind::ALL.len());
    for (entry, kind) in listed.iter().zip(Kind::ALL) {
        assert_eq!(entry["const"], kind.as_str());
        assert_eq!(entry["x-push-lane"], kind.lane().as_str());
        assert_eq!(entry["x-push-default-life-s"], kind.default_life().as_secs());
        let lane = kinds["x-push-lanes"][kind.lane().as_str()].as_array().unwrap();
        assert!(lane.contains(&kind.as_str().into()), "{kind}");
    }
}

#[test]
fn receipts_fit_their_schemas_and_may_grow() {
    let (message, receipt) = (validator("receipts.v1.schema.json"), validator("receipt.v1.schema.json"));
    let mut outcomes = Vec::new();
    for (name, body) in examples("receipts") {
        let mut value: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(faults(&message, &value), [""; 0], "{name}");
        let read: Vec<Receipt> = serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), value, "{name} reads back as written");
        outcomes.extend(read.iter().flat_map(|receipt| receipt.results.iter().map(|result| result.outcome)));
        for one in value.as_array_mut().unwrap() {
            one["new_field"] = 1.into();
            for result in one["results"].as_array_mut().unwrap() {
                result["outcome"] = "an_outcome_to_come".into();
            }
            assert_eq!(faults(&receipt, one), [""; 0], "{name}: a reader must live with new words");
        }
    }
    assert!(Outcome::ALL.iter().all(|outcome| outcomes.contains(outcome)), "each outcome has an example");
}

#[test]
fn parked_headers_fit_their_schema() {
    let schema = validator("parked.v1.schema.json");
    for (name, headers) in examples("parked") {
        assert_eq!(faults(&schema, &serde_json::from_slice(&headers).unwrap()), [""; 0], "{name}");
        serde_json::from_slice::<ParkedJob>(&headers).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(
        !schema.is_valid(&serde_json::json!({ "x-push-park-reason": "panic" })),
        "when and where from are required"
    );
}
