use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON text as written: with repeated members, and with names and scalars in their notation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Scalar(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The members of an object.
struct Members<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'t> Deserialize<'t> for Members<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'t> Visitor<'t> for All {
            type Value = Members<'t>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Members<'t>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

impl Json {
    pub(super) fn read(text: &[u8]) -> anyhow::Result<Self> {
        Self::of(serde_json::from_slice(text)?)
    }

    fn of(raw: &RawValue) -> anyhow::Result<Self> {
        let text = raw.get();
        Ok(match text.as_bytes()[0] {
            b'{' => {
                let Members(members) = serde_json::from_str(text)?;
                let members = members.into_iter();
                let members =
                    members.map(|(name, value)| Ok((name.get().to_owned(), Self::of(value)?)));
                Self::Object(members.collect::<anyhow::Result<_>>()?)
            }
            b'[' => {
                let elements: Vec<&RawValue> = serde_json::from_str(text)?;
                let elements = elements.into_iter().map(Self::of);
                Self::List(elements.collect::<anyhow::Result<_>>()?)
            }
            _ => Self::Scalar(text.to_owned()),
        })
    }

    pub(super) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The values of all members with this name.
    pub(super) fn all(&self, name: &str) -> impl DoubleEndedIterator<Item = &Self> {
        let members = self.members().iter();
        let named = members.filter(move |member| decoded(&member.0).is_some_and(|it| it == name));
        named.map(|member| &member.1)
    }

    /// A value of the same type without content.
    pub(super) fn hollow(&self) -> Self {
        match self {
            Self::Object(_) => Self::Object(Vec::new()),
            Self::List(_) => Self::List(Vec::new()),
            Self::Scalar(text) => Self::Scalar(match text.as_bytes()[0] {
                b'"' => "\"\"".into(),
                b't' | b'f' => "false".into(),
                b'n' => "null".into(),
                _ => "0".into(),
            }),
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(text) if text == "null")
    }

    /// The value as a text, if it is one.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Scalar(text) => decoded(text),
            _ => None,
        }
    }
}

/// The meaning of a string in this notation.
pub(super) fn decoded(written: &str) -> Option<String> {
    serde_json::from_str(written).ok()
}
