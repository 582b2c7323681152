//! Derives what expressions demand of the objects that they read.
//!
//! An expression implies types: `a.b` requires that `a` is an object, `a[*]` that it is a list. The
//! attribute's type requires the type of the last member, and a comparison with a text requires a text on the
//! other side. If a page breaks such a demand, its object is rejected with the path, as in a mapping written
//! in Rust.

use jmespath::Variable;
use jmespath::ast::{Ast, Comparator};
use portolan_mapper_table::Function;

use crate::demand::{Conflict, Demand};

/// The demand of an expression on the value that it is evaluated on, if its result has to meet `want`.
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
        Ast::Flatten { node, .. } => demand(node, flattened(node, element(want))?),
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
            let wanted = |name| want.member(name).cloned().unwrap_or(Demand::Any);
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

/// The demand on the elements of a list.
fn element(want: Demand) -> Demand {
    match want {
        Demand::List(element) => *element,
        _ => Demand::Any,
    }
}

/// The demand on a value that is also tested for truth. An object is true if it has any member, so all its
/// members have to be read.
fn tested(mut want: Demand) -> Result<Demand, Conflict> {
    if matches!(want, Demand::Object { .. }) {
        want.merge(Demand::Any)?;
    }
    Ok(want)
}

/// The demand of a list of which only one element is used; the others may be anything.
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

/// The demand of flattening on a list, if the elements of the result have to meet `want`. A member has to
/// hold lists. A computed list may mix lists with other values, which stay as they are.
fn flattened(list: &Ast, want: Demand) -> Result<Demand, Conflict> {
    match list {
        Ast::Projection { rhs, .. } if is_list(rhs) => Ok(Demand::list(Demand::list(want))),
        list if is_member(list) => Ok(Demand::list(want)),
        _ => mixed(&want, "`[]` of something computed"),
    }
}

/// Whether this is a member by its name; flattening requires that it is a list.
fn is_member(expression: &Ast) -> bool {
    match expression {
        Ast::Field { .. } => true,
        Ast::Subexpr { rhs, .. } => is_member(rhs),
        Ast::Condition { then, .. } => is_member(then),
        _ => false,
    }
}

/// Whether a projection to this is a list of lists; flattening requires that of members.
fn is_list(expression: &Ast) -> bool {
    match expression {
        Ast::Projection { .. } | Ast::MultiList { .. } => true,
        Ast::Condition { then, .. } => is_list(then),
        other => is_member(other),
    }
}

/// The demand on values of which some may be of another type: anything, except a time.
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

/// A literal demands nothing of the object, but it has to fit the wanted type itself.
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

/// Whether a literal fits the wanted type. A member or element of another type is null, which is allowed.
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

/// The demand on one side of a comparison, derived from the other side.
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
        (
            Some(
                Function::StartsWith
                | Function::EndsWith
                | Function::Identifier
                | Function::Lower
                | Function::Upper,
            ),
            _,
        ) => Demand::Text,
        (Some(Function::Join), 0) => Demand::Text,
        (Some(Function::Join), 1) => Demand::list(Demand::Text),
        _ => Demand::Any,
    };
    let arguments = arguments.iter().enumerate();
    all(arguments.map(|(place, argument)| (argument, wanted(place))))
}
