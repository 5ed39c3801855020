//! What every user does first.

use push_e2e::Stage;

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
