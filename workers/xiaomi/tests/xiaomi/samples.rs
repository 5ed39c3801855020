//! The sample requests of sections 4.1 and 4.2, the vector of section 3, and what a request is.

use std::{collections::BTreeMap, time::Duration};

use push_contract::App;
use push_testkit::{form, jobs::JobBuilder};
use serde_json::{Value, json};

use crate::support::{SECRET, app, call, chat, field, fields, job, later, sent};

/// What is sent, beside the sample. Ids are ours; samples of notifications without a job key get one.
fn compare(app: &dyn App, job: &JobBuilder, sample: &str) {
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    let mut wanted: BTreeMap<String, String> = sample.lines().map(|line| pair(line.trim())).collect();
    let mut sent = sent(app, job);
    if wanted["pass_through"] == "0" {
        wanted.remove("extra.jobkey");
        assert!(sent.remove("extra.jobkey").is_some_and(|key| key.len() == 12));
        assert!(wanted.remove("notify_id").is_some());
        assert!(sent.remove("notify_id").is_some_and(|id| id.parse::<i32>().is_ok()));
    }
    assert_eq!(sent, wanted);
}

/// Settings of the samples: data bare, and the callback of theirs.
fn like_the_samples(more: &Value) -> Box<dyn App> {
    let base = json!({ "data_key": "" });
    app(&push_testkit::settings::overlaid(base, more))
}

fn intent(text: &str) -> Value {
    json!({ "action": "intent", "intent": text })
}

#[test]
fn a_chat_message() {
    let click = intent("intent:#Intent;component=com.example.chat/.PushActivity;S.cid=c_1001;end");
    let job = job("chat.direct").id("job-7f31").tokens(["REG_A"]).title("Alice").body("See you at eight");
    let job = job.notify("click", click).data(r#"{"cid":"c_1001","mid":"88","t":"msg"}"#);
    let app = like_the_samples(&json!({ "callback_url": "https://push.example.com/receipt/xiaomi" }));
    compare(
        app.as_ref(),
        &job,
        r#"registration_id=REG_A
        restricted_package_name=com.example.chat
        pass_through=0
        title=Alice
        description=See you at eight
        payload={"cid":"c_1001","mid":"88","t":"msg"}
        notify_type=-1
        notify_id=88
        time_to_live=86400000
        extra.channel_id=138001
        extra.template_id=T100023
        extra.template_param={"sender":"Alice","text":"See you at eight"}
        extra.notify_effect=2
        extra.intent_uri=intent:#Intent;component=com.example.chat/.PushActivity;S.cid=c_1001;end
        extra.callback=https://push.example.com/receipt/xiaomi
        extra.callback.param=job-7f31
        extra.callback.type=1267"#,
    );
}

#[test]
fn b_call_invitation() {
    let click = intent("intent:#Intent;component=com.example.chat/.CallActivity;S.call=5511;end");
    let job = job("call.invite").tokens(["REG_A"]).title("Alice").body("Incoming video call").notify("click", click);
    let job = job.data(r#"{"t":"call","call":"5511"}"#).expires_at(later(30));
    compare(
        like_the_samples(&json!({})).as_ref(),
        &job,
        r#"registration_id=REG_A
        restricted_package_name=com.example.chat
        pass_through=0
        title=Alice
        description=Incoming video call
        payload={"t":"call","call":"5511"}
        notify_type=-1
        notify_id=5511
        time_to_live=30000
        extra.channel_id=138002
        extra.template_id=T100024
        extra.template_param={"caller":"Alice"}
        extra.notify_effect=2
        extra.intent_uri=intent:#Intent;component=com.example.chat/.CallActivity;S.call=5511;end"#,
    );
}

#[test]
fn c_data_message() {
    let job = job("chat.direct").tokens(["REG_A"]).data(r#"{"op":"sync","v":12}"#).expires_at(later(600));
    compare(
        like_the_samples(&json!({ "pass_through": true })).as_ref(),
        &job,
        r#"registration_id=REG_A
        restricted_package_name=com.example.chat
        pass_through=1
        payload={"op":"sync","v":12}
        time_to_live=600000
        extra.channel_id=138001"#,
    );
}

#[test]
fn d_marketing() {
    let click = json!({ "action": "url", "url": "https://www.example.com/sale" });
    let job = job("marketing").id("camp-42").tokens(["REG_A", "REG_B", "REG_C"]).title("Weekend offer");
    let job = job.body("20% off until Sunday").notify("click", click);
    let app = like_the_samples(&json!({ "callback_url": "https://push.example.com/receipt/xiaomi" }));
    compare(
        app.as_ref(),
        &job,
        "registration_id=REG_A,REG_B,REG_C
        restricted_package_name=com.example.chat
        pass_through=0
        title=Weekend offer
        description=20% off until Sunday
        notify_type=-1
        notify_id=20261120
        time_to_live=43200000
        extra.channel_id=138010
        extra.notify_effect=3
        extra.web_uri=https://www.example.com/sale
        extra.jobkey=sale20261120
        extra.callback=https://push.example.com/receipt/xiaomi
        extra.callback.param=camp-42
        extra.callback.type=1267",
    );
}

#[test]
fn different_messages_in_one_call() {
    let one = |id: &str, token: &str, title: &str, body: &str, cid: &str| {
        job("chat.direct").id(id).tokens([token]).title(title).body(body).data(cid).build()
    };
    let jobs = [
        one("job-7f31", "REG_A", "Alice", "hi", r#"{"cid":"c_1001"}"#),
        one("job-7f32", "REG_B", "Bob", "hello", r#"{"cid":"c_1002"}"#),
    ];
    let app = like_the_samples(&json!({ "callback_url": "https://push.example.com/receipt/xiaomi" }));
    let call = call(app.as_ref(), &jobs, Duration::ZERO);
    assert_eq!((call.api, call.commits), ("multi", true));
    assert_eq!(call.request.uri(), "https://api.xmpush.xiaomi.com/v2/multi_messages/regids");
    let form = fields(&call);
    assert_eq!(form["time_to_send"], "0");
    // The sample of section 4.2; its first element, which has no callback there, has it here.
    let sample = r#"[{"target":"REG_A","message":{"title":"Alice","description":"hi","payload":"{\"cid\":\"c_1001\"}","notify_type":-1,"notify_id":88,"pass_through":0,"restricted_package_name":"com.example.chat","time_to_live":86400000,"extra":{"channel_id":"138001","template_id":"T100023","template_param":"{\"sender\":\"Alice\",\"text\":\"hi\"}","notify_effect":"1","callback":"https://push.example.com/receipt/xiaomi","callback.param":"job-7f31","callback.type":"1267"}}},
 {"target":"REG_B","message":{"title":"Bob","description":"hello","payload":"{\"cid\":\"c_1002\"}","notify_type":-1,"notify_id":89,"pass_through":0,"restricted_package_name":"com.example.chat","time_to_live":86400000,"extra":{"channel_id":"138001","template_id":"T100023","template_param":"{\"sender\":\"Bob\",\"text\":\"hello\"}","notify_effect":"1","callback":"https://push.example.com/receipt/xiaomi","callback.param":"job-7f32","callback.type":"1267"}}}]"#;
    let mut sent: Value = serde_json::from_str(&form["messages"]).unwrap();
    let mut wanted: Value = serde_json::from_str(sample).unwrap();
    for element in wanted.as_array_mut().unwrap() {
        assert!(element["message"].as_object_mut().unwrap().remove("notify_id").is_some());
    }
    for element in sent.as_array_mut().unwrap() {
        assert!(element["message"].as_object_mut().unwrap().remove("notify_id").is_some());
        assert!(element["message"]["extra"].as_object_mut().unwrap().remove("jobkey").is_some());
    }
    assert_eq!(sent, wanted);
}

#[test]
fn the_vector_of_the_form() {
    let job = job("chat.direct").tokens(["reg+A/1=="]).title("Alice").body("晚上一起吃饭吗? 100%");
    let job = job.data(r#"{"cid":"c_1001","mid":"88","t":"msg"}"#).build();
    let call = call(like_the_samples(&json!({})).as_ref(), &[job], Duration::ZERO);
    let body = str::from_utf8(call.request.body()).unwrap();
    let vector = "registration_id=reg%2BA%2F1%3D%3D&description=%E6%99%9A%E4%B8%8A%E4%B8%80%E8%B5%B7%E5%90%83%E9%A5%AD%E5%90%97%3F+100%25&payload=%7B%22cid%22%3A%22c_1001%22%2C%22mid%22%3A%2288%22%2C%22t%22%3A%22msg%22%7D";
    for pair in vector.split('&') {
        assert!(body.split('&').any(|sent| sent == pair), "{pair} is not in {body}");
    }
    assert_eq!(form::fields(body).find(|(name, _)| name == "registration_id").unwrap().1, "reg+A/1==");
}

#[test]
fn every_call_is_a_form_with_the_secret_verbatim_in_a_header() {
    let chat = chat().build();
    for (settings, address) in [
        (json!({}), "https://api.xmpush.xiaomi.com/v3/message/regid"),
        (json!({ "api_version": "v2" }), "https://api.xmpush.xiaomi.com/v2/message/regid"),
        (json!({ "api_version": "v4" }), "https://api.xmpush.xiaomi.com/v4/message/regid"),
        (json!({ "region": "ru" }), "https://ru-api.xmpush.global.xiaomi.com/v3/message/regid"),
        (json!({ "region": "in" }), "https://idmb-api.xmpush.global.xiaomi.com/v3/message/regid"),
        (json!({ "region": "eu" }), "https://fr-api.xmpush.global.xiaomi.com/v3/message/regid"),
        (json!({ "region": "sg" }), "https://sgp-api.xmpush.global.xiaomi.com/v3/message/regid"),
        (json!({ "region": "sg", "sg_url": "http://127.0.0.1:9/x/" }), "http://127.0.0.1:9/x/v3/message/regid"),
    ] {
        let call = call(app(&settings).as_ref(), std::slice::from_ref(&chat), Duration::ZERO);
        assert_eq!((call.request.uri().to_string().as_str(), call.request.method().as_str()), (address, "POST"));
        let headers = call.request.headers();
        assert_eq!(headers["authorization"], format!("key={SECRET}"));
        assert_eq!(headers["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
        assert!(!format!("{call:?} {:?}", call.request).contains(SECRET));
    }
}

#[test]
fn ids_come_from_the_job() {
    let app = app(&json!({}));
    let ids = |job: &JobBuilder| (field(app.as_ref(), job, "notify_id"), field(app.as_ref(), job, "extra.jobkey"));
    assert_eq!(ids(&chat()), ids(&chat().title("Han Meimei")));
    assert_ne!(ids(&chat()), ids(&chat().id("job-2")));
    assert_eq!(ids(&chat()).1.unwrap().len(), 12);
}
