//! What a human must renew is said in time: by `--check-config`, the log and the metric that the alert reads.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use push_e2e::{PATIENCE, Stage};
use push_stack::scratch_dir;
use rcgen::{CertificateParams, KeyPair};

use super::{metric, run};

const APNS: &str = "[apps.chat.apns]\nauth = 'certificate'\nbundle_id = 'com.example.chat'\n";

fn now_secs() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// A certificate that ends then, and its key.
fn certificate(end_secs: u64, key: &KeyPair) -> String {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = (SystemTime::UNIX_EPOCH + Duration::from_secs(end_secs)).into();
    params.self_signed(key).unwrap().pem() + &key.serialize_pem()
}

/// What `--check-config` says of an app with this file as its certificate.
async fn checked(pem: &str) -> (Option<i32>, String) {
    let dir = scratch_dir("certificate").unwrap();
    let file = write(&dir, pem);
    let said = run("apns", &["--check-config"], &format!("{APNS}certificate_file = '{file}'\n"), &[], "").await;
    fs::remove_dir_all(dir).unwrap();
    assert!(!said.1.contains("PRIVATE KEY"), "{}", said.1);
    said
}

fn write(dir: &Path, pem: &str) -> String {
    let file = dir.join("app.pem");
    fs::write(&file, pem).unwrap();
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_config_warns_of_a_certificate_that_ends_and_refuses_one_of_another_key() {
    let (day, key) = (24 * 3600, KeyPair::generate().unwrap());
    let (code, said) = checked(&certificate(now_secs() + 60 * day, &key)).await;
    assert!(code == Some(0) && !said.contains("warning"), "{said}");
    let (code, said) = checked(&certificate(now_secs() + 10 * day, &key)).await;
    assert!(code == Some(0) && said.contains("warning: apps.chat.apns.certificate: ends at "), "{said}");
    let (code, said) = checked(&certificate(now_secs() - day, &key)).await;
    assert!(code == Some(0) && said.contains("warning: apps.chat.apns.certificate: ended at "), "{said}");

    let other = KeyPair::generate().unwrap().serialize_pem();
    let strangers = certificate(now_secs() + 60 * day, &key).replace(&key.serialize_pem(), &other);
    let (code, said) = checked(&strangers).await;
    assert!(code == Some(64) && said.contains("apps.chat.apns.certificate = (secret)"), "{code:?} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metric_follows_the_file_and_the_rights() {
    let stage = Stage::shared().await;
    let (dir, key, year) = (scratch_dir("certificate").unwrap(), KeyPair::generate().unwrap(), 365 * 24 * 3600);
    let (old, new) = (now_secs() + 1000, now_secs() + year);
    let file = write(&dir, &certificate(old, &key));
    let settings = format!(
        "{APNS}certificate_file = '{file}'\ncritical = {{ granted = true, until = '2096-01-01T00:00:00Z' }}\n[apps.news.apns]\nauth = 'certificate'\nbundle_id = 'com.example.news'\ncertificate_file = '{file}'\n"
    );
    let worker = stage.worker("apns", &settings).env("PUSH__WORKER__WATCH_MS", "50").start().unwrap();
    stage.ready(&worker).await;
    worker.logged("apps.chat.apns.certificate: ends at ", PATIENCE).await.unwrap();
    let name = "push_renew_by_timestamp_seconds";
    metric(&worker, name, &[("app", "chat"), ("what", "certificate")], |end| end == old as f64).await;
    metric(&worker, name, &[("app", "chat"), ("what", "critical")], |end| end > new as f64).await;

    // A new certificate, and an app that is taken away: an alert about either ends.
    fs::write(&file, certificate(new, &key)).unwrap();
    metric(&worker, name, &[("app", "chat"), ("what", "certificate")], |end| end == new as f64).await;
    fs::write(worker.settings_path(), format!("{APNS}certificate_file = '{file}'\n")).unwrap();
    let gone = || async {
        let text = worker.metrics().await.ok()?;
        let left = text.lines().filter(|line| line.starts_with(name)).collect::<Vec<_>>();
        matches!(left.as_slice(), [one] if one.contains("\"certificate\"") && one.contains("\"chat\"")).then_some(())
    };
    push_stack::until("the right and the app to be gone", PATIENCE, gone).await.unwrap();
    fs::remove_dir_all(dir).unwrap();
    stage.judge().await;
}
