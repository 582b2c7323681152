//! The command line beside `sync`: settings and where they come from, `check`,
//! `iam-policy`, `schema` and `validate`.

mod check;
mod environment;
mod plan;
mod policy;
mod precedence;
mod refused;
mod secrets;
mod validate;
