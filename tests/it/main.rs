//! Every test that is not a unit test. Each module says what belongs into it; adding a case is adding a
//! function to one of them, or a file to the folder that it reads.
#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

/// Change feeds: what is different from an earlier output.
mod changes;
/// Settings, `check` and `iam-policy`.
mod cli;
/// What other people depend on, printed again and compared with what is committed.
mod contracts;
/// Man pages, and the bill of materials of an archive.
mod dist;
/// AWS's documented responses through `portolan map`.
mod examples;
/// Trouble that people really had: cases in `tests/field`.
mod field;
/// Many accounts: organizations, Regions that are asked for, shards, and scopes that fail beside others.
mod fleet;
/// Random changes of what others write.
mod fuzz;
/// Mappers that misbehave, and what they cost.
mod guests;
/// The author's guide, command by command.
mod guide;
/// Pages that no AWS would send, through the stock mappers in their sandbox.
mod hostile;
/// Which room and which file imports which.
mod house;
/// Modules in Python and JavaScript, from nothing to the same records as in Rust.
mod languages;
/// A sync of moto's server, which nobody here wrote.
mod moto;
/// Components that were built once and must give the same bytes for ever, and the WIT that they rely on.
mod museum;
/// Random pages through `portolan map`, against a reading of the conventions in another language.
mod oracle;
/// Overlays: what a customer's module may do to a record, and what becomes of it if it does more.
mod overlays;
/// Environment values and secrets stay where they are.
mod redaction;
/// Modules into and out of a registry.
mod registry;
/// Finding the programs under test, and running them.
mod support;
/// `portolan sync` against a simulated ECS.
mod sync;
/// Mapping tables: mappings without code.
mod tables;
/// Keys, signatures, locks and the policy that asks for them.
mod trust;
/// `portolan mapper`: what people who write mappings see.
mod workbench;
