//! A worker dies right after a step of a job, and the next one makes of it what the design says: nothing is lost, what
//! was recorded is never sent again, and only what was claimed and not recorded is repeated or ends `unknown`.

mod account;
mod play;
mod suspect;
mod upgrade;

use push_e2e::Stage;
use push_testkit::jobs::JobBuilder;

use account::{Account, Target};
use play::{Play, play, play_young};

/// Targets of a job, and how many of them are busy when they are asked first: the first ones.
const TARGETS: usize = 10;
const BUSY: usize = 3;

/// How often the vendor was asked about a job: calls, times per target that is never busy, times per busy one.
type Asked = (usize, usize, usize);

/// Where one worker after the other died; how many targets were claimed and not recorded then; what a job that may be
/// repeated came to, and one that must not double.
type Row = (&'static [&'static str], usize, Asked, Asked);

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_finished_whatever_step_its_worker_died_after() {
    let rows: &[Row] = &[
        (&["received"], 0, (2, 1, 2), (2, 1, 2)),
        (&["claimed"], 10, (2, 1, 2), (0, 0, 0)),
        (&["fenced"], 10, (2, 1, 2), (0, 0, 0)),
        (&["written"], 10, (2, 2, 2), (1, 1, 1)),
        (&["decoded"], 10, (2, 2, 2), (1, 1, 1)),
        (&["recorded"], 0, (2, 1, 2), (2, 1, 2)),
        (&["copy_published"], 0, (2, 1, 2), (2, 1, 2)),
        (&["receipt_published"], 0, (2, 1, 2), (2, 1, 2)),
        (&["settled"], 0, (2, 1, 2), (2, 1, 2)),
    ];
    table("list", rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_calls_are_finished_whatever_step_their_worker_died_after() {
    let rows: &[Row] = &[
        (&["received"], 0, (13, 1, 2), (13, 1, 2)),
        (&["claimed"], 10, (13, 1, 2), (0, 0, 0)),
        (&["fenced"], 10, (13, 1, 2), (0, 0, 0)),
        (&["written"], 10, (20, 2, 2), (10, 1, 1)),
        (&["decoded"], 10, (20, 2, 2), (10, 1, 1)),
        (&["recorded"], 0, (13, 1, 2), (13, 1, 2)),
        (&["copy_published"], 0, (13, 1, 2), (13, 1, 2)),
        (&["receipt_published"], 0, (13, 1, 2), (13, 1, 2)),
        (&["settled"], 0, (13, 1, 2), (13, 1, 2)),
    ];
    table("single", rows).await;
}

/// The first worker has recorded ten targets; the second publishes what follows and dies over the three that are
/// repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_finished_when_its_worker_dies_too() {
    let rows: &[Row] = &[
        (&["recorded", "claimed"], 3, (2, 1, 2), (1, 1, 1)),
        (&["recorded", "written"], 3, (3, 1, 3), (2, 1, 2)),
        (&["recorded", "recorded"], 0, (2, 1, 2), (2, 1, 2)),
    ];
    table("list", rows).await;
}

/// With one target a call a claim covers 64 positions at once: only those of the window at the crash are in doubt.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_window_at_the_crash_is_in_doubt() {
    let stage = Stage::shared().await;
    let plays = ["chat", "marketing"].map(|kind| Play::new(kind, &["recorded"], vec![job(&stage, kind, "", 100)]));
    play(&stage, "single", &plays).await;
    for (of, calls) in plays.iter().zip([64 + 36 + BUSY, 64 + BUSY]) {
        let expected = Account::new(calls, &of.jobs[0], |n, busy| {
            let in_doubt = n >= 64;
            let unknown = in_doubt && of.kind == "marketing";
            Target::of(if unknown { 0 } else { 1 + usize::from(busy) }, busy, in_doubt, unknown)
        });
        assert_eq!(Account::of(&stage, &of.jobs[0]).await, expected, "{}", of.app);
    }
    stage.judge().await;
}

/// Two jobs of different producers are in one call when the worker dies.
#[tokio::test(flavor = "multi_thread")]
async fn every_job_of_a_shared_call_is_finished() {
    let rows: &[Row] = &[(&["fenced"], 10, (2, 1, 2), (0, 0, 0)), (&["written"], 10, (2, 2, 2), (1, 1, 1))];
    let stage = Stage::shared().await;
    let plays = plays(&stage, rows, &["-a", "-b"]);
    play(&stage, "gather", &plays).await;
    check(&stage, rows, &plays).await;
    let seen = stage.sim.seen().await.unwrap();
    for app in ["chat-written", "marketing-written"] {
        let call = |job: String| seen.iter().find(|line| line["job"] == job).unwrap()["call"].as_u64();
        assert_eq!(call(format!("{app}-a")), call(format!("{app}-b")), "{app}: not gathered, so nothing was tested");
    }
    stage.judge().await;
}

/// A store born a moment ago cannot tell a redelivered message that was never claimed from one whose claim it lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_young_store_proves_nothing_about_what_was_delivered_before() {
    let rows: &[Row] = &[(&["received"], 10, (2, 1, 2), (0, 0, 0)), (&["recorded"], 3, (2, 1, 2), (1, 1, 1))];
    let stage = Stage::shared().await;
    let plays = plays(&stage, rows, &[""]);
    play_young(&stage, "list", &plays).await;
    check(&stage, rows, &plays).await;
    stage.judge().await;
}

async fn table(calls: &str, rows: &[Row]) {
    let stage = Stage::shared().await;
    let mut plays = plays(&stage, rows, &[""]);
    for play in &mut plays {
        // Every call must have reached the vendor when the first answer is read, so that the numbers are exact.
        play.hold = (calls == "single" && play.crashes == ["written"]).then_some(TARGETS);
    }
    play(&stage, calls, &plays).await;
    check(&stage, rows, &plays).await;
    stage.judge().await;
}

/// A chat job and a marketing job for every row, each of its own app.
fn plays(stage: &Stage, rows: &[Row], suffixes: &[&str]) -> Vec<Play> {
    let both = rows.iter().flat_map(|(crashes, ..)| ["chat", "marketing"].map(|kind| (kind, crashes)));
    both.map(|(kind, crashes)| {
        let jobs = suffixes.iter().map(|suffix| job(stage, kind, &format!("-{}{suffix}", crashes.join("-")), TARGETS));
        Play::new(kind, crashes, jobs.collect())
    })
    .collect()
}

fn job(stage: &Stage, kind: &str, suffix: &str, targets: usize) -> JobBuilder {
    let id = format!("{kind}{suffix}");
    let tokens = (0..targets).map(|n| if n < BUSY { format!("busy-1-{id}-{n}") } else { format!("t-{id}-{n}") });
    stage.job(if kind == "chat" { "chat.group" } else { kind }, &id).tokens(tokens)
}

async fn check(stage: &Stage, rows: &[Row], plays: &[Play]) {
    let mut wrong = String::new();
    for (row, both) in rows.iter().zip(plays.chunks(2)) {
        for (play, asked) in both.iter().zip([row.2, row.3]) {
            for job in &play.jobs {
                let must_not_double = play.kind == "marketing";
                let expected = Account::new(asked.0, job, |_, busy| {
                    let in_doubt = row.1 == TARGETS || busy && row.1 == BUSY;
                    Target::of(if busy { asked.2 } else { asked.1 }, busy, in_doubt, in_doubt && must_not_double)
                });
                let found = Account::of(stage, job).await;
                if found != expected {
                    wrong.push_str(&format!("{}: expected {expected:?}\n  found {found:?}\n", play.app));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
