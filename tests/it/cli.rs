//! The command line beside `sync`: settings and where they come from, `check`,
//! `iam-policy`, `schema` and `validate`; and what people have in hand.

mod check;
mod environment;
mod handed;
mod plan;
mod policy;
mod precedence;
mod refused;
mod secrets;
mod validate;
mod variables;
