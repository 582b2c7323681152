//! Describes a parser's error by types and positions, without a value of the page.

use serde::de::Unexpected;
use serde_json::error::Category;

/// An error without the offending values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    /// Continues a sentence that begins with the path of a member.
    pub(crate) message: String,
}

/// The type of a JSON text, for an error about a value of the wrong type.
pub(crate) fn unexpected_json(json: &str) -> Unexpected<'static> {
    match json.bytes().next() {
        Some(b'"') => Unexpected::Other("string"),
        Some(b'{') => Unexpected::Map,
        Some(b'[') => Unexpected::Seq,
        Some(b't' | b'f') => Unexpected::Other("boolean"),
        Some(b'n') => Unexpected::Unit,
        _ => Unexpected::Other("number"),
    }
}

/// Describes a parser's error.
///
/// Serde quotes the offending value in its own texts, so only phrases known to be free of values are copied.
pub(crate) fn explain(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(text, _)| text);
    if error.classify() != Category::Data {
        let message = format!("is not valid JSON: {text}");
        return Problem {
            code: "malformed-json",
            message,
        };
    }
    let wrong_type = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .and_then(|rest| rest.rsplit_once(", expected "));
    if let Some((found, expected)) = wrong_type {
        let (found, expected) = (found_type(found), expected_type(expected));
        return Problem {
            code: "wrong-type",
            message: format!("is {found}, expected {expected}"),
        };
    }
    if text.starts_with("duplicate field ") {
        let message = "has a member twice".to_owned();
        return Problem {
            code: "repeated-member",
            message,
        };
    }
    if let Some(member) = text.strip_prefix("missing field ") {
        return Problem {
            code: "missing-member",
            message: format!("lacks the member {member}"),
        };
    }
    Problem {
        code: "wrong-type",
        message: "does not fit the type that the mapper reads".to_owned(),
    }
}

/// The type at the start of serde's text for the found value, without the value that may follow.
fn found_type(found: &str) -> &'static str {
    const TYPES: [(&str, &str); 12] = [
        ("string", "a string"),
        ("character", "a string"),
        ("integer", "an integer"),
        ("floating point", "a fractional number"),
        ("fraction", "a fractional number"),
        ("number beyond 64 bits", "a number beyond 64 bits"),
        ("number", "a number"),
        ("boolean", "a boolean"),
        ("null", "null"),
        ("unit value", "null"),
        ("map", "an object"),
        ("sequence", "a list"),
    ];
    TYPES
        .iter()
        .find(|(prefix, _)| found.starts_with(prefix))
        .map_or("something else", |found| found.1)
}

/// The type that was expected, in JSON's terms instead of serde's Rust terms.
fn expected_type(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::{Int, List, Tag, Timestamp};

    fn problem<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Problem {
        explain(&serde_json::from_str::<T>(json).err().unwrap())
    }

    #[test]
    fn types_are_named_and_values_withheld() {
        let secret = r#""secret, expected nothing at line 7""#;
        assert_eq!(
            problem::<List<Tag<'_>>>(secret).message,
            "is a string, expected a list"
        );
        assert_eq!(
            problem::<Tag<'_>>(secret).message,
            "is a string, expected an object"
        );
        assert_eq!(
            problem::<Int>(secret).message,
            "is a string, expected an integer"
        );
        assert_eq!(
            problem::<Int>("1.25").message,
            "is a fractional number, expected an integer"
        );
        assert_eq!(
            problem::<Timestamp>("[]").message,
            "is a list, expected a number of epoch seconds"
        );
        assert_eq!(
            problem::<Tag<'_>>(r#"{"key":4711}"#).message,
            "is an integer, expected a string"
        );
        assert_eq!(problem::<Tag<'_>>(r#"{"key":{}}"#).code, "wrong-type");
    }

    #[test]
    fn foreign_texts_are_not_repeated() {
        #[derive(serde::Deserialize, Debug)]
        enum Colour {}
        let problem = problem::<Colour>(r#""secret""#);
        assert!(!problem.message.contains("secret"), "{problem:?}");
    }

    #[test]
    fn broken_escapes_are_malformed() {
        let problem = problem::<Tag<'_>>(r#"{"key":"secret \ud800 x"}"#);
        assert_eq!(problem.code, "malformed-json");
        assert!(!problem.message.contains("secret"), "{problem:?}");
    }

    #[test]
    fn a_repeated_member_is_told() {
        assert_eq!(
            problem::<Tag<'_>>(r#"{"key":"a","key":"b"}"#).code,
            "repeated-member"
        );
    }
}
