//! Checks the names in the expressions of controls against the schemas of the records, and notes what they
//! read. A name that no record has would make a control pass without a word.

use std::collections::{BTreeMap, BTreeSet};

use jmespath::ast::{Ast, Comparator};
use serde_json::{Map, Value};

use super::format::{ControlTable, SettingType, With};
use crate::problem::nearest;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// The object that expressions run on.
    Scope,
    /// A record: of the subject, or under a name.
    Record(Place),
    List(Box<Known>),
    /// `complete`.
    Complete,
    /// `settings`.
    Settings,
    /// An object that the expression makes.
    Made(Vec<(String, Known)>),
    /// A value without members.
    Plain,
    /// Anything, such as the tags of a record.
    Open,
}

/// Where a record stands: `None` for the subject, else a name of `with`.
pub(crate) type Place = Option<String>;

/// The records that expressions may read, and those parts of them that they do.
pub(crate) struct Names<'t> {
    table: &'t ControlTable,
    /// The properties in the schemas of the subject and of the records under each name.
    schemas: BTreeMap<Place, (&'static str, Map<String, Value>)>,
    /// The attributes that are read.
    pub(crate) read: BTreeMap<Place, BTreeSet<String>>,
}

/// The parts of a subject that AWS gives only where they are asked for. `complete` says whether they were read, so
/// that their absence means something.
const INCLUDES: [&str; 3] = ["CONFIGURATIONS", "SETTINGS", "TAGS"];

/// The members of the scope beside attributes and names.
const OTHERS: [&str; 4] = ["subject", "complete", "truncated", "settings"];

impl<'t> Names<'t> {
    pub(crate) fn of(table: &'t ControlTable, schema: &impl Fn(&str) -> Value) -> Self {
        let properties = |object: &crate::format::Object| {
            let name = object.0.name();
            let mut schema = schema(name);
            let properties = match schema["properties"].take() {
                Value::Object(properties) => properties,
                _ => Map::new(),
            };
            (name, properties)
        };
        let mut schemas = BTreeMap::from([(None, properties(&table.subject))]);
        for (name, with) in &table.with {
            schemas.insert(Some(name.clone()), properties(&with.object));
        }
        Self {
            table,
            schemas,
            read: BTreeMap::new(),
        }
    }

    /// The names of `with`.
    pub(crate) fn with(&self) -> &'t BTreeMap<String, With> {
        &self.table.with
    }

    pub(crate) fn has_setting(&self, name: &str) -> bool {
        self.table.settings.contains_key(name)
    }

    /// Notes that an attribute is read, and tells what is known of it.
    ///
    /// # Errors
    /// If the schema has no such attribute; the sentence names the nearest.
    pub(crate) fn attribute(&mut self, place: &Place, name: &str) -> Result<Known, String> {
        let Some((object, schema)) = self.schemas.get(place) else {
            return Ok(Known::Open);
        };
        let known = match schema.get(name) {
            Some(schema) => match schema["type"].as_str() {
                Some("array") => Known::List(Box::new(Known::Plain)),
                Some("object") => Known::Open,
                _ => Known::Plain,
            },
            None if self.table.also.iter().any(|also| also == name) => Known::Open,
            None => {
                let also = self.table.also.iter();
                let names = schema.keys().chain(also).map(String::as_str);
                let nearest = nearest(name, names).unwrap_or_default();
                return Err(format!(
                    "`{name}`: {object} has no such attribute; did you mean {nearest}?"
                ));
            }
        };
        self.read
            .entry(place.clone())
            .or_default()
            .insert(name.to_owned());
        Ok(known)
    }

    /// Notes that records under a name are read.
    fn records(&mut self, name: &str) -> Option<Known> {
        let with = self.table.with.get(name)?;
        let place = Some(name.to_owned());
        self.read.entry(place.clone()).or_default();
        Some(match with.many {
            true => Known::List(Box::new(Known::Record(place))),
            false => Known::Record(place),
        })
    }

    /// What is known of an expression's value.
    ///
    /// # Errors
    /// A sentence about the first name that is not there.
    ///
    /// Long, because every kind of expression has its arm.
    pub(crate) fn walk(&mut self, ast: &Ast, on: &Known) -> Result<Known, String> {
        Ok(match ast {
            Ast::Identity { .. } => on.clone(),
            Ast::Literal { value, .. } => literal(value),
            Ast::Field { name, .. } => self.field(name, on)?,
            Ast::Subexpr { lhs, rhs, .. } => {
                let on = self.walk(lhs, on)?;
                self.walk(rhs, &on)?
            }
            Ast::Projection { lhs, rhs, .. } => {
                let list = self.walk(lhs, on)?;
                let element = element(&list)?;
                Known::List(Box::new(self.walk(rhs, &element)?))
            }
            Ast::Flatten { node, .. } => {
                let list = self.walk(node, on)?;
                match element(&list)? {
                    Known::List(inner) => Known::List(inner),
                    other => Known::List(Box::new(other)),
                }
            }
            Ast::Index { .. } => element(on)?,
            Ast::Slice { .. } => Known::List(Box::new(element(on)?)),
            Ast::Condition {
                predicate, then, ..
            } => {
                self.walk(predicate, on)?;
                self.walk(then, on)?
            }
            Ast::And { lhs, rhs, .. } => {
                self.walk(lhs, on)?;
                self.walk(rhs, on)?
            }
            Ast::Or { lhs, rhs, .. } => {
                let left = self.walk(lhs, on)?;
                either(left, self.walk(rhs, on)?)
            }
            Ast::Not { node, .. } => {
                self.walk(node, on)?;
                Known::Plain
            }
            Ast::Comparison {
                comparator,
                lhs,
                rhs,
                ..
            } => {
                self.walk(lhs, on)?;
                self.walk(rhs, on)?;
                if !matches!(comparator, Comparator::Equal | Comparator::NotEqual)
                    && let Some(text) = self.text(lhs, on).or_else(|| self.text(rhs, on))
                {
                    return Err(format!(
                        "{text} is a text, and JMESPath orders numbers only, so this would never hold; use `==`, \
                         `contains` or `starts_with`"
                    ));
                }
                Known::Plain
            }
            Ast::ObjectValues { node, .. } => {
                let value = self.walk(node, on)?;
                whole(&value)?;
                Known::List(Box::new(Known::Open))
            }
            Ast::MultiList { elements, .. } => self.list(elements, on)?,
            Ast::MultiHash { elements, .. } => {
                let members = elements.iter();
                let members =
                    members.map(|pair| Ok((pair.key.clone(), self.walk(&pair.value, on)?)));
                Known::Made(members.collect::<Result<_, String>>()?)
            }
            Ast::Function { name, args, .. } => self.call(name, args, on)?,
            Ast::Expref { .. } => Known::Open,
        })
    }

    /// What an expression is called, if its value is a text.
    fn text(&self, ast: &Ast, on: &Known) -> Option<String> {
        match (ast, on) {
            (Ast::Literal { value, .. }, _) => value.as_string().map(|text| format!("'{text}'")),
            (Ast::Field { name, .. }, Known::Scope | Known::Record(_)) => {
                let place = match on {
                    Known::Record(place) => place,
                    _ => &None,
                };
                let (_, schema) = self.schemas.get(place)?;
                (schema.get(name)?["type"] == "string").then(|| name.clone())
            }
            _ => None,
        }
    }

    fn list(&mut self, elements: &[Ast], on: &Known) -> Result<Known, String> {
        let mut all = elements.iter().map(|each| self.walk(each, on));
        let first = all.next().unwrap_or(Ok(Known::Open))?;
        let element = all.try_fold(first, |one, other| Ok::<_, String>(either(one, other?)))?;
        Ok(Known::List(Box::new(element)))
    }

    fn field(&mut self, name: &str, on: &Known) -> Result<Known, String> {
        match on {
            Known::Scope if name.starts_with(|first: char| first.is_ascii_uppercase()) => {
                self.attribute(&None, name)
            }
            Known::Scope => self.of_scope(name),
            Known::Record(place) => self.attribute(place, name),
            Known::Complete => match self.table.with.contains_key(name) || INCLUDES.contains(&name)
            {
                true => Ok(Known::Plain),
                false => Err(unknown(name, self.table.with.keys(), "name in `with`")),
            },
            Known::Settings => match self.table.settings.get(name) {
                Some(setting) if setting.type_ == SettingType::Texts => {
                    Ok(Known::List(Box::new(Known::Plain)))
                }
                Some(_) => Ok(Known::Plain),
                None => Err(unknown(
                    name,
                    self.table.settings.keys(),
                    "name in `settings`",
                )),
            },
            Known::Made(members) => match members.iter().find(|member| member.0 == name) {
                Some((_, known)) => Ok(known.clone()),
                None => Err(unknown(name, members.iter().map(|each| &each.0), "member")),
            },
            Known::Open => Ok(Known::Open),
            Known::List(_) => Err(format!(
                "`{name}` is asked of a list; write `[].{name}` for that of its elements"
            )),
            Known::Plain => Err(format!(
                "`{name}` is asked of a value without members; `!` binds closer than a dot, so write `!(a.{name})`"
            )),
        }
    }

    fn of_scope(&mut self, name: &str) -> Result<Known, String> {
        if let Some(known) = self.records(name) {
            return Ok(known);
        }
        Ok(match name {
            "subject" => Known::Record(None),
            "complete" => Known::Complete,
            "truncated" => Known::List(Box::new(Known::Plain)),
            "settings" => Known::Settings,
            _ => {
                let others = OTHERS.map(str::to_owned);
                let names = self.table.with.keys().chain(&others);
                return Err(unknown(name, names, "name"));
            }
        })
    }

    fn call(&mut self, name: &str, arguments: &[Ast], on: &Known) -> Result<Known, String> {
        let mut values = Vec::new();
        for argument in arguments {
            values.push(self.walk(argument, on)?);
        }
        // `parse` has checked that an argument with `&` stands beside a list.
        let list = values.iter().find(|value| matches!(value, Known::List(_)));
        let inner = list.map_or(Ok(Known::Open), element)?;
        let mut result = Known::Open;
        for argument in arguments {
            if let Ast::Expref { ast, .. } = argument {
                result = self.walk(ast, &inner)?;
            }
        }
        let first = values.first().cloned().unwrap_or(Known::Open);
        Ok(match name {
            "map" => Known::List(Box::new(result)),
            "max_by" | "min_by" => inner,
            "reverse" | "sort" | "sort_by" | "untrusted" | "without" => first,
            "not_null" => values.into_iter().reduce(either).unwrap_or(Known::Open),
            "max" | "min" => inner,
            "to_array" => match first {
                list @ Known::List(_) => list,
                other => Known::List(Box::new(other)),
            },
            "keys" | "values" | "merge" | "to_string" => {
                values.iter().try_for_each(whole)?;
                match name {
                    "keys" => Known::List(Box::new(Known::Plain)),
                    "to_string" => Known::Plain,
                    _ => Known::Open,
                }
            }
            _ => Known::Plain,
        })
    }
}

fn unknown<'a>(name: &str, names: impl IntoIterator<Item = &'a String>, what: &str) -> String {
    let nearest = nearest(name, names.into_iter().map(String::as_str));
    let nearest = nearest.map_or(String::new(), |nearest| {
        format!("; did you mean `{nearest}`?")
    });
    format!("`{name}`: there is no such {what}{nearest}")
}

/// What is known of a list's elements.
fn element(list: &Known) -> Result<Known, String> {
    match list {
        Known::List(element) => Ok((**element).clone()),
        Known::Open => Ok(Known::Open),
        _ => Err("a list is expected where there is none".to_owned()),
    }
}

/// What is known of a value that is one of two.
fn either(one: Known, other: Known) -> Known {
    match one == other {
        true => one,
        false => Known::Open,
    }
}

/// Refuses records as a whole: an assessor gets only attributes that expressions name.
fn whole(value: &Known) -> Result<(), String> {
    match value {
        Known::Record(_) | Known::Scope | Known::Made(_) => {
            Err("a record is read as a whole; name its attributes".to_owned())
        }
        Known::List(element) => whole(element),
        _ => Ok(()),
    }
}

fn literal(value: &jmespath::Variable) -> Known {
    match value {
        jmespath::Variable::Array(_) => Known::List(Box::new(Known::Open)),
        jmespath::Variable::Object(_) | jmespath::Variable::Null => Known::Open,
        _ => Known::Plain,
    }
}
