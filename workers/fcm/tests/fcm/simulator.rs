//! Encoder and simulator were each written from the sheet: every golden request goes through the simulator's rules, without
//! a socket, and is judged as its case says.

use std::{fs, path::Path, sync::Arc};

use push_contract::{Answer, App, AuthRefusal, Authentication, Call, Job, Next, Token, Vendor};
use push_fcm::Fcm;
use push_sim::{Ask, Simulator, vendors};
use push_testkit::{
    jobs::CREATED_AT,
    settings::{overlaid, with_defaults},
};
use serde_json::{Value, json};

use crate::{
    support::{app, batch, key_file, plain, prepare},
    vendor::CASES,
};

fn read(path: &Path) -> Option<Value> {
    fs::read_to_string(path).ok().map(|text| serde_json::from_str(&text).unwrap())
}

/// The simulator with the app of the cases.
fn simulator(more: &Value) -> Arc<vendors::Fcm> {
    let fcm = Arc::new(vendors::Fcm::default());
    let registration = json!({ "service_account": key_file().to_string(), "package_name": "com.example.chat" });
    fcm.register("chat", overlaid(registration, more)).unwrap();
    fcm
}

/// What the simulator makes of a call, and why.
fn ask(fcm: &Arc<vendors::Fcm>, call: Call) -> (Answer, Option<String>) {
    let (head, body) = call.request.into_parts();
    let path = match call.api {
        "token" => "/token".to_owned(),
        _ => head.uri.path().to_owned(),
    };
    let ask = Ask { method: head.method, path, headers: head.headers, body };
    let ruling = (Arc::clone(fcm).open(ask).judge)(u64::try_from(CREATED_AT.as_millis()).unwrap());
    let mut headers = http::HeaderMap::new();
    for (name, value) in &ruling.answer.headers {
        headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let why = ruling.words.about(0).and_then(|word| word.why.clone());
    (Answer { status: ruling.answer.status, headers, body: ruling.answer.body.clone(), at: CREATED_AT }, why)
}

fn token(app: &dyn App, fcm: &Arc<vendors::Fcm>) -> Result<Token, AuthRefusal> {
    let Authentication::Endpoint(call) = app.authentication("", CREATED_AT) else { panic!("an endpoint") };
    app.read_credential(&ask(fcm, *call).0)
}

#[test]
fn every_golden_request_is_judged_as_its_case_says() {
    let (mut sent, mut refused_at_home) = (0, 0);
    for entry in fs::read_dir(CASES).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(job) = fs::read(folder.join("job.json")) else { continue };
        let job = Job::from_slice(&job).unwrap();
        let story = read(&folder.join("verdict.json")).unwrap();
        let over = read(&folder.join("settings.json")).unwrap_or_else(|| json!({}));
        let settings = overlaid(with_defaults(&Fcm, &plain()).unwrap(), &over);
        let app = Fcm.open("chat", &settings).unwrap();
        let fcm = simulator(&json!({}));
        let token = token(app.as_ref(), &fcm).unwrap();
        let encoded = prepare(app.as_ref(), &job).and_then(|(class, _)| {
            let batch = batch(&job, class, 0);
            app.encode(&batch, Some(&token), CREATED_AT).map(|call| (batch, call))
        });
        let Ok((batch, call)) = encoded else {
            assert!(story.get("refusal").is_some(), "{name}");
            refused_at_home += 1;
            continue;
        };
        let (answer, why) = ask(&fcm, call);
        let Next::Done(verdicts) = app.decode(&batch, None, Some(&token), &answer) else { panic!("{name}: goes on") };
        let wanted = story["verdicts"][0]["action"].as_str().unwrap();
        // What is about a token shows in its name; the vendor's own trouble does not show in a request.
        let of_request = matches!(wanted, "accepted" | "device_gone" | "device_busy" | "class_misconfigured");
        let wanted = if of_request { wanted } else { "accepted" };
        assert_eq!(verdicts[0].action.as_str(), wanted, "{name}: {why:?}");
        sent += 1;
    }
    assert!(sent >= 12 && refused_at_home >= 3, "{sent} sent, {refused_at_home} refused at home");
}

#[test]
fn every_trouble_of_the_account_is_understood() {
    let spoilt = |name: &str, value: &str| {
        let mut file = key_file();
        file[name] = value.into();
        json!({ "service_account": file.to_string() })
    };
    for (settings, wanted) in [
        (spoilt("client_email", "gone@demo-project.iam.gserviceaccount.com"), "was deleted"),
        (spoilt("private_key_id", "0"), "the key is revoked"),
        (spoilt("token_uri", "https://oauth2.example.com/token"), "token_uri"),
    ] {
        let Err(AuthRefusal::Misconfigured { detail }) = token(app(&settings).as_ref(), &simulator(&json!({}))) else {
            panic!("{settings} is granted a token")
        };
        assert!(detail.contains(wanted), "{detail}");
    }
}
