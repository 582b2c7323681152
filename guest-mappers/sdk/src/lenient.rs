use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

use crate::Object;
use crate::body::read_tracked;
use crate::problem::explain;

/// The name by which [`Lenient`] asks a deserializer for its value. One without a value, which only records
/// what a type reads, answers with [`Visitor::visit_some`]; see `fields.rs`.
pub(crate) const NAME: &str = "portolan::Lenient";

/// A member of a document that AWS gives no type, for example the parameters of a request in an event.
///
/// It is read apart from the page: what is not a `T` is no error, and counts as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lenient<T>(Result<T, Misfit>);

/// The reason that a [`Lenient`] value is absent. It holds no value of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Whether the value is an object, whose members are wrong.
    pub is_object: bool,
    /// The path of the wrong member; empty for the value itself.
    pub member: String,
    /// A short constant in kebab case.
    pub code: &'static str,
    /// Continues a sentence that begins with the path of the member.
    pub message: String,
}

impl<T> Lenient<T> {
    /// The value, or the reason that there is none.
    ///
    /// # Errors
    ///
    /// Fails if the member does not have this type.
    pub fn read(&self) -> Result<&T, &Misfit> {
        self.0.as_ref()
    }
}

/// The value of an optional member; `None` also for one that does not have this type.
#[must_use]
pub fn lenient<T>(value: &Option<Lenient<T>>) -> Option<&T> {
    value.as_ref()?.read().ok()
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Lenient<T>, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?.get();
        let read = read_tracked(json, PhantomData::<Object<T>>);
        Ok(Lenient(read.map(|Object(value)| value).map_err(
            |(path, error)| {
                let problem = explain(&error);
                Misfit {
                    is_object: json.starts_with('{'),
                    member: if path == "." { String::new() } else { path },
                    code: problem.code,
                    message: problem.message,
                }
            },
        )))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Lenient<T>, D::Error> {
        T::deserialize(deserializer).map(|value| Lenient(Ok(value)))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::{Text, fields};

    #[derive(Debug, serde::Deserialize)]
    struct Event<'a> {
        #[serde(borrow)]
        id: Option<Text<'a>>,
        parameters: Option<Lenient<Parameters<'a>>>,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Parameters<'a> {
        #[serde(borrow)]
        image: Option<Lenient<Text<'a>>>,
        privileged: Option<Lenient<bool>>,
    }

    fn image(parameters: &str) -> Option<String> {
        let json = format!(r#"{{"parameters":{parameters},"id":"e"}}"#);
        let event: Event<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(event.id.as_deref(), Some("e"), "{parameters}");
        let parameters = lenient(&event.parameters)?;
        assert_eq!(lenient(&parameters.privileged).copied(), None);
        lenient(&parameters.image).map(|image| image.as_str().to_owned())
    }

    #[test]
    fn what_has_another_type_is_absent_and_harms_nothing_else() {
        assert_eq!(
            image(r#"{"privileged":"yes", "image":"a"}"#).as_deref(),
            Some("a")
        );
        let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        for parameters in [
            r#""HIDDEN_DUE_TO_SECURITY_REASONS""#,
            r#"{"image":{"a":1}}"#,
            r#"{"image":"\ud800"}"#,
            r#"["a"]"#,
            "null",
            "1e400",
            &deep,
        ] {
            assert_eq!(image(parameters), None, "{parameters}");
        }
    }

    #[test]
    fn the_reason_names_the_member_and_no_value() {
        let misfit = |json| {
            let read: Lenient<Event<'_>> = serde_json::from_str(json).unwrap();
            let misfit = read.read().unwrap_err().clone();
            (misfit.is_object, misfit.member, misfit.code, misfit.message)
        };
        let wrong = "is an integer, expected a string".to_owned();
        assert_eq!(
            misfit(r#"{"id":4711}"#),
            (true, "id".to_owned(), "wrong-type", wrong)
        );
        let wrong = "is a string, expected an object".to_owned();
        assert_eq!(
            misfit("\"secret\""),
            (false, String::new(), "wrong-type", wrong)
        );
    }

    #[test]
    fn it_names_the_members_that_its_type_reads() {
        let paths = fields::of::<Event<'_>>().unwrap();
        assert_eq!(paths, ["id", "parameters.image", "parameters.privileged"]);
    }
}
