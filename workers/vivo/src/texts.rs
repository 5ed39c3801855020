//! Title and body: both required, cut as vivo counts, and cleaned where vivo looks at texts (section 5).

use push_contract::{Count, Fitted, Job, Reason, Refusal, cut_text};

use crate::settings::Settings;

const TITLE: usize = 40;
const BODY: usize = 100;
/// The word for "test", and the same with a blank in it.
const TEST: (&str, &str) = ("测试", "测 试");
/// What a text starts with that is too plain, where no name helps.
const GREETING: &str = "Hi,";

/// The job's title and body; `cleaned` as the text rules want them.
pub(crate) fn fit(settings: &Settings, job: &Job, cleaned: bool, fitted: &mut Fitted) -> Result<[String; 2], Refusal> {
    // What is only white space counts as empty: vivo refuses it.
    let [title, body] = [job.title(), job.body()].map(|text| text.filter(|text| !is_blank(text)));
    let Some(some) = title.or(body) else {
        let rule = "needs a title or a body: vivo has no messages without text";
        return Err(Refusal::rejected(Reason::NoContent, "notification", rule));
    };
    let count = if settings.cjk_counts_twice { Count::Columns } else { Count::Utf16 };
    let mut fit = |written: Option<&str>, limit: usize, start: &str, field: &str| {
        let text = written.unwrap_or(some);
        let text = if cleaned { clean(text, start) } else { text.to_owned() };
        let text = cut_text(&text, limit, count).text.into_owned();
        fitted.change_if(written != Some(text.as_str()), field);
        text
    };
    let nickname = job.sender.as_ref().and_then(|sender| sender.nickname.as_deref()).filter(|name| !is_blank(name));
    let named = nickname.map_or_else(|| GREETING.to_owned(), |name| format!("{name}: "));
    Ok([fit(title, TITLE, GREETING, "title"), fit(body, BODY, &named, "body")])
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A text that the rules let through: no brackets but round ones, not the word for "test", and of more than one sort of
/// characters.
fn clean(text: &str, start: &str) -> String {
    let text = rewrite(text);
    if !is_plain(&text) {
        return text;
    }
    // A name may be barred itself, or be as plain as the text.
    let started = format!("{}{text}", rewrite(start));
    if is_plain(&started) { format!("{GREETING}{text}") } else { started }
}

/// Round brackets for all others, and a blank in the word for "test".
fn rewrite(text: &str) -> String {
    text.replace(['[', '{'], "(").replace([']', '}'], ")").replace(TEST.0, TEST.1)
}

/// Only Latin letters, or only digits and marks.
fn is_plain(text: &str) -> bool {
    let all = |is: fn(char) -> bool| text.chars().filter(|c| !c.is_whitespace()).all(is);
    all(|c| c.is_ascii_alphabetic()) || all(|c| c.is_ascii_digit() || !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn barred_texts_become_others() {
        let cases = [
            ("123", "Hi,123"),
            ("ok", "Hi,ok"),
            ("O K", "Hi,O K"),
            ("?!", "Hi,?!"),
            ("12:30", "Hi,12:30"),
            ("[图片]", "(图片)"),
            ("{\"a\"}", "(\"a\")"),
            ("这是测试", "这是测 试"),
            ("在吗", "在吗"),
            ("See you at 8", "See you at 8"),
        ];
        for (text, wanted) in cases {
            assert_eq!(clean(text, "Hi,"), wanted, "{text}");
        }
    }

    #[test]
    fn a_start_is_cleaned_too() {
        for (start, wanted) in [
            ("李雷: ", "李雷: 456"),
            ("[群主]小明: ", "(群主)小明: 456"),
            ("测试员: ", "测 试员: 456"),
            ("123: ", "Hi,456"),
            ("{}: ", "Hi,456"),
        ] {
            assert_eq!(clean("456", start), wanted, "{start}");
        }
    }
}
