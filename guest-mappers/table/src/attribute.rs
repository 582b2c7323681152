//! Computes the values of a described object's attributes.

use portolan_mapper_sdk::{Context, Int, IntSet, Notes, Rejection, Tags, TextSet, UtcTime};
use serde::ser::{Serialize, Serializer};

use crate::evaluate::{Evaluator, Fault, path};
use crate::plan::{
    Attribute, ContextMember, Convert, Expression, Literal, Part, Query, Source, Type,
};
use crate::value::{Value, is_same};

/// The sources of an object's attributes.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'b> {
    pub(crate) object: Value<'b>,
    /// The members of the page beside the objects.
    pub(crate) page: Value<'b>,
    pub(crate) context: &'b Context,
}

/// The value of an attribute, in the form that a record holds.
#[derive(Clone, Debug)]
pub(crate) enum Output<'b> {
    Text(&'b str),
    Integer(Int),
    Number(f64),
    Boolean(bool),
    Time(UtcTime),
    Texts(TextSet<'b>),
    Integers(IntSet),
    Tags(Tags<'b>),
    /// Removes the attribute, in a patch.
    Null,
}

impl Serialize for Output<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(value) => serializer.serialize_str(value),
            Self::Integer(value) => value.serialize(serializer),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Time(value) => value.serialize(serializer),
            Self::Texts(value) => value.serialize(serializer),
            Self::Integers(value) => value.serialize(serializer),
            Self::Tags(value) => value.serialize(serializer),
            Self::Null => serializer.serialize_unit(),
        }
    }
}

/// The UID of an object.
pub(crate) fn uid<'b>(
    evaluator: &Evaluator<'b>,
    query: &'b Query<'b>,
    scope: Scope<'b>,
) -> Result<&'b str, Rejection> {
    match evaluate(evaluator, "UID", &query.expression, scope.object)? {
        Value::Text(text) if !text.is_empty() => Ok(text),
        value if value.is_null() || matches!(value, Value::Text(_)) => Err(Rejection {
            code: "no-arn",
            member: if is_path(query.text) { query.text } else { "" }.to_owned(),
            message: format!("the object has no `{}`, which would be its UID", query.text),
        }),
        value => Err(wrong_type("UID", value, "a text")),
    }
}

/// Whether an expression is the path of a member, and not more.
fn is_path(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
}

/// The value of an attribute of an object, if it has one.
pub(crate) fn fill<'b>(
    evaluator: &Evaluator<'b>,
    attribute: &'b Attribute<'b>,
    scope: Scope<'b>,
    notes: &mut Notes<'_>,
) -> Result<Option<Output<'b>>, Rejection> {
    let name = attribute.name;
    if let Some(when) = &attribute.when
        && !evaluate(evaluator, name, when, scope.object)?.is_true()
    {
        return Ok(None);
    }
    if matches!(attribute.source, Source::Remove) {
        return Ok(Some(Output::Null));
    }
    let (mut value, mut text) = source(evaluator, attribute, scope)?;
    for fallback in &attribute.fallback {
        if !value.is_null() && !matches!(value, Value::Text("")) {
            break;
        }
        text = fallback.text;
        value = evaluate(evaluator, name, &fallback.expression, scope.object)?;
    }
    if let (Some(before), Value::Text(text)) = (attribute.after, value) {
        let rest = text.strip_prefix(before).filter(|rest| !rest.is_empty());
        value = rest.map_or(Value::Null, Value::Text);
    }
    let output = match value {
        Value::Absent | Value::Null => None,
        value => convert(attribute, value, text, notes)?,
    };
    match (output, &attribute.default) {
        (Some(output), _) => Ok(Some(output)),
        (None, Some(default)) => {
            let value = Value::literal(default, evaluator.arena);
            Ok(plain(value))
        }
        (None, None) => Ok(None),
    }
}

/// The value of an attribute's source, and the expression that gave it.
fn source<'b>(
    evaluator: &Evaluator<'b>,
    attribute: &'b Attribute<'b>,
    scope: Scope<'b>,
) -> Result<(Value<'b>, &'b str), Rejection> {
    let name = attribute.name;
    Ok(match &attribute.source {
        Source::Object(query) => (
            evaluate(evaluator, name, &query.expression, scope.object)?,
            query.text,
        ),
        Source::Page(query) => (
            evaluate(evaluator, name, &query.expression, scope.page)?,
            query.text,
        ),
        Source::Context(member) => {
            let text = match member {
                ContextMember::Account => &scope.context.account_id,
                ContextMember::Region => &scope.context.region,
                ContextMember::Partition => &scope.context.partition,
                ContextMember::Captured => &scope.context.captured_at,
            };
            (Value::Text(text), "")
        }
        Source::Value(literal) => (Value::literal(literal, evaluator.arena), ""),
        Source::Format(parts) => (format(evaluator, name, parts, scope)?, ""),
        Source::Remove => (Value::Null, ""),
    })
}

/// The text of a format; null if one of its values is absent or an empty text.
fn format<'b>(
    evaluator: &Evaluator<'b>,
    name: &str,
    parts: &'b [Part<'b>],
    scope: Scope<'b>,
) -> Result<Value<'b>, Rejection> {
    let mut text = String::new();
    for part in parts {
        let query = match part {
            Part::Text(plain) => {
                text.push_str(plain);
                continue;
            }
            Part::Query(query) => query,
        };
        match evaluate(evaluator, name, &query.expression, scope.object)? {
            Value::Absent | Value::Null | Value::Text("") => return Ok(Value::Null),
            Value::Text(value) => text.push_str(value),
            value => match value.integer() {
                Some(value) => text.push_str(&value.to_string()),
                None => return Err(wrong_type(name, value, "texts and integers in its format")),
            },
        }
    }
    Ok(Value::Text(evaluator.arena.alloc_str(&text)))
}

fn evaluate<'b>(
    evaluator: &Evaluator<'b>,
    name: &str,
    expression: &'b Expression<'b>,
    on: Value<'b>,
) -> Result<Value<'b>, Rejection> {
    // Most attributes are members, which are too cheap to count.
    if let Expression::Path(places) = expression {
        return Ok(path(on, places));
    }
    evaluator.evaluate(expression, on).map_err(|fault| {
        let (code, message) = match fault {
            Fault::TooCostly => (
                "expression-too-costly",
                format!(
                    "an expression of `{name}` takes more steps than an object may use; make it simpler"
                ),
            ),
            Fault::Function(what) => ("wrong-type", format!("in `{name}`, {what}")),
        };
        Rejection {
            code,
            member: String::new(),
            message,
        }
    })
}

/// The value in the attribute's type; `None` if it leaves the attribute out.
fn convert<'b>(
    attribute: &'b Attribute<'b>,
    value: Value<'b>,
    text: &str,
    notes: &mut Notes<'_>,
) -> Result<Option<Output<'b>>, Rejection> {
    let name = attribute.name;
    let wrong = |expected| Err(wrong_type(name, value, expected));
    match &attribute.convert {
        Convert::Equals(literal) => Ok(Some(Output::Boolean(is_equal(value, literal)))),
        Convert::Lookup(entries) => match value {
            Value::Text(key) => {
                let found = entries.binary_search_by(|entry| entry.0.cmp(key));
                Ok(found.ok().and_then(|place| entry_output(&entries[place].1)))
            }
            _ => wrong("a text to look up"),
        },
        Convert::Type(Type::Text) => match value {
            Value::Text(value) => Ok(Some(Output::Text(value))),
            _ => wrong("a text"),
        },
        Convert::Type(Type::Integer) => match value.integer() {
            Some(value) => Ok(Some(Output::Integer(Int(value)))),
            None => wrong("an integer"),
        },
        Convert::Type(Type::Number) => match (value, value.number()) {
            (Value::Integer(value), _) => Ok(Some(Output::Integer(Int(value)))),
            (_, Some(value)) => Ok(Some(Output::Number(value))),
            (_, None) => wrong("a number"),
        },
        Convert::Type(Type::Boolean) => match value {
            Value::Boolean(value) => Ok(Some(Output::Boolean(value))),
            _ => wrong("true or false"),
        },
        Convert::Type(Type::Time) => match value {
            Value::Time(value) => Ok(notes.time(text, Some(value)).map(Output::Time)),
            // The capture time is already formatted.
            Value::Text(value) => Ok(Some(Output::Text(value))),
            _ => wrong("a time"),
        },
        Convert::Type(Type::Texts) => texts(name, value),
        Convert::Type(Type::Integers) => integers(name, value),
        Convert::Type(Type::Tags) => tags(name, value),
    }
}

fn is_equal(value: Value<'_>, literal: &Literal<'_>) -> bool {
    match (value, literal) {
        (Value::Text(value), Literal::Text(literal)) => value == *literal,
        (Value::Integer(value), Literal::Integer(literal)) => value == *literal,
        (Value::Float(value), Literal::Integer(literal)) => is_same(*literal, value),
        (Value::Boolean(value), Literal::Boolean(literal)) => value == *literal,
        _ => false,
    }
}

fn entry_output<'b>(literal: &Literal<'b>) -> Option<Output<'b>> {
    match literal {
        Literal::Text(value) => Some(Output::Text(value)),
        Literal::Integer(value) => Some(Output::Integer(Int(*value))),
        Literal::Float(value) => Some(Output::Number(*value)),
        Literal::Boolean(value) => Some(Output::Boolean(*value)),
        Literal::Null | Literal::List(_) | Literal::Object(_) => None,
    }
}

/// A default. The packer has checked its type.
fn plain(value: Value<'_>) -> Option<Output<'_>> {
    match value {
        Value::Text(value) => Some(Output::Text(value)),
        Value::Integer(value) => Some(Output::Integer(Int(value))),
        Value::Float(value) => Some(Output::Number(value)),
        Value::Boolean(value) => Some(Output::Boolean(value)),
        Value::List(list) => {
            let texts = list.iter().filter_map(|value| match value {
                Value::Text(text) => Some(*text),
                _ => None,
            });
            let integers = list.iter().filter_map(|value| value.integer());
            let integers = IntSet::collect(integers.map(Int));
            let texts = TextSet::collect(texts).map(Output::Texts);
            texts.or(integers.map(Output::Integers))
        }
        _ => None,
    }
}

fn texts<'b>(name: &str, value: Value<'b>) -> Result<Option<Output<'b>>, Rejection> {
    let Value::List(list) = value else {
        return Err(wrong_type(name, value, "a list of texts"));
    };
    let other = list
        .iter()
        .find(|value| !value.is_null() && !matches!(value, Value::Text(_)));
    if let Some(other) = other {
        return Err(wrong_type(name, *other, "only texts in its list"));
    }
    let texts = list.iter().filter_map(|value| match value {
        Value::Text(text) => Some(*text),
        _ => None,
    });
    Ok(TextSet::collect(texts).map(Output::Texts))
}

fn integers<'b>(name: &str, value: Value<'b>) -> Result<Option<Output<'b>>, Rejection> {
    let Value::List(list) = value else {
        return Err(wrong_type(name, value, "a list of integers"));
    };
    let list = list.iter().filter(|value| !value.is_null());
    let integers = list.map(|value| match value.integer() {
        Some(integer) => Ok(Int(integer)),
        None => Err(wrong_type(name, *value, "only integers in its list")),
    });
    let integers: Vec<Int> = integers.collect::<Result<_, _>>()?;
    Ok(IntSet::collect(integers).map(Output::Integers))
}

/// Keys and values of the tags that AWS sends as objects with `key` and `value`.
fn tags<'b>(name: &str, value: Value<'b>) -> Result<Option<Output<'b>>, Rejection> {
    let Value::List(list) = value else {
        return Err(wrong_type(name, value, "a list of tags"));
    };
    let mut pairs = Vec::with_capacity(list.len());
    for tag in list {
        let Value::Object(tag) = tag else {
            return Err(wrong_type(name, *tag, "only tags in its list"));
        };
        match (tag.get("key", 0), tag.get("value", 1)) {
            (Value::Text(key), Value::Text(value)) => pairs.push((key, value)),
            (Value::Text(key), value) if value.is_null() => pairs.push((key, "")),
            (key, _) if key.is_null() => {}
            (key, value) => {
                let other = if matches!(key, Value::Text(_)) {
                    value
                } else {
                    key
                };
                return Err(wrong_type(name, other, "texts in its tags"));
            }
        }
    }
    Ok(Tags::from_pairs(pairs).map(Output::Tags))
}

fn wrong_type(name: &str, value: Value<'_>, expected: &str) -> Rejection {
    Rejection {
        code: "wrong-type",
        member: String::new(),
        message: format!(
            "`{name}` gives a JSON {}, expected {expected}",
            value.type_name()
        ),
    }
}
