//! What encoders and decoders of all vendors share: forms, requests, and how long a vendor asks to wait.

use std::{fmt::Write, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use crate::{Answer, Outcome, Reason, Refusal, Timestamp, Token};

/// JSON as a content type.
pub const JSON: &str = "application/json;charset=UTF-8";
/// A form as a content type.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Whoever asks for a longer wait is asked again after this one: one call an hour costs nobody anything, and a header
/// that is wrong does not stop an app for good.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The body of a form. Secrets hold `+`, `/` and `=`: unescaped they reach the vendor as other secrets.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        escape(&mut body, name);
        body.push('=');
        escape(&mut body, value);
    }
    body
}

/// A text as it stands in a form.
fn escape(body: &mut String, plain: &str) {
    for byte in plain.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => body.push(char::from(byte)),
            b' ' => body.push('+'),
            _ => {
                // Writing into a String cannot fail.
                let _ = write!(body, "%{byte:02X}");
            }
        }
    }
}

/// A GET request.
#[must_use]
pub fn get(address: &Uri) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = address.clone();
    request
}

/// A POST request.
#[must_use]
pub fn post(address: &Uri, content_type: &'static str, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = address.clone();
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    request
}

/// The text of a call's token, for a form; in a header stands [`authorization`].
///
/// # Errors
/// A call without a token cannot be made: the app's credential is wrong.
pub fn token(token: Option<&Token>) -> Result<&str, Refusal> {
    token.map(|token| token.value.reveal()).ok_or_else(no_token)
}

/// The token as a header's value after `prefix`, which may be empty; it is never shown.
///
/// # Errors
/// Those of [`token`].
pub fn authorization(prefix: &str, token: Option<&Token>) -> Result<HeaderValue, Refusal> {
    let text = format!("{prefix}{}", self::token(token)?);
    let mut value = HeaderValue::from_str(&text).map_err(|_| no_token())?;
    value.set_sensitive(true);
    Ok(value)
}

fn no_token() -> Refusal {
    let rule = "no token for the call: check the app's credential";
    Refusal { outcome: Outcome::Misconfigured, ..Refusal::rejected(Reason::CredentialStale, ".", rule) }
}

impl Answer {
    /// How long `Retry-After` asks to wait, in seconds or until a date (RFC 9110, section 10.2.3); an hour at most.
    /// `None`: it is not there or cannot be read.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(header::RETRY_AFTER)?;
        let wait = match text.parse::<u32>() {
            Ok(seconds) => Duration::from_secs(seconds.into()),
            // The vendor's clock and ours may differ: the date counts from the vendor's own now, if it says so.
            Err(_) => date(text)?.since(self.header(header::DATE).and_then(date).unwrap_or(self.at)),
        };
        Some(wait.min(LONGEST_WAIT))
    }

    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<Timestamp> {
    let at = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    Some(Timestamp::from_millis(at.unix_timestamp().saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn wait(headers: &[(&'static str, &'static str)]) -> Option<u64> {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
        // 1994-11-06T08:49:00Z
        let at = Timestamp::from_millis(784_111_740_000);
        Answer { status: 503, headers, body: Bytes::new(), at }.retry_after().map(|wait| wait.as_secs())
    }

    #[test]
    fn a_form_escapes_what_is_not_plain() {
        assert_eq!(form(&[("a", "x y&é"), ("b", "*-._")]), "a=x+y%26%C3%A9&b=*-._");
        assert_eq!(form(&[("client secret", "a+b/c=d")]), "client+secret=a%2Bb%2Fc%3Dd");
        assert_eq!(form(&[]), "");
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (headers, seconds) in [
            (&[("retry-after", "7")][..], Some(7)),
            (&[("retry-after", " 0 ")], Some(0)),
            (&[("retry-after", date)], Some(37)),
            (&[("retry-after", date), ("date", "Sun, 06 Nov 1994 08:49:30 GMT")], Some(7)),
            (&[("retry-after", date), ("date", "today")], Some(37)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:48:00 GMT")], Some(0)),
            (&[("retry-after", "86400")], Some(3600)),
            (&[("retry-after", "Mon, 07 Nov 1994 08:49:00 GMT")], Some(3600)),
        ] {
            assert_eq!(wait(headers), seconds, "{headers:?}");
        }
    }

    #[test]
    fn nonsense_is_no_wait() {
        assert_eq!(wait(&[]), None);
        for value in ["", "soon", "-1", "1.5", "7 s", "99999999999", "Sun, 06 Nov", "1994-11-06T08:49:37Z"] {
            assert_eq!(wait(&[("retry-after", value)]), None, "{value}");
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = |text| Token {
            value: Secret::new(text),
            expires_at: Timestamp::from_millis(0),
            renew_before: Duration::ZERO,
        };
        let value = authorization("Bearer ", Some(&token("t0ken"))).unwrap();
        assert_eq!(value.as_bytes(), b"Bearer t0ken");
        assert!(!format!("{value:?}").contains("t0ken"));
        assert_eq!(super::token(Some(&token("t0ken"))), Ok("t0ken"));
        for none in [None, Some(&token("two\nlines"))] {
            let refusal = authorization("", none).unwrap_err();
            assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::CredentialStale));
            assert!(!refusal.to_string().contains("lines"));
        }
    }
}
