//! Why single tokens are illegal on HarmonyOS NEXT (section 12.4), and which token gets which answer here.

use crate::fortune::Fortune;

pub(super) const NO_PUSH_TYPE: &str = "noPushTypeRight";
pub(super) const NO_SCENE: &str = "noRightToSendThisLiveNotificationEvent";
pub(super) const NO_VOICE: &str = "notSupportPlayVoice";
const FORMAT: &str = "tokenFormatError";
const NO_RIGHT: &str = "noRight";

/// Everything that the sheet lists. A token `reason-<one of them>-...` is refused for it.
const ALL: [&str; 11] = [
    FORMAT,
    "tokenPlatformNotSupport",
    NO_RIGHT,
    "countryNotSupport",
    NO_PUSH_TYPE,
    NO_SCENE,
    "disableSendHuaweiMsgBecauseOfPenalty",
    "appinfoError",
    "atomicUnableSendUnsubscribedMsg",
    "differentImgVerifyPolicy",
    NO_VOICE,
];

/// Why the token is illegal, if it is.
pub(super) fn of(token: &str) -> Option<&'static str> {
    match Fortune::of(token) {
        Fortune::Malformed => Some(FORMAT),
        // An app that is gone, and a token from before the phone's upgrade.
        Fortune::Dead => Some(NO_RIGHT),
        _ if token.starts_with("android-") => Some(NO_RIGHT),
        _ => {
            let named = token.strip_prefix("reason-")?.split('-').next()?;
            ALL.into_iter().find(|reason| *reason == named)
        }
    }
}
