//! Stock tables. Such a table is the stock mapping of its object, and defines the schema of its records.

use portolan_mapper_table::plan::Type;
use serde_json::{Map, Value, json};

use crate::check::{CheckedAttribute, Origin, Piece};
use crate::format::{Context, Scalar, Substitute, Table};
use crate::problem::TableError;
use crate::{Checked, Packed, checked, component, types};

/// A checked stock table.
#[derive(Clone, Debug)]
pub struct Stock {
    /// Its packed form.
    pub packed: Packed,
    /// The JSON Schema of its records.
    pub schema: Value,
    /// The module's version.
    pub version: String,
}

/// Checks a stock table.
///
/// # Errors
/// If anything is wrong with it: every problem that was found.
pub fn check_stock(text: &str) -> Result<Stock, TableError> {
    let checked = checked(text, is_stock)?;
    Ok(Stock {
        packed: checked.packed()?,
        schema: schema(&checked),
        version: checked.table.version,
    })
}

/// Checks a stock table, and makes its component with an interpreter.
///
/// # Errors
/// As [`check_stock`], and if the packed table has no room in the interpreter.
pub fn pack_stock(text: &str, interpreter: &[u8]) -> Result<Vec<u8>, TableError> {
    let packed = check_stock(text)?.packed;
    let component = component::component(interpreter, packed.kind, &packed.plan, text)?;
    Ok(component)
}

/// Checks that a stock table is complete.
fn is_stock(table: &Table) -> Result<Value, String> {
    match (table.data_model, &table.description) {
        (Some(_), Some(_)) => Ok(json!({ "required": ["NAME"] })),
        _ => Err("a stock table needs `data-model` and `description`".to_owned()),
    }
}

/// The attributes that every mapping has beside those of its table: name, type, description and source.
const STANDARD: [(&str, Type, &str, &str); 4] = [
    (
        "CLOUD_PROVIDER",
        Type::Text,
        "The cloud of the object; always `AWS`.",
        "the constant `AWS`",
    ),
    (
        "ACCOUNT_ID",
        Type::Text,
        "The AWS account that was queried, twelve digits.",
        "the sync's account",
    ),
    (
        "REGION",
        Type::Text,
        "The AWS Region that was queried.",
        "the sync's Region",
    ),
    (
        "LAST_CAPTURED",
        Type::Time,
        "The start time of the sync that captured the object.",
        "the sync's timestamp",
    ),
];

fn schema(checked: &Checked) -> Value {
    let table = &checked.table;
    let mut properties = Map::new();
    let mut required = vec!["UID"];
    let mut add = |name: &str, type_, description: &str, source: &str| {
        let description = format!("{description}\n\nSource: {source}.");
        properties.insert(name.to_owned(), types::schema(type_, &description));
    };
    let uid = checked.uid.as_ref().map_or("", |uid| &uid.text);
    let identity = "The identity of the object in the data model.";
    add("UID", Type::Text, identity, &quoted(uid));
    for attribute in &checked.attributes {
        let description = attribute.description.as_deref().unwrap_or_default();
        add(
            &attribute.name,
            attribute.type_,
            description,
            &source(attribute),
        );
        if attribute.is_required || attribute.name == "NAME" {
            required.push(&attribute.name);
        }
    }
    for (name, type_, description, source) in STANDARD {
        add(name, type_, description, source);
        required.push(name);
    }
    properties["UID"]["minLength"] = 1.into();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.object.0.name(),
        "description": table.description,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "required": required,
        "x-data-model": table.data_model,
    })
}

/// Where an attribute comes from, for people.
fn source(attribute: &CheckedAttribute) -> String {
    let mut source = match &attribute.origin {
        Origin::Object(parsed) => quoted(&parsed.text),
        Origin::Page(parsed) => format!("{} of the page", quoted(&parsed.text)),
        Origin::Tag(key) => format!("the tag `{key}`"),
        Origin::Context(Context::Account) => "the sync's account".to_owned(),
        Origin::Context(Context::Region) => "the sync's Region".to_owned(),
        Origin::Context(Context::Partition) => "the sync's partition".to_owned(),
        Origin::Context(Context::Captured) => "the sync's timestamp".to_owned(),
        Origin::Value(value) => format!("the constant {}", scalar(value)),
        Origin::Format(pieces) => {
            let pieces = pieces.iter().map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Parsed(parsed) => format!("{{{}}}", parsed.text),
            });
            quoted(&pieces.collect::<String>())
        }
        Origin::Remove => String::new(),
    };
    for fallback in &attribute.fallback {
        source += &format!(", else {}", quoted(&fallback.text));
    }
    if let Some(after) = &attribute.after {
        source = format!("what follows `{after}` in {source}");
    }
    if let Some(value) = &attribute.equals {
        source += &format!(", whether it is {}", scalar(value));
    }
    if let Some(name) = &attribute.lookup {
        source += &format!(", looked up in `{name}`");
    }
    if let Some(Substitute::Scalar(value)) = &attribute.default {
        source += &format!(", else {}", scalar(value));
    }
    match &attribute.when {
        Some(when) => format!("{source}, if {}", quoted(&when.text)),
        None => source,
    }
}

/// An expression as code; backticks of its own would end that.
fn quoted(text: &str) -> String {
    match text.contains('`') {
        true => text.to_owned(),
        false => format!("`{text}`"),
    }
}

fn scalar(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(value) => format!("`{value}`"),
        Scalar::Integer(value) => format!("`{value}`"),
        Scalar::Number(value) => format!("`{value}`"),
        Scalar::Text(value) => format!("`{value}`"),
    }
}
