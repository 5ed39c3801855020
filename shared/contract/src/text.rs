//! Cutting texts the way a vendor counts them.

use unicode_segmentation::UnicodeSegmentation;

/// What a vendor's text limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Unicode scalar values.
    Chars,
    /// UTF-16 code units: an emoji is two or more.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
    /// ASCII counts half, everything else one (two ASCII letters for one Chinese character); limits are in whole ones.
    HalfAscii,
    /// UTF-16 code units, twice for an ideograph, a mark of CJK or general punctuation (the ellipsis too) and a full-width
    /// form: the columns that the text takes on a phone.
    Columns,
}

impl Count {
    /// Length of the text in half units, so that [`Count::HalfAscii`] stays a whole number.
    fn halves(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count() * 2,
            Self::Utf16 => text.encode_utf16().count() * 2,
            Self::Bytes => text.len() * 2,
            Self::HalfAscii => text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum(),
            Self::Columns => text.encode_utf16().map(|unit| if is_wide(unit) { 4 } else { 2 }).sum(),
        }
    }
}

/// The blocks CJK Unified Ideographs (with extension A), CJK Compatibility Ideographs, CJK Symbols and Punctuation, General
/// Punctuation, Halfwidth and Fullwidth Forms.
const fn is_wide(unit: u16) -> bool {
    matches!(unit, 0x2000..=0x206F | 0x3000..=0x303F | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0xFF00..=0xFFEF)
}

/// A text that fits, and whether it had to be cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut<'a> {
    /// The text that fits.
    pub text: std::borrow::Cow<'a, str>,
    /// Whether something was left out.
    pub was_cut: bool,
}

/// Cuts `text` to at most `limit` units, at a grapheme boundary, with an ellipsis that counts.
///
/// Combining marks, flags and joined emoji stay whole. When not even one grapheme fits beside the ellipsis the text
/// is the ellipsis alone.
#[must_use]
pub fn cut_text(text: &str, limit: usize, count: Count) -> Cut<'_> {
    if count.halves(text) <= limit * 2 {
        return Cut { text: text.into(), was_cut: false };
    }
    let room = (limit * 2).saturating_sub(count.halves("…"));
    let mut used = 0;
    let end = text
        .grapheme_indices(true)
        .find_map(|(at, grapheme)| {
            used += count.halves(grapheme);
            (used > room).then_some(at)
        })
        .unwrap_or(text.len());
    Cut { text: format!("{}…", text[..end].trim_end()).into(), was_cut: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_untouched() {
        assert_eq!(cut_text("见", 1, Count::Chars), Cut { text: "见".into(), was_cut: false });
        assert_eq!(cut_text("abcd", 2, Count::HalfAscii).text, "abcd");
        assert_eq!(cut_text("见，“ab", 8, Count::Columns).text, "见，“ab");
        assert_eq!(cut_text("见，“ab👋", 9, Count::Columns).text, "见，“a…");
    }

    #[test]
    fn graphemes_stay_whole() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(cut_text(&family.repeat(3), 10, Count::Chars).text, format!("{family}…"));
        assert_eq!(cut_text("e\u{301}e\u{301}e\u{301}", 3, Count::Chars).text, "e\u{301}…");
    }

    #[test]
    fn the_cut_text_fits_in_every_count() {
        let text = "Grüße, 见字如面 👋🏽👋🏽 — ".repeat(20);
        for count in [Count::Chars, Count::Utf16, Count::Bytes, Count::HalfAscii, Count::Columns] {
            for limit in 3..60 {
                let cut = cut_text(&text, limit, count);
                assert!(cut.was_cut && count.halves(&cut.text) <= limit * 2, "{count:?} {limit}");
            }
        }
    }
}
