//! Settings that claim what the vendor did not grant, for one class of one app: everything else of the app flows.

use push_contract::Kind;
use push_e2e::{PATIENCE, Stage};
use push_stack::{Worker, until};
use serde_json::{Value, json};

use super::{House, PLATFORMS, receipts, shown_for};

/// The class that an app of this vendor claims wrongly, and how the setting and the vendor's own record come to differ.
struct Wrong {
    vendor: &'static str,
    /// The kinds that are of that class.
    kinds: &'static [&'static str],
    class: &'static str,
    code: &'static str,
}

fn rows(house: &mut House) -> Vec<Wrong> {
    // A channel that Xiaomi does not know.
    let channels = house.settings["apps"]["chat"]["xiaomi"]["channels"].as_table_mut().unwrap();
    channels["ORDER"]["id"] = "999999".into();
    // Categories that were not granted, or withdrawn.
    let service = ["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "SUBSCRIPTION"];
    house.register("oppo", "chat", &json!({ "granted": service }));
    house.register("vivo", "chat", &json!({ "subscription": false }));
    // Calls alone are sent with high priority.
    house.register("huawei", "chat", &json!({ "high_priority": false }));
    vec![
        Wrong { vendor: "xiaomi", kinds: &["order.update"], class: "ORDER", code: "27001" },
        Wrong { vendor: "oppo", kinds: &["order.update"], class: "ORDER", code: "67" },
        Wrong { vendor: "vivo", kinds: &["subscription.update"], class: "SUBSCRIPTION", code: "10096" },
        Wrong { vendor: "huawei", kinds: &["call.invite", "call.cancel"], class: "VOIP", code: "80300011" },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_class_leaves_everything_else_flowing() {
    let stage = Stage::shared().await;
    let mut house = House::of(&stage);
    let wrongs = rows(&mut house);
    let vendors: Vec<&str> = wrongs.iter().map(|wrong| wrong.vendor).collect();
    let workers = house.open(&stage, &vendors).await;
    // Twice, so that the second round meets what the first one left behind.
    for round in ["one", "two"] {
        let mut jobs = Vec::new();
        for platform in PLATFORMS.into_iter().filter(|platform| vendors.contains(&platform.0) && platform.1 != "next") {
            for kind in Kind::ALL {
                jobs.extend(["chat", "shop"].map(|app| shown_for(platform, app, kind.as_str(), round)));
            }
        }
        stage.publish_all(&jobs).await;
        for receipt in receipts(&stage, &jobs).await.values() {
            let wrong = wrongs.iter().find(|wrong| receipt["vendor"] == wrong.vendor).unwrap();
            let is_wrong = receipt["app"] == "chat" && wrong.kinds.iter().any(|kind| receipt["kind"] == *kind);
            let result = &receipt["results"][0];
            let expected = if is_wrong { "misconfigured" } else { "accepted" };
            assert_eq!(result["outcome"], expected, "{receipt:#}");
            if is_wrong {
                assert_eq!((&result["vendor_code"], &receipt["class"]), (&json!(wrong.code), &json!(wrong.class)));
            }
        }
    }
    for wrong in &wrongs {
        let worker = &workers[wrong.vendor];
        assert_eq!(wrong_class(worker, &[("app", "chat"), ("class", wrong.class)]).await, 1.0, "{}", wrong.vendor);
        assert_eq!(wrong_class(worker, &[]).await, 1.0, "{}: another class or app", wrong.vendor);
        assert_eq!(worker.metric("push_blocked", &[]).await.unwrap(), 0.0, "{}: blocked", wrong.vendor);
        let log = worker.log().unwrap();
        let told = log.lines().filter(|line| line.contains("class misconfigured")).count();
        assert_eq!(told, 1, "{}: told once, not per job", wrong.vendor);
    }
    stage.judge().await;
}

async fn wrong_class(worker: &Worker, labels: &[(&str, &str)]) -> f64 {
    worker.metric("push_class_misconfigured", labels).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alert_ends_when_the_vendor_takes_the_class_again() {
    let stage = Stage::shared().await;
    let mut house = House::of(&stage);
    house.register("oppo", "chat", &json!({ "granted": ["IM"] }));
    let workers = house.open(&stage, &["oppo"]).await;
    let order = |tag| shown_for(("oppo", ""), "chat", "order.update", tag);
    stage.publish(&order("refused")).await;
    assert_eq!(outcome(&stage, &order("refused").value()).await, "misconfigured");
    let labels = [("app", "chat"), ("class", "ORDER")];
    assert_eq!(wrong_class(&workers["oppo"], &labels).await, 1.0);
    house.register("oppo", "chat", &json!({ "granted": ["IM", "ORDER"] }));
    let registration = house.registration("oppo", "chat").clone();
    stage.sim.register(&registration).await.unwrap();
    stage.publish(&order("granted")).await;
    assert_eq!(outcome(&stage, &order("granted").value()).await, "accepted");
    let over = || async { (wrong_class(&workers["oppo"], &labels).await == 0.0).then_some(()) };
    until("the alert is over", PATIENCE, over).await.unwrap();
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_class_is_sent_in_the_next_where_the_settings_say_so() {
    let stage = Stage::shared().await;
    let mut house = House::of(&stage);
    let wrongs = rows(&mut house);
    let vendors: Vec<&str> = wrongs.iter().map(|wrong| wrong.vendor).collect();
    house.environment.push(("PUSH__WORKER__ON_WRONG_CLASS", "degrade"));
    let workers = house.open(&stage, &vendors).await;
    // The first is refused and sent again at once; of the second the class is known to be wrong.
    for (round, calls) in [("one", 2), ("two", 1)] {
        for wrong in &wrongs {
            let kind_of_token = if wrong.vendor == "huawei" { "android" } else { "" };
            let job = shown_for((wrong.vendor, kind_of_token), "chat", wrong.kinds[0], round);
            stage.publish(&job).await;
            let receipts = receipts(&stage, std::slice::from_ref(&job)).await;
            let (id, receipt) = receipts.first_key_value().unwrap();
            assert_eq!(receipt["results"][0]["outcome"], "accepted", "{receipt:#}");
            // Huawei's calls lose their urgency alone.
            let from = if wrong.vendor == "huawei" { Value::Null } else { json!(wrong.class) };
            assert_eq!((&receipt["degraded_from"], &receipt["attempt"]), (&from, &json!(0)), "{receipt:#}");
            let seen = stage.sim.seen().await.unwrap();
            assert_eq!(seen.iter().filter(|line| line["job"] == id.as_str()).count(), calls, "{id}");
        }
    }
    for wrong in &wrongs {
        let worker = &workers[wrong.vendor];
        assert_eq!(wrong_class(worker, &[("app", "chat"), ("class", wrong.class)]).await, 1.0, "{}", wrong.vendor);
        let degraded = [("app", "chat"), ("from", wrong.class), ("reason", "refused")];
        assert_eq!(worker.metric("push_degraded_total", &degraded).await.unwrap(), 2.0, "{}", wrong.vendor);
    }
    stage.judge().await;
}

/// Every step down is taken once: a class that was refused is not tried again for the same job.
#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_class_after_another_leads_down_and_not_in_a_circle() {
    let stage = Stage::shared().await;
    let mut house = House::of(&stage);
    let channels = house.settings["apps"]["chat"]["xiaomi"]["channels"].as_table_mut().unwrap();
    for (channel, id) in [("ORDER", "999999"), ("PUBLIC", "999998")] {
        channels[channel]["id"] = id.into();
    }
    house.environment.push(("PUSH__WORKER__ON_WRONG_CLASS", "degrade"));
    let _workers = house.open(&stage, &["xiaomi"]).await;
    let job = shown_for(("xiaomi", ""), "chat", "order.update", "down");
    stage.publish(&job).await;
    let receipts = receipts(&stage, std::slice::from_ref(&job)).await;
    let (id, receipt) = receipts.first_key_value().unwrap();
    assert_eq!(
        (&receipt["results"][0]["outcome"], &receipt["class"]),
        (&json!("accepted"), &json!("DEFAULT")),
        "{receipt:#}"
    );
    assert_eq!(receipt["degraded_from"], "ORDER");
    let seen = stage.sim.seen().await.unwrap();
    assert_eq!(seen.iter().filter(|line| line["job"] == id.as_str()).count(), 3, "ORDER, PUBLIC, DEFAULT");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_a_wrong_class_are_parked_where_the_settings_say_so() {
    let stage = Stage::shared().await;
    let mut house = House::of(&stage);
    house.register("oppo", "chat", &json!({ "granted": ["IM"] }));
    house.environment.push(("PUSH__WORKER__ON_WRONG_CLASS", "park"));
    let _workers = house.open(&stage, &["oppo"]).await;
    let (order, chat) =
        (shown_for(("oppo", ""), "chat", "order.update", "x"), shown_for(("oppo", ""), "chat", "chat.direct", "x"));
    stage.publish_all(&[order.clone(), chat.clone()]).await;
    assert_eq!(outcome(&stage, &chat.value()).await, "accepted");
    let id = order.value()["id"].clone();
    let parked = |all: &[Value]| all.iter().any(|receipt| receipt["id"] == id && receipt["notice"] == "parked");
    stage.receipts.wait_until(PATIENCE, parked).await.unwrap();
    let waiting = stage.client.peek("push.parked.oppo", 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].headers["x-push-park-reason"], "class_misconfigured");
    stage.verdict(&["oppo"]).await;
}

async fn outcome(stage: &Stage, job: &Value) -> String {
    stage.settled(job["id"].as_str().unwrap(), 1).await[&0].clone()
}
