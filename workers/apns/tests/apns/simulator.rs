//! Encoder and simulator were each written from the sheet: every golden request goes through the simulator's rules, without
//! a socket, and is judged as its case says.

use std::{fs, path::Path, sync::Arc};

use push_apns::Apns;
use push_contract::{Action, Answer, Job, Next, Vendor};
use push_sim::{Ask, Line, Simulator, vendors};
use push_testkit::{
    jobs::CREATED_AT,
    settings::{overlaid, with_defaults},
};
use serde_json::{Value, json};

use crate::{
    support::{KEY, batch, prepare, provider_token},
    vendor::{CASES, settings},
};

fn read(path: &Path) -> Option<Value> {
    fs::read_to_string(path).ok().map(|text| serde_json::from_str(&text).unwrap())
}

/// The simulator with the app of the cases.
fn simulator() -> Arc<vendors::Apns> {
    let apns = Arc::new(vendors::Apns::default());
    let app = json!({ "bundle_id": "com.example.chat", "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "key": KEY,
                      "granted": ["voip", "time-sensitive", "critical"] });
    apns.register("chat", app).unwrap();
    apns
}

#[test]
fn every_golden_request_is_judged_as_its_case_says() {
    let (mut sent, mut refused_at_home) = (0, 0);
    for entry in fs::read_dir(CASES).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let story = read(&folder.join("verdict.json")).unwrap();
        let over = read(&folder.join("settings.json")).unwrap_or_else(|| json!({}));
        let settings = overlaid(with_defaults(&Apns, &settings()).unwrap(), &over);
        let app = Apns.open("chat", &settings).unwrap();
        let job = Job::from_slice(&fs::read(folder.join("job.json")).unwrap()).unwrap();
        let token = provider_token(app.as_ref(), CREATED_AT);
        let encoded = prepare(app.as_ref(), &job).and_then(|(class, _)| {
            let batch = batch(&job, class, 0);
            app.encode(&batch, Some(&token), CREATED_AT).map(|call| (batch, call))
        });
        let Ok((batch, call)) = encoded else {
            assert!(story.get("refusal").is_some(), "{name}");
            refused_at_home += 1;
            continue;
        };
        let (head, body) = call.request.into_parts();
        let ask = Ask { method: head.method, path: head.uri.path().to_owned(), headers: head.headers, body };
        let now = u64::try_from(CREATED_AT.as_millis()).unwrap();
        let ruling = (simulator().open_on(ask, &Arc::new(Line::new(true, None))).judge)(now);
        let mut headers = http::HeaderMap::new();
        for (name, value) in &ruling.answer.headers {
            headers.insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let answer = Answer { status: ruling.answer.status, headers, body: ruling.answer.body.clone(), at: CREATED_AT };
        let Next::Done(verdicts) = app.decode(&batch, None, Some(&token), &answer) else { panic!("{name}: goes on") };
        let wanted = story["verdicts"][0]["action"].as_str().unwrap();
        // What is the vendor's own trouble does not show in a request.
        let of_request = matches!(wanted, "accepted" | "device_gone");
        let wanted = if of_request { wanted } else { Action::Accepted.as_str() };
        assert_eq!(verdicts[0].action.as_str(), wanted, "{name}: {:?}", ruling.words.about(0));
        sent += 1;
    }
    assert!(sent >= 12 && refused_at_home >= 3, "{sent} sent, {refused_at_home} refused at home");
}
