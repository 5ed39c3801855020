//! Title and body, cut to what fits (section 5: the whole has a limit, a text has none).

use std::borrow::Cow;

use push_contract::{Count, Fitted, Job, Notification, Reason, Refusal, cut_text, typed::filled};

use super::wire::Entries;
use crate::settings::SubtitleIs;

/// What the phone shows.
#[derive(Default)]
pub(super) struct Texts<'a> {
    pub(super) title: Option<Cow<'a, str>>,
    pub(super) body: Option<Cow<'a, str>>,
}

impl<'a> Texts<'a> {
    /// The job's texts, with its subtitle where the settings want it. Either text is enough.
    pub(super) fn of(
        job: &'a Job,
        shown: &'a Notification,
        subtitle_is: SubtitleIs,
        data: &mut Entries<'a>,
        fitted: &mut Fitted,
    ) -> Result<Self, Refusal> {
        let (title, mut body) = (job.title().map(Cow::Borrowed), job.body().map(Cow::Borrowed));
        if title.is_none() && body.is_none() {
            let rule = "needs a title or a body; leave it out for a data message";
            return Err(Refusal::rejected(Reason::NoContent, "notification", rule));
        }
        match (shown.subtitle.as_deref().and_then(filled), subtitle_is) {
            (None, _) => {}
            (Some(_), SubtitleIs::Dropped) => fitted.dropped.push("subtitle".to_owned()),
            (Some(subtitle), SubtitleIs::Data) => data.push("subtitle", subtitle),
            (Some(subtitle), SubtitleIs::Body) => {
                body = Some(body.map_or(subtitle.into(), |body| format!("{subtitle}\n{body}").into()));
                fitted.changed.push("subtitle".to_owned());
            }
        }
        Ok(Self { title, body })
    }

    /// Cuts body, then title, until they fit beside what is `taken`. Data is never cut.
    pub(super) fn cut(&mut self, taken: usize, most: usize, fitted: &mut Fitted) -> Result<(), Refusal> {
        let length = |text: &Option<Cow<'_, str>>| text.as_ref().map_or(0, |text| text.len());
        let mut size = taken + length(&self.title) + length(&self.body);
        for (text, field) in [(&mut self.body, "body"), (&mut self.title, "title")] {
            let over = size.saturating_sub(most);
            if let Some(full) = text.as_ref().filter(|_| over > 0) {
                let cut = cut_text(full, full.len().saturating_sub(over), Count::Bytes).text.into_owned();
                size = size - full.len() + cut.len();
                *text = Some(cut.into());
                fitted.changed.push(field.to_owned());
            }
        }
        if size > most {
            let rule = format!("{size} bytes with the shortest texts, at most {most}: shorten data");
            return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
        }
        Ok(())
    }
}
