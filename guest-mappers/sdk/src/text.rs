use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A string of the page, borrowed from it unless it holds an escape.
///
/// Unlike an `Option<Cow<str>>`, whose strings serde always copies, this type borrows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    /// The string in the page, with escapes resolved.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(value: &'a str) -> Self {
        Self(Cow::Borrowed(value))
    }
}

impl<'a> From<Text<'a>> for Cow<'a, str> {
    fn from(text: Text<'a>) -> Self {
        text.0
    }
}

/// The string of an optional [`Text`], as most attributes need it.
#[must_use]
pub fn text<'s>(value: &'s Option<Text<'_>>) -> Option<&'s str> {
    value.as_deref()
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(value.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: Option<Text<'a>>,
    }

    #[test]
    fn plain_text_is_borrowed_and_escaped_text_is_resolved() {
        let page = r#"{"name":"plain"}"#.to_owned();
        let named: Named<'_> = serde_json::from_str(&page).unwrap();
        assert!(matches!(named.name, Some(Text(Cow::Borrowed("plain")))));

        let escaped: Named<'_> = serde_json::from_str(r#"{"name":"a\u2028\tb"}"#).unwrap();
        assert_eq!(text(&escaped.name), Some("a\u{2028}\tb"));
    }

    #[test]
    fn null_and_absent_are_the_same() {
        for body in ["{}", r#"{"name":null}"#] {
            let named: Named<'_> = serde_json::from_str(body).unwrap();
            assert_eq!(named.name, None);
        }
    }
}
