//! The format of a mapping table. Its doc comments are the descriptions in the schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use portolan_mapper_table::plan::Described;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A mapping table: the source of each attribute. A table is written in TOML.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "table")]
pub struct Table {
    /// The module's name, for example `acme-owner`.
    #[schemars(length(min = 1, max = 128))]
    pub(crate) name: String,
    /// The module's own version, for example `1.0.0`.
    #[schemars(length(min = 1, max = 64))]
    pub(crate) version: String,
    /// The effect of the module on records: it makes or amends them.
    pub(crate) kind: Kind,
    /// The connector object that the module maps.
    pub(crate) object: Object,
    /// Only of a stock table, which defines the schema of its object: the object's kind in the data model.
    pub(crate) data_model: Option<DataModel>,
    /// Only of a stock table: the object in a sentence.
    pub(crate) description: Option<String>,
    /// The expression that gives the UID of a mapping's records. An object without a UID is rejected.
    pub(crate) uid: Option<String>,
    /// Attributes by name: an expression, or a table with more keys. Records keep this order.
    #[schemars(with = "BTreeMap<String, Entry>")]
    pub(crate) attributes: toml::Table,
    /// Named lists for `lookup`: text to value.
    #[serde(default)]
    pub(crate) lookups: BTreeMap<String, BTreeMap<String, Scalar>>,
}

/// The effect of a module on records: it makes or amends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// It makes them, in place of the stock mapping.
    Mapping,
    /// It amends them.
    Overlay,
}

/// The kinds of objects in the data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub(crate) enum DataModel {
    /// Something that runs, or that others run on.
    #[serde(rename = "Cloud Resource")]
    CloudResource,
    /// A container, or its definition.
    Container,
    /// A setting of an account.
    Setting,
    /// Something that happened.
    Event,
}

/// The connector object that a table maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Object(pub(crate) Described);

impl TryFrom<String> for Object {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let found = Described::all().find(|object| object.name() == name);
        let known = || {
            let names: Vec<_> = Described::all()
                .map(|object| format!("`{}`", object.name()))
                .collect();
            format!(
                "unknown variant `{name}`, expected one of {}",
                names.join(", ")
            )
        };
        found.map(Self).ok_or_else(known)
    }
}

impl JsonSchema for Object {
    fn schema_name() -> Cow<'static, str> {
        "Object".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = Described::all().map(Described::name).collect();
        json_schema!({"description": "A connector object.", "type": "string", "enum": names})
    }
}

/// The source of an attribute.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
#[expect(
    dead_code,
    reason = "only its schema is used; entries are read one by one for better errors"
)]
enum Entry {
    /// A JMESPath expression over the described object: short for `from`.
    Expression(String),
    /// A table with more keys than an expression.
    Attribute(Box<Attribute>),
}

/// An attribute. It has one source: `from`, `page`, `tag`, `context`, `value`, `format` or `remove`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Attribute {
    /// A JMESPath expression over the described object.
    pub from: Option<String>,
    /// A JMESPath expression over the page, for members beside the described object, for example the `tags`
    /// of a task definition.
    pub page: Option<String>,
    /// The key of a tag; the attribute is its value. If a key is repeated, the last tag counts.
    pub tag: Option<String>,
    /// A value of the sync.
    pub context: Option<Context>,
    /// A fixed value.
    pub value: Option<Scalar>,
    /// A text with expressions over the described object in braces, for example `{family}:{revision}`. If one
    /// of them is absent or an empty text, there is no value.
    pub format: Option<String>,
    /// Whether an overlay removes the attribute.
    pub remove: Option<bool>,
    /// A condition, as a JMESPath expression over the described object. The attribute is set only if it is
    /// true.
    pub when: Option<String>,
    /// Expressions to try in this order, if there is no value or an empty text.
    pub fallback: Option<OneOrMore>,
    /// The value is what follows this text. If it does not begin with the text, or nothing follows, there is no
    /// value.
    pub after: Option<String>,
    /// Makes a boolean: whether the value equals this one.
    pub equals: Option<Scalar>,
    /// The name of a list in `lookups` that maps the value. A value outside the list counts as absent.
    pub lookup: Option<String>,
    /// The value to use if there is none.
    pub default: Option<Substitute>,
    /// The attribute's type; by default the type in the stock schema, or else `text`.
    #[serde(rename = "type")]
    pub type_: Option<Type>,
    /// Declares an attribute that the stock schema lacks, and describes it.
    pub description: Option<String>,
    /// Only in a stock table: every record has the attribute.
    pub required: Option<bool>,
}

impl Attribute {
    /// The number of expressions, before they are parsed.
    pub(crate) fn expressions(&self) -> usize {
        let single = [&self.from, &self.page, &self.tag, &self.when];
        let single = single.into_iter().flatten().count();
        let format = self.format.as_ref();
        let format = format.map_or(0, |format| format.matches('{').count());
        let fallback = match &self.fallback {
            None => 0,
            Some(OneOrMore::One(_)) => 1,
            Some(OneOrMore::More(more)) => more.len(),
        };
        single + format + fallback
    }
}

/// A value of the sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Context {
    /// The twelve digits of the AWS account.
    Account,
    /// The Region that was queried.
    Region,
    /// The AWS partition, for example `aws-cn`.
    Partition,
    /// The start time of the sync.
    Captured,
}

/// One expression, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}

impl OneOrMore {
    pub(crate) fn list(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::More(more) => more.clone(),
        }
    }
}

/// A value in a table.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Scalar {
    /// True or false.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A text.
    Text(String),
}

/// A value that stands in for another.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Substitute {
    /// For all types but lists.
    Scalar(Scalar),
    /// For `texts`.
    Texts(Vec<String>),
    /// For `integers`.
    Integers(Vec<i64>),
}

/// The type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Type {
    /// A text, unchanged.
    Text,
    /// An integer of 64 bits; `3.0` and `1E2` are integers too.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A time: a number of epoch seconds, written as RFC 3339 with milliseconds, rounded down from the exact
    /// decimal. A year outside 0000 to 9999 leaves the attribute out, with a warning.
    Time,
    /// A list of texts: each once, in source order. An empty list leaves the attribute out.
    Texts,
    /// A list of integers: each once, in source order. An empty list leaves the attribute out.
    Integers,
    /// Tags as AWS sends them, written as an object of key to value. An empty list leaves the attribute out.
    Tags,
}
