//! The packed form of a table: what the packer writes and the interpreter reads.
//!
//! It is read anew for every page, because each page meets a fresh instance; so everything that can be
//! found out beforehand is found out by the packer.

use portolan_mapper_sdk::{Body, OBJECTS};
use serde::{Deserialize, Serialize};

use crate::function::Function;

/// A checked table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan<'p> {
    /// The module's manifest, as JSON.
    pub manifest: &'p str,
    /// What it describes.
    pub object: Described,
    /// What makes the UID of a mapping's record; an overlay has none.
    pub uid: Option<Query<'p>>,
    /// What is read of each described object.
    pub shape: Shape<'p>,
    /// What is read of the page beside the described objects, if anything.
    pub page: Option<Shape<'p>>,
    /// In the order of the record.
    pub attributes: Vec<Attribute<'p>>,
}

/// A connector object, by its place among all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described(u8);

impl Described {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(OBJECTS).map(|(place, _)| Self(place))
    }

    fn entry(self) -> (&'static str, Body) {
        // A plan is read by the interpreter that it was packed into.
        OBJECTS[usize::from(self.0)]
    }

    /// The name of the connector object.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// Where a page keeps the objects.
    #[must_use]
    pub fn body(self) -> Body {
        self.entry().1
    }

    /// Whether AWS puts an object's tags beside it, from where they are moved in.
    #[must_use]
    pub fn has_tags_beside_it(self) -> bool {
        matches!(self.body(), Body::One(_))
    }
}

/// An expression and its text, which issues name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query<'p> {
    /// As it stands in the table.
    pub text: &'p str,
    /// What it means.
    #[serde(borrow)]
    pub expression: Expression<'p>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute<'p> {
    /// For example `CLUSTER_ARN`.
    pub name: &'p str,
    /// The attribute is left as it is unless this is true.
    #[serde(borrow)]
    pub when: Option<Expression<'p>>,
    /// Where the value comes from.
    pub source: Source<'p>,
    /// What is asked next as long as there is no value, or an empty text.
    pub fallback: Vec<Query<'p>>,
    /// The text that the value begins with and the attribute leaves out; a value without it is none.
    pub after: Option<&'p str>,
    /// What becomes of the value.
    pub convert: Convert<'p>,
    /// What stands in for a value that is not there.
    pub default: Option<Literal<'p>>,
}

/// Where an attribute's value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source<'p> {
    /// An expression over the described object.
    #[serde(borrow)]
    Object(Query<'p>),
    /// An expression over the page, beside the described objects.
    Page(Query<'p>),
    /// The sync.
    Context(ContextMember),
    /// The table itself.
    Value(Literal<'p>),
    /// A text with expressions in it, over the described object.
    Format(Vec<Part<'p>>),
    /// Nothing: an overlay takes the attribute away.
    Remove,
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part<'p> {
    /// Goes into the value as it is.
    Text(&'p str),
    /// Its value goes into the text; if it has none, there is no text.
    #[serde(borrow)]
    Query(Query<'p>),
}

/// What is known about a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContextMember {
    /// The twelve digits of the account.
    Account,
    /// The Region that was asked.
    Region,
    /// For example `aws-cn`.
    Partition,
    /// When the sync began.
    Captured,
}

/// What becomes of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Convert<'p> {
    /// It is of this type.
    Type(Type),
    /// Whether it is equal to this.
    #[serde(borrow)]
    Equals(Literal<'p>),
    /// What stands beside it in a list that is sorted by text.
    Lookup(Vec<(&'p str, Literal<'p>)>),
}

/// The types of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Type {
    /// A text.
    Text,
    /// An integer of 64 bits.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A number of epoch seconds, written as RFC 3339.
    Time,
    /// A list of texts, each once, in source order.
    Texts,
    /// A list of integers, each once, in source order.
    Integers,
    /// A list of tags, written as an object.
    Tags,
}

/// A value in the table or in an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Literal<'p> {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text(&'p str),
    /// A list.
    #[serde(borrow)]
    List(Vec<Literal<'p>>),
    /// An object.
    Object(Vec<(&'p str, Literal<'p>)>),
}

impl Literal<'_> {
    /// How many values it makes whenever it is evaluated.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::List(elements) => 1 + elements.iter().map(Self::size).sum::<usize>(),
            Self::Object(members) => 1 + members.iter().map(|each| each.1.size()).sum::<usize>(),
            _ => 1,
        }
    }
}

/// A JMESPath expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expression<'p> {
    /// `@`
    Current,
    /// `name`, and where it stands in the shape of the objects that the expression meets.
    Field(&'p str, u16),
    /// `a.b`, by the places of the members in the shapes that the values were read with.
    Path(Vec<u16>),
    /// `[0]`
    Index(i32),
    /// `[0:9:2]`: start, stop and step.
    Slice(Option<i32>, Option<i32>, i32),
    /// `` `7` ``
    #[serde(borrow)]
    Literal(Literal<'p>),
    /// `a.b` and `a | b`
    Then(Box<[Expression<'p>; 2]>),
    /// `a[*].b`: the second for each element of the first.
    Each(Box<[Expression<'p>; 2]>),
    /// `a[]`
    Flatten(Box<Expression<'p>>),
    /// `a.*`
    Values(Box<Expression<'p>>),
    /// `[?a].b`: the second where the first is true.
    Where(Box<[Expression<'p>; 2]>),
    /// `a || b`
    Or(Box<[Expression<'p>; 2]>),
    /// `a && b`
    And(Box<[Expression<'p>; 2]>),
    /// `!a`
    Not(Box<Expression<'p>>),
    /// `a < b`
    Compare(Comparator, Box<[Expression<'p>; 2]>),
    /// `[a, b]`
    List(Vec<Expression<'p>>),
    /// `{x: a, y: b}`
    Object(Vec<(&'p str, Expression<'p>)>),
    /// `f(a, b)`
    Call(Function, Vec<Expression<'p>>),
    /// `&a`
    Reference(Box<Expression<'p>>),
}

/// The comparators of JMESPath.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What is read of a value, and of which type it has to be. Null is always fine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape<'p> {
    /// Everything, whatever it is.
    Any,
    /// A text.
    Text,
    /// An integer.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A number of epoch seconds.
    Time,
    /// A text or an integer.
    TextOrInteger,
    /// A list of such elements.
    #[serde(borrow)]
    List(Box<Shape<'p>>),
    /// An object.
    Object {
        /// The members that have a shape.
        members: Vec<Member<'p>>,
        /// Whether the other members are read too.
        is_open: bool,
    },
    /// Of a list of tags, as a list: the value of the last tag of each of these keys, which is a text; null if
    /// there is none.
    Tags(Vec<&'p str>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member<'p> {
    /// Its name, case-sensitive.
    pub name: &'p str,
    /// What is read of it.
    #[serde(borrow)]
    pub shape: Shape<'p>,
}

impl Shape<'_> {
    /// Whether anything is read of this member.
    pub(crate) fn reads(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Object { members, is_open } => {
                *is_open || members.iter().any(|member| member.name == name)
            }
            _ => false,
        }
    }
}

impl<'p> Plan<'p> {
    /// Reads what [`Plan::to_bytes`] wrote.
    ///
    /// # Errors
    /// If the bytes are no plan of this version.
    pub fn from_bytes(bytes: &'p [u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// The same plan always gives the same bytes.
    ///
    /// # Errors
    /// None that a plan can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(self)
    }
}
