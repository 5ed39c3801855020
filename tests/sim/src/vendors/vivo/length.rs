//! How long a text is for vivo, and whether a real message may have it (section 5).

/// Section 5: the counter of SDK 2.2.
const WIDE: [(u16, u16); 6] = [
    (0x4E00, 0x9FFF), // CJK Unified Ideographs
    (0x3400, 0x4DBF), // extension A
    (0xF900, 0xFAFF), // CJK Compatibility Ideographs
    (0x3000, 0x303F), // CJK Symbols and Punctuation
    (0x2000, 0x206F), // General Punctuation
    (0xFF00, 0xFFEF), // Halfwidth and Fullwidth Forms
];

/// UTF-16 units, plus 1 for each of the wide blocks.
pub(super) fn of(text: &str) -> usize {
    let wide = |unit: &u16| WIDE.iter().any(|(first, last)| (first..=last).contains(&unit));
    text.encode_utf16().count() + text.encode_utf16().filter(wide).count()
}

/// UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether the text rules bar this title or content from a real message; else nothing is wrong with it.
pub(super) fn barred(text: &str) -> bool {
    let mut rest = text.chars().filter(|c| !c.is_whitespace()).peekable();
    if rest.peek().is_none() {
        return false;
    }
    let all = |is: fn(char) -> bool| text.chars().filter(|c| !c.is_whitespace()).all(is);
    let only_latin = all(|c| c.is_ascii_alphabetic());
    let only_marks = all(|c| c.is_ascii_digit() || !c.is_alphanumeric());
    only_latin || only_marks || text.contains("测试") || text.contains(['{', '}', '[', ']'])
}

#[cfg(test)]
mod tests {
    use super::{barred, of};

    #[test]
    fn counts_as_the_sheet_does() {
        let cases =
            [("", 0), ("abc", 3), ("见字", 4), ("，", 2), ("—", 2), ("“", 2), ("…", 2), ("👋", 2), ("é", 1), ("ｱ", 2)];
        for (text, length) in cases {
            assert_eq!(of(text), length, "{text}");
        }
    }

    #[test]
    fn bars_what_the_sheet_names() {
        for text in ["123", "ok", "!!", "12:30", "[图片]", "{x1}", "这是测试"] {
            assert!(barred(text), "{text}");
        }
        for text in ["Hi,123", "在吗", "ok 1", "（图片）"] {
            assert!(!barred(text), "{text}");
        }
    }
}
