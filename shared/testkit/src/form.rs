//! Reads `application/x-www-form-urlencoded`, for checks of what an encoder wrote.

/// The fields of a form, in their order; what has no `=` is left out.
pub fn fields(form: &str) -> impl Iterator<Item = (String, String)> {
    form.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        Some((plain(name), plain(value)))
    })
}

fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16)).unwrap_or(0);
                let value = digit() * 16 + digit();
                u8::try_from(value).unwrap_or(b'?')
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_form_reads_back() {
        let fields: Vec<_> = super::fields("a=x+y%26%C3%A9&b=1").collect();
        assert_eq!(fields, [("a".to_owned(), "x y&é".to_owned()), ("b".to_owned(), "1".to_owned())]);
    }
}
