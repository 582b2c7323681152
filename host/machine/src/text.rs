//! Text from outside for the terminal: shortened, and without control characters.

mod file;

pub use file::{lines, read_all, read_file, skip_mark, variable};

/// Cuts `text` to `limit_characters` and replaces control characters, so that a guest or a server can neither
/// flood nor control a terminal.
#[must_use]
pub fn printable(text: &str, limit_characters: usize) -> String {
    let mut characters = text.chars();
    let mut result: String = characters
        .by_ref()
        .take(limit_characters)
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    if characters.next().is_some() {
        result.push('…');
    }
    result
}

/// The candidate that is most similar to `given`; `None` if there are no candidates.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(given, candidate), candidate))
        // Of equally similar candidates, the first counts.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
}

/// Whether a body begins like an HTML page. Proxies and filters send such pages in place of answers, with any
/// content type.
pub fn is_html(body: &[u8]) -> bool {
    let mut body = body
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(body)
        .trim_ascii_start();
    // Declarations and comments may precede the first tag.
    for (start, end) in [(&b"<?xml"[..], &b"?>"[..]), (b"<!--", b"-->")] {
        while body.starts_with(start) {
            let end_at = body.windows(end.len()).position(|window| window == end);
            let Some(at) = end_at else { break };
            body = body[at + end.len()..].trim_ascii_start();
        }
    }
    let begins = |text: &[u8], tag: &[u8]| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    let tags = [
        "!doctype html",
        "html",
        "head",
        "body",
        "title",
        "meta",
        "script",
        "style",
        "link",
        "div",
        "p>",
        "h1",
        "h2",
        "center",
        "table",
        "br",
        "iframe",
    ];
    let rest = body.strip_prefix(b"<").unwrap_or_default();
    tags.iter().any(|tag| begins(rest, tag.as_bytes()))
}

/// `tasks[3].tags[0].key` becomes `tasks[].tags[].key`.
#[must_use]
pub fn without_positions(path: &str) -> String {
    let mut result = String::with_capacity(path.len());
    let mut is_inside = false;
    for character in path.chars() {
        match character {
            '[' => is_inside = true,
            ']' => is_inside = false,
            digit if is_inside && digit.is_ascii_digit() => continue,
            _ => {}
        }
        result.push(character);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_power() {
        assert_eq!(printable("a\u{1b}[31mb\nc", 100), "a\u{fffd}[31mb\u{fffd}c");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(printable("abcdef", 3), "abc…");
    }

    #[test]
    fn a_page_is_told_by_how_it_begins() {
        for page in [
            "<html>",
            "\u{feff}\n <!DOCTYPE HTML PUBLIC",
            "<Head><title>",
        ] {
            assert!(is_html(page.as_bytes()), "{page}");
        }
        for other in ["", "{}", "<?xml version=\"1.0\"?><ErrorResponse/>", "<htm"] {
            assert!(!is_html(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn positions_go_and_the_rest_stays() {
        assert_eq!(
            without_positions("tasks[13].tags[0].key"),
            "tasks[].tags[].key"
        );
        assert_eq!(without_positions("/TAGS/a1"), "/TAGS/a1");
    }
}
