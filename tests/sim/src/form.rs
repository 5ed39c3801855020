//! `application/x-www-form-urlencoded`, decoded as servers do: `+` is a blank, `%XX` is a byte, the result is UTF-8.

/// The fields of a form in their order. `None` where a percent sign starts no byte, the bytes are no UTF-8, a pair has
/// no `=`, or a byte stands raw that must be encoded: the ways an unencoded secret breaks a body.
pub(crate) fn fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    body.split(|byte| *byte == b'&')
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=')?;
            Some((decode(pair.get(..at)?)?, decode(pair.get(at + 1..)?)?))
        })
        .collect()
}

fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' | b'~' => byte,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn decodes_the_secret_of_the_sheet() {
        let body = b"grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3Dd%26e+f";
        let read = fields(body).unwrap();
        assert_eq!(read[2], ("client_secret".to_owned(), "a+b/c=d&e f".to_owned()));
    }

    #[test]
    fn refuses_what_was_not_encoded() {
        for wrong in ["a=b/c", "a=b=c", "a=%2", "a=%zz", "a", "a=%ff", "a=\u{e9}", "a=b c"] {
            assert_eq!(fields(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(fields(b""), Some(Vec::new()));
    }
}
