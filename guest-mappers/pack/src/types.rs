//! The types of attributes: their schemas, and their demands on an expression.

use portolan_mapper_sdk::{Int, IntSet, Tags, TextSet, UtcTime};
use portolan_mapper_table::plan::Type;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::demand::Demand;
use crate::format::{Scalar, Substitute, Type as Named};

impl Named {
    /// The type in packed form.
    pub(crate) const fn packed(self) -> Type {
        match self {
            Self::Text => Type::Text,
            Self::Integer => Type::Integer,
            Self::Number => Type::Number,
            Self::Boolean => Type::Boolean,
            Self::Time => Type::Time,
            Self::Texts => Type::Texts,
            Self::Integers => Type::Integers,
            Self::Tags => Type::Tags,
        }
    }
}

/// The type's name in a table.
pub(crate) const fn name(type_: Type) -> &'static str {
    match type_ {
        Type::Text => "text",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::Time => "time",
        Type::Texts => "texts",
        Type::Integers => "integers",
        Type::Tags => "tags",
    }
}

/// The type of an attribute in the stock schema.
pub(crate) fn of_schema(schema: &Value) -> Type {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("integer"), _) => Type::Integer,
        (Some("number"), _) => Type::Number,
        (Some("boolean"), _) => Type::Boolean,
        (Some("array"), _) if schema["items"]["type"] == "integer" => Type::Integers,
        (Some("array"), _) => Type::Texts,
        (Some("object"), _) => Type::Tags,
        (_, Some("date-time")) => Type::Time,
        _ => Type::Text,
    }
}

/// The schema of an attribute: that of the same type in a mapping in Rust.
pub(crate) fn schema(type_: Type, description: &str) -> Value {
    let of = &mut SchemaGenerator::default();
    let schema = match type_ {
        Type::Text => <&str>::json_schema(of),
        Type::Integer => Int::json_schema(of),
        Type::Number => json_schema!({ "type": "number" }),
        Type::Boolean => bool::json_schema(of),
        Type::Time => UtcTime::json_schema(of),
        Type::Texts => TextSet::json_schema(of),
        Type::Integers => IntSet::json_schema(of),
        Type::Tags => Tags::json_schema(of),
    };
    let mut all = json!({ "description": description });
    if let (Some(all), Value::Object(words)) = (all.as_object_mut(), schema.to_value()) {
        all.extend(words);
    }
    all
}

pub(crate) const fn of_scalar(value: &Scalar) -> Type {
    match value {
        Scalar::Boolean(_) => Type::Boolean,
        Scalar::Integer(_) => Type::Integer,
        Scalar::Number(_) => Type::Number,
        Scalar::Text(_) => Type::Text,
    }
}

/// Refuses a text to begin with where it makes no sense.
pub(crate) fn check_after(after: &str, want: &Demand) -> Result<(), String> {
    match want {
        Demand::Text if after.is_empty() => Err("`after` is empty; leave it out".to_owned()),
        Demand::Text => Ok(()),
        other => Err(format!("`after` takes a text, not {}", other.name())),
    }
}

/// Refuses a value that cannot replace one of the type. The message begins with `what`.
pub(crate) fn check(type_: Type, value: &Substitute, what: &str) -> Result<(), String> {
    match value {
        // JSON can write it only as null.
        Substitute::Scalar(Scalar::Number(number)) if !number.is_finite() => {
            Err(format!("{what} is not a finite number"))
        }
        value if !takes(type_, value) => Err(format!("{what} is not of its type, {}", name(type_))),
        _ => Ok(()),
    }
}

/// Whether a value can replace one of the type.
const fn takes(type_: Type, value: &Substitute) -> bool {
    matches!(
        (type_, value),
        (Type::Text, Substitute::Scalar(Scalar::Text(_)))
            | (
                Type::Integer | Type::Number,
                Substitute::Scalar(Scalar::Integer(_))
            )
            | (Type::Number, Substitute::Scalar(Scalar::Number(_)))
            | (Type::Boolean, Substitute::Scalar(Scalar::Boolean(_)))
            | (Type::Texts, Substitute::Texts(_))
            | (Type::Integers, Substitute::Integers(_))
    )
}

/// The demand of the type on its expression.
pub(crate) fn demand(type_: Type) -> Demand {
    match type_ {
        Type::Text => Demand::Text,
        Type::Integer => Demand::Integer,
        Type::Number => Demand::Number,
        Type::Boolean => Demand::Boolean,
        Type::Time => Demand::Time,
        Type::Texts => Demand::list(Demand::Text),
        Type::Integers => Demand::list(Demand::Integer),
        Type::Tags => Demand::list(Demand::object([
            ("key", Demand::Text),
            ("value", Demand::Text),
        ])),
    }
}
