//! Demands on a value: its type and members, and how several demands combine.

use portolan_mapper_table::plan::{Member, Shape};

/// The shape of a value, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Demand {
    /// No demand so far.
    Unknown,
    /// The whole value, of any type.
    Any,
    Text,
    Integer,
    Number,
    Boolean,
    Time,
    TextOrInteger,
    /// The values of the tags with these keys.
    Tags(Vec<String>),
    List(Box<Demand>),
    Object {
        members: Vec<(String, Demand)>,
        is_open: bool,
    },
}

/// Two demands that exclude each other, or one that no value meets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conflict {
    /// The path from the top of the object; empty for the object itself.
    pub(crate) path: String,
    pub(crate) what: String,
}

impl Demand {
    pub(crate) fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    pub(crate) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        let members = members.map(|(name, demand)| (name.to_owned(), demand));
        Self::Object {
            members: members.into(),
            is_open: false,
        }
    }

    /// The demand on the member with this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object { members, .. } = self else {
            return None;
        };
        members
            .iter()
            .find(|member| member.0 == name)
            .map(|member| &member.1)
    }

    /// The demand on a list of tags that is read whole.
    fn all_tags() -> Self {
        Self::list(Self::object([("key", Self::Text), ("value", Self::Text)]))
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Unknown | Self::Any => "anything",
            Self::Text => "a text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Time => "a time",
            Self::TextOrInteger => "a text or an integer",
            Self::List(_) | Self::Tags(_) => "a list",
            Self::Object { .. } => "an object",
        }
    }

    /// Adds another demand for the same value.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), Conflict> {
        let mine = std::mem::replace(self, Self::Unknown);
        *self = merged(mine, other, "")?;
        Ok(())
    }

    /// The shape to read, once all demands are merged.
    pub(crate) fn shape(&self) -> Shape<'_> {
        match self {
            Self::Unknown | Self::Any => Shape::Any,
            Self::Text => Shape::Text,
            Self::Integer => Shape::Integer,
            Self::Number => Shape::Number,
            Self::Boolean => Shape::Boolean,
            Self::Time => Shape::Time,
            Self::TextOrInteger => Shape::TextOrInteger,
            Self::Tags(keys) => Shape::Tags(keys.iter().map(String::as_str).collect()),
            Self::List(element) => Shape::List(Box::new(element.shape())),
            Self::Object { members, is_open } => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|member| &member.0);
                let members = members.into_iter().map(|(name, demand)| Member {
                    name,
                    shape: demand.shape(),
                });
                Shape::Object {
                    members: members.collect(),
                    is_open: *is_open,
                }
            }
        }
    }
}

fn merged(mine: Demand, other: Demand, path: &str) -> Result<Demand, Conflict> {
    use Demand::{Any, Integer, List, Number, Object, Tags, Text, TextOrInteger, Time, Unknown};
    Ok(match (mine, other) {
        (Unknown, demand) | (demand, Unknown) => demand,
        (mine, other) if mine == other => mine,
        (Tags(mut keys), Tags(others)) => {
            for key in others {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            Tags(keys)
        }
        (Tags(_), other) => merged(Demand::all_tags(), other, path)?,
        (mine, Tags(_)) => merged(mine, Demand::all_tags(), path)?,
        (Any, List(element)) | (List(element), Any) => {
            Demand::list(merged(*element, Any, &format!("{path}[]"))?)
        }
        (Any, Object { members, .. }) | (Object { members, .. }, Any) => Object {
            members: with_any(members, path)?,
            is_open: true,
        },
        (Any, leaf) | (leaf, Any) => leaf,
        (Number | TextOrInteger, Integer) | (Integer, Number | TextOrInteger) => Integer,
        (Number, TextOrInteger) | (TextOrInteger, Number) => Integer,
        (Number, Time) | (Time, Number) => Time,
        (TextOrInteger, Text) | (Text, TextOrInteger) => Text,
        (List(mine), List(other)) => Demand::list(merged(*mine, *other, &format!("{path}[]"))?),
        (
            Object { members, is_open },
            Object {
                members: others,
                is_open: other_is_open,
            },
        ) => {
            let members = together(members, others, path)?;
            let is_open = is_open || other_is_open;
            Object {
                members: match is_open {
                    true => with_any(members, path)?,
                    false => members,
                },
                is_open,
            }
        }
        (mine, other) => {
            return Err(Conflict {
                path: path.to_owned(),
                what: format!("is read as {} and as {}", mine.name(), other.name()),
            });
        }
    })
}

type Members = Vec<(String, Demand)>;

/// The members of an object that is also read whole.
fn with_any(members: Members, path: &str) -> Result<Members, Conflict> {
    let all = members.into_iter().map(|(name, demand)| {
        let demand = merged(demand, Demand::Any, &member_path(path, &name))?;
        Ok((name, demand))
    });
    all.collect()
}

/// Merges the demands of two on the members of an object.
fn together(mut members: Members, others: Members, path: &str) -> Result<Members, Conflict> {
    for (name, demand) in others {
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                let mine = std::mem::replace(known, Demand::Unknown);
                *known = merged(mine, demand, &member_path(path, &name))?;
            }
            None => members.push((name, demand)),
        }
    }
    Ok(members)
}

fn member_path(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    }
}
