//! Plays many crashes on one stage: each in an app of its own, so that one worker's end touches no other's job.

use std::os::unix::process::ExitStatusExt;

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Worker, WorkerSpec, until};
use push_testkit::jobs::JobBuilder;
use serde_json::json;

const SIGABRT: i32 = 6;

/// Jobs of one app, and after which of their steps one worker after the other dies.
pub(super) struct Play {
    pub(super) app: String,
    pub(super) kind: &'static str,
    pub(super) crashes: &'static [&'static str],
    pub(super) jobs: Vec<JobBuilder>,
    /// Hold the answers to so many calls until all of them have come.
    pub(super) hold: Option<usize>,
}

impl Play {
    /// The jobs' ids begin with the name of the app.
    pub(super) fn new(kind: &'static str, crashes: &'static [&'static str], jobs: Vec<JobBuilder>) -> Self {
        let app = format!("{kind}-{}", crashes.join("-"));
        let jobs = jobs.into_iter().map(|job| job.app(&app)).collect();
        Self { app, kind, crashes, jobs, hold: None }
    }
}

/// Publishes the jobs, lets the workers die, and returns when one that lives has finished everything. `calls`: see
/// [`Stage::parcel`].
pub(super) async fn play(stage: &Stage, calls: &str, plays: &[Play]) {
    age_the_store(stage).await;
    play_young(stage, calls, plays).await;
}

/// The same with a store that is born when the first worker comes.
pub(super) async fn play_young(stage: &Stage, calls: &str, plays: &[Play]) {
    for play in plays {
        let (id, secret) = (format!("p-{}", play.app), format!("{}-secret", play.app));
        let app = json!({"vendor": "parcel", "app": play.app, "app_id": id, "app_secret": secret, "rights": ["calls"]});
        stage.sim.register(&app).await.unwrap();
    }
    for round in 0..plays.iter().map(|play| play.crashes.len()).max().unwrap_or(0) {
        die(stage, calls, plays, round).await;
    }
    let apps: Vec<&str> = plays.iter().map(|play| play.app.as_str()).collect();
    let worker = worker(stage, calls, &apps).start().unwrap();
    stage.ready(&worker).await;
    for job in plays.iter().flat_map(|play| &play.jobs).map(JobBuilder::value) {
        stage.settled(job["id"].as_str().unwrap(), job["targets"].as_array().unwrap().len()).await;
    }
    quiet(stage, &worker, &apps).await;
}

/// One worker per play, until each has died where it should.
async fn die(stage: &Stage, calls: &str, plays: &[Play], round: usize) {
    let mut dying = Vec::new();
    for play in plays {
        if let Some(step) = play.crashes.get(round) {
            let spec = worker(stage, calls, &[&play.app]).env("PUSH_PROBE", &format!("{step}:abort:{}", play.kind));
            dying.push((play, spec.start().unwrap()));
        }
    }
    if round == 0 {
        for (_, worker) in &dying {
            stage.ready(worker).await;
        }
        let mut held = 0;
        for play in plays {
            if let Some(count) = play.hold {
                let hold = json!({"do": "hold", "accept": "after"});
                let fault = json!({"vendor": "parcel", "app": play.app, "api": "one", "count": count, "fault": hold});
                stage.sim.fault(&fault).await.unwrap();
                held += count;
            }
        }
        let jobs: Vec<JobBuilder> = plays.iter().flat_map(|play| &play.jobs).cloned().collect();
        stage.publish_all(&jobs).await;
        if held > 0 {
            stage.sim_wait("parcel", "held", held as u64).await;
            stage.sim.release(None).await.unwrap();
        }
    }
    for (play, worker) in &dying {
        let status = worker.wait(PATIENCE).await.unwrap_or_else(|error| panic!("{}, round {round}: {error}", play.app));
        assert_eq!(status.signal(), Some(SIGABRT), "{}, round {round}: {status}", play.app);
        stage.fault("kill", now());
    }
}

/// A Parcel worker for these apps alone, whose death is noticed soon.
fn worker(stage: &Stage, calls: &str, apps: &[&str]) -> WorkerSpec {
    let mut settings = String::new();
    for app in apps {
        settings.push_str(&format!(
            "[apps.{app}.parcel]\napp_id = 'p-{app}'\nauth_url = '{0}'\nsend_url = '{0}'\ncalls = '{calls}'\nrights = ['calls']\nrate_per_second = 100000\n",
            stage.sim.url()
        ));
    }
    let spec = stage
        .worker("parcel", &settings)
        .env("PUSH__CLAIMS__FENCE_MS", "500")
        .env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000")
        .env("PUSH__WORKER__GATHER_MS", "1000");
    apps.iter().fold(spec, |spec, app| {
        spec.env(&format!("PUSH__APPS__{}__PARCEL__APP_SECRET", app.to_uppercase()), &format!("{app}-secret"))
    })
}

/// Makes the store an hour old, as any store in service is. A young one proves nothing about a redelivered message
/// without a claim, and a job that must not double would end `unknown` though no call was ever begun.
async fn age_the_store(stage: &Stage) {
    let client = redis::Client::open(stage.servers().redis_url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut redis).await.unwrap();
    let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().trim();
    let born = format!("{}:{}", now() - 3_600_000, &run[..8]);
    let key = format!("{}{{push:parcel}}:meta", stage.prefix);
    let () = redis::cmd("HSET").arg(key).arg(&["run", run, "born", &born]).query_async(&mut redis).await.unwrap();
}

/// Waits until no message waits or is worked on: a late copy could still ask the vendor.
async fn quiet(stage: &Stage, worker: &Worker, apps: &[&str]) {
    let mut queues = [1, 5, 15].map(|seconds| format!("push.wait.parcel.{seconds}s")).to_vec();
    queues.extend(apps.iter().flat_map(|app| ["normal", "low"].map(|lane| format!("push.jobs.parcel.{lane}.{app}"))));
    let nothing_left = || async {
        for queue in &queues {
            if stage.client.count(queue).await.ok()? != Some(0) {
                return None;
            }
        }
        (worker.metric("push_in_work", &[]).await.ok()? == 0.0).then_some(())
    };
    until("every queue is empty and nothing is in work", PATIENCE, nothing_left).await.unwrap();
}
