//! Findings. An assessment runs over the records of an output, never over AWS: it joins each subject with the
//! records that go with it, lets assessors judge it, and decides itself what may count as complete.

mod changes;
/// The completeness of a report's scopes.
mod coverage;
mod events;
mod finding;
mod index;
mod join;
mod judge;
mod mutes;
mod output;
mod place;
mod revisions;
mod run;
mod running;
mod services;
mod settings;
mod summary;

pub use changes::EarlierFindings;
pub use finding::{EvidenceValue, Finding, Findings};
pub use mutes::{Mute, MuteFile, Mutes, fits};
pub use output::{AssessError, Output, Records, Span};
pub use place::Record;
pub use run::run;
pub use running::running_control;
pub use services::Services;
pub use settings::Assessing;
pub use summary::{
    Assessment, AssessorUsed, ControlCounts, FindingChanges, MissingRevisions, Settled,
};
