use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::problem::explain;
use crate::{Issue, Object, PageError, Severity};

/// Where a Describe response keeps the described objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// In the list of this name, for example `tasks`.
    List(&'static str),
    /// In the member of this name, alone, for example `taskDefinition`.
    One(&'static str),
}

impl Body {
    /// The name of the member that holds the objects.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Self::List(member) | Self::One(member) => member,
        }
    }

    /// The path of an object, or of a member inside it, from the top of the page.
    pub(crate) fn path(self, source_index: u32, member: &str) -> String {
        let mut path = match self {
            Self::List(list) => format!("{list}[{source_index}]"),
            Self::One(one) => one.to_owned(),
        };
        if !member.is_empty() && member != "." {
            if !member.starts_with('[') {
                path.push('.');
            }
            path.push_str(member);
        }
        path
    }
}

/// Reads a page in one pass and hands over each object that is not null, with its position.
///
/// The first object of a wrong type ends the pass, after some objects may have been handed over.
pub(crate) fn each<'a, T: Deserialize<'a>>(
    body: Body,
    page: &'a str,
    visit: impl FnMut(u32, T),
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(page);
    PageReader {
        body,
        visit,
        object: PhantomData,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Reads a page object by object, so that one of a wrong type does not touch the others.
pub(crate) fn each_alone<'a, T: Deserialize<'a>>(
    body: Body,
    page: &'a str,
    mut visit: impl FnMut(u32, Result<T, Issue>),
) -> Result<(), PageError> {
    let read =
        |source_index, json: &'a RawValue| visit(source_index, object(body, source_index, json));
    each(body, page, read).map_err(|error| malformed(body, &error))
}

/// Reads one object; the issue names the member that is to blame.
fn object<'a, T: Deserialize<'a>>(
    body: Body,
    source_index: u32,
    json: &'a RawValue,
) -> Result<T, Issue> {
    let mut deserializer = serde_json::Deserializer::from_str(json.get());
    let read = serde_path_to_error::deserialize(&mut deserializer);
    read.map(|Object(object)| object).map_err(|error| {
        let path = body.path(source_index, &error.path().to_string());
        let problem = explain(error.inner());
        let message = format!("`{path}` {}", problem.message);
        Issue {
            source_index: Some(source_index),
            severity: Severity::Rejected,
            code: problem.code,
            path,
            message,
        }
    })
}

fn malformed(body: Body, error: &serde_json::Error) -> PageError {
    PageError::MalformedPage(format!(
        "the page with the member `{}` {} (line {}, column {})",
        body.member(),
        explain(error).message,
        error.line(),
        error.column(),
    ))
}

/// The whole response.
struct PageReader<T, F> {
    body: Body,
    visit: F,
    object: PhantomData<fn(T)>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(u32, T)> DeserializeSeed<'de> for PageReader<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(u32, T)> Visitor<'de> for PageReader<T, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(ours) = members.next_key_seed(Is(self.body.member()))? {
            if !ours {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            if found {
                return Err(A::Error::duplicate_field(self.body.member()));
            }
            found = true;
            match self.body {
                Body::List(_) => {
                    members.next_value_seed(ListReader {
                        visit: &mut self.visit,
                        object: PhantomData,
                    })?;
                }
                Body::One(_) => {
                    if let Some(Object(object)) = members.next_value()? {
                        (self.visit)(0, object);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The list of objects, which may be null.
struct ListReader<'v, T, F> {
    visit: &'v mut F,
    object: PhantomData<fn(T)>,
}

impl<'de, T: Deserialize<'de>, F: FnMut(u32, T)> DeserializeSeed<'de> for ListReader<'_, T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(u32, T)> Visitor<'de> for ListReader<'_, T, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut source_index = 0;
        while let Some(element) = elements.next_element::<Option<Object<T>>>()? {
            if let Some(Object(object)) = element {
                (self.visit)(source_index, object);
            }
            source_index += 1;
        }
        Ok(())
    }
}

/// Whether a member's name is the one that is looked for, without keeping it.
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Is {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}
