//! Requests and answers as files that people read.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use push_contract::{Answer, Timestamp};

/// The request as in `request.http`: request line, headers sorted and in lower case, an empty line, the body; a body
/// of JSON is laid out for reading with its texts and numbers untouched.
pub(super) fn request(request: &Request<Bytes>, masked: &[&str]) -> Result<String, String> {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<(&str, String)> = Vec::with_capacity(request.headers().len());
    for (name, value) in request.headers() {
        let shown = if masked.contains(&name.as_str()) {
            "<masked>".to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        headers.push((name.as_str(), shown));
    }
    headers.sort();
    for (name, value) in headers {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    let body = std::str::from_utf8(request.body()).map_err(|_| "the body of the request is no UTF-8".to_owned())?;
    text.push('\n');
    let json = request
        .headers()
        .get(http::header::CONTENT_TYPE)
        .is_some_and(|value| value.to_str().is_ok_and(|text| text.starts_with("application/json")));
    if json {
        serde_json::from_str::<serde::de::IgnoredAny>(body)
            .map_err(|error| format!("the body of the request says it is JSON: {error}"))?;
        text.push_str(&laid_out(body));
    } else {
        text.push_str(body);
    }
    text.push('\n');
    Ok(text)
}

/// Reads `response.http`: a status line (`HTTP/1.1 200 OK`, or the number alone), headers, an empty line, the body. The
/// file's last line break is not part of the body.
pub(super) fn answer(text: &str, at: Timestamp) -> Result<Answer, String> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default().split(' ').find_map(|word| word.parse().ok());
    let status = status.ok_or("the first line must hold a status, such as HTTP/1.1 200 OK")?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("{line:?} is no header"))?;
        let name: HeaderName = name.parse().map_err(|_| format!("{name:?} is no name of a header"))?;
        let value = HeaderValue::from_str(value).map_err(|_| format!("{name}: the value is none"))?;
        headers.append(name, value);
    }
    let body = body.strip_suffix('\n').unwrap_or(body);
    Ok(Answer { status, headers, body: Bytes::copy_from_slice(body.as_bytes()), at })
}

/// JSON with line breaks and indents. Works on the text: parsing would hide a doubled key or a changed number.
fn laid_out(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut rest = json.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).peekable();
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = rest.next() {
        if in_string {
            text.push(c);
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                text.push(c);
            }
            '{' | '[' => {
                text.push(c);
                while rest.next_if_eq(&' ').is_some() {}
                if let Some(close) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(close);
                } else {
                    depth += 1;
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            ' ' => {}
            _ => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use push_contract::Timestamp;

    #[test]
    fn json_is_laid_out_without_touching_texts() {
        let text = r#"{"a":[1,{}],"b":"x, {y}: \"z\" ","c":1.0}"#;
        let wanted = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"x, {y}: \\\"z\\\" \",\n  \"c\": 1.0\n}";
        assert_eq!(super::laid_out(text), wanted);
    }

    #[test]
    fn an_answer_reads_with_and_without_a_body() {
        let at = Timestamp::from_millis(0);
        let answer = super::answer("HTTP/1.1 503 Busy\nretry-after: 7\n\nsorry\n", at).unwrap();
        assert_eq!((answer.status, answer.body.as_ref()), (503, b"sorry".as_slice()));
        assert_eq!(answer.headers["retry-after"], "7");
        assert_eq!(super::answer("204\n", at).unwrap().status, 204);
        assert!(super::answer("hello\n", at).is_err());
    }
}
