//! The format of a mapping table. Its doc comments are the descriptions in the schema.

use std::borrow::Cow;
use std::collections::BTreeMap;

use portolan_mapper_table::plan::Described;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A mapping table: which attribute comes from where. A table is written in TOML.
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
    /// What the module does with records.
    pub(crate) kind: Kind,
    /// The object that it is for.
    pub(crate) object: Object,
    /// Only of a stock table, which defines the schema of its object: the object's kind in the data model.
    pub(crate) data_model: Option<DataModel>,
    /// Only of a stock table: the object in a sentence.
    pub(crate) description: Option<String>,
    /// Of a mapping: the expression that gives the UID. An object without a UID is rejected.
    pub(crate) uid: Option<String>,
    /// Attribute to expression, or to a table that says more. The order is that of the record.
    #[schemars(with = "BTreeMap<String, Entry>")]
    pub(crate) attributes: toml::Table,
    /// Named lists for `lookup`: text to value.
    #[serde(default)]
    pub(crate) lookups: BTreeMap<String, BTreeMap<String, Scalar>>,
}

/// What a module does with records.
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

/// The connector object that a table is for.
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

/// How an attribute is filled.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
#[expect(
    dead_code,
    reason = "only its schema is used; entries are read one by one for better errors"
)]
enum Entry {
    /// A JMESPath expression over the described object: short for `from`.
    Expression(String),
    /// More than an expression.
    Attribute(Box<Attribute>),
}

/// An attribute. It has one source: `from`, `page`, `tag`, `context`, `value`, `format` or `remove`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Attribute {
    /// A JMESPath expression over the described object.
    pub from: Option<String>,
    /// A JMESPath expression over the page, for what stands beside the described object, for example the
    /// `tags` of a task definition.
    pub page: Option<String>,
    /// The key of a tag, whose value it is. Of a repeated key the last counts.
    pub tag: Option<String>,
    /// Something that the sync knows.
    pub context: Option<Context>,
    /// Always this.
    pub value: Option<Scalar>,
    /// A text with expressions over the described object in braces, for example `{family}:{revision}`. If
    /// one of them is absent or an empty text, there is no value.
    pub format: Option<String>,
    /// Of an overlay: takes the attribute away.
    pub remove: Option<bool>,
    /// A condition, as a JMESPath expression over the described object. Unless it is true, the attribute is
    /// not set at all.
    pub when: Option<String>,
    /// What is tried next, in this order, if there is no value or an empty text.
    pub fallback: Option<OneOrMore>,
    /// The value is what follows this text. If it does not begin with the text, or nothing follows, there is no
    /// value.
    pub after: Option<String>,
    /// Makes a boolean: whether the value is equal to this.
    pub equals: Option<Scalar>,
    /// The name of a list in `lookups`, in which the value is looked up. What is not in it is no value.
    pub lookup: Option<String>,
    /// What stands in for a value that is not there.
    pub default: Option<Substitute>,
    /// The attribute's type; if it is left out, that of the stock schema, or else `text`.
    #[serde(rename = "type")]
    pub type_: Option<Type>,
    /// Declares an attribute that the stock schema lacks, and says what it means.
    pub description: Option<String>,
    /// Only in a stock table: every record has the attribute.
    pub required: Option<bool>,
}

impl Attribute {
    /// How many expressions it has, before they are parsed.
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

/// Something that the sync knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Context {
    /// The twelve digits of the AWS account.
    Account,
    /// The Region that was asked.
    Region,
    /// The AWS partition, for example `aws-cn`.
    Partition,
    /// When the sync began.
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

/// A value in a table.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
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

/// The types of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Type {
    /// A text, untouched.
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
