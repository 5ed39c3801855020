//! Parcel's golden cases.

use push_testkit::{cases::Cases, parcel::Parcel};
use serde_json::json;

#[test]
fn parcel() {
    let settings = json!({ "app_id": "app-1", "app_secret": "s3cret-of-the-app", "calls": "list" });
    Cases::new(&Parcel, concat!(env!("CARGO_MANIFEST_DIR"), "/cases/parcel"), settings).run();
}
