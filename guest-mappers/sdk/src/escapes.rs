use std::borrow::Cow;

/// A pair of leading surrogates: valid JSON in a value that is skipped, an error in a string that is read.
const UNREADABLE: &str = r"\ud800\ud800";

/// Replaces every escape that JSON does not define by one that fails when its string is read.
///
/// Because of an unknown escape, the parser rejects the whole page. The replacement rejects only the object
/// that holds it, and only if its member is read.
pub fn contain_unknown_escapes(page: &str) -> Cow<'_, str> {
    let mut contained = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(found) = page[from..].find('\\') {
        let backslash = from + found;
        let length = escape_length(&page.as_bytes()[backslash + 1..]);
        from = backslash + 1 + length;
        if length == 0 {
            contained.push_str(&page[copied..backslash]);
            contained.push_str(UNREADABLE);
            copied = from;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(page);
    }
    contained.push_str(&page[copied..]);
    Cow::Owned(contained)
}

/// The number of bytes after a backslash that belong to the escape; 0 if the escape is unknown.
fn escape_length(rest: &[u8]) -> usize {
    match rest {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 1,
        [b'u', digits @ ..]
            if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) =>
        {
            5
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_escapes_stay() {
        let page = r#"{"a":"\\q \" \/ \b\f\n\r\t \u00e9 \uD83D\uDE00 é"}"#;
        assert!(matches!(contain_unknown_escapes(page), Cow::Borrowed(same) if same == page));
    }

    #[test]
    fn unknown_escapes_become_unreadable_and_nothing_else_changes() {
        let cases = [
            (r#""a\qé""#, r#""a\ud800\ud800qé""#),
            (r#""\u12""#, r#""\ud800\ud800u12""#),
            (r#""\ud83d\é\\""#, r#""\ud83d\ud800\ud800é\\""#),
            (r#""cut \"#, r#""cut \ud800\ud800"#),
        ];
        for (page, expected) in cases {
            assert_eq!(contain_unknown_escapes(page), expected);
        }
    }
}
