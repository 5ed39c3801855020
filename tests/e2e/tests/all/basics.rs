//! What every user does first.

use push_e2e::{PATIENCE, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_push_comes_back_as_a_receipt_in_every_way_of_sending() {
    for calls in ["single", "list", "gather"] {
        let stage = Stage::shared().await;
        let worker = stage.parcel(calls).start().unwrap();
        stage.ready(&worker).await;
        stage.publish(&stage.job("chat.direct", "one")).await;
        stage.publish(&stage.list("chat.group", "ten", 10)).await;
        stage.publish(&stage.job("marketing", "gone").tokens(["dead-1"])).await;
        stage.settled("one", 1).await;
        assert_eq!(stage.settled("ten", 10).await.len(), 10, "{calls}");
        assert_eq!(stage.settled("gone", 1).await[&0], "invalid_token", "{calls}");
        stage.judge().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_success_repeats_only_what_failed() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("list").start().unwrap();
    stage.ready(&worker).await;
    let tokens = (0..10).map(|n| if n < 3 { format!("busy-1-{n}") } else { format!("t-{n}") });
    stage.publish(&stage.job("chat.group", "partial").tokens(tokens)).await;
    let outcomes = stage.settled("partial", 10).await;
    assert!(outcomes.values().all(|outcome| outcome == "accepted"), "{outcomes:?}");
    let seen = stage.sim.seen().await.unwrap();
    let asked = |token: &str| seen.iter().filter(|line| line["token"] == token).count();
    assert_eq!((asked("busy-1-0"), asked("t-5")), (2, 1));
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_in_a_list_is_found_by_halves() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("list").start().unwrap();
    stage.ready(&worker).await;
    let tokens = (0..16).map(|n| if n == 11 { "foreign-11".to_owned() } else { format!("t-{n}") });
    stage.publish(&stage.job("chat.group", "stranger").tokens(tokens)).await;
    let outcomes = stage.settled("stranger", 16).await;
    assert_eq!(outcomes[&11], "rejected");
    assert_eq!(outcomes.values().filter(|outcome| *outcome == "accepted").count(), 15);
    // 16, two of 8, two of 4, two of 2, two alone.
    let seen = stage.sim.seen().await.unwrap();
    let asked = |token: &str| seen.iter().filter(|line| line["token"] == token).count();
    assert_eq!((asked("foreign-11"), asked("t-10"), asked("t-8"), asked("t-12"), asked("t-0")), (5, 5, 4, 3, 2));
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_had_too_much_keeps_nobody_waiting() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("single").start().unwrap();
    stage.ready(&worker).await;
    let busy = serde_json::json!({"do": "code", "code": 1006, "headers": {"retry-after": "3600"}});
    let fault = serde_json::json!({"vendor": "parcel", "token_prefix": "full-", "count": 1, "fault": busy});
    stage.sim.fault(&fault).await.unwrap();
    stage.publish(&stage.job("chat.direct", "full").tokens(["full-1"])).await;
    stage.sim_wait("parcel", "refused", 1).await;
    stage.publish(&stage.job("chat.direct", "next")).await;
    assert_eq!(stage.settled("next", 1).await[&0], "accepted");
    // An hour is more than the longest rung; the job waits there, and the app does not.
    stage.client.wait_count("push.wait.parcel.1800s", PATIENCE, |waiting| waiting == 1).await.unwrap();
    stage.judge().await;
}
