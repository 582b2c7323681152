use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::problem::explain;
use crate::{Issue, Object, PageError, Severity};

/// The member of a Describe response that holds the described objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// A list with this name, for example `tasks`.
    List(&'static str),
    /// A single object with this name, for example `taskDefinition`.
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

    /// The path of an object or of its member, from the top of the page.
    #[doc(hidden)]
    #[must_use]
    pub fn path(self, source_index: u32, member: &str) -> String {
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

/// Reads a page in one pass and calls `visit` for each object that is not null, with its position.
///
/// An object of a wrong type ends the pass. Objects before it have already been visited.
pub(crate) fn each<'a, T: Deserialize<'a>>(
    body: Body,
    page: &'a str,
    mut visit: impl FnMut(u32, T),
) -> Result<(), serde_json::Error> {
    let seed = PhantomData::<Option<Object<T>>>;
    each_with(body, page, seed, |source_index, object| {
        if let Some(Object(object)) = object {
            visit(source_index, object);
        }
    })
}

/// As [`each`], for a type that is known only at run time. It visits nulls too.
pub fn each_with<'a, S: DeserializeSeed<'a> + Copy>(
    body: Body,
    page: &'a str,
    seed: S,
    visit: impl FnMut(u32, S::Value),
) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(page);
    PageReader { body, visit, seed }.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Reads a page object by object, so that an object of a wrong type does not affect the others.
pub(crate) fn each_alone<'a, T: Deserialize<'a>>(
    body: Body,
    page: &'a str,
    mut visit: impl FnMut(u32, Result<T, Issue>),
) -> Result<(), PageError> {
    each_alone_with(
        body,
        page,
        PhantomData::<Object<T>>,
        |source_index, object| {
            visit(source_index, object.map(|Object(object)| object));
        },
    )
}

/// As [`each_alone`], for a type that is known only at run time.
pub fn each_alone_with<'a, S: DeserializeSeed<'a> + Copy>(
    body: Body,
    page: &'a str,
    seed: S,
    mut visit: impl FnMut(u32, Result<S::Value, Issue>),
) -> Result<(), PageError> {
    let read = |source_index, json: &'a RawValue| {
        visit(source_index, object(body, source_index, json, seed));
    };
    each(body, page, read).map_err(|error| malformed(body, &error))
}

/// Reads one object; an error becomes an issue that names the offending member.
fn object<'a, S: DeserializeSeed<'a>>(
    body: Body,
    source_index: u32,
    json: &'a RawValue,
    seed: S,
) -> Result<S::Value, Issue> {
    read_tracked(json.get(), seed).map_err(|(member, error)| {
        wrong_member(source_index, body.path(source_index, &member), &error)
    })
}

/// Reads a text; an error comes with the path of the offending member.
pub fn read_tracked<'a, S: DeserializeSeed<'a>>(
    json: &'a str,
    seed: S,
) -> Result<S::Value, (String, serde_json::Error)> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut track = serde_path_to_error::Track::new();
    seed.deserialize(serde_path_to_error::Deserializer::new(
        &mut deserializer,
        &mut track,
    ))
    .map_err(|error| (track.path().to_string(), error))
}

/// The issue of an object with a member that cannot be read.
pub fn wrong_member(source_index: u32, path: String, error: &serde_json::Error) -> Issue {
    let problem = explain(error);
    let message = format!("`{path}` {}", problem.message);
    Issue {
        source_index: Some(source_index),
        severity: Severity::Rejected,
        code: problem.code,
        path,
        message,
    }
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

/// Reads the whole response.
struct PageReader<S, F> {
    body: Body,
    visit: F,
    seed: S,
}

impl<'de, S, F> DeserializeSeed<'de> for PageReader<S, F>
where
    S: DeserializeSeed<'de> + Copy,
    F: FnMut(u32, S::Value),
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S, F> Visitor<'de> for PageReader<S, F>
where
    S: DeserializeSeed<'de> + Copy,
    F: FnMut(u32, S::Value),
{
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
                        seed: self.seed,
                    })?;
                }
                Body::One(_) => {
                    let object = members.next_value_seed(self.seed)?;
                    (self.visit)(0, object);
                }
            }
        }
        Ok(())
    }
}

/// Reads the list of objects, which may be null.
struct ListReader<'v, S, F> {
    visit: &'v mut F,
    seed: S,
}

impl<'de, S, F> DeserializeSeed<'de> for ListReader<'_, S, F>
where
    S: DeserializeSeed<'de> + Copy,
    F: FnMut(u32, S::Value),
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S, F> Visitor<'de> for ListReader<'_, S, F>
where
    S: DeserializeSeed<'de> + Copy,
    F: FnMut(u32, S::Value),
{
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut source_index = 0;
        while let Some(element) = elements.next_element_seed(self.seed)? {
            (self.visit)(source_index, element);
            source_index += 1;
        }
        Ok(())
    }
}

/// Compares a member's name with this one, without storing it.
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
