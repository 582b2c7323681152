//! Interprets a mapping table: attributes as JMESPath expressions over the described objects.
//!
//! Who writes a table meets `portolan mapper table`, which checks it and puts its packed form
//! ([`plan::Plan`]) into this module. The same code runs natively: [`map_page`] and [`amend_page`] are what
//! the sandbox runs.
//!
//! JMESPath values are trees of counted references in its own Rust implementation, which build the whole
//! object and cannot keep a time exact. Here an object is read once, into the members that some expression
//! can touch and no others, and values borrow from the page.

mod attribute;
mod evaluate;
mod function;
#[cfg(target_arch = "wasm32")]
mod guest;
mod library;
mod page;
pub mod plan;
mod read;
mod value;

pub use function::Function;
pub use page::{amend_page, map_page};

/// The value of an expression on a JSON text, as JSON: for tests of single expressions.
///
/// # Errors
/// If the text is no JSON of the shape, or the expression has no value.
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
