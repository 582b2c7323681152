use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::decimal::scaled_floor;
use crate::problem::unexpected_json;

/// An integer of the page.
///
/// `3.0` and `1E2` are integers too, because serializers choose the notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Int(pub i64);

/// An integer of up to this many bytes fits an `i64`, whatever its digits.
const SHORT: usize = 18;

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        if json.len() <= SHORT && json.bytes().all(|byte| byte.is_ascii_digit()) {
            let value = json
                .bytes()
                .fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            return Ok(Self(value));
        }
        if !json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Err(D::Error::invalid_type(unexpected_json(json), &"an integer"));
        }
        match scaled_floor(json, 0) {
            Some(floor) if floor.exact => Ok(Self(floor.value)),
            Some(_) => Err(D::Error::invalid_type(
                Unexpected::Other("fraction"),
                &"an integer",
            )),
            None => Err(D::Error::invalid_type(
                Unexpected::Other("number beyond 64 bits"),
                &"an integer",
            )),
        }
    }
}

impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Int {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Int".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer" })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    fn int(json: &str) -> Result<i64, String> {
        serde_json::from_str::<Int>(json)
            .map(|int| int.0)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_notation_of_an_integer_counts() {
        let cases = [
            ("0", 0),
            ("-0", 0),
            ("-7", -7),
            ("3.0", 3),
            ("1E2", 100),
            ("-250e-1", -25),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (json, value) in cases {
            assert_eq!(int(json).unwrap(), value, "{json}");
        }
    }

    #[test]
    fn anything_else_is_a_wrong_type() {
        for json in [
            "1.5",
            "1e-1",
            "9223372036854775808",
            "1e999999999",
            "\"3\"",
            "true",
            "{}",
            "[]",
        ] {
            assert!(
                int(json).unwrap_err().contains("expected an integer"),
                "{json}"
            );
        }
    }
}
