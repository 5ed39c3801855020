//! Quotas that are closed: jobs that wait for the next day or for the opening hour, and the vendor's own word.

use push_contract::Timestamp;
use push_e2e::{PATIENCE, Stage, now};
use push_stack::until;
use serde_json::json;

use super::quota::{accepted, news, outcomes, settings, spec};

const HELD: &str = "push.held.parcel.chat.news";
pub(crate) const DAY_S: i64 = 86_400;

/// An offset by which it is so many seconds past midnight now: half a day to either side at most, so that one that is
/// hours later may be said, too.
pub(crate) fn past_midnight(seconds: i64) -> i64 {
    (seconds - now() / 1000 + DAY_S / 2).rem_euclid(DAY_S) - DAY_S / 2
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_quota_holds_its_jobs_until_the_day_ends() {
    let stage = Stage::shared().await;
    let quota = "limit = 50\nspent = 'hold'\nceilings = { low = 1.0 }";
    let noon = past_midnight(DAY_S / 2);
    let worker = spec(&stage, &format!("utc_offset_s = {noon}"), quota).start().unwrap();
    stage.ready(&worker).await;
    let in_hours = |hours: i64| Timestamp::from_millis(now() + hours * 3_600_000);
    let jobs = news(&stage, "n", "news", 120).into_iter().map(|job| job.expires_at(in_hours(40)));
    // Over before the day ends: its receipt comes now.
    let soon = stage.job("news", "soon").expires_at(in_hours(1));
    let jobs: Vec<_> = jobs.chain([soon]).collect();
    stage.publish_all(&jobs[..60]).await;
    stage.all_settled(50, PATIENCE).await;
    stage.publish_all(&jobs[60..]).await;
    assert_eq!(stage.settled("soon", 1).await[&0], "quota_exhausted");
    stage.client.wait_count(HELD, PATIENCE, |count| count == 70).await.unwrap();
    assert_eq!(accepted(&stage).await, 50);
    // The day is to end in a moment: the same day, for its middle is hours ago.
    let late = noon + DAY_S / 2 - 8;
    std::fs::write(worker.settings_path(), settings(&stage, &format!("utc_offset_s = {late}"), quota)).unwrap();
    worker.logged("asked anew", PATIENCE).await.unwrap();
    stage.all_settled(101, PATIENCE).await;
    assert_eq!(accepted(&stage).await, 100, "the next day's");
    stage.client.wait_count(HELD, PATIENCE, |count| count == 20).await.unwrap();
    let waited = stage.receipts.all().iter().any(|receipt| receipt["quota_wait_ms"].as_u64() > Some(0));
    assert!(waited, "a receipt says how long its job waited for the quota");
    stage.judge().await;
}

/// What is held may wait longer than its record lives: what of it was sent must not lie there with the rest.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_of_a_job_is_told_when_the_rest_is_held() {
    let stage = Stage::shared().await;
    let quota = "limit = 64\nspent = 'hold'\nceilings = { low = 1.0 }";
    let worker = spec(&stage, &format!("utc_offset_s = {}", past_midnight(DAY_S / 2)), quota).start().unwrap();
    stage.ready(&worker).await;
    let tomorrow = Timestamp::from_millis(now() + 40 * 3_600_000);
    let hold = json!({"vendor": "parcel", "token_prefix": "t-half-", "api": "one", "fault": {"do": "hold", "accept": "after"}});
    stage.sim.fault(&hold).await.unwrap();
    // The first of its windows takes all of the quota; another job finds that out while the answers are away.
    stage.publish(&stage.list("news", "half", 100).expires_at(tomorrow)).await;
    stage.sim_wait("parcel", "accepted", 64).await;
    stage.publish(&stage.job("news", "other").expires_at(tomorrow)).await;
    stage.client.wait_count(HELD, PATIENCE, |count| count == 1).await.unwrap();
    stage.sim.clear_faults(None).await.unwrap();
    stage.sim.release(None).await.unwrap();
    stage.client.wait_count(HELD, PATIENCE, |count| count == 2).await.unwrap();
    assert_eq!((stage.settled("half", 64).await.len(), outcomes(&stage, "accepted")), (64, 64));
    let held = stage.client.peek(HELD, 2).await.unwrap();
    let rest = held.iter().find(|message| message.message_id.as_deref() == Some("half")).unwrap();
    let left = push_contract::Mask::decode(rest.headers["x-push-left"].as_str().unwrap(), 100).unwrap();
    assert_eq!((&rest.headers["x-push-gen"], left.len()), (&json!(1), 36));
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_hold_what_lives_until_they_end() {
    let stage = Stage::shared().await;
    // It is two in the morning; the vendor takes news from seven on.
    let two = past_midnight(2 * 3600);
    let worker = spec(&stage, &format!("utc_offset_s = {two}"), "hours = '07:00-23:00'").start().unwrap();
    stage.ready(&worker).await;
    let hours = |hours: i64| Timestamp::from_millis(now() + hours * 3_600_000);
    stage
        .publish_all(&[
            stage.job("news", "short").expires_at(hours(1)),
            stage.job("news", "long").expires_at(hours(12)),
        ])
        .await;
    assert_eq!(stage.settled("short", 1).await[&0], "quota_exhausted");
    let told = stage.receipts.all().iter().any(|receipt| receipt["results"][0]["reason"] == "quiet_hours");
    assert!(told, "the receipt says why");
    stage.client.wait_count(HELD, PATIENCE, |count| count == 1).await.unwrap();
    let morning = format!("utc_offset_s = {}", two + 6 * 3600);
    std::fs::write(worker.settings_path(), settings(&stage, &morning, "hours = '07:00-23:00'")).unwrap();
    assert_eq!(stage.settled("long", 1).await[&0], "accepted");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_own_word_stops_the_class_and_nothing_else() {
    let stage = Stage::shared().await;
    let app = json!({ "vendor": "parcel", "app": "chat", "app_id": "p-chat", "app_secret": "chat-secret", "quota": { "news": 5 } });
    stage.sim.register(&app).await.unwrap();
    let worker = spec(&stage, "", "limit = 1000").start().unwrap();
    stage.ready(&worker).await;
    stage.publish_all(&news(&stage, "n", "news", 5)).await;
    stage.all_settled(5, PATIENCE).await;
    stage.publish_all(&news(&stage, "more", "news", 1)).await;
    assert_eq!(stage.settled("more-0", 1).await[&0], "quota_exhausted");
    let labels = [("app", "chat"), ("quota", "news"), ("lane", "high")];
    let shut = || async { worker.metric("push_quota_exhausted", &labels).await.ok().filter(|on| *on == 1.0) };
    until("every lane is shut", PATIENCE, shut).await.unwrap();
    let calls = || async { stage.sim.get("/control/counts?vendor=parcel&app=chat").await.unwrap()["calls"].clone() };
    let before = calls().await;
    stage.publish_all(&news(&stage, "urgent", "account.security", 20)).await;
    stage.all_settled(26, PATIENCE).await;
    assert_eq!(calls().await, before, "the vendor is not asked again");
    stage.publish(&stage.job("chat.direct", "chat")).await;
    assert_eq!(stage.settled("chat", 1).await[&0], "accepted");
    assert_eq!(outcomes(&stage, "quota_exhausted"), 21);
    stage.judge().await;
}
