//! Dispatches of several calls: redirects (4.2), task pushes (4.4), pictures (4.5); and pushIds that cannot be sent to.

use push_contract::{Answer, App, Batch, Call, Next, Outcome, Reason, Verdict};
use push_testkit::jobs::{CREATED_AT, JobBuilder};
use serde_json::{Value, json};

use crate::support::{answer, app, batch, chat, field, message_of, prepare, processed, refused};

const PICTURE: &str = "https://a.example/p.png";
const AT_MEIZU: &str = "https://image.res.meizu.com/p.png";

/// A dispatch that was begun.
struct Dispatch {
    app: Box<dyn App>,
    batch: Batch,
    call: Call,
}

impl Dispatch {
    fn begin(settings: &Value, job: &JobBuilder) -> Self {
        let app = app(settings);
        let batch = batch(app.as_ref(), &job.build());
        let call = app.encode(&batch, None, CREATED_AT).unwrap();
        Self { app, batch, call }
    }

    fn hear(&self, answer: &Answer) -> Next {
        self.app.decode(&self.batch, self.call.memo.as_deref(), None, answer)
    }

    /// Goes on with the next call.
    fn goes_on(&mut self, answer: &Answer) -> &Call {
        match self.hear(answer) {
            Next::Call(call) => self.call = *call,
            other => panic!("the dispatch ends: {other:?}"),
        }
        &self.call
    }

    fn ends(&self, answer: &Answer) -> Vec<Verdict> {
        match self.hear(answer) {
            Next::Done(verdicts) => verdicts,
            other => panic!("the dispatch goes on: {other:?}"),
        }
    }
}

fn gave(value: &Value) -> Answer {
    answer(200, &json!({ "code": "200", "message": "", "value": value, "redirect": "" }).to_string())
}

fn moved(url: &str) -> Answer {
    answer(200, &json!({ "code": "300", "message": "", "value": "", "redirect": url }).to_string())
}

#[test]
fn a_picture_is_handed_over_and_then_shown() {
    let mut dispatch =
        Dispatch::begin(&json!({ "vip": true, "image": "upload" }), &chat().notify("image", PICTURE).targets(2));
    assert_eq!((dispatch.call.api, dispatch.call.commits), ("upload", false));
    assert_eq!(dispatch.call.request.uri().path(), "/garcia/api/server/push/uploadImg");
    assert_eq!(field(&dispatch.call, "imgType").as_deref(), Some("1"));
    assert_eq!(field(&dispatch.call, "imgUrl").as_deref(), Some(PICTURE));
    assert_eq!(dispatch.ends(&refused("1006"))[0].reason, Reason::CredentialRefused);
    assert_eq!(dispatch.ends(&refused("110002"))[0].action.as_str(), "unavailable", "no target stands in this call");
    let call = dispatch.goes_on(&gave(&json!({ "imgUrl": AT_MEIZU })));
    assert_eq!((call.api, call.commits), ("push", true));
    let wanted = json!({ "noticeExpandType": 2, "noticeExpandImgUrl": AT_MEIZU });
    assert_eq!(message_of(call)["noticeExpandInfo"], wanted);
    assert!(dispatch.ends(&processed(&json!({}))).iter().all(|verdict| verdict.reason == Reason::Ok));
}

#[test]
fn a_refused_picture_is_left_out() {
    let settings = json!({ "vip": true, "image": "upload" });
    let no_address = gave(&json!({}));
    for refusal in ["1005", "110004", "500", "119999"].map(refused).into_iter().chain([no_address]) {
        let mut dispatch = Dispatch::begin(&settings, &chat().notify("image", PICTURE));
        let call = dispatch.goes_on(&refusal);
        assert_eq!((call.api, message_of(call).get("noticeExpandInfo")), ("push", None), "{refusal:?}");
    }
}

#[test]
fn a_large_job_is_a_task() {
    let settings = json!({ "task_from": 2, "callback_url": "https://a.example/r" });
    assert_eq!(Dispatch::begin(&settings, &chat()).call.api, "push");
    let mut dispatch = Dispatch::begin(&settings, &chat().targets(2));
    assert_eq!((dispatch.call.api, dispatch.call.commits), ("task_id", false));
    assert_eq!(field(&dispatch.call, "pushType").as_deref(), Some("0"));
    assert_eq!(field(&dispatch.call, "pushIds"), None);
    assert_eq!(message_of(&dispatch.call).get("extra"), None, "tasks have no receipts");
    assert_eq!(dispatch.ends(&gave(&json!("x")))[0].action.as_str(), "unavailable");
    let call = dispatch.goes_on(&gave(&json!({ "taskId": 20457, "pushType": 0, "appId": 100_999 })));
    assert_eq!((call.api, call.commits), ("task_push", true));
    assert_eq!(call.request.uri().path(), "/garcia/api/server/push/task/varnished/pushByPushId");
    assert_eq!(field(call, "taskId").as_deref(), Some("20457"));
    assert_eq!((field(call, "pushIds").as_deref(), field(call, "messageJson")), (Some("T0,T1"), None));
    let verdicts = dispatch.ends(&processed(&json!({ "110011": ["T1"] })));
    assert_eq!([verdicts[0].reason, verdicts[1].reason], [Reason::Ok, Reason::DeviceCapped]);
    assert_eq!(dispatch.ends(&refused("110032"))[0].reason, Reason::BadRequest);
}

#[test]
fn a_task_can_have_a_picture() {
    let settings = json!({ "task_from": 1, "vip": true, "image": "upload" });
    let mut dispatch = Dispatch::begin(&settings, &chat().notify("image", PICTURE));
    let call = dispatch.goes_on(&gave(&json!({ "imgUrl": AT_MEIZU })));
    assert_eq!(
        (call.api, message_of(call)["noticeExpandInfo"]["noticeExpandImgUrl"].as_str()),
        ("task_id", Some(AT_MEIZU))
    );
    assert_eq!(dispatch.goes_on(&gave(&json!({ "taskId": 1 }))).api, "task_push");
}

#[test]
fn a_redirect_is_followed_once_and_only_to_the_vendor() {
    let mut dispatch = Dispatch::begin(&json!({}), &chat());
    let body = dispatch.call.request.body().clone();
    for elsewhere in ["", "https://push.evil.example/x", "http://push2.meizu.com/x"] {
        assert_eq!(dispatch.ends(&moved(elsewhere))[0].action.as_str(), "unavailable", "{elsewhere}");
    }
    let url = "https://push2.meizu.com/x";
    let call = dispatch.goes_on(&moved(url));
    assert_eq!((call.request.uri(), call.commits), (&url.parse().unwrap(), true));
    assert_eq!(call.request.body(), &body, "the same call once more");
    assert_eq!(dispatch.ends(&moved("https://push3.meizu.com/x"))[0].action.as_str(), "unavailable");
    assert_eq!(dispatch.ends(&processed(&json!({})))[0].reason, Reason::Ok);
}

#[test]
fn a_push_id_that_would_break_the_list_stays_out_of_it() {
    let dispatch = Dispatch::begin(&json!({}), &chat().tokens(["T0", "A,B", "C D", "T3"]));
    assert_eq!(field(&dispatch.call, "pushIds").as_deref(), Some("T0,T3"));
    let reasons: Vec<Reason> = dispatch.ends(&processed(&json!({}))).iter().map(|verdict| verdict.reason).collect();
    assert_eq!(reasons, [Reason::Ok, Reason::TokenMalformed, Reason::TokenMalformed, Reason::Ok]);
    let refusal = prepare(app(&json!({})).as_ref(), &chat().tokens(["A,B"]).build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::InvalidToken, Reason::TokenMalformed));
}

#[test]
fn a_strange_memo_is_the_first_call_of_a_push() {
    let dispatch = Dispatch::begin(&json!({}), &chat());
    for memo in ["", "{", "{\"stage\":\"Other\"}"] {
        let next = dispatch.app.decode(&dispatch.batch, Some(memo), None, &processed(&json!({})));
        assert!(matches!(next, Next::Done(verdicts) if verdicts[0].reason == Reason::Ok), "{memo}");
    }
}
