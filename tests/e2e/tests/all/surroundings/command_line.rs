//! The answers of a worker's binary: right exit codes, and no secret or token in any of them.

use push_contract::{Kind, Timestamp};
use push_testkit::jobs::{JobBuilder, job};
use serde_json::Value;

use super::{APP, SECRET, run};

/// The token of every job here.
const TOKEN: &str = "plover-7313";

fn chat() -> JobBuilder {
    job("chat.direct").vendor("huawei").tokens([TOKEN]).title("Li Lei").body("hi").created_at(Timestamp::now())
}

async fn explain(settings: &str, text: &str) -> (Option<i32>, String) {
    let (code, said) = run("huawei", &["--explain", "-"], settings, &[], text).await;
    assert!(!said.contains(SECRET) && !said.contains(TOKEN), "{said}");
    (code, said)
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_tells_class_and_request_and_neither_secret_nor_token() {
    let (code, said) = explain(APP, &chat().text()).await;
    assert_eq!(code, Some(0), "{said}");
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&told["class"]["name"], &told["lane"]), (&"MARKETING".into(), &"normal".into()));
    assert_eq!(told["class"]["degraded_from"], "IM", "the app has no right to IM");
    assert!(told["in_short"].as_str().unwrap().starts_with("sent in class MARKETING instead of IM: "), "{said}");
    assert_eq!(told["request"]["commits"], true);
    assert_eq!(told["request"]["body"]["message"]["android"]["notification"]["title"], "Li Lei");

    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(5000));
    let (code, said) = explain(APP, &chat().data(&large).text()).await;
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (code, &told["refused"]["reason"], &told["refused"]["field"]),
        (Some(0), &"payload_too_large".into(), &"data".into())
    );
    assert!(told["in_short"].as_str().unwrap().starts_with("not sent, rejected: payload_too_large: data: "), "{said}");
    let old = chat().created_at(Timestamp::from_millis(1_700_000_000_000));
    let told: Value = serde_json::from_str(&explain(APP, &old.text()).await.1).unwrap();
    assert!(told["in_short"].as_str().unwrap().starts_with("not sent, expired: its time ended at 2023-"), "{told}");
    let repeated = chat().tokens([TOKEN, TOKEN]);
    let told: Value = serde_json::from_str(&explain(APP, &repeated.text()).await.1).unwrap();
    assert_eq!(told["targets_not_sent"]["1"]["reason"], "duplicate_token");
    assert!(told["in_short"].as_str().unwrap().ends_with("; 1 of 2 targets are not sent"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_refuses_what_is_no_job_of_this_worker() {
    for (text, words) in [
        (TOKEN.to_owned(), "no job"),
        (chat().set("kind", TOKEN).text(), "kind"),
        (chat().vendor("parcel").text(), "vendor"),
        (chat().app("shop").text(), "app: shop is not configured for huawei; chat is"),
    ] {
        let (code, said) = explain(APP, &text).await;
        assert!(code == Some(65) && said.contains(words), "{code:?} {said}");
    }
    let (code, said) = run("huawei", &["--explain", "/nowhere/job.json"], APP, &[], "").await;
    assert!(code == Some(65) && said.contains("/nowhere/job.json"), "{code:?} {said}");
    assert_eq!(explain("[amqp]\nprefetch = 0\n", &chat().text()).await.0, Some(64));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_answers_need_no_broker_and_tell_no_secret() {
    let json = |said: &str| serde_json::from_str::<Value>(said).unwrap();
    for vendor in ["huawei", "parcel"] {
        let said = async |args: &[&str]| {
            let (code, said) = run(vendor, args, APP, &[], "").await;
            assert!(!said.contains(SECRET), "{vendor} {args:?}: {said}");
            (code, said)
        };
        let (code, classes) = said(&["--classes"]).await;
        let classes_of = json(&classes);
        let rows = classes_of.as_array().unwrap().iter().filter(|row| row["platform"].is_null()).count();
        assert_eq!((code, rows), (Some(0), Kind::ALL.len()), "{classes}");
        let (code, schema) = said(&["--schema"]).await;
        assert!(code == Some(0) && json(&schema)["properties"].is_object(), "{schema}");
        let (code, defaults) = said(&["--schema", "defaults"]).await;
        assert!(
            code == Some(0) && defaults.contains("\n[amqp]\n") && defaults.contains("rate_per_second"),
            "{defaults}"
        );
        let (code, metrics) = said(&["--schema", "metrics"]).await;
        assert!(code == Some(0) && metrics.contains("push_jobs_parked_total"), "{metrics}");
        let (code, help) = said(&["--help"]).await;
        assert!(code == Some(0) && help.contains("--check-config"), "{help}");
        let (code, usage) = said(&["--chekc-config"]).await;
        assert!(code == Some(64) && usage.contains("--check-config"), "{usage}");
    }
    let (code, good) = run("huawei", &["--check-config"], APP, &[], "").await;
    assert!(code == Some(0) && good.contains("1 app"), "{good}");
}
