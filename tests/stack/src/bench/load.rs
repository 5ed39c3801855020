//! The jobs that are measured, and the vendor's request that one of them becomes.

use push_contract::Timestamp;
use serde_json::json;

/// The vendor that is measured: it takes one call per job with a single target.
pub(super) const VENDOR: &str = "huawei";
pub(super) const APP: &str = "chat";
pub(super) const LANE: &str = "normal";

const TITLE: &str = "Li Lei";
const BODY: &str = "See you at eight, we have a table by the window";

/// The token of one device; as long as real ones.
fn token(run: &str, n: usize) -> String {
    format!("{:x>110}-{n:07}", format!("bench-{run}"))
}

/// A job with a single target: id and body.
pub(super) fn job(run: &str, n: usize, now: Timestamp) -> (String, Vec<u8>) {
    let id = format!("bench-{run}-{n:07}");
    let job = json!({
        "v": 1, "id": id, "app": APP, "vendor": VENDOR, "kind": "chat.direct",
        "targets": [{ "token": token(run, n), "badge": { "add": 1 } }],
        "notification": { "title": TITLE, "body": BODY },
        "data": { "job": id, "conv": "u_1001" },
        "created_at": now.to_string(),
    });
    (id, job.to_string().into_bytes())
}

/// The request body that a job becomes, written as fast as can be: by the bare loop, which knows nothing of jobs.
pub(super) fn request(run: &str, n: usize) -> String {
    let token = token(run, n);
    format!(
        r#"{{"message":{{"data":"{{\"ext\":\"{{\\\"job\\\":\\\"bench-{run}-{n:07}\\\",\\\"conv\\\":\\\"u_1001\\\"}}\"}}","android":{{"collapse_key":-1,"category":"IM","ttl":"86398s","bi_tag":"bench-{run}-{n:07}","notification":{{"title":"{TITLE}","body":"{BODY}","click_action":{{"type":3}},"importance":"NORMAL","badge":{{"add_num":1,"class":"com.example.chat.MainActivity"}}}}}},"token":["{token}"]}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use push_contract::Timestamp;

    #[test]
    fn the_request_is_json_and_names_its_job() {
        let request: serde_json::Value = serde_json::from_str(&super::request("r", 7)).unwrap();
        let (id, body) = super::job("r", 7, Timestamp::from_millis(0));
        assert_eq!(request["message"]["android"]["bi_tag"], id.as_str());
        let data: serde_json::Value = serde_json::from_str(request["message"]["data"].as_str().unwrap()).unwrap();
        let ext: serde_json::Value = serde_json::from_str(data["ext"].as_str().unwrap()).unwrap();
        assert_eq!(ext["job"], id.as_str());
        let job: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(job["targets"][0]["token"], request["message"]["token"][0]);
    }
}
