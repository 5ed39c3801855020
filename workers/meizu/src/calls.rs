//! The calls of a dispatch, each a signed form (sections 3, 4.1, 4.4 and 4.5).

use std::fmt::Write;

use http::Uri;
use md5::{Digest, Md5};
use push_contract::{Call, Outcome, Push, Reason, Refusal, Timestamp, kit::fields::json, wire};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    classes::TRANSPARENT,
    message::{self, Shape},
    settings::Settings,
};

const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";
/// What all interfaces are below.
const ROOT: &str = "/garcia/api/server/push/";
/// `imgType` of an expanded picture; `pushType` of a notification.
const EXPANDED: &str = "1";
const NOTIFICATION: &str = "0";

/// Which call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// A picture is handed over.
    Upload,
    /// A task is made.
    NewTask,
    /// It is sent.
    #[default]
    Push,
}

/// Where a dispatch stands. It travels in the memo of its calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) stage: Stage,
    picture: Option<String>,
    task: Option<String>,
    /// The address that Meizu sent this call to.
    moved: Option<String>,
}

impl State {
    /// Where a dispatch begins.
    pub(crate) fn first(settings: &Settings, push: &Push) -> Self {
        match message::picture(settings, &push.job) {
            Some(_) => Self { stage: Stage::Upload, ..Self::default() },
            None => Self::pictured(settings, push, None),
        }
    }

    /// Where it goes on with the picture's address at Meizu, or without a picture.
    fn pictured(settings: &Settings, push: &Push, picture: Option<String>) -> Self {
        let large = settings.task_from > 0 && push.job.targets.len() >= settings.task_from;
        let stage = if large && push.class.name != TRANSPARENT { Stage::NewTask } else { Stage::Push };
        Self { stage, picture, ..Self::default() }
    }

    /// What a call's memo says; strange ones are of the first call of a push.
    pub(crate) fn of(memo: Option<&str>) -> Self {
        memo.and_then(|memo| serde_json::from_str(memo).ok()).unwrap_or_default()
    }

    /// Where it goes on after a call that gave `value`; `None`: what cannot be done without is not in it.
    pub(crate) fn after(&self, settings: &Settings, push: &Push, value: &Value) -> Option<Self> {
        match self.stage {
            Stage::Upload => {
                let picture = value["imgUrl"].as_str().filter(|url| url.starts_with("http"));
                Some(Self::pictured(settings, push, picture.map(str::to_owned)))
            }
            Stage::NewTask => {
                let task = Some(value["taskId"].as_u64()?.to_string());
                Some(Self { stage: Stage::Push, task, ..Self::default() })
            }
            Stage::Push => None,
        }
    }

    /// The same call once more, at the address of a redirect, if it leads to the vendor's own hosts.
    pub(crate) fn moved_to(&self, settings: &Settings, url: &str) -> Option<Self> {
        let uri = url.parse::<Uri>().ok().filter(|uri| self.moved.is_none() && is_own(settings.host(), uri))?;
        Some(Self { moved: Some(uri.to_string()), ..self.clone() })
    }
}

/// Whether a pushId can stand in the list: a comma or a blank would make others of it.
pub(crate) fn can_stand(token: &str) -> bool {
    !token.contains(|c: char| c == ',' || c.is_whitespace() || c.is_control())
}

/// Refuses a list none of whose pushIds can be sent to.
pub(crate) fn check<'a>(mut tokens: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    if tokens.any(can_stand) {
        return Ok(());
    }
    let (outcome, reason) = (Outcome::InvalidToken, Reason::TokenMalformed);
    let rule = "a pushId has no comma and no blank".to_owned();
    Err(Refusal { outcome, reason, field: "targets".to_owned(), rule })
}

/// The call of a stage.
pub(crate) fn call(settings: &Settings, push: &Push, state: &State, now: Timestamp) -> Result<Call, Refusal> {
    check(push.tokens())?;
    let message = |receipts| {
        let shape =
            Shape { seconds_left: push.expiry.since(now).as_secs(), picture: state.picture.as_deref(), receipts };
        let message = message::write(settings, &push.job, &push.class, &shape)?.0;
        Ok::<_, Refusal>(String::from_utf8_lossy(&json(&message)?).into_owned())
    };
    let ids = push.tokens().filter(|token| can_stand(token)).collect::<Vec<_>>().join(",");
    let (api, path, mut fields) = match (state.stage, &state.task) {
        (Stage::Upload, _) => {
            let picture = message::picture(settings, &push.job).unwrap_or_default();
            ("upload", "uploadImg", vec![("imgType", EXPANDED.to_owned()), ("imgUrl", picture.to_owned())])
        }
        (Stage::NewTask, _) => {
            let fields = vec![("pushType", NOTIFICATION.to_owned()), ("messageJson", message(false)?)];
            ("task_id", "pushTask/getTaskId", fields)
        }
        (Stage::Push, Some(task)) => {
            ("task_push", "task/varnished/pushByPushId", vec![("taskId", task.clone()), ("pushIds", ids)])
        }
        (Stage::Push, None) => {
            let (api, path) = match push.class.name.as_str() {
                TRANSPARENT => ("transparent", "unvarnished/pushByPushId"),
                _ => ("push", "varnished/pushByPushId"),
            };
            let mut fields = vec![("messageJson", message(true)?), ("pushIds", ids)];
            if !settings.package_names.is_empty() {
                fields.push(("restrictedPackageNames", settings.package_names.join(",")));
            }
            (api, path, fields)
        }
    };
    fields.insert(0, ("appId", settings.app_id.clone()));
    fields.push(("sign", sign(&fields, settings.secret())));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let usual = || format!("{}{ROOT}{path}", settings.host().trim_end_matches('/'));
    let address = state.moved.clone().unwrap_or_else(usual).parse();
    let address = address.map_err(|_| Refusal::rejected(Reason::BadRequest, ".", "no address"))?;
    let request = wire::post(&address, FORM, wire::form(&fields));
    let memo = (*state != State::default()).then(|| serde_json::to_string(state).unwrap_or_default());
    Ok(Call { api, request, commits: state.stage == Stage::Push, memo })
}

/// Lower-case hex of the MD5 of all fields in the order of their names, and the secret (section 3). Of the raw values:
/// they are escaped afterwards.
fn sign(fields: &[(&str, String)], secret: &str) -> String {
    let mut sorted: Vec<_> = fields.iter().collect();
    sorted.sort();
    let mut digest = Md5::new();
    for (name, value) in sorted {
        digest.update(format!("{name}={value}"));
    }
    digest.update(secret);
    digest.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether an address has the scheme of `home`, and its host or one beside it.
fn is_own(home: &str, uri: &Uri) -> bool {
    let Ok(home) = home.parse::<Uri>() else { return false };
    let (Some(host), Some(own)) = (uri.host(), home.host()) else { return false };
    let named = own.parse::<std::net::IpAddr>().is_err();
    // What stands behind the first name; a name alone, such as `com`, is nobody's.
    let domain = own.find('.').map(|dot| &own[dot..]).filter(|rest| named && rest.matches('.').count() > 1);
    let beside = domain.is_some_and(|domain| host.to_ascii_lowercase().ends_with(domain));
    (host == own || beside) && uri.scheme() == home.scheme()
}

#[cfg(test)]
mod tests {
    use super::{is_own, sign};

    fn signed(app_id: &str, message: &str, ids: &str, secret: &str) -> String {
        // Not in order: the signature sorts.
        let fields = [("pushIds", ids), ("messageJson", message), ("appId", app_id)];
        sign(&fields.map(|(name, value)| (name, value.to_owned())), secret)
    }

    #[test]
    fn the_vectors_of_the_sheet() {
        let official = r#"{"title":"title","content":"content","pushTimeInfo":{"offLine":1,"validTime":24}}"#;
        let id = "RA50c6348036344485d01776773577c64740465480a6b";
        assert_eq!(signed("10000", official, id, "<APP_SECRET>"), "ac076ff25d9900015a681cb5172aa53b");
        let chinese = r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"张三","content":"晚上一起吃饭吗?"},"clickTypeInfo":{"clickType":0,"parameters":{"ext":"{\"cid\":\"c1\"}"}},"pushTimeInfo":{"offLine":1,"validTime":24}}"#;
        let ids = "S5Q4b726f5f7b6d4f7f567c7d6e4840647a5c7e6f6173,S5Q4b726f5f7b6d4f7f567c7d6e4840647a5c7e6f6174";
        assert_eq!(signed("123456", chinese, ids, "meizu-demo-secret"), "b85f08a2e7a922e9fba558f83b0494cd");
        assert_eq!(signed("123456", r#"{"a":"b=c&d"}"#, "P1", "s3cr3t"), "87740c1e856ad43f5b3f238e921486fa");
    }

    #[test]
    fn a_redirect_stays_with_the_vendor() {
        let is_own = |home: &str, url: &str| url.parse().is_ok_and(|uri| is_own(home, &uri));
        let meizu = "https://server-api-push.meizu.com";
        for good in
            ["https://server-api-push.meizu.com/y", "https://push2.MEIZU.com/y", "https://a.in.meizu.com:8443/y"]
        {
            assert!(is_own(meizu, good), "{good}");
        }
        for bad in ["http://push2.meizu.com/y", "https://meizu.com.evil.example/y", "https://evilmeizu.com/", "/y", ""]
        {
            assert!(!is_own(meizu, bad), "{bad}");
        }
        assert!(is_own("http://127.0.0.1:8080", "http://127.0.0.1:9090/y"));
        assert!(!is_own("http://127.0.0.1:8080", "http://10.9.0.1/y"));
        assert!(!is_own("http://localhost", "http://evil/y"));
        assert!(!is_own("https://meizu.com", "https://evil.com/y"));
        assert!(!is_own("https://push.example.com.cn", "https://push.evil.com.cn/y"));
    }
}
