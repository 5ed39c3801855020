//! A settings file that is edited badly in every way while jobs flow.

use std::{fs, path::Path};

use push_e2e::{CATEGORIES, PATIENCE, Stage};
use push_stack::{Worker, scratch_dir};
use serde_json::json;
use tokio::sync::watch;

use super::{SECRET, metric};

/// An app's section; secrets stand in files, so that the environment mends nothing.
fn section(stage: &Stage, secrets: &Path, app: &str, client_id: &str) -> String {
    let (sim, dir) = (stage.sim.url(), secrets.display());
    format!(
        "[apps.{app}.huawei]\nclient_id = '{client_id}'\nclient_secret_file = '{dir}/{app}'\nauth_url = '{sim}/huawei/oauth2/v3/token'\nsend_url = '{sim}/huawei'\ncategories = {}\nrate_per_second = 6000\n",
        json!(CATEGORIES)
    )
}

/// What stands in the file after a bad edit, and the key that is complained about.
fn edits(good: &str) -> Vec<(String, &'static str)> {
    let with = |key: &str, line: &str| good.replace(&format!("{key} = 6000"), line);
    vec![
        // As an editor leaves it that writes slowly.
        (good[..good.find("http").unwrap()].to_owned(), "settings.toml"),
        (String::new(), "apps.<app>.huawei"),
        (with("rate_per_second", "rate_per_second = 'fast'"), "apps.chat.huawei.rate_per_second"),
        (with("rate_per_second", "rate_per_second = 0"), "apps.chat.huawei.rate_per_second"),
        (with("rate_per_second", "rate_per_secnd = 6000"), "apps.chat.huawei.rate_per_secnd"),
        (
            good.replace("client_secret_file = '", "client_secret_file = '/nowhere"),
            "apps.chat.huawei.client_secret_file",
        ),
        (good.replace("client_secret_file = ", "client_secret = "), "apps.chat.huawei.client_secret"),
        (format!("{good}[ampq]\nurl = 'amqp://u:{SECRET}@h/'\n"), "ampq"),
        (format!("{good}[apps.'No Name'.huawei]\n"), "apps.No Name"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_edit_is_refused_and_a_good_one_is_taken_over_under_load() {
    let stage = Stage::shared().await;
    let secrets = scratch_dir("secrets").unwrap();
    fs::write(secrets.join("chat"), "chat-secret\n").unwrap();
    let good = section(&stage, &secrets, "chat", "101");
    let worker = stage.worker("huawei", &good).env("PUSH__WORKER__WATCH_MS", "50").start().unwrap();
    stage.ready(&worker).await;
    let (done, stop) = watch::channel(false);
    let edit = async {
        for (text, key) in edits(&good) {
            refused(&worker, &text, key).await;
        }
        fs::remove_file(worker.settings_path()).unwrap();
        worker.logged(r#""key":"PUSH_CONFIG""#, PATIENCE).await.unwrap();
        fs::write(worker.settings_path(), good.replace("6000", "777")).unwrap();
        metric(&worker, "push_rate_limit", &[("app", "chat"), ("what", "limit")], |limit| limit == 777.0).await;
        metric(&worker, "push_settings_reload_failed", &[], |failed| failed == 0.0).await;
        done.send_replace(true);
    };
    let ((), jobs) = tokio::join!(edit, load(&stage, stop));
    assert!(jobs >= 20, "there was load: {jobs} jobs");
    assert!(!worker.log().unwrap().contains(SECRET), "a secret in the log");
    metric(&worker, "push_settings_reloads_total", &[("result", "refused")], |count| count >= 10.0).await;
    fs::remove_dir_all(secrets).unwrap();
    stage.judge().await;
}

/// Writes the file and waits for the complaint.
async fn refused(worker: &Worker, text: &str, key: &str) {
    let complaints = || worker.log().unwrap().matches("changed settings refused").count();
    let before = complaints();
    fs::write(worker.settings_path(), text).unwrap();
    let complained = || async {
        let log = worker.log().ok()?;
        let lines = log.lines().filter(|line| line.contains("changed settings refused")).skip(before);
        lines.filter(|line| line.contains(&format!("{key}\""))).find(|line| line.contains(r#""rule":"#)).map(drop)
    };
    let found = push_stack::until("the complaint", PATIENCE, complained).await;
    assert!(found.is_ok(), "{key}: no complaint");
    metric(worker, "push_settings_reload_failed", &[], |failed| failed == 1.0).await;
}

/// Publishes and settles jobs until told to stop; returns how many.
async fn load(stage: &Stage, stop: watch::Receiver<bool>) -> usize {
    let mut round = 0;
    while !*stop.borrow() {
        let jobs: Vec<_> =
            (0..20).map(|n| stage.job("chat.direct", &format!("load-{round}-{n}")).vendor("huawei")).collect();
        stage.publish_all(&jobs).await;
        for n in 0..20 {
            assert_eq!(stage.settled(&format!("load-{round}-{n}"), 1).await[&0], "accepted");
        }
        round += 1;
    }
    round * 20
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_miss_a_file_are_taken_over_when_it_comes() {
    let stage = Stage::shared().await;
    let news = json!({"vendor": "huawei", "app": "news", "client_id": "103", "client_secret": "news-secret", "project_id": "p103", "granted": CATEGORIES});
    stage.sim.register(&news).await.unwrap();
    let secrets = scratch_dir("secrets").unwrap();
    fs::write(secrets.join("chat"), "chat-secret\n").unwrap();
    let chat = section(&stage, &secrets, "chat", "101");
    let worker = stage.worker("huawei", &chat).env("PUSH__WORKER__WATCH_MS", "50").start().unwrap();
    stage.ready(&worker).await;
    refused(&worker, &(chat + &section(&stage, &secrets, "news", "103")), "apps.news.huawei.client_secret_file").await;
    fs::write(secrets.join("news"), "news-secret\n").unwrap();
    worker.logged("settings taken over", PATIENCE).await.unwrap();
    metric(&worker, "push_settings_reload_failed", &[], |failed| failed == 0.0).await;
    // Its queues are declared and consumed without a restart.
    let queue = format!("{}push.jobs.huawei.normal.news", stage.prefix);
    metric(&worker, "push_prefetch", &[("queue", &queue)], |prefetch| prefetch >= 1.0).await;
    stage.publish(&stage.job("chat.direct", "first").vendor("huawei").app("news")).await;
    assert_eq!(stage.settled("first", 1).await[&0], "accepted");
    let complaints = worker.log().unwrap().matches("changed settings refused").count();
    assert!(complaints <= 2, "one complaint for an edit, one more if it was read half written: {complaints}");
    fs::remove_dir_all(secrets).unwrap();
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_is_added_is_served_without_a_restart() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("single").env("PUSH__WORKER__WATCH_MS", "100").start().unwrap();
    stage.ready(&worker).await;
    let good = fs::read_to_string(worker.settings_path()).unwrap();
    // Its queues come and are consumed.
    let section = good.split("[apps.").find(|part| part.starts_with("chat.")).unwrap();
    let news = format!(
        "{good}\n[apps.{}app_secret_file = 'news-secret'\n",
        section.replacen("chat.", "news.", 1).replace("p-chat", "p-news")
    );
    let registered = json!({"vendor": "parcel", "app": "news", "app_id": "p-news", "app_secret": "chat-secret"});
    stage.sim.register(&registered).await.unwrap();
    fs::write(worker.settings_path().with_file_name("news-secret"), "chat-secret\n").unwrap();
    fs::write(worker.settings_path(), news).unwrap();
    worker.logged("settings taken over", PATIENCE).await.unwrap();
    let queue = format!("{}push.jobs.parcel.normal.news", stage.prefix);
    metric(&worker, "push_prefetch", &[("queue", &queue)], |value| value >= 1.0).await;
    stage.publish(&stage.job("chat.direct", "new-app").app("news")).await;
    assert_eq!(stage.settled("new-app", 1).await[&0], "accepted");
    stage.judge().await;
}
