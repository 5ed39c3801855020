//! Wrong settings end the start with exit code 64, key and rule, before anything is connected, and show no secret.

use push_e2e::{PATIENCE, Stage};

use super::{APP, SECRET, run};

/// Settings that are wrong, and the key that is complained about. The secret stands in all that can hold one.
fn wrong() -> Vec<(String, &'static str)> {
    let with = |text: &str| format!("{APP}{}\n", text.replace("SECRET", SECRET));
    vec![
        (with("[ampq]\nurl = 'amqp://u:SECRET@h/'"), "ampq"),
        (with("[amqp]\nuri = 'amqp://u:SECRET@h/'"), "amqp.uri"),
        (with("[amqp]\nurl = 'http://u:SECRET@h/'"), "amqp.url"),
        (with("[amqp]\nurl = 'amqp://u:SECRET@h:port/'"), "amqp.url"),
        (with("[amqp]\nurl = ['SECRET']"), "amqp.url"),
        (with("[amqp]\nurl_file = 'nowhere'"), "amqp.url_file"),
        (with("[redis]\nurl = 'redisx://:SECRET@h/'"), "redis.url"),
        (with("[redis]\nurl = 'redis://:SECRET@h:port/'"), "redis.url"),
        (with("[redis]\npasword = 'SECRET'"), "redis.pasword"),
        (with("[admin]\nlisten = 'everywhere'"), "admin.listen"),
        (with("[claims]\nafter_loss = 'hope'"), "claims.after_loss"),
        (with("[claims]\nfence_ms = 20000"), "claims.dead_after_ms"),
        (with("client_secrett = 'SECRET'"), "apps.chat.huawei.client_secrett"),
        (with("client_secret = 'SECRET'"), "apps.chat.huawei.client_secret"),
        (with("service_account_file = 'secret'"), "apps.chat.huawei.service_account"),
        (with("send_url = 'push.example'"), "apps.chat.huawei.send_url"),
        (with("categories = ['SECRET']"), "apps.chat.huawei.categories"),
        (with("[apps.shop]\nhuawei = 'SECRET'"), "apps.shop.huawei"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_named_with_key_and_rule_and_without_secrets() {
    for (settings, key) in wrong() {
        for args in [&["--check-config"][..], &[]] {
            let (code, said) = run("huawei", args, &settings, &[], "").await;
            assert_eq!(code, Some(64), "{args:?} {settings}\n{said}");
            assert!(said.starts_with(&format!("settings: {key}")), "{key}: {said}");
            assert!(said.lines().count() == 1 && said.matches(": ").count() >= 2, "key, value and rule: {said}");
            assert!(!said.contains(SECRET), "{key}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_variables_are_named_like_settings() {
    for (name, value, key) in [
        ("PUSH__AMQP__PREFETCH", "many", "amqp.prefetch"),
        ("PUSH__AMQP__PREFECH", "7", "amqp.prefech"),
        ("PUSH__WORKER__AIM__HIGH", "1", "PUSH__WORKER__AIM__HIGH"),
        ("PUSH__", "1", "PUSH__"),
        ("PUSH__APPS__CHAT__HUAWEI__RATE_PER_SECOND", "0", "apps.chat.huawei.rate_per_second"),
        ("PUSH__REDIS__PASSWORT", SECRET, "redis.passwort"),
        ("PUSH_CONFIG", "/nowhere/settings.toml", "PUSH_CONFIG"),
    ] {
        let (code, said) = run("huawei", &[], APP, &[(name, value)], "").await;
        assert_eq!(code, Some(64), "{name}={value}\n{said}");
        assert!(said.starts_with(&format!("settings: {key} = ")), "{name}={value}: {said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_port_that_is_taken_is_named() {
    let stage = Stage::shared().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let worker = stage.parcel("single").admin_port(taken.local_addr().unwrap().port()).start().unwrap();
    assert_eq!(worker.wait(PATIENCE).await.unwrap().code(), Some(64));
    assert!(worker.log().unwrap().contains("admin.listen"));
}
