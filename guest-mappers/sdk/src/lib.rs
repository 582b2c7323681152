//! Everything a Portolan mapper needs.
//!
//! A mapper turns the raw body of one Describe response into records. Its author writes three
//! things: a *source* type (the members that matter, borrowed from the page), a *record* type (the
//! attributes), and an implementation of [`Mapping`] that makes the one out of the other.
//! [`export_mapping!`] does the rest. An [`Overlay`] amends the records that a mapping made.
//!
//! The same code runs natively: [`map_page`] is what the sandbox runs, so a mapper is tested without
//! one.
//!
//! | to read | use |
//! | --- | --- |
//! | a string | [`Text`] |
//! | an integer | [`Int`] |
//! | a time in epoch seconds | [`Timestamp`], turned by [`Notes::time`] into [`UtcTime`] |
//! | an object inside an object | [`Object`] |
//! | a list | [`List`], walked by [`items`] |
//! | tags | [`Tag`], collected by [`Tags`] |
//! | what is listed by name and value | [`Pair`], found by [`value_of`] |
//! | an ARN | [`Arn`] |

// The generated bindings, which the macros expand in other crates too, name this crate by its name.
#[cfg(target_arch = "wasm32")]
extern crate self as portolan_mapper_sdk;

mod arn;
mod beside;
mod body;
mod context;
mod decimal;
mod escapes;
mod fields;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod guest;
mod int;
mod issue;
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
mod writer;

pub use arn::Arn;
pub use body::Body;
pub use context::Context;
pub use int::Int;
pub use issue::{Issue, MappedPage, PageError, Rejection, Row, Severity};
pub use list::{List, TextSet, items};
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

/// Steps of [`map_page`] and [`amend_page`] for an interpreter, whose object, members and attributes are
/// known only when it runs. Not a part of the contract with authors.
#[doc(hidden)]
pub mod steps {
    pub use crate::beside::tags_inside;
    pub use crate::body::{each_alone_with, each_with, read_tracked, wrong_member};
    pub use crate::escapes::contain_unknown_escapes;
    pub use crate::mapping::{check_page, rejected, write_row};
}

/// JSON values, for the schemas of a manifest and the patches of an overlay.
pub use serde_json::{Map, Value, json};

/// Compiles the examples of the manual for authors.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Manual;
