//! Checks of settings. Each names key, value (never a secret's) and rule.

use std::{fmt::Display, ops::RangeInclusive};

use http::Uri;

use crate::{Kind, Secret, SettingsError, typed::address};

/// A rule that holds, or the error that says which does not.
///
/// # Errors
/// When it does not hold.
pub fn rule(holds: bool, key: &str, value: impl Display, rule: &str) -> Result<(), SettingsError> {
    if holds { Ok(()) } else { Err(SettingsError::new(key, value.to_string(), rule)) }
}

/// A number within its bounds; `what` says what is counted, such as `tokens a call`.
///
/// # Errors
/// When it is out of them.
pub fn within<T: PartialOrd + Display>(
    key: &str,
    value: T,
    bounds: RangeInclusive<T>,
    what: &str,
) -> Result<(), SettingsError> {
    let text = format!("{} to {} {what}", bounds.start(), bounds.end());
    rule(bounds.contains(&value), key, value, &text)
}

/// A rate that lets something through; `what` says what it counts and where the vendor tells the figure.
///
/// # Errors
/// When it is zero.
pub fn rate(per_second: u32, what: &str) -> Result<(), SettingsError> {
    rule(per_second > 0, "rate_per_second", per_second, &format!("at least 1 {what}"))
}

/// A secret that must be there; blanks around it are those of its file.
///
/// # Errors
/// When it is not, or empty.
pub fn secret<'a>(given: Option<&'a Secret>, key: &str, what: &str) -> Result<&'a Secret, SettingsError> {
    given.filter(|secret| !secret.reveal().trim().is_empty()).ok_or_else(|| {
        let rule = format!("needed: set {key}_file or the environment variable to {what}");
        SettingsError::new(key, "(none)", rule)
    })
}

/// A name of 1 to 64 digits.
///
/// # Errors
/// When it is none.
pub fn number(key: &str, text: &str, what: &str) -> Result<(), SettingsError> {
    let holds = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    rule(holds, key, text, &format!("1 to 64 digits: {what}"))
}

/// An address that the vendor is to call, of at most so many characters; empty: none.
///
/// # Errors
/// When it is no http or https address, or too long.
pub fn callback(key: &str, url: &str, most: usize) -> Result<(), SettingsError> {
    let web = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
    let text = format!("http:// or https://, at most {most} characters; empty: no callbacks");
    rule(web && url.chars().count() <= most, key, url, &text)
}

/// Keys of a table that must be kinds of jobs, or what else `known` allows.
///
/// # Errors
/// The first that is neither.
pub fn kinds<'a>(
    table: &str,
    keys: impl IntoIterator<Item = &'a String>,
    known: impl Fn(&str) -> bool,
) -> Result<(), SettingsError> {
    let is_known = |key: &str| known(key) || Kind::ALL.iter().any(|kind| kind.as_str() == key);
    match keys.into_iter().find(|key| !is_known(key)) {
        None => Ok(()),
        Some(key) => {
            let rule = "no kind of job (such as call.invite) and nothing else that may stand here";
            Err(SettingsError::new(format!("{table}.{key}"), "(not shown)", rule))
        }
    }
}

/// The host of a setting, as the start of addresses.
///
/// # Errors
/// When it is no absolute address.
pub fn paths<const N: usize>(key: &str, host: &str, paths: [&str; N]) -> Result<[Uri; N], SettingsError> {
    let mut found: [Uri; N] = std::array::from_fn(|_| Uri::default());
    for (place, path) in found.iter_mut().zip(paths) {
        *place = address(key, host, path)?;
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(result: Result<(), SettingsError>) -> String {
        result.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_is_wrong_is_named_with_its_value_and_rule() {
        assert_eq!(shown(within("batch", 1001, 1..=1000, "tokens a call")), "batch = 1001: 1 to 1000 tokens a call");
        assert_eq!(shown(rate(0, "call a second")), "rate_per_second = 0: at least 1 call a second");
        assert_eq!(shown(number("app_id", "12x", "the App ID")), "app_id = 12x: 1 to 64 digits: the App ID");
        let long = format!("https://{}", "a".repeat(200));
        for wrong in ["push.example", "ftp://a", &long] {
            assert!(shown(callback("callback_url", wrong, 200)).starts_with("callback_url = "), "{wrong}");
        }
        let keys = ["news".to_owned(), "IM".to_owned(), "chat".to_owned()];
        assert!(shown(kinds("channels", &keys, |key| key == "IM")).starts_with("channels.chat = (not shown): "));
    }

    #[test]
    fn what_is_right_passes() {
        for result in [
            within("batch", 1, 1..=1000, "tokens a call"),
            rate(1, "call a second"),
            number("app_id", "12", "the App ID"),
            callback("callback_url", "", 200),
            callback("callback_url", "https://a.example", 200),
            kinds("channels", &["news".to_owned()], |_| false),
        ] {
            assert_eq!(shown(result), "");
        }
        let [auth, send] = paths("url", "https://host/", ["/auth", "/send"]).unwrap();
        assert_eq!((auth.path(), send.to_string().as_str()), ("/auth", "https://host/send"));
        assert_eq!(paths("url", "host", ["/auth"]).unwrap_err().key, "url");
    }

    #[test]
    fn a_secret_is_needed_and_never_shown() {
        let (some, blank) = (Secret::new("hush"), Secret::new(" \n"));
        assert_eq!(secret(Some(&some), "app_secret", "the AppSecret"), Ok(&some));
        for none in [None, Some(&blank)] {
            let error = secret(none, "app_secret", "the AppSecret").unwrap_err();
            assert_eq!((error.key.as_str(), error.value.as_str()), ("app_secret", "(none)"));
        }
    }
}
