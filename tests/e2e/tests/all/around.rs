//! Bad surroundings: brokers and stores that are slow, full or silent, queues and settings that somebody spoilt.

use std::{fs, process::Command, time::Duration};

use push_e2e::{PATIENCE, Stage};
use push_stack::{Mode, Options, Proxy, Worker, until};
use push_testkit::jobs::JobBuilder;

fn chats(stage: &Stage, name: &str, count: usize) -> Vec<JobBuilder> {
    (0..count).map(|n| stage.job("chat.direct", &format!("{name}-{n}"))).collect()
}

async fn metric_reaches(worker: &Worker, name: &str, labels: &[(&str, &str)], wanted: f64) {
    let what = format!("{name}{labels:?} reaches {wanted}");
    let look = || async { worker.metric(name, labels).await.ok().filter(|value| *value >= wanted) };
    until(&what, PATIENCE, look).await.unwrap();
}

async fn metric_is(worker: &Worker, name: &str, wanted: f64) {
    let look = || async { worker.metric(name, &[]).await.ok().filter(|value| (*value - wanted).abs() < 0.5) };
    until(&format!("{name} is {wanted}"), PATIENCE, look).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_without_a_queue_are_counted_and_stop_nobody() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("single").start().unwrap();
    stage.ready(&worker).await;
    stage.publish_all(&chats(&stage, "before", 50)).await;
    stage.all_settled(50, PATIENCE).await;
    stage.client.delete_queue("push.receipts").await.unwrap();
    stage.client.delete_queue("push.receipts.log").await.unwrap();
    stage.publish_all(&chats(&stage, "after", 50)).await;
    metric_reaches(&worker, "push_receipts_returned_total", &[], 50.0).await;
    metric_reaches(&worker, "push_jobs_settled_total", &[], 100.0).await;
    for lane in ["high", "normal", "low"] {
        stage.client.wait_count(&format!("push.jobs.parcel.{lane}.chat"), PATIENCE, |left| left == 0).await.unwrap();
    }
    let summary = stage.verdict(&["parcel"]).await;
    assert_eq!((summary.lost, summary.doubled), (50, 0), "only the receipts of the second half are missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_short_of_memory_pauses_and_loses_nothing() {
    let stage = Stage::own(Options::default()).await;
    let worker = stage.parcel("single").env("PUSH__WORKER__CALLS_IN_FLIGHT", "8").start().unwrap();
    stage.ready(&worker).await;
    // Slow enough that there is work left, and receipts to publish, when the alarm comes.
    stage.sim.fault(&serde_json::json!({"vendor": "parcel", "fault": {"do": "delay", "ms": 50}})).await.unwrap();
    stage.publish_all(&chats(&stage, "alarm", 2000)).await;
    stage.sim_wait("parcel", "accepted", 20).await;
    stage.servers().broker().memory_alarm(true).await.unwrap();
    metric_is(&worker, "push_amqp_blocked", 1.0).await;
    assert_eq!(worker.admin("/healthz").await.unwrap().0, 200);
    stage.servers().broker().memory_alarm(false).await.unwrap();
    metric_is(&worker, "push_amqp_blocked", 0.0).await;
    stage.all_settled(2000, 3 * PATIENCE).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_store_slows_and_doubles_nothing() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().redis_url()).await.unwrap();
    let slow = Duration::from_millis(150);
    proxy.set(Mode::Delay { to_server: slow, to_client: slow });
    let worker = stage.parcel("list").redis(&proxy.url_for(stage.servers().redis_url())).start().unwrap();
    stage.ready(&worker).await;
    let mut jobs = chats(&stage, "slow", 300);
    jobs.extend((0..100).map(|n| stage.job("marketing", &format!("ad-{n}"))));
    stage.publish_all(&jobs).await;
    stage.all_settled(400, 2 * PATIENCE).await;
    let summary = stage.judge().await;
    assert_eq!(summary.outcomes["parcel"]["accepted"], 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_never_answers_holds_up_what_must_not_double_and_nothing_else() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().redis_url()).await.unwrap();
    let worker = stage
        .parcel("single")
        .redis(&proxy.url_for(stage.servers().redis_url()))
        .env("PUSH__REDIS__TIMEOUT_MS", "200")
        .start()
        .unwrap();
    stage.ready(&worker).await;
    metric_is(&worker, "push_store_up", 1.0).await;
    proxy.set(Mode::Blackhole);
    let at = push_e2e::now();
    stage.publish(&stage.job("marketing", "ad")).await;
    stage.publish_all(&chats(&stage, "dark", 50)).await;
    for n in 0..50 {
        assert_eq!(stage.settled(&format!("dark-{n}"), 1).await[&0], "accepted");
    }
    assert!(stage.receipts.outcomes("ad").is_empty() && stage.accepted("ad").await.is_empty());
    proxy.set(Mode::Pass);
    proxy.cut();
    assert_eq!(stage.settled("ad", 1).await[&0], "accepted");
    stage.fault("store_down", at);
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_never_answers_is_tried_again_until_it_does() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    proxy.set(Mode::Blackhole);
    let worker = stage
        .parcel("single")
        .amqp(&proxy.url_for(stage.servers().amqp_url()))
        .env("PUSH__AMQP__TIMEOUT_MS", "1000")
        .env("PUSH__AMQP__HEARTBEAT_S", "4")
        .start()
        .unwrap();
    metric_reaches(&worker, "push_amqp_connects_total", &[("result", "failed")], 2.0).await;
    assert_eq!(worker.admin("/healthz").await.unwrap().0, 200, "a dead broker is no reason to kill the worker");
    assert_eq!(worker.admin("/readyz").await.unwrap().0, 503);
    proxy.set(Mode::Pass);
    proxy.cut();
    stage.ready(&worker).await;
    stage.publish_all(&chats(&stage, "first", 200)).await;
    stage.all_settled(200, PATIENCE).await;
    // And in the middle of work: the session is given up, the next one settles the rest.
    let at = push_e2e::now();
    stage.sim.fault(&serde_json::json!({"vendor": "parcel", "fault": {"do": "delay", "ms": 20}})).await.unwrap();
    stage.publish_all(&chats(&stage, "second", 1500)).await;
    stage.sim_wait("parcel", "accepted", 250).await;
    proxy.set(Mode::Blackhole);
    worker.logged("broker connection lost", PATIENCE).await.unwrap();
    proxy.set(Mode::Pass);
    proxy.cut();
    stage.fault("conn", at);
    stage.all_settled(1700, 3 * PATIENCE).await;
    stage.fault("conn", at);
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_settings_are_refused_and_good_ones_taken_over_under_load() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("single").env("PUSH__WORKER__WATCH_MS", "100").start().unwrap();
    stage.ready(&worker).await;
    let good = fs::read_to_string(worker.settings_path()).unwrap();
    stage.publish_all(&chats(&stage, "one", 500)).await;
    fs::write(worker.settings_path(), good.replace("rate_per_second = 100000", "rate_per_second = 'fast'")).unwrap();
    let line = worker.logged("changed settings refused", PATIENCE).await.unwrap();
    assert!(line.contains("rate_per_second"), "{line}");
    metric_is(&worker, "push_settings_reload_failed", 1.0).await;
    stage.publish_all(&chats(&stage, "two", 500)).await;
    stage.all_settled(1000, PATIENCE).await;
    // A good file again, with one more app: its queues come and are consumed without a restart.
    let section = good.split("[apps.").find(|part| part.starts_with("chat.")).unwrap();
    let news = format!(
        "{good}\n[apps.{}app_secret_file = 'news-secret'\n",
        section.replacen("chat.", "news.", 1).replace("p-chat", "p-news")
    );
    let registered =
        serde_json::json!({"vendor": "parcel", "app": "news", "app_id": "p-news", "app_secret": "chat-secret"});
    stage.sim.register(&registered).await.unwrap();
    fs::write(worker.settings_path().with_file_name("news-secret"), "chat-secret\n").unwrap();
    fs::write(worker.settings_path(), news).unwrap();
    worker.logged("settings taken over", PATIENCE).await.unwrap();
    metric_is(&worker, "push_settings_reload_failed", 0.0).await;
    let queue = format!("{}push.jobs.parcel.normal.news", stage.prefix);
    metric_reaches(&worker, "push_prefetch", &[("queue", &queue)], 1.0).await;
    stage.publish(&stage.job("chat.direct", "new-app").app("news")).await;
    assert_eq!(stage.settled("new-app", 1).await[&0], "accepted");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_end_the_start_with_64_key_and_rule() {
    let stage = Stage::shared().await;
    let app = "[apps.chat.parcel]\napp_id = 'p-chat'\n";
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    for (settings, key) in [
        (String::new(), "apps.<app>.parcel"),
        (format!("{app}app_secret = 'plain'\n"), "apps.chat.parcel.app_secret"),
        (format!("{app}app_secret_file = 'missing'\n"), "apps.chat.parcel.app_secret_file"),
        (format!("{app}colour = 'red'\n"), "apps.chat.parcel.colour"),
        (format!("{app}calls = 'both'\n"), "apps.chat.parcel.calls"),
        (format!("{app}\n[amqp]\nprefetch = 0\n"), "amqp.prefetch"),
        (format!("{app}\n[amqp]\nprefech = 7\n"), "amqp.prefech"),
        (format!("{app}\n[worker]\naim = 2.0\n"), "worker.aim"),
        (format!("{app}\n[breaker]\nshare = 'half'\n"), "breaker.share"),
        (format!("{app}\n[log]\nformat = 'xml'\n"), "log.format"),
        ("[apps".to_owned(), "settings.toml"),
    ] {
        let mut worker = stage.worker("parcel", &settings);
        if settings.contains("colour") || settings.contains("calls") {
            worker = worker.env("PUSH__APPS__CHAT__PARCEL__APP_SECRET", "plain");
        }
        let worker = worker.start().unwrap();
        let status = worker.wait(PATIENCE).await.unwrap();
        let log = worker.log().unwrap();
        assert_eq!(status.code(), Some(64), "{settings}: {log}");
        assert!(log.contains(key) && !log.contains("plain"), "{settings}: {log}");
    }
    let worker = stage.parcel("single").admin_port(taken.local_addr().unwrap().port()).start().unwrap();
    assert_eq!(worker.wait(PATIENCE).await.unwrap().code(), Some(64));
    assert!(worker.log().unwrap().contains("admin.listen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn promtool_accepts_the_metrics_of_a_busy_worker() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().start().unwrap();
    stage.ready(&worker).await;
    let jobs: Vec<_> = chats(&stage, "m", 50).into_iter().map(|job| job.vendor("huawei")).collect();
    stage.publish_all(&jobs).await;
    stage.all_settled(50, PATIENCE).await;
    let file = push_stack::scratch_dir("metrics").unwrap().join("metrics.txt");
    fs::write(&file, worker.metrics().await.unwrap()).unwrap();
    let checked = Command::new("promtool").args(["check", "metrics"]).stdin(fs::File::open(&file).unwrap()).output();
    let checked = checked.expect("promtool, which make setup installs");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned() + &String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.trim().is_empty(), "{said}");
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
    stage.judge().await;
}
