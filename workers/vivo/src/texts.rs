//! Title and body: both required, cut as vivo counts, and cleaned where vivo looks at texts (section 5).

use std::borrow::Cow;

use push_contract::{Job, Reason, Refusal, cut_text};

use crate::settings::Settings;

/// The word for "test", and the same with a blank in it.
const TEST: (&str, &str) = ("测试", "测 试");

/// What the phone shows.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) title: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
    /// Which of them is not as the producer wrote it.
    pub(crate) changed: Vec<&'static str>,
}

/// The job's texts; `cleaned` as the text rules want them.
pub(crate) fn fit<'a>(settings: &Settings, job: &'a Job, cleaned: bool) -> Result<Texts<'a>, Refusal> {
    let (title, body) = (title(job), job.body().filter(|text| !is_blank(text)));
    let Some(some) = title.or(body) else {
        let rule = "needs a title or a body: vivo has no messages without text";
        return Err(Refusal::rejected(Reason::NoContent, "notification", rule));
    };
    let mut changed = Vec::new();
    let mut fit = |text: Option<&'a str>, written: Option<&str>, limit: usize, start: &str, field: &'static str| {
        let text = text.unwrap_or(some);
        let fitted = if cleaned { clean(text, start) } else { Cow::Borrowed(text) };
        let fitted = match cut_text(&fitted, limit, settings.count()) {
            cut if cut.was_cut => Cow::Owned(cut.text.into_owned()),
            _ => fitted,
        };
        if written != Some(&fitted) {
            changed.push(field);
        }
        fitted
    };
    let prefix = settings.clean_prefix.as_str();
    let nickname = job.sender.as_ref().and_then(|sender| sender.nickname.as_deref()).filter(|name| !is_blank(name));
    let greeting = nickname.map_or_else(|| prefix.to_owned(), |name| format!("{name}: "));
    let title = fit(title, job.title(), settings.title_limit, prefix, "title");
    let body = fit(body, job.body(), settings.body_limit, &greeting, "body");
    Ok(Texts { title, body, changed })
}

/// As [`Job::title`], but what is only white space counts as empty: vivo refuses it.
fn title(job: &Job) -> Option<&str> {
    let sender = job.sender.as_ref();
    let names = [sender.and_then(|sender| sender.nickname.as_deref()), sender.map(|sender| sender.id.as_str())];
    // Names stand in for a title of a notification only.
    let first = job.notification.as_ref()?.title.as_deref();
    std::iter::once(first).chain(names).flatten().find(|text| !is_blank(text))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A text that the rules let through: no brackets but round ones, not the word for "test", and of more than one sort of
/// characters.
fn clean<'a>(text: &'a str, start: &str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    if text.contains(['[', ']', '{', '}']) {
        text = text.replace(['[', '{'], "(").replace([']', '}'], ")").into();
    }
    if text.contains(TEST.0) {
        text = text.replace(TEST.0, TEST.1).into();
    }
    if is_plain(&text) { format!("{start}{text}").into() } else { text }
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
}
