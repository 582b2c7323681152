//! Turns a table into checked, parsed attributes. Every error in a table is found here.

use jmespath::ast::Ast;
use portolan_mapper_table::plan::Type;
use serde_json::{Map, Value};

use crate::ask::demand;
use crate::demand::{Conflict, Demand};
use crate::expression::parse;
use crate::format::Type as Named;
use crate::format::{Attribute, Kind, OneOrMore, Scalar, Substitute, Table};
use crate::keys;
use crate::problem::nearest;
use crate::types;

/// The attributes that the host adds to every record, in this order.
pub(crate) const FROM_THE_SYNC: [&str; 4] =
    ["CLOUD_PROVIDER", "ACCOUNT_ID", "REGION", "LAST_CAPTURED"];

/// A parsed expression.
pub(crate) struct Parsed {
    pub(crate) text: String,
    pub(crate) ast: Ast,
}

/// The source of a value.
pub(crate) enum Origin {
    Object(Parsed),
    Page(Parsed),
    /// The value of the tag with this key.
    Tag(String),
    Context(crate::format::Context),
    Value(Scalar),
    Format(Vec<Piece>),
    Remove,
}

/// A piece of a format.
pub(crate) enum Piece {
    Text(String),
    Parsed(Parsed),
}

/// A checked attribute.
pub(crate) struct CheckedAttribute {
    pub(crate) name: String,
    pub(crate) when: Option<Parsed>,
    pub(crate) origin: Origin,
    pub(crate) fallback: Vec<Parsed>,
    pub(crate) after: Option<String>,
    pub(crate) equals: Option<Scalar>,
    pub(crate) lookup: Option<String>,
    pub(crate) default: Option<Substitute>,
    pub(crate) type_: Type,
    /// The description of an attribute that the stock schema lacks.
    pub(crate) description: Option<String>,
    pub(crate) is_required: bool,
}

/// The state of checking, across all attributes.
pub(crate) struct Checker<'c> {
    pub(crate) table: &'c Table,
    /// The properties of the object's stock schema.
    pub(crate) stock: &'c Map<String, Value>,
    /// The demand on each described object.
    pub(crate) object: Demand,
    /// The demand on the page.
    pub(crate) page: Demand,
}

impl Checker<'_> {
    /// Checks an attribute. An error is a sentence without the attribute's name.
    pub(crate) fn attribute(
        &mut self,
        name: &str,
        given: Attribute,
    ) -> Result<CheckedAttribute, String> {
        keys::of_stock(&given, self.table.data_model.is_some())?;
        self.name(name, &given)?;
        keys::useless(&given)?;
        let type_ = self.type_of(name, &given)?;
        let want = self.want(&given, type_)?;
        let when = given.when.as_deref().map(parsed).transpose()?;
        if let Some(when) = &when {
            let asked = demand(&when.ast, Demand::Any).map_err(|conflict| told(conflict, when))?;
            ask(&mut self.object, asked)?;
        }
        if let Some(after) = &given.after {
            types::check_after(after, &want)?;
        }
        let origin = self.origin(&given, type_, &want)?;
        let fallback = given.fallback.as_ref().map_or(Vec::new(), OneOrMore::list);
        let fallback = fallback
            .iter()
            .map(|text| {
                let fallback = parsed(text)?;
                self.ask_object(&fallback, want.clone())?;
                Ok(fallback)
            })
            .collect::<Result<Vec<_>, String>>()?;
        if let Some(default) = &given.default {
            types::check(type_, default, "its default")?;
        }
        Ok(CheckedAttribute {
            name: name.to_owned(),
            when,
            origin,
            fallback,
            after: given.after,
            equals: given.equals,
            lookup: given.lookup,
            default: given.default,
            type_,
            description: given.description,
            is_required: given.required == Some(true),
        })
    }

    fn name(&self, name: &str, given: &Attribute) -> Result<(), String> {
        let is_upper_snake = name.starts_with(|first: char| first.is_ascii_uppercase())
            && name
                .chars()
                .all(|each| each.is_ascii_uppercase() || each.is_ascii_digit() || each == '_');
        if !is_upper_snake {
            return Err("its name is not UPPER_SNAKE".to_owned());
        }
        let is_mapping = self.table.kind == Kind::Mapping;
        if name == "UID" {
            return Err(match is_mapping {
                true => "it is set by `uid = …` at the top of the table".to_owned(),
                false => "an overlay cannot change what identifies a record".to_owned(),
            });
        }
        if FROM_THE_SYNC[1..].contains(&name) || (is_mapping && name == FROM_THE_SYNC[0]) {
            return Err("it is filled by the sync; leave it out of the table".to_owned());
        }
        let is_stock = self.stock.contains_key(name);
        if !is_stock && given.remove == Some(true) {
            let nearest = nearest(name, self.stock.keys().map(String::as_str)).unwrap_or_default();
            return Err(format!(
                "the stock schema has no such attribute; did you mean {nearest}?"
            ));
        }
        if !is_stock && given.description.is_none() {
            let nearest = nearest(name, self.stock.keys().map(String::as_str)).unwrap_or_default();
            return Err(format!(
                "the stock schema of {} has no such attribute; did you mean {nearest}? To add a new one, declare it with description = \"…\"",
                self.table.object.0.name()
            ));
        }
        if is_stock && given.description.is_some() {
            return Err(
                "the stock schema describes it already; leave out `description`".to_owned(),
            );
        }
        Ok(())
    }

    fn type_of(&self, name: &str, given: &Attribute) -> Result<Type, String> {
        let stock = self.stock.get(name).map(types::of_schema);
        let said = given.type_.map(Named::packed);
        let type_ = match (stock, said) {
            (Some(stock), Some(said)) if stock != said => {
                return Err(format!(
                    "the stock schema says {}, and the table says {}",
                    types::name(stock),
                    types::name(said)
                ));
            }
            (Some(stock), _) => stock,
            (None, Some(said)) => said,
            (None, None) if given.equals.is_some() => Type::Boolean,
            (None, None) => match &given.value {
                Some(value) => types::of_scalar(value),
                None => Type::Text,
            },
        };
        if given.equals.is_some() && type_ != Type::Boolean {
            return Err(format!(
                "`equals` gives true or false, but its type is {}",
                types::name(type_)
            ));
        }
        Ok(type_)
    }

    /// The demand on the result of the attribute's expressions.
    fn want(&self, given: &Attribute, type_: Type) -> Result<Demand, String> {
        match (&given.equals, &given.lookup) {
            (Some(_), Some(_)) => Err("it has both `equals` and `lookup`; choose one".to_owned()),
            (Some(Scalar::Text(_)), None) => Ok(Demand::Text),
            (Some(Scalar::Integer(_)), None) => Ok(Demand::Integer),
            (Some(Scalar::Boolean(_)), None) => Ok(Demand::Boolean),
            (Some(Scalar::Number(_)), None) => {
                Err("`equals` takes a text, an integer, or true or false".to_owned())
            }
            (None, Some(name)) => {
                self.lookup(name, type_)?;
                Ok(Demand::Text)
            }
            (None, None) => Ok(types::demand(type_)),
        }
    }

    fn lookup(&self, name: &str, type_: Type) -> Result<(), String> {
        let Some(entries) = self.table.lookups.get(name) else {
            let names = self.table.lookups.keys().map(String::as_str);
            let nearest = nearest(name, names);
            let nearest = nearest.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
            return Err(format!("there is no [lookups.{name}]{nearest}"));
        };
        entries.iter().try_for_each(|(key, value)| {
            let what = format!("`{key}` in [lookups.{name}]");
            types::check(type_, &Substitute::Scalar(value.clone()), &what)
        })
    }

    fn origin(&mut self, given: &Attribute, type_: Type, want: &Demand) -> Result<Origin, String> {
        keys::one_source(given)?;
        let is_text = matches!(want, Demand::Text);
        if let Some(text) = &given.from {
            let from = parsed(text)?;
            self.ask_object(&from, want.clone())?;
            return Ok(Origin::Object(from));
        }
        if let Some(text) = &given.page {
            let page = parsed(text)?;
            self.ask_page(&page, want.clone())?;
            return Ok(Origin::Page(page));
        }
        if let Some(key) = &given.tag {
            if !is_text {
                return Err(
                    "a tag holds a text; use `equals` or `lookup` to make something else of it"
                        .to_owned(),
                );
            }
            return self.tag(key);
        }
        if let Some(context) = given.context {
            let is_time = context == crate::format::Context::Captured && type_ == Type::Time;
            if !is_text && !is_time {
                return Err(format!(
                    "a value of the sync is a text, not {}",
                    types::name(type_)
                ));
            }
            return Ok(Origin::Context(context));
        }
        if let Some(value) = &given.value {
            if given.equals.is_some() || given.lookup.is_some() {
                return Err("a fixed `value` needs no `equals` or `lookup`".to_owned());
            }
            types::check(type_, &Substitute::Scalar(value.clone()), "its value")?;
            return Ok(Origin::Value(value.clone()));
        }
        if let Some(format) = &given.format {
            if !is_text {
                return Err(format!("a format gives a text, not {}", types::name(type_)));
            }
            return self.format(format);
        }
        if self.table.kind == Kind::Mapping {
            return Err("only an overlay has something to remove".to_owned());
        }
        Ok(Origin::Remove)
    }

    fn tag(&mut self, key: &str) -> Result<Origin, String> {
        let asked = Demand::object([("tags", Demand::Tags(vec![key.to_owned()]))]);
        ask(&mut self.object, asked)?;
        Ok(Origin::Tag(key.to_owned()))
    }

    fn format(&mut self, format: &str) -> Result<Origin, String> {
        let pieces = pieces(format)?;
        for piece in &pieces {
            if let Piece::Parsed(piece) = piece {
                self.ask_object(piece, Demand::TextOrInteger)?;
            }
        }
        Ok(Origin::Format(pieces))
    }

    /// Adds a demand on the described object.
    pub(crate) fn ask_object(&mut self, parsed: &Parsed, want: Demand) -> Result<(), String> {
        let asked = demand(&parsed.ast, want).map_err(|conflict| told(conflict, parsed))?;
        ask(&mut self.object, asked)
    }

    fn ask_page(&mut self, parsed: &Parsed, want: Demand) -> Result<(), String> {
        let asked = demand(&parsed.ast, want).map_err(|conflict| told(conflict, parsed))?;
        let member = self.table.object.0.body().member();
        if let Demand::Object { members, is_open } = &asked
            && (*is_open || members.iter().any(|(name, _)| name == member))
        {
            return Err(format!(
                "`page` reads members beside `{member}`; use `from` for the objects in it"
            ));
        }
        if matches!(asked, Demand::Any) {
            return Err("`page` has to name a member of the page, such as tags".to_owned());
        }
        ask(&mut self.page, asked)
    }
}

/// The pieces of a text with expressions in braces.
pub(crate) fn pieces(format: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after
            .split_once('}')
            .ok_or_else(|| "its format has a `{` without `}`".to_owned())?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Parsed(parsed(inside)?));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

pub(crate) fn parsed(text: &str) -> Result<Parsed, String> {
    Ok(Parsed {
        text: text.to_owned(),
        ast: parse(text)?,
    })
}

fn told(conflict: Conflict, parsed: &Parsed) -> String {
    let path = match conflict.path.as_str() {
        "" => &parsed.text,
        path => path,
    };
    format!("`{path}` {}", conflict.what)
}

fn ask(all: &mut Demand, asked: Demand) -> Result<(), String> {
    let before = all.clone();
    all.merge(asked).map_err(|conflict| {
        *all = before;
        format!(
            "`{}` {}; another attribute reads it too",
            conflict.path, conflict.what
        )
    })
}
