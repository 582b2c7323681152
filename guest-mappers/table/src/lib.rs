//! Interprets a table: the attributes of a mapping, or the conditions of controls, as JMESPath expressions.
//!
//! An author runs `portolan mapper table`, which checks a table and puts its packed form ([`plan::Plan`])
//! into this module. The same code runs natively: the sandbox runs [`map_page`] and [`amend_page`].
//!
//! JMESPath's own Rust implementation builds the whole object as a tree of reference-counted values, and
//! cannot keep a time exact. This interpreter reads an object once, only the members that an expression may
//! touch, into values that borrow from the page.

mod assess;
mod attribute;
mod beyond;
mod evaluate;
mod function;
#[cfg(target_arch = "wasm32")]
mod guest;
mod image;
mod library;
mod page;
pub mod plan;
mod read;
mod value;

pub use assess::assess_batch;
pub use function::Function;
pub use page::{amend_page, map_page};

/// The value of an expression on a JSON text, as JSON, to test single expressions.
///
/// # Errors
/// Fails if the text is not JSON of the shape, or if the expression has no value.
#[cfg(not(target_arch = "wasm32"))]
pub fn evaluate(
    expression: &plan::Expression<'_>,
    shape: &plan::Shape<'_>,
    json: &str,
) -> Result<serde_json::Value, String> {
    let arena = bumpalo::Bump::new();
    let reader = read::Reader {
        shape,
        arena: &arena,
    };
    let value = portolan_mapper_sdk::steps::read_tracked(json, reader)
        .map_err(|(path, error)| format!("{path}: {error}"))?;
    let evaluator = evaluate::Evaluator::new(&arena);
    evaluator.allow(page::OBJECT_STEPS);
    let value = evaluator
        .evaluate(expression, value)
        .map_err(|fault| format!("{fault:?}"))?;
    serde_json::to_value(value).map_err(|error| error.to_string())
}
