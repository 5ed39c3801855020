//! The sample requests of section 4.1, and what a request is.

use std::time::Duration;

use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{ID, app, call, field, job, later, message};

/// What is sent, without the derived ids, beside the sample without its own and without vendor defaults that it states.
/// The phone is always told to compare the id.
fn compare(settings: &Value, job: &JobBuilder, sample: &str) {
    let mut sent = message(app(settings).as_ref(), &job.build());
    let mut wanted: Value = serde_json::from_str(sample).unwrap();
    wanted["verify_registration_id"] = json!(true);
    assert_eq!(sent["notification"].get("notify_id").is_some(), wanted["notification"].get("notify_id").is_some());
    for message in [&mut sent, &mut wanted] {
        let notification = message["notification"].as_object_mut().unwrap();
        assert!(notification.remove("app_message_id").is_some());
        notification.remove("notify_id");
        if notification.get("style") == Some(&json!(1)) {
            notification.remove("style");
        }
    }
    assert_eq!(sent, wanted);
}

#[test]
fn a_chat_message() {
    let click = json!({ "action": "activity", "activity": "com.example.chat.PushActivity" });
    let job = job("chat.direct").id("job-7f31").tokens([ID]).title("Alice").body("See you at eight");
    let job = job.notify("click", click).data(r#"{"cid":"c_1001","mid":"88"}"#);
    let settings = json!({ "data_key": "", "callback_url": "https://push.example.com/receipt/oppo" });
    let sample = r#"{"target_type":2,"target_value":"OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe","verify_registration_id":true,"notification":{"app_message_id":"c_1001-88","title":"Alice","content":"See you at eight","click_action_type":4,"click_action_activity":"com.example.chat.PushActivity","action_parameters":"{\"cid\":\"c_1001\",\"mid\":\"88\"}","off_line":true,"off_line_ttl":86400,"channel_id":"chat_msg","category":"IM","notify_level":2,"private_msg_template_id":"TPL0001","private_title_parameters":{"sender":"Alice"},"private_content_parameters":{"text":"See you at eight"},"call_back_url":"https://push.example.com/receipt/oppo","call_back_parameter":"job-7f31"}}"#;
    compare(&settings, &job, sample);
}

#[test]
fn b_call_invitation() {
    let click = json!({ "action": "intent", "intent": "intent:#Intent;component=com.example.chat/.CallActivity;S.call=5511;end" });
    let job = job("call.invite").tokens([ID]).title("Alice").body("Incoming video call").notify("click", click);
    let job = job.notify("channel", "call").expires_at(later(30)).collapse("5511", None);
    let settings = json!({ "templates": { "call.invite": {
        "id": "TPL0002", "title": { "caller": "{title}" }, "content": { "kind": "video" },
    } } });
    let sample = r#"{"target_type":2,"target_value":"OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe","verify_registration_id":true,"notification":{"app_message_id":"call-5511","notify_id":5511,"title":"Alice","content":"Incoming video call","click_action_type":5,"click_action_url":"intent:#Intent;component=com.example.chat/.CallActivity;S.call=5511;end","off_line":true,"off_line_ttl":30,"show_ttl":60,"channel_id":"call","category":"IM","notify_level":16,"private_msg_template_id":"TPL0002","private_title_parameters":{"caller":"Alice"},"private_content_parameters":{"kind":"video"}}}"#;
    compare(&settings, &job, sample);
    compare(
        &json!({ "strong_reminder": [], "templates": settings["templates"] }),
        &job,
        &sample.replace(":16,", ":2,"),
    );
}

#[test]
fn d_marketing() {
    let click = json!({ "action": "url", "url": "https://www.example.com/sale" });
    let job = job("marketing").id("camp-42").tokens([ID]).title("Weekend offer").body("20% off until Sunday");
    let job = job.notify("click", click).data(r#"{"from":"push"}"#);
    let settings = json!({
        "data_key": "", "channels": { "MARKETING": "promo" },
        "callback_url": "https://push.example.com/receipt/oppo",
    });
    let sample = r#"{"target_type":2,"target_value":"OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe","notification":{"app_message_id":"camp-42","style":1,"title":"Weekend offer","content":"20% off until Sunday","click_action_type":2,"click_action_url":"https://www.example.com/sale","action_parameters":"{\"from\":\"push\"}","off_line":true,"off_line_ttl":43200,"channel_id":"promo","category":"MARKETING","call_back_url":"https://push.example.com/receipt/oppo","call_back_parameter":"camp-42"}}"#;
    compare(&settings, &job, sample);
}

#[test]
fn every_call_is_a_form_with_the_token_at_its_address() {
    let base = "https://api-push-cn.heytapmobi.com/server/v1/message/notification";
    let one = job("chat.direct").tokens([ID]).title("Li Lei").body("hi & bye +1").build();
    let many = job("chat.group").title("Team").body("hi").targets(3).build();
    let ads = job("marketing").title("Offer").body("hi").targets(3).build();
    for (job, api, commits) in [(&one, "unicast", true), (&many, "unicast_batch", true), (&ads, "save", false)] {
        let call = call(app(&json!({})).as_ref(), job, Duration::ZERO);
        let path = if api == "save" { "save_message_content" } else { api };
        assert_eq!((call.api, call.commits), (api, commits));
        assert_eq!(call.request.uri(), format!("{base}/{path}").as_str());
        assert_eq!(call.request.headers()["content-type"], "application/x-www-form-urlencoded");
        assert!(call.request.body().starts_with(b"auth_token=token-of-the-test&"));
        assert!(!format!("{call:?}").contains("token-of-the-test"));
    }
    let body = call(app(&json!({})).as_ref(), &one, Duration::ZERO).request.body().clone();
    assert!(str::from_utf8(&body).unwrap().contains("hi+%26+bye+%2B1"), "{body:?}");
    let old = json!({ "cn_url": "https://api.push.oppomobile.com/" });
    let old = call(app(&old).as_ref(), &one, Duration::ZERO);
    assert_eq!(old.request.uri(), "https://api.push.oppomobile.com/server/v1/message/notification/unicast");
    let host = |id: &str| {
        let job = job("chat.direct").tokens([id]).title("Li Lei").body("hi").build();
        call(app(&json!({})).as_ref(), &job, Duration::ZERO).request.uri().host().map(str::to_owned).unwrap()
    };
    let abroad = "OPPO_IN_b6bbd94b59cdb5df8391642c1509b7fe";
    assert_eq!([host(ID), host(abroad)], ["api-push-cn.heytapmobi.com", "api-intl.push.oppomobile.com"]);
}

#[test]
fn a_saved_content_is_flat() {
    let ads = job("marketing").title("Offer").body("hi").targets(2).data(r#"{"a":1}"#).build();
    let call = call(app(&json!({})).as_ref(), &ads, Duration::ZERO);
    let read = |name: &str| field(&call, name);
    assert_eq!(read("off_line").as_deref(), Some("true"));
    assert_eq!(read("off_line_ttl").as_deref(), Some("43200"));
    assert_eq!(read("action_parameters").as_deref(), Some(r#"{"ext":"{\"a\":1}"}"#));
    assert_eq!((read("notification"), read("target_value")), (None, None));
}

#[test]
fn ids_come_from_the_job_and_the_position() {
    let id =
        |job: &JobBuilder| message(app(&json!({})).as_ref(), &job.build())["notification"]["app_message_id"].clone();
    let chat = job("chat.direct").title("Li Lei").body("hi");
    assert_eq!(id(&chat), id(&chat.clone().title("Han Meimei")));
    assert_ne!(id(&chat), id(&chat.clone().id("job-2")));
    let batch = call(app(&json!({})).as_ref(), &chat.targets(2).build(), Duration::ZERO);
    let messages: Vec<Value> = serde_json::from_str(&field(&batch, "messages").unwrap()).unwrap();
    assert_ne!(messages[0]["notification"]["app_message_id"], messages[1]["notification"]["app_message_id"]);
    // What is saved is not what its first phone may get by itself later.
    let ads = job("marketing").title("Offer").body("hi");
    let saved = call(app(&json!({})).as_ref(), &ads.clone().targets(2).build(), Duration::ZERO);
    let single = id(&ads).as_str().map(|id| format!("s{id}"));
    assert_eq!((saved.api, field(&saved, "app_message_id")), ("save", single));
}
