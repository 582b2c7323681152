//! Reads TOML into a table, with errors that name the key.

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Value as Toml;

use crate::format::{Attribute, Table};
use crate::problem::nearest;

/// The most bytes of a table's file: the size of its place in the interpreter.
const LIMIT_BYTES: usize = 256 * 1024;

/// The most attributes of one table; the largest stock record has 25.
const LIMIT_ATTRIBUTES: usize = 256;

/// The most expressions of all attributes together. Each page evaluates all of them; the largest stock record
/// has 25 attributes.
const LIMIT_EXPRESSIONS: usize = 2_000;

/// Reads the TOML of a table.
pub(crate) fn toml_of(text: &str) -> Result<toml::Table, String> {
    if text.len() > LIMIT_BYTES {
        return Err(format!(
            "the table has {} bytes, more than {LIMIT_BYTES}",
            text.len()
        ));
    }
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        format!("line {line} is not TOML: {}", error.message())
    })
}

/// Reads a table. Errors in single attributes are added to `problems`.
pub(crate) fn read(
    text: &str,
    problems: &mut Vec<String>,
) -> Result<(Table, Vec<(String, Attribute)>), String> {
    let toml = toml_of(text)?;
    let schema = schemars::schema_for!(Table).to_value();
    known(&toml, &properties(&schema["properties"]), "the table")?;
    let kinds = |key: &str, value: &Toml| match key {
        "kind" => unfit::<crate::format::Kind>(value),
        "object" => unfit::<crate::format::Object>(value),
        _ => None,
    };
    if let Some(problem) = toml
        .iter()
        .find_map(|(key, value)| kinds(key, value).map(|why| format!("`{key}`: {why}")))
    {
        return Err(problem);
    }
    without_dates(&toml)?;
    let table: Table = toml.try_into().map_err(|error| {
        let message = error.message().trim();
        format!("the table: {message}; `portolan schema table` shows what it takes")
    })?;
    if table.attributes.len() > LIMIT_ATTRIBUTES {
        return Err(format!("a table has at most {LIMIT_ATTRIBUTES} attributes"));
    }
    let keys = properties(&schema["$defs"]["Attribute"]["properties"]);
    let mut attributes = Vec::new();
    for (name, value) in &table.attributes {
        match attribute(name, value, &keys) {
            Ok(attribute) => attributes.push((name.clone(), attribute)),
            Err(problem) => problems.push(problem),
        }
    }
    let expressions = attributes.iter().map(|each| each.1.expressions());
    let (count, most) = (expressions.clone().sum::<usize>(), expressions.max());
    if count > LIMIT_EXPRESSIONS {
        let most = most.unwrap_or(0);
        let named = attributes.iter().find(|each| each.1.expressions() == most);
        let name = named.map_or("", |each| each.0.as_str());
        return Err(format!(
            "a table has at most {LIMIT_EXPRESSIONS} expressions, and this one {count}; {name} has the most, {most}"
        ));
    }
    Ok((table, attributes))
}

fn attribute(name: &str, value: &Toml, keys: &[String]) -> Result<Attribute, String> {
    let members = match value {
        Toml::String(expression) => {
            return Ok(Attribute {
                from: Some(expression.clone()),
                ..Attribute::default()
            });
        }
        Toml::Table(members) => members,
        other => {
            return Err(format!(
                "{name}: it is {} of TOML; write an expression in quotes, or a table with the key `value`",
                article(other.type_str())
            ));
        }
    };
    known(members, keys, name)?;
    for (key, member) in members {
        let alone = toml::Table::from_iter([(key.clone(), member.clone())]);
        if alone.try_into::<Attribute>().is_err() {
            return Err(format!(
                "{name}: `{key}` does not take {}; `portolan schema table` shows what it takes",
                article(member.type_str())
            ));
        }
    }
    members
        .clone()
        .try_into()
        .map_err(|error: toml::de::Error| format!("{name}: {}", error.message()))
}

/// Refuses dates, which the TOML reader turns into texts when a table is read into a type.
fn without_dates(table: &toml::Table) -> Result<(), String> {
    let Some((key, value)) = table.iter().find(|each| is_date(each.1)) else {
        return Ok(());
    };
    let mut members = value.as_table().into_iter().flatten();
    let named = members.find(|member| is_date(member.1));
    let name = named.map_or(key, |member| member.0);
    Err(format!(
        "{name}: a date of TOML is not supported; write a text in quotes"
    ))
}

/// Whether a value is or holds a date.
fn is_date(value: &Toml) -> bool {
    match value {
        Toml::Datetime(_) => true,
        Toml::Array(elements) => elements.iter().any(is_date),
        Toml::Table(members) => members.values().any(is_date),
        _ => false,
    }
}

/// Refuses an unknown key, and suggests the nearest known one.
pub(crate) fn known(table: &toml::Table, keys: &[String], place: &str) -> Result<(), String> {
    match table.keys().find(|key| !keys.contains(key)) {
        None => Ok(()),
        Some(key) => {
            let nearest = nearest(key, keys.iter().map(String::as_str)).unwrap_or_default();
            Err(format!(
                "{place}: there is no key `{key}`; did you mean `{nearest}`?"
            ))
        }
    }
}

pub(crate) fn properties(schema: &Value) -> Vec<String> {
    schema
        .as_object()
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// The reason that a value does not fit a type.
fn unfit<T: DeserializeOwned>(value: &Toml) -> Option<String> {
    let error = value.clone().try_into::<T>().err()?;
    Some(error.message().trim().to_owned())
}

pub(crate) fn article(word: &str) -> String {
    match word.starts_with(['a', 'i', 'o']) {
        true => format!("an {word}"),
        false => format!("a {word}"),
    }
}
