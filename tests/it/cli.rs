//! The command line beside `sync`: settings and their sources, `check`, `iam-policy`, `schema` and
//! `validate`; and files as users have them.

mod check;
mod environment;
mod handed;
mod panics;
mod plan;
mod policy;
mod precedence;
mod refused;
mod secrets;
mod validate;
mod variables;
