//! Text that came from outside and goes to a person: cut, and free of control characters.

mod file;

pub use file::{lines, read_all, read_file, skip_mark};

/// Cuts `text` to `limit_characters` and replaces control characters, so that a guest or a server
/// can neither flood a terminal nor steer it.
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

/// The candidate that is most like `given`, if there is any.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(given, candidate), candidate))
        // Of equal ones the first.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| candidate)
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
    fn positions_go_and_the_rest_stays() {
        assert_eq!(
            without_positions("tasks[13].tags[0].key"),
            "tasks[].tags[].key"
        );
        assert_eq!(without_positions("/TAGS/a1"), "/TAGS/a1");
    }
}
