//! Title and description (section 5): neither is ever blank.

use std::borrow::Cow;

use push_contract::{Notification, Reason, Refusal, cut_text};

use super::Writer;
use crate::settings::Subtitle;

/// Characters of title and description: "less than 50", below 128.
const TITLE: usize = 49;
const DESCRIPTION: usize = 127;

/// Title and body before they are cut.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) title: &'a str,
    pub(crate) body: &'a str,
}

impl<'a> Writer<'a, '_> {
    /// Title and body, neither blank (section 5): the title is the app's name, then the one that is missing is the other.
    pub(super) fn texts(&mut self, notification: &'a Notification) -> Result<Texts<'a>, Refusal> {
        let filled = |text: &&str| !text.trim().is_empty();
        let sender = self.job.sender.as_ref();
        let names = [sender.and_then(|sender| sender.nickname.as_deref()), sender.map(|sender| sender.id.as_str())];
        let title = std::iter::once(notification.title.as_deref()).chain(names).flatten().find(filled);
        let body = notification.body.as_deref().filter(filled);
        let Some(some) = body.or(title) else {
            return Err(Refusal::rejected(Reason::NoContent, "notification", "needs a title or a body"));
        };
        self.change_if(title.is_none() || title != self.job.title(), "title");
        self.change_if(body.is_none(), "body");
        let name = Some(self.settings.app_name.as_str()).filter(filled);
        Ok(Texts { title: title.or(name).unwrap_or(some), body: body.unwrap_or(some) })
    }

    pub(super) fn title(&mut self, texts: &Texts<'a>) -> Cow<'a, str> {
        self.cut(texts.title, TITLE, "title")
    }

    /// With the subtitle before it, where the settings say so.
    pub(super) fn description(&mut self, notification: &'a Notification, texts: &Texts<'a>) -> Cow<'a, str> {
        match notification.subtitle.as_deref().filter(|_| self.settings.subtitle == Subtitle::Prepend) {
            Some(subtitle) => {
                let whole = format!("{subtitle}\n{}", texts.body);
                let cut = cut_text(&whole, DESCRIPTION, self.settings.count());
                self.change_if(cut.was_cut, "body");
                cut.text.into_owned().into()
            }
            None => self.cut(texts.body, DESCRIPTION, "body"),
        }
    }

    fn cut(&mut self, text: &'a str, most: usize, field: &str) -> Cow<'a, str> {
        let cut = cut_text(text, most, self.settings.count());
        self.change_if(cut.was_cut, field);
        cut.text
    }
}
