//! Every test that is not a unit test. The head of each module names its subject. A new case is a function in
//! a module, or a file in the folder that the module reads.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

/// Assessors: stock, hostile, and those of authors.
mod assessors;
/// Change feeds: the differences from an earlier output.
mod changes;
/// Settings, `check` and `iam-policy`.
mod cli;
/// Contracts with users, printed again and compared with the committed files.
mod contracts;
/// Man pages, and the bill of materials of an archive.
mod dist;
/// AWS's documented responses through `portolan map`.
mod examples;
/// Findings in the formats of other programs.
mod exports;
/// Cases from public bug reports, in `tests/field`.
mod field;
/// Many accounts: organizations, listed Regions, shards, and scopes that fail beside others.
mod fleet;
/// Random changes of foreign input.
mod fuzz;
/// Mappers that misbehave, and the cost of that.
mod guests;
/// The author's guide, command by command.
mod guide;
/// Pages that AWS would never send, through the stock mappers in their sandbox.
mod hostile;
/// Imports between modules and files.
mod house;
/// Modules in Python and JavaScript, from nothing to the same records as in Rust.
mod languages;
/// A sync of moto's server, an independent implementation.
mod moto;
/// Released components, which must give the same bytes for ever, and the WIT that they rely on.
mod museum;
/// Random pages through `portolan map`, against a reader in another language.
mod oracle;
/// Overlays: the allowed changes of a record, and the result of others.
mod overlays;
/// Parts of described objects: cases, and the records and rejections of each.
mod parts;
/// Environment values and secrets stay where they are.
mod redaction;
/// Modules in registries.
mod registry;
/// The service, as a process, over HTTP.
mod serve;
/// Finds the programs under test and runs them.
mod support;
/// `portolan sync` against a simulated ECS.
mod sync;
/// Mapping tables: mappings without code.
mod tables;
/// Keys, signatures, locks and the policies that require them.
mod trust;
/// Prowler's verdicts, and the differences that `host/docs/peers.md` explains.
mod verdicts;
/// `portolan mapper`, as authors of mappings see it.
mod workbench;
