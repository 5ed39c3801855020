//! Meizu's rules, one wrong thing at a time (sheet `meizu.md`).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use md5::{Digest, Md5};
use push_sim::vendors::Meizu;
use push_sim::{Ruling, Simulator, Words};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
const PUSH: &str = "/garcia/api/server/push";
const APP_ID: &str = "123456";
const SECRET: &str = "meizu-demo-secret";
const CALLBACK: &str = "https://push.example.com/r/meizu";
const HOUR: u64 = 3_600_000;

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn form(fields: &BTreeMap<&str, String>) -> Vec<u8> {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&").into_bytes()
}

/// The fields with their signature.
fn signed<'a>(fields: &[(&'a str, &str)], secret: &str) -> BTreeMap<&'a str, String> {
    let mut all: BTreeMap<&str, String> = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let text: String = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    all.insert("sign", Md5::digest(text + secret).iter().map(|byte| format!("{byte:02x}")).collect());
    all
}

/// Sample (a) of section 4.3.
fn chat() -> Value {
    json!({"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"张三","content":"晚上一起吃饭吗?"},
     "clickTypeInfo":{"clickType":1,"activity":"com.example.chat.PushOpenActivity","parameters":{"ext":"{\"job\":\"job-8f3a\"}"}},
     "pushTimeInfo":{"offLine":1,"validTime":24},
     "advanceInfo":{"suspend":1,"clearNoticeBar":1,"notificationType":{"vibrate":1,"lights":1,"sound":1},"notifyKey":"c1"},
     "extra":{"callback":CALLBACK,"callback.param":"job-8f3a","callback.type":"3"}})
}

/// Sample (b).
fn call() -> Value {
    json!({"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"张三","content":"邀请你进行视频通话"},
     "clickTypeInfo":{"clickType":1,"activity":"com.example.chat.CallActivity","parameters":{"ext":"{\"room\":\"r9\"}"}},
     "pushTimeInfo":{"offLine":0},"advanceInfo":{"suspend":1,"notifyKey":"callr9"}})
}

/// Sample (d).
fn marketing() -> Value {
    json!({"noticeBarInfo":{"noticeMsgType":0,"noticeBarType":0,"title":"周末活动","content":"新功能体验开启,点击查看详情"},
     "clickTypeInfo":{"clickType":2,"url":"https://www.example.com/act/12"},
     "pushTimeInfo":{"offLine":1,"validTime":6},
     "advanceInfo":{"suspend":0,"notificationType":{"vibrate":0,"lights":0,"sound":0}}})
}

/// Sample (c).
fn data() -> Value {
    json!({"title":"sync","content":"{\"op\":\"sync\"}","pushTimeInfo":{"offLine":1,"validTime":1}})
}

struct Chat(Arc<Meizu>);

impl Chat {
    fn with(more: &Value) -> Self {
        let meizu = Arc::new(Meizu::default());
        let mut app =
            json!({"app_id": APP_ID, "app_secret": SECRET, "callbacks": [CALLBACK], "packages": ["a.b", "a.c"]});
        app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        meizu.register("chat", app).unwrap();
        Self(meizu)
    }

    fn call_at(&self, path: &str, fields: &[(&str, &str)], now: u64) -> Ruling {
        let all = [&[("appId", APP_ID)], fields].concat();
        ask(&self.0, &format!("{PUSH}/{path}"), &[FORM], &form(&signed(&all, SECRET)), now)
    }

    fn call(&self, path: &str, fields: &[(&str, &str)]) -> Ruling {
        self.call_at(path, fields, NOW)
    }

    fn push_to(&self, ids: &str, message: &Value) -> Ruling {
        self.call("varnished/pushByPushId", &[("pushIds", ids), ("messageJson", &message.to_string())])
    }

    fn push(&self, message: &Value) -> Ruling {
        self.push_to("ID1", message)
    }

    fn upload(&self) -> String {
        let ruling = self.call("uploadImg", &[("imgType", "1"), ("imgUrl", "https://a.example/p.png")]);
        json_of(&ruling.answer)["value"]["imgUrl"].as_str().unwrap().to_owned()
    }

    fn task(&self, message: &Value) -> String {
        let ruling = self.call("pushTask/getTaskId", &[("pushType", "0"), ("messageJson", &message.to_string())]);
        json_of(&ruling.answer)["value"]["taskId"].to_string()
    }
}

fn codes(ruling: &Ruling) -> Vec<&str> {
    match &ruling.words {
        Words::All(word) => vec![&word.code],
        Words::Each(words) => words.iter().map(|word| word.code.as_str()).collect(),
    }
}

#[test]
fn the_sheets_signatures_are_taken_and_others_are_not() {
    let meizu = Arc::new(Meizu::default());
    meizu.register("chat", json!({"app_id": APP_ID, "app_secret": SECRET})).unwrap();
    let message = r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"张三","content":"晚上一起吃饭吗?"},"clickTypeInfo":{"clickType":0,"parameters":{"ext":"{\"cid\":\"c1\"}"}},"pushTimeInfo":{"offLine":1,"validTime":24}}"#;
    let ids = "S5Q4b726f5f7b6d4f7f567c7d6e4840647a5c7e6f6173,S5Q4b726f5f7b6d4f7f567c7d6e4840647a5c7e6f6174";
    let good =
        [("appId", APP_ID), ("pushIds", ids), ("messageJson", message), ("sign", "b85f08a2e7a922e9fba558f83b0494cd")];
    let send = |change: &[(&'static str, Option<&str>)]| {
        let mut fields: BTreeMap<&str, String> =
            good.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        for (name, value) in change {
            match value {
                Some(value) => drop(fields.insert(name, (*value).to_owned())),
                None => drop(fields.remove(name)),
            }
        }
        codes(&ask(&meizu, &format!("{PUSH}/varnished/pushByPushId"), &[FORM], &form(&fields), NOW))[0].to_owned()
    };
    assert_eq!(send(&[]), "200");
    assert_eq!(send(&[("sign", None)]), "1006");
    assert_eq!(send(&[("sign", Some("B85F08A2E7A922E9FBA558F83B0494CD"))]), "1006");
    assert_eq!(send(&[("pushIds", Some("ID1"))]), "1006");
    assert_eq!(send(&[("messageJson", Some(&message.replace(':', ": ")))]), "1006", "serialised twice");
    assert_eq!(send(&[("appId", Some("1"))]), "110000");
    assert_eq!(send(&[("appId", None)]), "110000");
    meizu.desk().suspend("chat", true);
    assert_eq!(send(&[]), "110009");
    meizu.register("chat", json!({"app_id": APP_ID, "app_secret": "another"})).unwrap();
    assert_eq!(send(&[]), "1006");
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let app = Chat::with(&json!({"transparent": true}));
    for sample in [chat(), call(), marketing()] {
        let ruling = app.push_to("ID1,ID2", &sample);
        assert_eq!(codes(&ruling), ["200", "200"], "{:?}", first(&ruling));
        let answer = json_of(&ruling.answer);
        assert_eq!((&answer["code"], &answer["value"]), (&json!("200"), &json!({})));
        assert_eq!(answer["msgId"].as_str().unwrap().len(), 32);
    }
    let fields = [("pushIds", "ID1"), ("messageJson", &*data().to_string())];
    assert_eq!(codes(&app.call("unvarnished/pushByPushId", &fields)), ["200"]);
    assert_eq!(codes(&Chat::with(&json!({})).call("unvarnished/pushByPushId", &fields)), ["110053"]);
}

#[test]
fn one_wrong_thing_is_refused_by_its_code() {
    let vip = |field: &'static str, value: Value| (field, value, "1005");
    let cases: Vec<(&str, Value, &str)> = vec![
        ("/extra_block", json!({}), "1005"),
        ("/noticeBarInfo", Value::Null, "110004"),
        ("/noticeBarInfo/title", Value::Null, "110004"),
        ("/noticeBarInfo/title", json!(""), "110004"),
        ("/noticeBarInfo/title", json!("标".repeat(32)), "200"),
        ("/noticeBarInfo/title", json!("标".repeat(33)), "1005"),
        ("/noticeBarInfo/content", json!(""), "110004"),
        ("/noticeBarInfo/content", json!("文".repeat(100)), "200"),
        ("/noticeBarInfo/content", json!("文".repeat(101)), "1005"),
        ("/noticeBarInfo/content", json!("FORBIDDEN-WORDS"), "1005"),
        ("/noticeBarInfo/noticeMsgType", json!(2), "1005"),
        ("/noticeBarInfo/noticeMsgType", json!("1"), "1005"),
        ("/noticeBarInfo/noticeBarType", json!(1), "1005"),
        ("/noticeBarInfo/subtitle", json!("s"), "1005"),
        ("/noticeExpandInfo", json!({"noticeExpandType": 1, "noticeExpandContent": "all of it"}), "200"),
        ("/noticeExpandInfo", json!({"noticeExpandType": 1}), "1005"),
        ("/noticeExpandInfo", json!({"noticeExpandType": 3}), "1005"),
        ("/noticeExpandInfo", json!({"noticeExpandType": 2, "noticeExpandImgUrl": "https://a.example/p.png"}), "1005"),
        ("/clickTypeInfo/clickType", json!(0), "1005"),
        ("/clickTypeInfo/clickType", json!(3), "1005"),
        ("/clickTypeInfo/activity", json!("PushOpenActivity"), "1005"),
        ("/clickTypeInfo/activity", json!(".PushOpenActivity"), "1005"),
        ("/clickTypeInfo/activity", json!("com.example.chat."), "1005"),
        ("/clickTypeInfo/activity", json!("com.example.chat/.PushOpenActivity"), "1005"),
        ("/clickTypeInfo/activity", json!("com.example.chat/com.example.chat.PushOpenActivity"), "1005"),
        ("/clickTypeInfo/activity", json!(format!("a.{}", "b".repeat(998))), "200"),
        ("/clickTypeInfo/activity", json!(format!("a.{}", "b".repeat(999))), "1005"),
        ("/clickTypeInfo", json!({"clickType": 2}), "1005"),
        ("/clickTypeInfo", json!({"clickType": 2, "url": "no scheme"}), "1005"),
        ("/clickTypeInfo/parameters", json!("{\"ext\":\"x\"}"), "1005"),
        ("/clickTypeInfo/parameters", json!([]), "1005"),
        ("/clickTypeInfo/customAttribute", json!("x"), "1005"),
        ("/pushTimeInfo/validTime", json!(0), "1005"),
        ("/pushTimeInfo/validTime", json!(72), "200"),
        ("/pushTimeInfo/validTime", json!(73), "1005"),
        ("/pushTimeInfo/validTime", json!(1.5), "1005"),
        ("/pushTimeInfo/offLine", json!(0), "1005"),
        ("/pushTimeInfo/offLine", json!(true), "1005"),
        ("/advanceInfo/suspend", json!(true), "1005"),
        ("/advanceInfo/clearNoticeBar", json!(2), "1005"),
        ("/advanceInfo/notificationType/sound", json!(3), "1005"),
        ("/advanceInfo/notificationType/ring", json!(1), "1005"),
        ("/advanceInfo/notificationType", json!([true, true, true]), "1005"),
        ("/advanceInfo/notifyKey", json!("ninechars"), "1005"),
        ("/advanceInfo/notifyKey", json!("a.b"), "1005"),
        ("/advanceInfo/notifyKey", json!(""), "1005"),
        ("/advanceInfo/fixDisplay", json!(1), "1005"),
        ("/advanceInfo/fixStartDisplayTime", json!("2026-11-21 08:00:00"), "1005"),
        vip("/vipInfo/subtitle", json!("s")),
        ("/extra/callback", json!("https://push.example.com/other"), "1005"),
        ("/extra/callback.param", json!("p".repeat(65)), "1005"),
        ("/extra/callback.type", json!(3), "200"),
        ("/extra/callback.type", json!("4"), "1005"),
        ("/extra/callback", Value::Null, "1005"),
        ("/extra/callback.id", json!("1"), "1005"),
    ];
    for (pointer, value, code) in cases {
        let mut message = chat();
        patch(&mut message, pointer, value.clone());
        let ruling = Chat::with(&json!({})).push(&message);
        assert_eq!(codes(&ruling), [code], "{pointer} {value}: {:?}", first(&ruling));
    }
}

#[test]
fn what_a_vip_app_may() {
    let app = Chat::with(&json!({"vip": true}));
    let background = "https://i.example/b.png";
    let cases = [
        (json!({"subtitle": "字".repeat(16), "pullDownTop": 1, "notGroup": 1, "titleColor": "#206CFF"}), "200"),
        (json!({"subtitle": "字".repeat(17)}), "1005"),
        (json!({"timeTop": 1800}), "200"),
        (json!({"timeTop": 7201}), "1005"),
        (json!({"timeTop": 1800, "pullDownTop": 1}), "1005"),
        (json!({"titleColor": "#ffffff"}), "1005"),
        (json!({"backgroundImgUrl": background, "smallIconUrl": background}), "200"),
        (json!({"backgroundImgUrl": background, "titleColor": "#E42D22"}), "1005"),
        (json!({"backgroundImgUrl": background, "bigIconUrl": background}), "1005"),
        (json!({"smallIconUrl": "icon.png"}), "1005"),
    ];
    for (vip, code) in cases {
        let mut message = chat();
        patch(&mut message, "/vipInfo", vip.clone());
        assert_eq!(codes(&app.push(&message)), [code], "{vip}");
    }
    let mut timed = chat();
    patch(&mut timed, "/advanceInfo/fixDisplay", json!(1));
    patch(&mut timed, "/advanceInfo/fixStartDisplayTime", json!("2026-11-21 08:00:00"));
    patch(&mut timed, "/advanceInfo/fixEndDisplayTime", json!("2026-11-21 09:00:00"));
    assert_eq!(codes(&app.push(&timed)), ["200"]);
    patch(&mut timed, "/advanceInfo/fixEndDisplayTime", json!("21.11.2026 09:00"));
    assert_eq!(codes(&app.push(&timed)), ["1005"]);
}

#[test]
fn a_picture_is_one_that_was_handed_over_within_three_days() {
    let app = Chat::with(&json!({"vip": true}));
    let mut message = chat();
    patch(&mut message, "/noticeExpandInfo", json!({"noticeExpandType": 2, "noticeExpandImgUrl": app.upload()}));
    let text = message.to_string();
    let at = |now| {
        let fields = [("pushIds", "ID1"), ("messageJson", text.as_str())];
        codes(&app.call_at("varnished/pushByPushId", &fields, now))[0].to_owned()
    };
    assert_eq!((at(NOW), at(NOW + 72 * HOUR - 1), at(NOW + 72 * HOUR)), ("200".into(), "200".into(), "1005".into()));
    for (kind, source, code) in [("2", "https://a.example/p.png", "1005"), ("1", "p.png", "1005"), ("1", "", "110004")]
    {
        assert_eq!(codes(&app.call("uploadImg", &[("imgType", kind), ("imgUrl", source)])), [code], "{kind} {source}");
    }
}

#[test]
fn a_task_is_made_and_sent() {
    let app = Chat::with(&json!({}));
    let task = app.task(&chat());
    assert_eq!(task, "20457", "the sheet's sample");
    let send = |task: &str| app.call("task/varnished/pushByPushId", &[("taskId", task), ("pushIds", "ID1,dead-1")]);
    let ruling = send(&task);
    assert_eq!(codes(&ruling), ["200", "110002"]);
    assert_eq!(json_of(&ruling.answer)["value"], json!({"110002": ["dead-1"]}));
    assert_eq!(codes(&send("1")), ["110032"]);
    app.0.register("shop", json!({"app_id": "2", "app_secret": "s"})).unwrap();
    let fields = signed(&[("appId", "2"), ("taskId", &task), ("pushIds", "ID1")], "s");
    let stolen = ask(&app.0, &format!("{PUSH}/task/varnished/pushByPushId"), &[FORM], &form(&fields), NOW);
    assert_eq!(codes(&stolen), ["110032"], "another app's task");
    let wrong = app.call("pushTask/getTaskId", &[("pushType", "1"), ("messageJson", &data().to_string())]);
    assert_eq!(codes(&wrong), ["1005"]);
    app.0.reset();
    assert_eq!(codes(&send(&task)), ["110032"]);
    assert_eq!(app.task(&chat()), "20458", "numbers are never used again");
}

#[test]
fn a_call_takes_a_hundred_ids_and_no_blank() {
    let app = Chat::with(&json!({}));
    let ids = |count: usize| (0..count).map(|n| format!("ID{n}")).collect::<Vec<_>>().join(",");
    assert_eq!(codes(&app.push_to(&ids(100), &chat())).len(), 100);
    assert!(codes(&app.push_to(&ids(100), &chat())).iter().all(|code| *code == "200"));
    assert!(codes(&app.push_to(&ids(101), &chat())).iter().all(|code| *code == "1005"));
    for wrong in ["ID1, ID2", "ID1,,ID2", "ID1,"] {
        assert_eq!(codes(&app.push_to(wrong, &chat()))[0], "1005", "{wrong}");
    }
    assert_eq!(codes(&app.push_to("", &chat())), ["110004"]);
}

#[test]
fn the_form_is_read_strictly() {
    let app = Chat::with(&json!({}));
    let message = chat().to_string();
    let with = |more: &[(&str, &str)]| {
        let fields = [&[("pushIds", "ID1"), ("messageJson", message.as_str())], more].concat();
        codes(&app.call("varnished/pushByPushId", &fields))[0].to_owned()
    };
    assert_eq!(with(&[]), "200");
    assert_eq!(with(&[("restrictedPackageNames", "a.b,a.c")]), "200");
    assert_eq!(with(&[("restrictedPackageNames", "a.b,x.y")]), "110031");
    assert_eq!(with(&[("pushType", "0")]), "1005");
    let body = form(&signed(&[("appId", APP_ID), ("pushIds", "ID1"), ("messageJson", &message)], SECRET));
    let send = |path: &str, headers: &[(&str, &str)], body: &[u8]| {
        codes(&ask(&app.0, &format!("{PUSH}/{path}"), headers, body, NOW))[0].to_owned()
    };
    let path = "varnished/pushByPushId";
    assert_eq!(send(path, &[("content-type", "application/json")], &body), "1005");
    assert_eq!(send(path, &[], &body), "1005");
    assert_eq!(send(path, &[FORM], &[&body[..], b"&appId=1"].concat()), "1005");
    assert_eq!(send(path, &[FORM], b"appId=123456&pushIds=ID1,ID2"), "1005", "the comma is to be escaped");
    assert_eq!(send("varnished/pushByAlias", &[FORM], &body), "http-404");
    assert_eq!(send("../varnished/pushByPushId", &[FORM], &body), "http-404");
    let no_json = app.call(path, &[("pushIds", "ID1"), ("messageJson", "{")]);
    assert_eq!(codes(&no_json), ["1005"]);
    assert_eq!(codes(&app.call(path, &[("pushIds", "ID1")])), ["110004"]);
}

#[test]
fn names_foretell_and_the_map_says_so() {
    let app = Chat::with(&json!({}));
    let ids = "ok-1,dead-1,malformed-1,capped-1,off-1,folded-1,busy-1-1";
    let public = app.push_to(ids, &marketing());
    assert_eq!(codes(&public), ["200", "110002", "110003", "110011", "110010", "520", "501"]);
    let map = json!({"110002": ["dead-1"], "110003": ["malformed-1"], "110011": ["capped-1"], "110010": ["off-1"],
      "520": ["folded-1"], "501": ["busy-1-1"]});
    let answer = json_of(&public.answer);
    assert_eq!((&answer["code"], &answer["value"]), (&json!("200"), &map));
    let private = app.push_to(ids, &chat());
    assert_eq!(codes(&private), ["200", "110002", "110003", "200", "110010", "520", "200"]);
}

#[test]
fn caps_quotas_and_rates() {
    let app = Chat::with(&json!({"public_cap": 3}));
    let at = |now| {
        let fields = [("pushIds", "ID1"), ("messageJson", &*marketing().to_string())];
        codes(&app.call_at("varnished/pushByPushId", &fields, now))[0].to_owned()
    };
    // NOW is 08:00 in Shanghai.
    assert_eq!([at(NOW), at(NOW), at(NOW), at(NOW)], ["200", "200", "200", "110011"]);
    assert_eq!(codes(&app.push(&chat())), ["200"], "private messages have no cap");
    assert_eq!([at(NOW + 16 * HOUR - 1), at(NOW + 16 * HOUR)], ["110011", "200"]);
    let app = Chat::with(&json!({"daily_quota": 3}));
    assert_eq!(codes(&app.push_to("ID1,dead-1", &chat())), ["200", "110002"]);
    assert_eq!(codes(&app.push_to("ID1,ID2,ID3", &chat())), ["110019"]);
    let spent = json_of(&app.push_to("ID1,ID2,ID3", &chat()).answer);
    assert_eq!((&spent["code"], &spent["value"], spent.get("msgId")), (&json!("110019"), &json!(""), None));
    assert_eq!(codes(&app.push_to("ID1,ID2", &chat())), ["200"; 2]);
    let app = Chat::with(&json!({"rate_per_second": 2}));
    assert_eq!(codes(&app.push_to("ID1,ID2", &chat())), ["200"; 2]);
    assert_eq!(codes(&app.push_to("ID1", &chat())), ["110010"]);
}

#[test]
fn the_log_gets_what_the_message_says() {
    let app = Chat::with(&json!({"transparent": true}));
    let open = |path: &str, message: &Value| {
        let fields = signed(&[("appId", APP_ID), ("pushIds", "ID1"), ("messageJson", &message.to_string())], SECRET);
        let opened = Arc::clone(&app.0).open(support::request(&format!("{PUSH}/{path}"), &[FORM], &form(&fields)));
        assert_eq!(opened.app.as_deref(), Some("chat"));
        opened.aims[0].clone()
    };
    let shown = open("varnished/pushByPushId", &chat());
    assert_eq!((shown.job.as_str(), shown.mismatch), ("job-8f3a", false));
    let facts = &shown.facts;
    assert_eq!(
        (facts.ttl_seconds, facts.class.as_deref(), facts.collapse.as_deref()),
        (Some(86_400), Some("private"), Some("c1"))
    );
    assert_eq!((facts.title_chars, facts.silent, facts.ext_digest.is_some()), (Some(2), false, true));
    let mut mixed = chat();
    patch(&mut mixed, "/extra/callback.param", json!("job-2"));
    assert!(open("varnished/pushByPushId", &mixed).mismatch);
    patch(&mut mixed, "/clickTypeInfo/parameters", Value::Null);
    assert_eq!(open("varnished/pushByPushId", &mixed).job, "job-2");
    let silent = open("varnished/pushByPushId", &marketing());
    assert_eq!((silent.facts.class.as_deref(), silent.facts.silent), (Some("public"), true));
    assert_eq!(open("varnished/pushByPushId", &call()).facts.ttl_seconds, Some(0));
    let data = open("unvarnished/pushByPushId", &json!({"content": "{\"ext\":\"{\\\"job\\\":\\\"j\\\"}\"}"}));
    assert_eq!((data.job.as_str(), data.facts.data_only, data.facts.ttl_seconds), ("j", true, Some(86_400)));
}

#[test]
fn a_transparent_message_ends_at_2000_bytes() {
    let app = Chat::with(&json!({"transparent": true}));
    let send = |message: &Value| {
        let fields = [("pushIds", "ID1"), ("messageJson", &*message.to_string())];
        codes(&app.call("unvarnished/pushByPushId", &fields))[0].to_owned()
    };
    assert_eq!(send(&json!({"content": "x".repeat(2000)})), "200");
    assert_eq!(send(&json!({"content": "x".repeat(2001)})), "1005");
    assert_eq!(send(&json!({"content": ""})), "110004");
    assert_eq!(send(&json!({"content": "x", "title": "t".repeat(33)})), "1005");
    assert_eq!(send(&chat()), "1005");
}

#[test]
fn registrations_and_refusals_are_checked() {
    let meizu = Meizu::default();
    for wrong in [
        json!({"app_id": "x", "app_secret": "s"}),
        json!({"app_id": "", "app_secret": "s"}),
        json!({"app_id": "1", "app_secret": ""}),
        json!({"app_id": "1"}),
        json!({"app_id": 1, "app_secret": "s"}),
        json!({"app_id": "1", "app_secret": "s", "vipp": true}),
    ] {
        assert!(meizu.register("chat", wrong.clone()).is_err(), "{wrong}");
    }
    meizu.register("chat", json!({"app_id": "1", "app_secret": "s"})).unwrap();
    assert!(meizu.register("shop", json!({"app_id": "1", "app_secret": "t"})).is_err());
    let refusal = json_of(&meizu.refuse("push", "110010").unwrap());
    assert_eq!(refusal, json!({"code": "110010", "message": "应用请求频率超过限制", "value": "", "redirect": ""}));
    assert!(meizu.refuse("push", "busy").is_err());
}
