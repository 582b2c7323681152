//! Findings. An assessment runs over the records of an output, never over AWS: it joins each subject with the
//! records that go with it, lets assessors judge it, and decides itself what may count as complete.

/// The completeness of a report's scopes.
mod coverage;
mod finding;
mod index;
mod join;
mod output;
mod place;
mod revisions;
mod run;
mod summary;

pub use finding::{EvidenceValue, Finding};
pub use output::{AssessError, Output};
pub use place::Record;
pub use run::{Request, run};
pub use summary::{Assessment, AssessorUsed, ControlCounts, MissingRevisions};
