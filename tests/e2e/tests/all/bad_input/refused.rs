//! Jobs that can be read and not be sent, in whole or in part: each ends with a receipt that says why, and what is only
//! strange arrives as it was written.

use std::time::Duration;

use push_contract::Timestamp;
use push_e2e::{PATIENCE, Stage, now, routing_key};
use push_testkit::jobs::{JobBuilder, job};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{MARKER, counted, good, marked, nothing_leaked, only_line, receipt, token, verdicts};

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::from_millis(now() - hours * 3_600_000)
}

/// Jobs of which nothing can be sent; each with its outcome and reason, and the field that its log line names.
fn hopeless(stage: &Stage) -> Vec<(&'static str, JobBuilder, [&'static str; 3])> {
    let marked = |id| marked(stage, id);
    let bare = |id: &str| job("chat.direct").vendor("huawei").id(id).tokens([token(id)]).created_at(Timestamp::now());
    let in_two_minutes = Timestamp::now().plus(Duration::from_secs(120));
    let in_eight_days = Timestamp::now().plus(Duration::from_secs(8 * 24 * 3600));
    let large = json!({"job": "data-large", "text": MARKER.repeat(400)}).to_string();
    let option = |id, option: Value| marked(id).options("huawei", option);
    vec![
        ("expired", marked("expired").created_at(hours_ago(2)).expires_at(hours_ago(1)), ["expired", "expired", ""]),
        ("expired-by-kind", marked("expired-by-kind").created_at(hours_ago(25)), ["expired", "expired", ""]),
        ("from-year-0", marked("from-year-0").set("created_at", "0000-01-01T00:00:00Z"), ["expired", "expired", ""]),
        ("from-tomorrow", marked("from-tomorrow").created_at(in_two_minutes), ["rejected", "created_in_future", "."]),
        ("lives-long", marked("lives-long").expires_at(in_eight_days), ["rejected", "expires_too_late", "."]),
        ("no-content", bare("no-content"), ["rejected", "no_content", "."]),
        ("no-words", bare("no-words").set("notification", json!({"title": ""})), ["rejected", "no_content", "."]),
        ("data-large", marked("data-large").data(&large), ["rejected", "payload_too_large", "data"]),
        (
            "option-unknown",
            option("option-unknown", json!({"chanel": MARKER})),
            ["rejected", "bad_option", "options.huawei.chanel"],
        ),
        (
            "option-wrong",
            option("option-wrong", json!({"category": MARKER})),
            ["rejected", "bad_option", "options.huawei.category"],
        ),
        (
            "option-unfit",
            option("option-unfit", json!({"category": "PLAY_VOICE"})),
            ["rejected", "bad_option", "options.huawei.category"],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_ends_with_its_reason_and_nothing_behind_it_waits() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let all = hopeless(&stage);
    for (id, job, _) in &all {
        stage.publish(&good(&stage, &format!("before-{id}"))).await;
        stage.publish(job).await;
    }
    stage.publish(&good(&stage, "last")).await;
    assert_eq!(stage.settled("last", 1).await[&0], "accepted");
    for (id, _, [outcome, reason, field]) in &all {
        stage.settled(id, 1).await;
        assert_eq!(verdicts(&stage, id), [[*outcome, *reason]], "{id}");
        assert_eq!(stage.settled(&format!("before-{id}"), 1).await[&0], "accepted");
        let line = only_line(&worker, id).await;
        assert_eq!((&line["outcome"], &line["reason"]), (&json!(outcome), &json!(reason)), "{line}");
        assert_eq!(line["field"].as_str().unwrap_or_default(), *field, "{line}");
    }
    for reason in ["expired", "created_in_future", "expires_too_late", "no_content", "payload_too_large", "bad_option"]
    {
        let of_reason: Vec<_> = all.iter().filter(|(_, _, [_, why, _])| *why == reason).collect();
        let outcome = of_reason[0].2[0];
        let labels = [("app", "chat"), ("lane", "normal"), ("outcome", outcome), ("reason", reason)];
        counted(&worker, "push_outcomes_total", &labels, of_reason.len() as f64).await;
    }
    let seen = stage.sim.seen().await.unwrap();
    assert_eq!(seen.len(), all.len() + 1, "the vendor hears of good jobs alone: {seen:#?}");
    nothing_leaked(&worker).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_targets_of_a_job_end_alone_and_the_others_are_sent_once_in_one_call() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let target = |name: &str| json!({"token": token(name)});
    let typed = |name: &str, kind: &str| json!({"token": token(name), "type": kind});
    let targets = json!([
        target("a"),
        target("b"),
        // Spelled out, the default type is the same type: the vendor would deliver twice.
        typed("a", "android"),
        target("a"),
        typed("c", "alert"),
        json!({"token": token("b"), "badge": {"set": 3}}),
        target("c"),
        typed("d", "voip"),
    ]);
    stage.publish(&good(&stage, "before")).await;
    stage.publish(&marked(&stage, "mixed").set("targets", targets)).await;
    stage.publish(&marked(&stage, "all-wrong").set("targets", json!([typed("e", "alert"), typed("f", "voip")]))).await;
    stage.publish(&good(&stage, "behind")).await;
    stage.settled("mixed", 8).await;
    stage.settled("all-wrong", 2).await;
    assert_eq!(stage.settled("behind", 1).await[&0], "accepted");

    let (taken, twice, kind) = (["accepted", "ok"], ["rejected", "duplicate_token"], ["rejected", "token_type"]);
    assert_eq!(verdicts(&stage, "mixed"), [taken, taken, twice, twice, kind, twice, taken, kind]);
    assert_eq!(verdicts(&stage, "all-wrong"), [kind, kind]);
    let seen = stage.sim.seen().await.unwrap();
    let mut of_mixed: Vec<_> = seen.iter().filter(|line| line["job"] == "mixed").collect();
    of_mixed.sort_by_key(|line| line["token"].as_str());
    assert!(of_mixed.iter().all(|line| line["call"] == of_mixed[0]["call"]), "one call: {of_mixed:#?}");
    assert_eq!(of_mixed.iter().map(|line| &line["token"]).collect::<Vec<_>>(), [&token("a"), &token("b"), &token("c")]);
    assert!(seen.iter().all(|line| line["job"] != "all-wrong"));
    let rejected = |reason| [("app", "chat"), ("outcome", "rejected"), ("reason", reason)];
    counted(&worker, "push_outcomes_total", &rejected("duplicate_token"), 3.0).await;
    counted(&worker, "push_outcomes_total", &rejected("token_type"), 4.0).await;
    only_line(&worker, "mixed").await;
    only_line(&worker, "all-wrong").await;
    nothing_leaked(&worker).await;
    stage.judge().await;
}

/// Data that encoders and parsers like to change, and how deep or long it may be.
fn strange_data(id: &str) -> Vec<(String, String)> {
    let inner = [
        r#""n":9007199254740993,"m":-9223372036854775809,"big":123456789012345678901234567890"#.to_owned(),
        r#""f":1.0,"e":1e400,"tiny":0.10000000000000000000001,"minus":-0"#.to_owned(),
        r#""s":"\ud800","t":"\udc00\ud800x""#.to_owned(),
        r#""nul":"a\u0000b","esc":"\/\u002f\u4e2d","del":"","rtl":"\u202e""#.to_owned(),
        r#""dup":1,"dup":2,"":{},"__proto__":[]"#.to_owned(),
        " \n\t\"spaced\" :  [ 1 ,2 ] ".to_owned(),
        format!("\"deep\":{}{}", "[".repeat(1000), "]".repeat(1000)),
    ];
    let named = |(n, inner): (usize, String)| {
        let id = format!("{id}-{n}");
        let data = format!("{{\"job\":\"{id}\",{inner}}}");
        (id, data)
    };
    inner.into_iter().enumerate().map(named).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_content_arrives_as_it_was_written() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let data = strange_data("data");
    for (id, data) in &data {
        publish_text(&stage, &marked(&stage, id), &marked(&stage, id).data(data).text()).await;
    }
    stage.publish(&marked(&stage, "emoji").title(&"😀".repeat(5000))).await;
    stage.publish(&marked(&stage, "family").title(&"👨‍👩‍👧‍👦".repeat(5000))).await;
    stage.publish(&marked(&stage, "nul").title("a\0b").tokens(["t-\0-\u{7f}-\u{1f600}"])).await;
    let padded = marked(&stage, "padded").text();
    let padded = format!("{padded}{}", " ".repeat(256 * 1024 - padded.len()));
    publish_text(&stage, &marked(&stage, "padded"), &padded).await;

    let others = ["emoji", "family", "nul", "padded"];
    for id in data.iter().map(|(id, _)| id.as_str()).chain(others) {
        assert_eq!(stage.settled(id, 1).await[&0], "accepted", "{id}");
    }
    let seen = stage.sim.seen().await.unwrap();
    let line_of = |id: &str| seen.iter().find(|line| line["job"] == id).unwrap_or_else(|| panic!("no push of {id}"));
    for (id, data) in &data {
        let digest: String = Sha256::digest(data).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(line_of(id)["ext_digest"], digest.as_str(), "{id}: {data:.80}");
    }
    for id in ["emoji", "family"] {
        assert_eq!(receipt(&stage, id)["results"][0]["changed"], json!(["title"]), "{id}");
        assert!((30..=40).contains(&line_of(id)["title_chars"].as_u64().unwrap()), "{id}: {}", line_of(id));
    }
    assert_eq!(line_of("nul")["token"], "t-\0-\u{7f}-\u{1f600}");
    assert_eq!(receipt(&stage, "nul")["results"][0]["token"], "t-\0-\u{7f}-\u{1f600}");
    nothing_leaked(&worker).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_content_under_a_known_id_is_a_repeat() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    stage.publish(&good(&stage, "same").tokens(["first-0", "first-1"])).await;
    stage.settled("same", 2).await;
    for (n, tokens) in [1, 2, 5].into_iter().enumerate() {
        let other = marked(&stage, "same").tokens((0..tokens).map(|n| token(&format!("other-{n}"))));
        publish_again(&stage, &other).await;
        stage.receipts.wait_until(PATIENCE, |all| repeats(all) == n + 1).await.unwrap();
    }
    // An expired one too: its id is known.
    publish_again(&stage, &marked(&stage, "same").created_at(hours_ago(48))).await;
    stage.receipts.wait_until(PATIENCE, |all| repeats(all) == 4).await.unwrap();
    stage.publish(&good(&stage, "behind")).await;
    stage.settled("behind", 1).await;
    counted(&worker, "push_duplicates_total", &[("app", "chat"), ("how", "repeat")], 4.0).await;
    let tokens: Vec<_> = stage.accepted("same").await.into_iter().collect();
    assert_eq!(tokens, [("first-0".to_owned(), 1), ("first-1".to_owned(), 1)]);
    nothing_leaked(&worker).await;
    stage.judge().await;
}

/// Publishes under an id that the judge knows already.
async fn publish_again(stage: &Stage, job: &JobBuilder) {
    let value = job.value();
    let key = routing_key(&value);
    let said = stage.client.publish(&key, value["id"].as_str().unwrap(), job.text().as_bytes()).await.unwrap();
    assert!(said.confirmed && !said.returned, "{said:?}");
}

/// Publishes a text that a JSON library would not write, and tells the judge of the same job in plain words.
async fn publish_text(stage: &Stage, plain: &JobBuilder, text: &str) {
    let value = plain.value();
    let said =
        stage.client.publish(&routing_key(&value), value["id"].as_str().unwrap(), text.as_bytes()).await.unwrap();
    assert!(said.confirmed && !said.returned, "{said:?}");
    stage.note(&value);
}

fn repeats(receipts: &[Value]) -> usize {
    let is_notice = |receipt: &&Value| receipt["notice"] == "duplicate_of" && receipt["results"] == json!([]);
    receipts.iter().filter(is_notice).count()
}
