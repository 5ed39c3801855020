//! What Prometheus reads.

use std::{fs, process::Command};

use push_e2e::{PATIENCE, Stage};

use super::chats;

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
