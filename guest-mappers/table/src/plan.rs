//! The packed form of a table, which the packer writes and the interpreter reads.
//!
//! The interpreter reads it anew for every page, because each page gets a fresh instance. The packer
//! therefore does all the work that does not depend on the page.

pub mod controls;

use portolan_mapper_sdk::{Body, OBJECTS};
use serde::{Deserialize, Serialize};

use crate::function::Function;

/// A checked table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan<'p> {
    /// The module's manifest, as JSON.
    pub manifest: &'p str,
    /// The connector object that it maps.
    pub object: Described,
    /// The expression of the UID; `None` for an overlay.
    pub uid: Option<Query<'p>>,
    /// The members to read of each described object.
    pub shape: Shape<'p>,
    /// The members to read of the page beside the described objects.
    pub page: Option<Shape<'p>>,
    /// The attributes, in the order of the record.
    pub attributes: Vec<Attribute<'p>>,
}

/// A connector object, by its position in [`OBJECTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described(u8);

impl Described {
    /// Lists all connector objects.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(OBJECTS).map(|(place, _)| Self(place))
    }

    fn entry(self) -> (&'static str, Body) {
        // The interpreter that a plan was packed into reads it, so the position is valid.
        OBJECTS[usize::from(self.0)]
    }

    /// The name of the connector object.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// The member of a page that holds the objects.
    #[must_use]
    pub fn body(self) -> Body {
        self.entry().1
    }

    /// Whether AWS puts an object's tags beside it. They are moved into it.
    #[must_use]
    pub fn has_tags_beside_it(self) -> bool {
        matches!(self.body(), Body::One(_))
    }
}

/// An expression and its text, which issues name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query<'p> {
    /// The text in the table.
    pub text: &'p str,
    /// The parsed text.
    #[serde(borrow)]
    pub expression: Expression<'p>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute<'p> {
    /// The attribute's name, for example `CLUSTER_ARN`.
    pub name: &'p str,
    /// The condition; unless it is true, the attribute is left as it is.
    #[serde(borrow)]
    pub when: Option<Expression<'p>>,
    /// The source of the value.
    pub source: Source<'p>,
    /// The expressions to try next, while there is no value or an empty text.
    pub fallback: Vec<Query<'p>>,
    /// The text that the value begins with and the attribute leaves out; a value without it is none.
    pub after: Option<&'p str>,
    /// The conversion of the value.
    pub convert: Convert<'p>,
    /// The value to use if there is none.
    pub default: Option<Literal<'p>>,
}

/// The source of an attribute's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source<'p> {
    /// An expression over the described object.
    #[serde(borrow)]
    Object(Query<'p>),
    /// An expression over the page, beside the described objects.
    Page(Query<'p>),
    /// A value of the sync.
    Context(ContextMember),
    /// A fixed value from the table.
    Value(Literal<'p>),
    /// A text with expressions over the described object.
    Format(Vec<Part<'p>>),
    /// Removes the attribute, in an overlay.
    Remove,
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Part<'p> {
    /// A text, copied as it is.
    Text(&'p str),
    /// An expression whose value is inserted; if it has none, there is no text.
    #[serde(borrow)]
    Query(Query<'p>),
}

/// A value of the sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContextMember {
    /// The twelve digits of the account.
    Account,
    /// The Region that was queried.
    Region,
    /// The AWS partition, for example `aws-cn`.
    Partition,
    /// The start time of the sync.
    Captured,
}

/// The conversion of a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Convert<'p> {
    /// Checks that the value is of this type.
    Type(Type),
    /// Gives whether the value equals this one.
    #[serde(borrow)]
    Equals(Literal<'p>),
    /// Looks up the value in a list, sorted by text.
    Lookup(Vec<(&'p str, Literal<'p>)>),
}

/// The type of an attribute.
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
    /// The number of values that it makes each time it is evaluated.
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
    /// `name`, and its position in the shape of the objects that the expression runs on.
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

/// The part of a value to read, and its required type. Null is always allowed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape<'p> {
    /// The whole value, of any type.
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
    /// A list of elements with this shape.
    #[serde(borrow)]
    List(Box<Shape<'p>>),
    /// An object.
    Object {
        /// The members with a shape of their own.
        members: Vec<Member<'p>>,
        /// Whether the other members are read too.
        is_open: bool,
    },
    /// A list of tags, read as a list with the value of the last tag for each of these keys, a text; null if
    /// there is no such tag.
    Tags(Vec<&'p str>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member<'p> {
    /// The member's name, case-sensitive.
    pub name: &'p str,
    /// The part of the member to read.
    #[serde(borrow)]
    pub shape: Shape<'p>,
}

impl Shape<'_> {
    /// Whether any part of this member is read.
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
    /// Reads the bytes that [`Plan::to_bytes`] wrote.
    ///
    /// # Errors
    /// Fails if the bytes are not a plan of this version.
    pub fn from_bytes(bytes: &'p [u8]) -> Result<Self, postcard::Error> {
        postcard::from_bytes(bytes)
    }

    /// The same plan always gives the same bytes.
    ///
    /// # Errors
    /// Never fails for a plan.
    pub fn to_bytes(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_allocvec(self)
    }
}
