//! OPPO's rules, one wrong thing at a time (sheet `oppo.md`).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use push_sim::vendors::Oppo;
use push_sim::{Ruling, Simulator, Words};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{NOW, ask, first, json_of, patch, request};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const KEY: &str = "b5ce3b6a4c1d4f2e9a7d0c8f1e2d3c4b";
const SECRET: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
const MESSAGE: &str = "/server/v1/message/notification";

fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&").into_bytes()
}

/// The chat message of section 4.1 (a), but for its call back.
fn chat() -> Value {
    json!({"target_type":2,"target_value":"OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe","verify_registration_id":true,
      "notification":{"app_message_id":"c_1001-88","title":"Alice","content":"See you at eight","click_action_type":4,
        "click_action_activity":"com.example.chat.PushActivity","action_parameters":"{\"ext\":\"{\\\"job\\\":\\\"j1\\\"}\"}",
        "off_line":true,"off_line_ttl":86400,"channel_id":"chat_msg","category":"IM","notify_level":2,
        "private_msg_template_id":"TPL0001","private_title_parameters":{"sender":"Alice"},
        "private_content_parameters":{"text":"See you at eight"}}})
}

/// The marketing message of section 4.1 (d).
fn marketing() -> Value {
    json!({"target_type":2,"target_value":"CN_1","notification":{"app_message_id":"camp-42","style":1,
      "title":"Weekend offer","content":"20% off until Sunday","click_action_type":2,
      "click_action_url":"https://www.example.com/sale","action_parameters":"{\"from\":\"push\"}","off_line":true,
      "off_line_ttl":43200,"channel_id":"promo","category":"MARKETING",
      "call_back_url":"https://push.example.com/receipt/oppo","call_back_parameter":"camp-42"}})
}

struct Chat {
    oppo: Arc<Oppo>,
    token: String,
}

impl Chat {
    fn open() -> Self {
        Self::with(&json!({}))
    }

    fn with(more: &Value) -> Self {
        let oppo = Arc::new(Oppo::default());
        let mut app = json!({"app_key": KEY, "master_secret": SECRET, "app_id": "APP", "granted": ["IM", "ORDER"],
          "strong_reminder": true, "templates": {
            "TPL0001": {"title": ["sender"], "content": ["text"]}, "TPL0003": {"content": ["text"]}}});
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        oppo.register("chat", app).unwrap();
        let ruling = auth(&oppo, &signed(KEY, &NOW.to_string(), SECRET));
        assert_eq!(first(&ruling).code, "0", "{:?}", first(&ruling));
        let answer = json_of(&ruling.answer);
        let token = answer["data"]["auth_token"].as_str().unwrap().to_owned();
        Self { oppo, token }
    }

    fn call(&self, call: &str, fields: &[(&str, &str)]) -> Ruling {
        let mut all = vec![("auth_token", self.token.as_str())];
        all.extend(fields);
        ask(&self.oppo, &format!("{MESSAGE}/{call}"), &[FORM], &form(&all), NOW)
    }

    fn unicast(&self, message: &Value) -> Ruling {
        self.call("unicast", &[("message", &message.to_string())])
    }

    fn batch(&self, messages: &[Value]) -> Ruling {
        self.call("unicast_batch", &[("messages", &Value::from(messages.to_vec()).to_string())])
    }

    fn save(&self, notification: &Value) -> Ruling {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields: Vec<(String, String)> =
            notification.as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.call("save_message_content", &fields)
    }

    fn broadcast(&self, message_id: &str, ids: &str) -> Ruling {
        self.call("broadcast", &[("message_id", message_id), ("target_type", "2"), ("target_value", ids)])
    }

    fn saved(&self) -> String {
        let ruling = self.save(&marketing()["notification"]);
        assert_eq!(first(&ruling).code, "0", "{:?}", first(&ruling));
        json_of(&ruling.answer)["data"]["message_id"].as_str().unwrap().to_owned()
    }
}

fn auth(oppo: &Arc<Oppo>, fields: &[(&str, String)]) -> Ruling {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    ask(oppo, "/server/v1/auth", &[FORM], &form(&fields), NOW)
}

fn signed(key: &str, timestamp: &str, secret: &str) -> Vec<(&'static str, String)> {
    let sign = format!("{:x}", Sha256::digest(format!("{key}{timestamp}{secret}")));
    vec![("app_key", key.to_owned()), ("timestamp", timestamp.to_owned()), ("sign", sign)]
}

fn codes(ruling: &Ruling) -> Vec<&str> {
    match &ruling.words {
        Words::All(word) => vec![&word.code],
        Words::Each(words) => words.iter().map(|word| word.code.as_str()).collect(),
    }
}

#[test]
fn the_sheets_signature_is_taken_and_others_are_told_apart() {
    let oppo = Arc::new(Oppo::default());
    oppo.register("chat", json!({"app_key": KEY, "master_secret": SECRET})).unwrap();
    let at = 1_732_073_400_123;
    let body =
        format!("app_key={KEY}&sign=64a723140fd3a4e590246c8f558f2259d105e380da9b2d03a70c625b0c897f5a&timestamp={at}");
    let ruling = ask(&oppo, "/server/v1/auth", &[FORM], body.as_bytes(), at + 600_000);
    assert_eq!(first(&ruling).code, "0", "{:?}", first(&ruling));
    assert_eq!(codes(&ask(&oppo, "/server/v1/auth", &[FORM], body.as_bytes(), at + 600_001)), ["19"]);
    let now = NOW.to_string();
    let without =
        |name: &str| signed(KEY, &now, SECRET).into_iter().filter(|field| field.0 != name).collect::<Vec<_>>();
    let with = |name: &'static str, value: &str| [without(name), vec![(name, value.to_owned())]].concat();
    let upper = with("sign", &signed(KEY, &now, SECRET)[2].1.to_uppercase());
    for (fields, code) in [
        (without("app_key"), "15"),
        (signed("other", &now, SECRET), "14"),
        (without("timestamp"), "18"),
        (signed(KEY, &now[..10], SECRET), "19"),
        (without("sign"), "17"),
        (signed(KEY, &now, "the AppSecret"), "16"),
        (upper, "16"),
        (with("sdk", "1"), "41"),
    ] {
        assert_eq!(codes(&auth(&oppo, &fields)), [code], "{fields:?}");
    }
    oppo.desk().suspend("chat", true);
    assert_eq!(codes(&auth(&oppo, &signed(KEY, &now, SECRET))), ["28"]);
}

#[test]
fn a_token_must_be_there_and_fresh() {
    let app = Chat::open();
    let text = chat().to_string();
    let send = |token: &[(&str, &str)]| {
        let fields = [token, &[("message", text.as_str())]].concat();
        codes(&ask(&app.oppo, &format!("{MESSAGE}/unicast"), &[FORM], &form(&fields), NOW))[0].to_owned()
    };
    assert_eq!((send(&[]), send(&[("auth_token", "x")])), ("29".to_owned(), "11".to_owned()));
    assert_eq!(send(&[("auth_token", &app.token)]), "0");
    app.oppo.desk().expire("chat");
    assert_eq!(codes(&app.unicast(&chat())), ["11"]);
    let no_right = Chat::with(&json!({}));
    no_right.oppo.register("chat", json!({"app_key": KEY, "master_secret": SECRET, "api_right": false})).unwrap();
    assert_eq!(codes(&no_right.unicast(&marketing())), ["30"]);
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let call = json!({"target_type":2,"target_value":"OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe",
      "notification":{"app_message_id":"call-5511","notify_id":5511,"title":"Alice","content":"Incoming video call",
        "click_action_type":5,"click_action_url":"intent:#Intent;component=com.example.chat/.CallActivity;S.call=5511;end",
        "off_line":true,"off_line_ttl":30,"show_ttl":60,"channel_id":"call","category":"IM","notify_level":16,
        "private_msg_template_id":"TPL0001","private_title_parameters":{"sender":"Alice"},
        "private_content_parameters":{"text":"video"}}});
    let app = Chat::open();
    for sample in [chat(), call, marketing()] {
        let ruling = app.unicast(&sample);
        assert!(first(&ruling).accepted, "{:?}", first(&ruling));
        let answer = json_of(&ruling.answer);
        assert!(answer["data"]["messageId"].as_str().unwrap().starts_with("APP-1-1-"));
    }
    assert_eq!(codes(&app.unicast(&chat())), ["32"], "one app_message_id is pushed once");
    app.oppo.reset();
    assert_eq!(codes(&app.unicast(&chat())), ["0"]);
}

#[test]
fn one_wrong_thing_is_refused_by_its_code() {
    let cases: Vec<(&str, Value, &str)> = vec![
        ("/extra", json!(1), "41"),
        ("/target_type", json!("2"), "41"),
        ("/target_type", json!(1), "41"),
        ("/target_type", Value::Null, "40"),
        ("/target_value", json!("CN_1;CN_2"), "41"),
        ("/target_value", json!(""), "41"),
        ("/verify_registration_id", json!("true"), "41"),
        ("/notification", Value::Null, "40"),
        ("/notification/extra", json!(1), "41"),
        ("/notification/subTitle", json!("s"), "41"),
        ("/notification/app_message_id", json!(""), "41"),
        ("/notification/title", json!(""), "40"),
        ("/notification/title", json!("x".repeat(51)), "41"),
        ("/notification/title", json!(7), "41"),
        ("/notification/sub_title", json!("x".repeat(11)), "41"),
        ("/notification/content", json!("见".repeat(51)), "41"),
        ("/notification/style", json!(3), "41"),
        ("/notification/style", json!(5), "41"),
        ("/notification/click_action_type", json!(3), "41"),
        ("/notification/click_action_type", json!(0), "41"),
        ("/notification/click_action_activity", Value::Null, "41"),
        ("/notification/click_action_activity", json!("x".repeat(501)), "41"),
        ("/notification/click_action_url", json!("https://x"), "41"),
        ("/notification/action_parameters", json!("plain"), "41"),
        ("/notification/action_parameters", json!({"a": 1}), "41"),
        ("/notification/action_parameters", json!(format!("{{\"a\":\"{}\"}}", "x".repeat(4000))), "41"),
        ("/notification/off_line", json!("true"), "41"),
        ("/notification/off_line_ttl", json!(-1), "41"),
        ("/notification/show_ttl", json!(86_401), "41"),
        ("/notification/network_type", json!(2), "41"),
        ("/notification/call_back_url", json!("push.example.com"), "41"),
        ("/notification/call_back_parameter", json!("x".repeat(101)), "41"),
        ("/notification/channel_id", json!(""), "41"),
        ("/notification/notify_id", json!("1"), "41"),
        ("/notification/notify_id", json!(2_147_483_648_u32), "41"),
        ("/notification/category", json!("VOIP"), "67"),
        ("/notification/category", json!("ACCOUNT"), "67"),
        ("/notification/category", Value::Null, "67"),
        ("/notification/category", json!("SOCIAL"), "67"),
        ("/notification/notify_level", json!(3), "67"),
        ("/notification/private_msg_template_id", json!("TPL9"), "54"),
        ("/notification/private_msg_template_id", Value::Null, "41"),
        ("/notification/private_title_parameters", Value::Null, "54"),
        ("/notification/private_title_parameters", json!({"Sender": "x"}), "54"),
        ("/notification/private_title_parameters", json!({"sender": "x", "more": "y"}), "54"),
        ("/notification/private_title_parameters", json!("{\"sender\":\"x\"}"), "41"),
        ("/notification/private_msg_template_id", json!("TPL0003"), "54"),
        ("/notification/badge_operation_type", json!(0), "41"),
        ("/notification/badge_message_count", json!(1), "41"),
        ("/notification/small_picture_url", json!("https://a/b.png"), "51"),
        ("/notification/big_picture_id", json!("p"), "41"),
        ("/notification/fix_speed", json!(true), "41"),
        ("/notification/push_time_type", json!(0), "41"),
        ("/notification/title", json!("FORBIDDEN-WORDS"), "41"),
    ];
    let app = Chat::open();
    for (pointer, value, code) in cases {
        let mut message = chat();
        patch(&mut message, pointer, value.clone());
        let ruling = app.unicast(&message);
        assert_eq!(codes(&ruling), [code], "{pointer} = {value}: {:?}", first(&ruling));
        assert_eq!(json_of(&ruling.answer)["code"].to_string(), code);
    }
    assert_eq!(codes(&app.unicast(&chat())), ["0"], "nothing refused was remembered");
}

#[test]
fn rights_are_looked_at() {
    let strong = |app: &Chat| {
        let mut message = chat();
        patch(&mut message, "/notification/notify_level", json!(16));
        codes(&app.unicast(&message))[0].to_owned()
    };
    assert_eq!(strong(&Chat::open()), "0");
    assert_eq!(strong(&Chat::with(&json!({"strong_reminder": false}))), "67");
    let bare = |app: &Chat| {
        let mut message = chat();
        for name in ["private_msg_template_id", "private_title_parameters", "private_content_parameters"] {
            patch(&mut message, &format!("/notification/{name}"), Value::Null);
        }
        codes(&app.unicast(&message))[0].to_owned()
    };
    assert_eq!(bare(&Chat::open()), "54");
    assert_eq!(bare(&Chat::with(&json!({"template_needed": []}))), "0");
    for wrong in [json!({"granted": ["NEWS"]}), json!({"token_seconds": 0}), json!({"extra": 1}), json!({"app_key": 1})]
    {
        let mut app = json!({"app_key": KEY, "master_secret": SECRET});
        app.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        assert!(Oppo::default().register("chat", app).is_err(), "{wrong}");
    }
}

#[test]
fn a_batch_answers_for_each_message_and_fails_as_a_whole() {
    let app = Chat::open();
    let to = |id: &str, message: Value| {
        let mut message = message;
        patch(&mut message, "/target_value", json!(id));
        message
    };
    let ruling =
        app.batch(&[to("dead-1", chat()), to("CN_2", marketing()), to("malformed-3", chat()), to("dead-4", chat())]);
    assert_eq!(codes(&ruling), ["10001", "0", "10000", "10001"]);
    let data = json_of(&ruling.answer)["data"].take();
    assert_eq!(
        (&data[0]["errorCode"], data[1].get("errorCode"), &data[3]["errorCode"]),
        (&json!(10001), None, &json!("10001"))
    );
    assert_eq!(data[2]["registrationId"], "malformed-3");
    let mut wrong = chat();
    patch(&mut wrong, "/notification/style", json!(9));
    assert_eq!(codes(&app.batch(&[to("CN_5", chat()), wrong])), ["41"]);
    assert_eq!(codes(&app.batch(&[])), ["41"]);
    assert_eq!(codes(&app.batch(&vec![chat(); 1001])), ["41"]);
    let refusing = Chat::with(&json!({"refuse_repeats": true}));
    assert_eq!(codes(&refusing.batch(&[to("CN_1", chat()), to("CN_1", marketing())])), ["0", "10004"]);
    assert_eq!(codes(&app.batch(&[to("CN_1", chat()), to("CN_1", marketing())])), ["0", "0"]);
}

#[test]
fn a_content_is_saved_once_and_broadcast() {
    let app = Chat::open();
    let id = app.saved();
    assert_eq!(app.saved(), id);
    let ruling = app.broadcast(&id, "CN_1;dead-2;CN_3;malformed-4;CN_1");
    assert_eq!(codes(&ruling), ["0", "10001", "0", "10000", "10004"]);
    let data = json_of(&ruling.answer)["data"].take();
    assert_eq!(
        (&data["10000"], &data["10001"], &data["10004"]),
        (&json!(["malformed-4"]), &json!(["dead-2"]), &json!(["CN_1"]))
    );
    assert!(data["task_id"].is_string() && data["message_id"].is_string());
    assert_eq!(codes(&app.broadcast("other", "CN_1")), ["31"]);
    assert_eq!(codes(&app.broadcast(&id, "CN_1,CN_2")), ["41"]);
    assert_eq!(codes(&app.broadcast(&id, &vec!["CN_1"; 1001].join(";")))[0], "41");
    let fields =
        [("message_id", id.as_str()), ("target_type", "2"), ("target_value", "CN_9"), ("verify_registration_id", "1")];
    assert_eq!(codes(&app.call("broadcast", &fields)), ["41"]);
    for (name, value, code) in
        [("off_line", "yes", "41"), ("off_line_ttl", "1h", "41"), ("extra", "1", "41"), ("title", "", "40")]
    {
        let mut content = marketing()["notification"].take();
        patch(&mut content, &format!("/{name}"), json!(value));
        assert_eq!(codes(&app.save(&content)), [code], "{name}");
    }
    app.oppo.reset();
    assert_eq!(codes(&app.broadcast(&id, "CN_1")), ["31"], "a reset forgets contents");
}

#[test]
fn quota_and_rate_are_kept() {
    let app = Chat::with(&json!({"marketing_quota": 2, "rate_per_second": 4}));
    let to = |n: usize| {
        let mut message = marketing();
        patch(&mut message, "/target_value", json!(format!("CN_{n}")));
        message
    };
    assert_eq!(codes(&app.batch(&[to(1), to(2)])), ["0", "0"]);
    assert_eq!(codes(&app.unicast(&to(3))), ["33"]);
    assert_eq!(codes(&app.unicast(&chat())), ["0"], "communication & service has no quota");
    assert_eq!(codes(&app.unicast(&to(4))), ["55"]);
}

#[test]
fn what_a_message_asked_for_is_told() {
    let app = Chat::open();
    let fields = [("auth_token", app.token.as_str()), ("message", &chat().to_string())];
    let opened = Arc::clone(&app.oppo).open(request(&format!("{MESSAGE}/unicast"), &[FORM], &form(&fields)));
    let aim = &opened.aims[0];
    assert_eq!((opened.app.as_deref(), opened.api, aim.job.as_str()), (Some("chat"), "unicast", "j1"));
    assert_eq!((aim.facts.ttl_seconds, aim.facts.class.as_deref()), (Some(86_400), Some("IM")));
    assert!(aim.facts.ext_digest.is_some());
    let fields = [("auth_token", app.token.as_str()), ("message", &marketing().to_string())];
    let opened = Arc::clone(&app.oppo).open(request(&format!("{MESSAGE}/unicast"), &[FORM], &form(&fields)));
    assert_eq!(opened.aims[0].job, "camp-42", "without ext the callback's parameter names the job");
}

#[test]
fn a_call_is_a_form_posted_to_an_address_there_is() {
    let app = Chat::open();
    let path = format!("{MESSAGE}/unicast");
    let body = form(&[("auth_token", &app.token), ("message", &chat().to_string())]);
    assert_eq!(codes(&ask(&app.oppo, &path, &[("content-type", "application/json")], &body, NOW)), ["25"]);
    assert_eq!(codes(&ask(&app.oppo, &path, &[FORM], b"auth_token=a b", NOW)), ["25"]);
    assert_eq!(codes(&app.call("unicast", &[])), ["40"]);
    assert_eq!(codes(&app.call("unicast", &[("message", "{}"), ("messages", "[]")])), ["41"]);
    assert_eq!(codes(&app.call("notify", &[])), ["http-404"]);
    let mut get = request(&path, &[FORM], &body);
    get.method = http::Method::GET;
    assert_eq!(codes(&(Arc::clone(&app.oppo).open(get).judge)(NOW)), ["12"]);
    assert_eq!(json_of(&app.oppo.refuse("unicast", "-2").unwrap())["code"], -2);
    assert!(app.oppo.refuse("unicast", "busy").is_err());
}
