//! Pages that a proxy puts in the place of a registry's answer.

/// Whether an answer is a page for people. A registry answers in JSON; storage behind one in XML.
pub(super) fn is_page(answer: &[u8]) -> bool {
    let begin = String::from_utf8_lossy(answer.get(..64).unwrap_or(answer)).to_lowercase();
    let begin = begin.trim_start_matches(|each: char| each.is_whitespace() || each == '\u{feff}');
    begin.starts_with("<!doctype html") || begin.starts_with("<html")
}
