//! What expressions ask of the objects that they meet.
//!
//! An expression says more than a path: `a.b` that `a` is an object, `a[*]` that it is a list, the type of
//! the attribute what the last member is, and a comparison with a text that the other side is one. A page
//! that does not keep to it is of a wrong type, and the object is rejected with the path, as in a mapping
//! that is written in Rust.

use jmespath::Variable;
use jmespath::ast::{Ast, Comparator};
use portolan_mapper_table::Function;
use portolan_mapper_table::plan::{Member, Shape};

/// The shape of a value, while it is found out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Demand {
    /// Nobody has said.
    Unknown,
    /// All of it, of any type.
    Any,
    Text,
    Integer,
    Number,
    Boolean,
    Time,
    TextOrInteger,
    /// The values of the tags of these keys.
    Tags(Vec<String>),
    List(Box<Demand>),
    Object {
        members: Vec<(String, Demand)>,
        is_open: bool,
    },
}

/// Two demands that no value can meet, or one that nothing can.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Conflict {
    /// From the top of the object; empty for itself.
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

    /// What is asked of a member by its name.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object { members, .. } = self else {
            return None;
        };
        members
            .iter()
            .find(|member| member.0 == name)
            .map(|member| &member.1)
    }

    /// What a list of tags is to whom all of it matters.
    fn all_tags() -> Self {
        Self::list(Self::object([("key", Self::Text), ("value", Self::Text)]))
    }

    const fn name(&self) -> &'static str {
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

    /// The shape to read, once all has been said.
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
            Self::Object { members, is_open } => Shape::Object {
                members: members
                    .iter()
                    .map(|(name, demand)| Member {
                        name,
                        shape: demand.shape(),
                    })
                    .collect(),
                is_open: *is_open,
            },
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
        (Any, Object { members, .. }) | (Object { members, .. }, Any) => {
            let all = members.into_iter().map(|(name, demand)| {
                let demand = merged(demand, Any, &member_path(path, &name))?;
                Ok((name, demand))
            });
            Object {
                members: all.collect::<Result<_, Conflict>>()?,
                is_open: true,
            }
        }
        (Any, leaf) | (leaf, Any) => leaf,
        (Number | TextOrInteger, Integer) | (Integer, Number | TextOrInteger) => Integer,
        (Number, TextOrInteger) | (TextOrInteger, Number) => Integer,
        (Number, Time) | (Time, Number) => Time,
        (TextOrInteger, Text) | (Text, TextOrInteger) => Text,
        (List(mine), List(other)) => Demand::list(merged(*mine, *other, &format!("{path}[]"))?),
        (
            Object {
                mut members,
                is_open,
            },
            Object {
                members: others,
                is_open: other_is_open,
            },
        ) => {
            let is_open = is_open || other_is_open;
            for (name, demand) in others {
                match members.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, known)) => {
                        let mine = std::mem::replace(known, Unknown);
                        *known = merged(mine, demand, &member_path(path, &name))?;
                    }
                    None => members.push((name, demand)),
                }
            }
            if is_open {
                for (name, demand) in &mut members {
                    let mine = std::mem::replace(demand, Unknown);
                    *demand = merged(mine, Any, &member_path(path, name))?;
                }
            }
            Object { members, is_open }
        }
        (mine, other) => {
            return Err(Conflict {
                path: path.to_owned(),
                what: format!("is read as {} and as {}", mine.name(), other.name()),
            });
        }
    })
}

fn member_path(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    }
}

/// What an expression asks of the value that it is evaluated on, so that it gives what is wanted of it.
pub(crate) fn demand(expression: &Ast, want: Demand) -> Result<Demand, Conflict> {
    let both = |left: &Ast, left_want: Demand, right: &Ast, right_want: Demand| {
        let mut asked = demand(left, left_want)?;
        asked.merge(demand(right, right_want)?)?;
        Ok(asked)
    };
    match expression {
        Ast::Identity { .. } => Ok(want),
        Ast::Literal { value, .. } => literal(value, &want),
        Ast::Expref { .. } => Ok(Demand::Unknown),
        Ast::Field { name, .. } => Ok(Demand::Object {
            members: vec![(name.clone(), want)],
            is_open: false,
        }),
        Ast::Subexpr { lhs, rhs, .. } => match (&**lhs, &**rhs) {
            (Ast::MultiList { elements, .. }, Ast::Index { idx, .. }) => {
                picked(elements, *idx, &want)
            }
            _ => demand(lhs, demand(rhs, want)?),
        },
        Ast::Index { .. } => Ok(Demand::list(want)),
        Ast::Slice { .. } => Ok(Demand::list(element(want))),
        Ast::Projection { lhs, rhs, .. } => demand(lhs, Demand::list(demand(rhs, element(want))?)),
        Ast::Flatten { node, .. } => {
            let want = element(want);
            // Of members it says that they are lists. What is computed may mix lists with others, which
            // stay what they are.
            let from = match &**node {
                Ast::Projection { rhs, .. } if is_list(rhs) => Demand::list(Demand::list(want)),
                node if is_member(node) => Demand::list(want),
                _ => mixed(&want, "`[]` of something computed")?,
            };
            demand(node, from)
        }
        Ast::ObjectValues { node, .. } => demand(node, Demand::Any),
        Ast::Condition {
            predicate, then, ..
        } => both(predicate, Demand::Any, then, want),
        Ast::Or { lhs, rhs, .. } => both(lhs, tested(want.clone())?, rhs, want),
        Ast::And { lhs, rhs, .. } => both(lhs, Demand::Any, rhs, want),
        Ast::Not { node, .. } => demand(node, Demand::Any),
        Ast::Comparison {
            comparator,
            lhs,
            rhs,
            ..
        } => {
            let wanted = |side: &Ast, other: &Ast| match side {
                Ast::Literal { .. } => Demand::Any,
                _ => comparable(comparator, other),
            };
            both(lhs, wanted(lhs, rhs), rhs, wanted(rhs, lhs))
        }
        Ast::MultiList { elements, .. } => {
            let want = match element(want) {
                want @ (Demand::List(_) | Demand::Object { .. }) => mixed(&want, "a list `[…]`")?,
                want => want,
            };
            all(elements.iter().map(|each| (each, want.clone())))
        }
        Ast::MultiHash { elements, .. } => {
            let wanted = |name: &str| match &want {
                Demand::Object { members, .. } => {
                    let found = members.iter().find(|(member, _)| member == name);
                    found.map_or(Demand::Any, |(_, demand)| demand.clone())
                }
                _ => Demand::Any,
            };
            all(elements.iter().map(|each| (&each.value, wanted(&each.key))))
        }
        Ast::Function { name, args, .. } => function(name, args, want),
    }
}

fn all<'a>(parts: impl Iterator<Item = (&'a Ast, Demand)>) -> Result<Demand, Conflict> {
    let mut asked = Demand::Unknown;
    for (part, want) in parts {
        asked.merge(demand(part, want)?)?;
    }
    Ok(asked)
}

/// What is wanted of the elements of a list.
fn element(want: Demand) -> Demand {
    match want {
        Demand::List(element) => *element,
        _ => Demand::Any,
    }
}

/// What is wanted of a value that is also tested for being true. An object is true if it has a member at
/// all, so that all of them have to be read.
fn tested(want: Demand) -> Result<Demand, Conflict> {
    match want {
        Demand::Object { .. } => merged(want, Demand::Any, ""),
        want => Ok(want),
    }
}

/// What is asked by a list of which one element is wanted; the others may be anything.
fn picked(elements: &[Ast], index: i32, want: &Demand) -> Result<Demand, Conflict> {
    let picked = match usize::try_from(index) {
        Ok(place) => Some(place),
        Err(_) => elements.len().checked_sub(index.unsigned_abs() as usize),
    };
    let wanted = |place| match Some(place) == picked {
        true => want.clone(),
        false => Demand::Any,
    };
    let elements = elements.iter().enumerate();
    all(elements.map(|(place, each)| (each, wanted(place))))
}

/// Whether this is a member by its name; flattening says of it that it is a list.
fn is_member(expression: &Ast) -> bool {
    match expression {
        Ast::Field { .. } => true,
        Ast::Subexpr { rhs, .. } => is_member(rhs),
        Ast::Condition { then, .. } => is_member(then),
        _ => false,
    }
}

/// Whether a projection to this is a list of lists; flattening says so of members.
fn is_list(expression: &Ast) -> bool {
    match expression {
        Ast::Projection { .. } | Ast::MultiList { .. } => true,
        Ast::Condition { then, .. } => is_list(then),
        other => is_member(other),
    }
}

/// What is wanted of values of which some may be of another type: anything, which a time cannot be.
fn mixed(want: &Demand, what: &str) -> Result<Demand, Conflict> {
    match holds_time(want) {
        true => Err(rounded(what)),
        false => Ok(Demand::Any),
    }
}

fn holds_time(want: &Demand) -> bool {
    match want {
        Demand::Time => true,
        Demand::List(element) => holds_time(element),
        Demand::Object { members, .. } => members.iter().any(|member| holds_time(&member.1)),
        _ => false,
    }
}

fn rounded(what: &str) -> Conflict {
    Conflict {
        path: String::new(),
        what: format!(
            "is a time that comes out of {what}, which would round it; only members, `||`, `&&` and not_null keep a time exact"
        ),
    }
}

/// A literal asks nothing of the object, but cannot be what it is not.
fn literal(value: &Variable, want: &Demand) -> Result<Demand, Conflict> {
    match (value, want) {
        (Variable::Array(elements), Demand::List(element)) => {
            for each in elements {
                literal(each, element)?;
            }
            Ok(Demand::Unknown)
        }
        _ if fits(value, want) => Ok(Demand::Unknown),
        _ => Err(Conflict {
            path: String::new(),
            what: format!(
                "has a literal {} where it needs {}",
                value.get_type(),
                want.name()
            ),
        }),
    }
}

/// Whether a literal can be what is wanted. A member or element of something else is null, which is fine.
fn fits(value: &Variable, want: &Demand) -> bool {
    match (value, want) {
        (Variable::Null, _)
        | (_, Demand::Unknown | Demand::Any | Demand::List(_) | Demand::Object { .. })
        | (Variable::String(_), Demand::Text | Demand::TextOrInteger)
        | (Variable::Bool(_), Demand::Boolean)
        | (Variable::Number(_), Demand::Number) => true,
        (Variable::Number(number), Demand::Integer | Demand::TextOrInteger) => {
            let float = number.as_f64();
            number.is_i64() || float.is_some_and(|float| float.fract() == 0.0)
        }
        _ => false,
    }
}

/// What is wanted of one side of a comparison, by the other.
fn comparable(comparator: &Comparator, other: &Ast) -> Demand {
    let Ast::Literal { value, .. } = other else {
        return match comparator {
            Comparator::Equal | Comparator::NotEqual => Demand::Any,
            _ => Demand::Number,
        };
    };
    match **value {
        Variable::String(_) => Demand::Text,
        Variable::Bool(_) => Demand::Boolean,
        Variable::Number(_) => Demand::Number,
        _ => Demand::Any,
    }
}

fn function(name: &str, arguments: &[Ast], want: Demand) -> Result<Demand, Conflict> {
    let function = Function::named(name).map(|(function, _)| function);
    if function != Some(Function::NotNull) {
        mixed(&want, &format!("the function {name}"))?;
    }
    let wanted = |place: usize| match (function, place) {
        (Some(Function::NotNull), _) => want.clone(),
        (Some(Function::StartsWith | Function::EndsWith), _) => Demand::Text,
        (Some(Function::Join), 0) => Demand::Text,
        (Some(Function::Join), 1) => Demand::list(Demand::Text),
        _ => Demand::Any,
    };
    let arguments = arguments.iter().enumerate();
    all(arguments.map(|(place, argument)| (argument, wanted(place))))
}
