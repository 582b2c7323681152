//! JMESPath: the `jmespath` crate parses a text into a tree, and this module packs the tree.

use jmespath::ast::{Ast, Comparator as AstComparator};
use jmespath::{ErrorReason, Variable};
use portolan_mapper_table::Function;
use portolan_mapper_table::plan::{Comparator, Expression, Literal, Shape};

use crate::problem::nearest;

/// The most characters of an expression: ten times the longest readable one.
pub(crate) const LIMIT_CHARACTERS: usize = 1_000;

/// The deepest nesting of an expression. Each level takes about 200 bytes of the sandbox's stack.
const LIMIT_DEPTH: usize = 64;

/// A position that no shape has.
const NO_PLACE: u16 = u16::MAX;

/// Parses an expression, and checks everything that does not depend on data.
pub(crate) fn parse(text: &str) -> Result<Ast, String> {
    let characters = text.chars().count();
    if characters > LIMIT_CHARACTERS {
        return Err(format!(
            "its expression has {characters} characters, more than {LIMIT_CHARACTERS}; split it into several attributes"
        ));
    }
    let ast = jmespath::parse(text).map_err(|error| {
        let what = match &error.reason {
            ErrorReason::Parse(what) => explain(what),
            ErrorReason::Runtime(what) => what.to_string(),
        };
        format!(
            "`{text}` is not a JMESPath expression at column {}: {what}",
            error.column + 1
        )
    })?;
    let checked = match &ast {
        Ast::Expref { offset, .. } => Err(reference(*offset)),
        _ => check(&ast, 0),
    };
    checked.map_err(|(offset, what)| {
        let column = text
            .get(..offset)
            .map_or(offset, |text| text.chars().count())
            + 1;
        format!("`{text}`, column {column}: {what}")
    })?;
    Ok(ast)
}

/// Replaces the parser's internal terms by plain ones.
fn explain(what: &str) -> String {
    let (what, found) = what.split_once(" -- found ").unwrap_or((what, ""));
    let what = match what {
        "Unexpected nud token" => "an expression is expected",
        "Unexpected led token" => "this cannot follow",
        other => other,
    };
    match found {
        "" => what.to_owned(),
        "Eof" => format!("{what}, but it ends here"),
        _ => format!("{what} here"),
    }
}

type Fault = (usize, String);

/// Checks depth, function names, the number and kind of arguments, and the steps of slices.
fn check(ast: &Ast, depth: usize) -> Result<(), Fault> {
    if depth > LIMIT_DEPTH {
        let what = format!("it is nested more than {LIMIT_DEPTH} levels deep; make it simpler");
        return Err((0, what));
    }
    if let Ast::Function { offset, name, args } = ast {
        check_call(*offset, name, args)?;
    }
    if let Ast::Slice {
        offset, step: 0, ..
    } = ast
    {
        return Err((*offset, "a slice needs a step other than 0".to_owned()));
    }
    if let Ast::Literal { offset, value } = ast {
        check_literal(value, depth).map_err(|what| (*offset, what))?;
    }
    children(ast).into_iter().try_for_each(|child| {
        match (ast, child) {
            // `check_call` has checked these.
            (Ast::Function { .. }, _) => {}
            (_, Ast::Expref { offset, .. }) => return Err(reference(*offset)),
            _ => {}
        }
        check(child, depth + 1)
    })
}

fn reference(offset: usize) -> Fault {
    let what = "`&` makes an argument for a function such as sort_by, not a value";
    (offset, what.to_owned())
}

fn check_literal(value: &Variable, depth: usize) -> Result<(), String> {
    if depth > LIMIT_DEPTH {
        return Err("it holds JSON that is nested too deep".to_owned());
    }
    match value {
        Variable::Array(elements) => elements
            .iter()
            .try_for_each(|element| check_literal(element, depth + 1)),
        Variable::Object(members) => members
            .values()
            .try_for_each(|member| check_literal(member, depth + 1)),
        _ => Ok(()),
    }
}

fn check_call(offset: usize, name: &str, arguments: &[Ast]) -> Result<(), Fault> {
    let Some((function, arity)) = Function::named(name) else {
        let nearest = nearest(name, Function::names()).unwrap_or_default();
        return Err((
            offset,
            format!("there is no function {name}; did you mean {nearest}?"),
        ));
    };
    let count = arguments.len();
    if arity.is_some_and(|arity| arity != count) || count == 0 {
        let wanted = match arity {
            Some(1) => "1 argument".to_owned(),
            Some(arity) => format!("{arity} arguments"),
            None => "1 argument or more".to_owned(),
        };
        return Err((offset, format!("{name} takes {wanted}, not {count}")));
    }
    for (place, argument) in arguments.iter().enumerate() {
        let is_reference = matches!(argument, Ast::Expref { .. });
        if is_reference != (function.reference() == Some(place)) {
            let what = if is_reference {
                "a value, without `&`"
            } else {
                "an expression that begins with `&`"
            };
            return Err((
                offset,
                format!("{name} takes {what}, as its argument {}", place + 1),
            ));
        }
    }
    Ok(())
}

/// The parts of an expression.
fn children(ast: &Ast) -> Vec<&Ast> {
    match ast {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => vec![lhs, rhs],
        Ast::Condition {
            predicate, then, ..
        } => vec![predicate, then],
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => vec![node],
        Ast::Function { args: parts, .. }
        | Ast::MultiList {
            elements: parts, ..
        } => parts.iter().collect(),
        Ast::MultiHash { elements, .. } => elements.iter().map(|pair| &pair.value).collect(),
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => Vec::new(),
    }
}

/// The known shape of the values that an expression reads.
#[derive(Clone, Copy)]
pub(crate) enum On<'p> {
    /// They are read with this shape.
    Read(&'p Shape<'p>),
    /// They probably have this shape. A wrong place costs a search.
    Likely(&'p Shape<'p>),
    Unknown,
}

impl<'p> On<'p> {
    const fn shape(self) -> Option<&'p Shape<'p>> {
        match self {
            Self::Read(shape) | Self::Likely(shape) => Some(shape),
            Self::Unknown => None,
        }
    }

    fn likely(self) -> Self {
        self.shape().map_or(Self::Unknown, Self::Likely)
    }

    /// The shape of a list's elements; of anything else its own, because a projection gives lists of its shape.
    fn element(self) -> Self {
        match self {
            Self::Read(Shape::List(element)) => Self::Read(element),
            Self::Likely(Shape::List(element)) => Self::Likely(element),
            other => other.likely(),
        }
    }

    /// A member: its place alone if the objects are sure to have it there.
    fn field(self, name: &'p str) -> (Expression<'p>, Self) {
        let Some(Shape::Object { members, .. }) = self.shape() else {
            return (Expression::Field(name, NO_PLACE), Self::Unknown);
        };
        let found = members.iter().position(|member| member.name == name);
        let found = found.and_then(|place| {
            let shape = &members.get(place)?.shape;
            Some((u16::try_from(place).ok()?, shape))
        });
        match (found, self) {
            (Some((place, shape)), Self::Read(_)) => {
                (Expression::Path(vec![place]), Self::Read(shape))
            }
            (Some((place, shape)), _) => (Expression::Field(name, place), Self::Likely(shape)),
            (None, _) => (Expression::Field(name, NO_PLACE), Self::Unknown),
        }
    }
}

/// The packed form of an expression on values of a shape, and the shape of its result, if known.
/// Long, because every kind of expression has its arm.
pub(crate) fn pack<'p>(ast: &'p Ast, on: On<'p>) -> (Expression<'p>, On<'p>) {
    let both = |left: &'p Ast, right: &'p Ast| {
        let (left, shape) = pack(left, on);
        let (right, _) = pack(right, on);
        (Box::new([left, right]), shape.likely())
    };
    match ast {
        Ast::Identity { .. } => (Expression::Current, on),
        Ast::Field { name, .. } => on.field(name),
        Ast::Index { idx, .. } => (Expression::Index(*idx), on.element()),
        Ast::Slice {
            start, stop, step, ..
        } => (Expression::Slice(*start, *stop, *step), on),
        Ast::Literal { value, .. } => (Expression::Literal(literal(value)), On::Unknown),
        Ast::Subexpr { lhs, rhs, .. } => {
            let (left, shape) = pack(lhs, on);
            let (right, shape) = pack(rhs, shape);
            let expression = match (left, right) {
                (Expression::Path(left), Expression::Path(right)) => {
                    Expression::Path([left, right].concat())
                }
                (left, right) => Expression::Then(Box::new([left, right])),
            };
            (expression, shape)
        }
        Ast::Projection { lhs, rhs, .. } => {
            let (left, shape) = pack(lhs, on);
            let (right, shape) = pack(rhs, shape.element());
            // The result is a list of that shape.
            (Expression::Each(Box::new([left, right])), shape.likely())
        }
        Ast::Flatten { node, .. } => {
            let (inner, shape) = pack(node, on);
            let shape = match shape {
                On::Read(Shape::List(element)) if matches!(**element, Shape::Object { .. }) => {
                    shape
                }
                other => other.likely(),
            };
            (Expression::Flatten(Box::new(inner)), shape)
        }
        Ast::ObjectValues { node, .. } => {
            let inner = pack(node, on).0;
            (Expression::Values(Box::new(inner)), On::Unknown)
        }
        Ast::Condition {
            predicate, then, ..
        } => {
            let (predicate, _) = pack(predicate, on);
            let (then, shape) = pack(then, on);
            (Expression::Where(Box::new([predicate, then])), shape)
        }
        Ast::Or { lhs, rhs, .. } => {
            let (both, shape) = both(lhs, rhs);
            (Expression::Or(both), shape)
        }
        Ast::And { lhs, rhs, .. } => (Expression::And(both(lhs, rhs).0), On::Unknown),
        Ast::Not { node, .. } => {
            let inner = pack(node, on).0;
            (Expression::Not(Box::new(inner)), On::Unknown)
        }
        Ast::Comparison {
            comparator,
            lhs,
            rhs,
            ..
        } => {
            let (both, _) = both(lhs, rhs);
            let comparator = comparator_of(comparator);
            (Expression::Compare(comparator, both), On::Unknown)
        }
        Ast::MultiList { elements, .. } => {
            let elements = elements.iter().map(|each| pack(each, on).0);
            (Expression::List(elements.collect()), On::Unknown)
        }
        Ast::MultiHash { elements, .. } => {
            let members = elements.iter();
            let members = members.map(|pair| (pair.key.as_str(), pack(&pair.value, on).0));
            (Expression::Object(members.collect()), On::Unknown)
        }
        Ast::Function { name, args, .. } => {
            // `parse` has checked the name.
            let function = Function::named(name).map_or(Function::NotNull, |found| found.0);
            let arguments = args.iter().map(|each| pack(each, on).0);
            let arguments = arguments.collect();
            (Expression::Call(function, arguments), On::Unknown)
        }
        Ast::Expref { ast, .. } => {
            let inner = pack(ast, On::Unknown).0;
            (Expression::Reference(Box::new(inner)), On::Unknown)
        }
    }
}

const fn comparator_of(comparator: &AstComparator) -> Comparator {
    match comparator {
        AstComparator::Equal => Comparator::Equal,
        AstComparator::NotEqual => Comparator::NotEqual,
        AstComparator::LessThan => Comparator::Less,
        AstComparator::LessThanEqual => Comparator::LessOrEqual,
        AstComparator::GreaterThan => Comparator::Greater,
        AstComparator::GreaterThanEqual => Comparator::GreaterOrEqual,
    }
}

fn literal(value: &Variable) -> Literal<'_> {
    match value {
        Variable::Null | Variable::Expref(_) => Literal::Null,
        Variable::Bool(value) => Literal::Boolean(*value),
        Variable::Number(value) => match (value.as_i64(), value.as_f64()) {
            (Some(value), _) => Literal::Integer(value),
            (None, value) => Literal::Float(value.unwrap_or(f64::INFINITY)),
        },
        Variable::String(value) => Literal::Text(value),
        Variable::Array(elements) => {
            Literal::List(elements.iter().map(|each| literal(each)).collect())
        }
        Variable::Object(members) => {
            let members = members.iter();
            Literal::Object(
                members
                    .map(|(name, each)| (name.as_str(), literal(each)))
                    .collect(),
            )
        }
    }
}

/// The value of the tag with a key: `tags[?key=='…'].not_null(value, '') | [-1]`, because a tag without a
/// value has an empty one. Where a table reads only the tags of some keys, it is the position among them.
pub(crate) fn tag<'p>(key: &'p str, on: &'p Shape<'p>) -> Expression<'p> {
    let then = |first, second| Expression::Then(Box::new([first, second]));
    let (tags, shape) = On::Read(on).field("tags");
    if let Some(Shape::Tags(keys)) = shape.shape() {
        let place = keys.iter().position(|each| *each == key);
        let place = place.and_then(|place| i32::try_from(place).ok());
        return then(tags, Expression::Index(place.unwrap_or(i32::MAX)));
    }
    let of_tag = |name| shape.element().field(name).0;
    let text = |text| Expression::Literal(Literal::Text(text));
    let is_it = Expression::Compare(Comparator::Equal, Box::new([of_tag("key"), text(key)]));
    let value = Expression::Call(Function::NotNull, vec![of_tag("value"), text("")]);
    let values = Expression::Each(Box::new([
        tags,
        Expression::Where(Box::new([is_it, value])),
    ]));
    then(values, Expression::Index(-1))
}
