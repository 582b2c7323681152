//! Checks tables, and packs them into the stock interpreter.
//!
//! [`pack`] makes an ordinary component of a table: the interpreter (`guest-mappers/table`) with the checked
//! table in its memory. It needs no compiler, and the same table always gives the same bytes.

mod ask;
mod check;
mod component;
mod controls;
mod demand;
mod expression;
mod format;
mod keys;
mod problem;
mod read;
mod stock;
mod types;
mod write;

use portolan_mapper_sdk::Kind;
use serde_json::Value;

use crate::check::{CheckedAttribute, Checker, FROM_THE_SYNC, Parsed, parsed};
use crate::demand::Demand;
use crate::expression::On;

pub use component::source;
pub use controls::ControlTable;
pub use format::Table;
pub use problem::TableError;
pub use stock::{Stock, check_stock, pack_stock};

/// A checked table.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The module's name.
    pub name: String,
    /// Whether it maps, overlays or assesses.
    pub kind: Kind,
    /// The connector object that it maps.
    pub object: &'static str,
    /// The packed form, which [`portolan_mapper_table::plan::Plan::from_bytes`] reads.
    pub plan: Vec<u8>,
}

/// A table that was read, and what it asks of pages.
struct Checked {
    table: Table,
    uid: Option<Parsed>,
    attributes: Vec<CheckedAttribute>,
    object: Demand,
    page: Demand,
}

impl Checked {
    fn packed(&self) -> Result<Packed, TableError> {
        Ok(Packed {
            name: self.table.name.clone(),
            kind: write::kind(self.table.kind),
            object: self.table.object.0.name(),
            plan: write::plan(self)?,
        })
    }
}

/// Checks a table, of a mapper or of controls. `stock` returns the stock schema of a connector object.
///
/// # Errors
/// Fails if the table has a problem; the error lists every problem found.
pub fn check(text: &str, stock: impl Fn(&str) -> Value) -> Result<Packed, TableError> {
    if controls::is_one(text) {
        return controls::check(text, stock);
    }
    checked(text, |table| match table.data_model {
        None => Ok(stock(table.object.0.name())),
        Some(_) => {
            Err("data-model: only a stock table of Portolan has one; leave it out".to_owned())
        }
    })?
    .packed()
}

/// Checks a table against the schema that is chosen for it.
fn checked(
    text: &str,
    stock: impl FnOnce(&Table) -> Result<Value, String>,
) -> Result<Checked, TableError> {
    let mut problems = Vec::new();
    let (table, attributes) = read::read(text, &mut problems)?;
    let stock = stock(&table)?;
    let empty = serde_json::Map::new();
    let mut checker = Checker {
        table: &table,
        stock: stock["properties"].as_object().unwrap_or(&empty),
        object: Demand::object([]),
        page: Demand::object([]),
    };
    let uid = uid(&mut checker).unwrap_or_else(|problem| {
        problems.push(format!("uid: {problem}"));
        None
    });
    let mut checked = Vec::new();
    for (name, attribute) in attributes {
        match checker.attribute(&name, attribute) {
            Ok(attribute) => checked.push(attribute),
            Err(problem) => problems.push(format!("{name}: {problem}")),
        }
    }
    if table.kind == format::Kind::Mapping {
        let is_there = |name: &str| {
            name == "UID" || FROM_THE_SYNC.contains(&name) || table.attributes.contains_key(name)
        };
        let required = stock["required"].as_array().into_iter().flatten();
        let missing = required
            .filter_map(Value::as_str)
            .filter(|name| !is_there(name));
        problems.extend(missing.map(|name| {
            format!(
                "{name}: every record of {} needs it, and the table has none",
                table.object.0.name()
            )
        }));
    }
    problems.extend(limited(&table.name, &table.version));
    if !problems.is_empty() {
        return Err(TableError { problems });
    }
    let Checker { object, page, .. } = checker;
    Ok(Checked {
        uid,
        attributes: checked,
        object,
        page,
        table,
    })
}

/// The problems with a module's name and version.
fn limited(name: &str, version: &str) -> Vec<String> {
    let all = [("name", name, 128), ("version", version, 64)].into_iter();
    let wrong = all.filter(|(_, given, limit)| given.is_empty() || given.len() > *limit);
    wrong
        .map(|(what, _, limit)| format!("{what}: it is empty or longer than {limit} bytes"))
        .collect()
}

fn uid(checker: &mut Checker<'_>) -> Result<Option<Parsed>, String> {
    match (&checker.table.uid, checker.table.kind) {
        (Some(text), format::Kind::Mapping) => {
            let uid = parsed(text)?;
            checker.ask_object(&uid, Demand::Text)?;
            Ok(Some(uid))
        }
        (None, format::Kind::Mapping) => {
            Err("a mapping needs one, for example uid = \"taskArn\"".to_owned())
        }
        (Some(_), format::Kind::Overlay) => {
            Err("an overlay cannot change what identifies a record".to_owned())
        }
        (None, format::Kind::Overlay) => Ok(None),
    }
}

/// Checks a table, and makes its component with an interpreter, which is the component that
/// `portolan-mapper-build` makes of `guest-mappers/table`.
///
/// # Errors
/// As [`check`]; also if the packed table does not fit into the interpreter.
pub fn pack(
    text: &str,
    stock: impl Fn(&str) -> Value,
    interpreter: &[u8],
) -> Result<(Packed, Vec<u8>), TableError> {
    let packed = check(text, stock)?;
    let component = component::component(interpreter, packed.kind, &packed.plan, text)?;
    Ok((packed, component))
}

/// The value of an expression on any JSON text, to test single expressions.
///
/// # Errors
/// Fails if the expression is not valid, or has no value.
#[doc(hidden)]
pub fn evaluate(expression: &str, json: &str) -> Result<Value, String> {
    let ast = expression::parse(expression)?;
    let shape = portolan_mapper_table::plan::Shape::Any;
    let (expression, _) = expression::pack(&ast, On::Read(&shape));
    portolan_mapper_table::evaluate(&expression, &shape, json)
}

/// The members of an object that some expressions read, to test single expressions.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Reading(Demand);

impl Reading {
    /// The members that these expressions read together.
    ///
    /// # Errors
    /// Fails if an expression is not valid, or if two of them demand different types of a member.
    pub fn of(expressions: &[&str]) -> Result<Self, String> {
        let mut all = Demand::object([]);
        for text in expressions {
            let asked = ask::demand(&expression::parse(text)?, Demand::Any);
            let asked = asked.map_err(|conflict| format!("{text}: {conflict:?}"))?;
            all.merge(asked)
                .map_err(|conflict| format!("{text}: {conflict:?}"))?;
        }
        Ok(Self(all))
    }

    /// The paths that the module's manifest names, as in [`portolan_mapper_sdk::Reads`].
    #[must_use]
    pub fn members(&self) -> Option<Vec<String>> {
        write::members(&self.0)
    }

    /// The value of one of the expressions on a JSON text, of which only these members are read.
    ///
    /// # Errors
    /// Fails if the text has other types than the expressions demand, or if the expression has no value.
    pub fn evaluate(&self, expression: &str, json: &str) -> Result<Value, String> {
        let ast = expression::parse(expression)?;
        let shape = self.0.shape();
        let (expression, _) = expression::pack(&ast, On::Read(&shape));
        portolan_mapper_table::evaluate(&expression, &shape, json)
    }
}
