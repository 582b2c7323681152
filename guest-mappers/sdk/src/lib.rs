//! The library for Portolan mappers.
//!
//! A mapper turns the raw body of one Describe response into records. Its author writes three things: a
//! *source* type (the members to read, borrowed from the page), a *record* type (the attributes), and an
//! implementation of [`Mapping`] that makes a record of a source. [`export_mapping!`] generates the rest. An
//! [`Overlay`] amends the records that a mapping made, and an [`Assessing`] module judges records.
//!
//! The same code runs natively: the sandbox runs [`map_page`], and so do tests, without a sandbox.
//!
//! | to read | use |
//! | --- | --- |
//! | a string | [`Text`] |
//! | an integer | [`Int`] |
//! | a time in epoch seconds | [`Timestamp`], turned by [`Notes::time`] into [`UtcTime`] |
//! | a time as text | [`Text`], turned by [`Notes::rfc3339`] into [`UtcTime`] |
//! | an object inside an object | [`Object`] |
//! | a list | [`List`], walked by [`items`] |
//! | tags | [`Tag`], collected by [`Tags`] |
//! | what is listed by name and value | [`Pair`], found by [`value_of`] |
//! | an ARN | [`Arn`] |
//! | what AWS gives no type | [`Lenient`], read by [`lenient()`] |

// Generated bindings, which the macros also expand in other crates, refer to this crate by its name.
#[cfg(target_arch = "wasm32")]
extern crate self as portolan_mapper_sdk;

mod arn;
mod assess;
mod beside;
mod body;
mod context;
mod control;
mod decimal;
mod escapes;
mod fields;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
mod int;
mod issue;
mod lenient;
mod list;
mod macros;
mod manifest;
mod mapping;
mod notes;
mod object;
mod objects;
mod overlay;
mod pair;
mod problem;
#[cfg(feature = "schema")]
mod schema;
mod tags;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod text;
mod timestamp;
mod verdict;
mod writer;

pub use arn::Arn;
pub use assess::{Assessing, BatchContext, Element, assess_batch};
pub use body::Body;
pub use context::Context;
pub use control::{Control, ControlSeverity, Narrowing, Need, With};
pub use int::Int;
pub use issue::{Issue, MappedPage, PageError, Rejection, Row, Severity};
pub use lenient::{Lenient, Misfit, lenient};
pub use list::{IntSet, List, Set, TextSet, items};
pub use manifest::{Kind, Manifest, Reads};
pub use mapping::{Mapping, map_page};
pub use notes::Notes;
pub use object::Object;
pub use objects::OBJECTS;
pub use overlay::{Overlay, amend_page};
pub use pair::{Pair, value_of};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use tags::{Tag, Tags};
pub use text::{Text, text};
pub use timestamp::{Timestamp, UtcTime};
pub use verdict::{ControlResult, Evidence, Verdict, Verdicts};

/// Tells whether an attribute is there, without reading it.
pub use serde::de::IgnoredAny;

/// Steps of [`map_page`] and [`amend_page`] for an interpreter, whose object, members and attributes are
/// known only at run time. Not a part of the public API.
#[doc(hidden)]
pub mod steps {
    pub use crate::assess::SUBJECTS;
    pub use crate::beside::tags_inside;
    pub use crate::body::{each_alone_with, each_with, read_tracked, wrong_member};
    pub use crate::escapes::contain_unknown_escapes;
    pub use crate::mapping::{check_page, rejected, write_attributes, write_row};
}

/// JSON values, for the schemas of a manifest and the patches of an overlay.
pub use serde_json::{Map, Value, json};

/// Compiles the examples of the manual for authors.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Manual;
