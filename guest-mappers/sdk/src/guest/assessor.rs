//! The export of the world of assessors.

pub use world::exports::portolan::assessor::assessing;
pub use world::portolan::assessor::types;

use crate::{Assessing, BatchContext};
use world::portolan::assessor::diagnostics;

#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    reason = "generated from the WIT"
)]
pub mod world {
    wit_bindgen::generate!({
        path: "wit/assessor",
        world: "assessor-module",
        pub_export_macro: true,
        export_macro_name: "export_assessor_module",
        default_bindings_module: "portolan_mapper_sdk::guest::assessor::world",
        runtime_path: "portolan_mapper_sdk::guest::wit_bindgen::rt",
        generate_all,
    });
}

/// As [`super::report_panics`], for the host's log of assessors.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        diagnostics::log(diagnostics::Level::Error, &panic.to_string());
    }));
}

/// Calls [`crate::assess_batch`] with the types of the WIT.
pub fn assess_batch<A: Assessing>(
    context: types::BatchContext,
    batch: &[u8],
) -> Result<types::AssessedBatch, types::BatchError> {
    report_panics();
    crate::assess_batch::<A>(&context.into(), batch)
        .map(Into::into)
        .map_err(Into::into)
}

impl From<types::BatchContext> for BatchContext {
    fn from(context: types::BatchContext) -> Self {
        Self {
            subject: context.subject,
            captured_at: context.captured_at,
            config: context.config,
        }
    }
}

impl From<crate::MappedPage> for types::AssessedBatch {
    fn from(batch: crate::MappedPage) -> Self {
        let rows = batch.rows.into_iter().map(|row| types::Row {
            subject_index: row.source_index,
            offset: row.offset,
            length: row.length,
        });
        let issues = batch.issues.into_iter().map(|issue| types::Issue {
            subject_index: issue.source_index,
            severity: match issue.severity {
                crate::Severity::Warning => types::Severity::Warning,
                crate::Severity::Rejected => types::Severity::Rejected,
            },
            code: issue.code.to_owned(),
            path: issue.path,
            message: issue.message,
        });
        Self {
            payload: batch.payload,
            rows: rows.collect(),
            issues: issues.collect(),
        }
    }
}

impl From<crate::PageError> for types::BatchError {
    fn from(error: crate::PageError) -> Self {
        match error {
            crate::PageError::UnsupportedObject(message) => Self::UnsupportedSubject(message),
            crate::PageError::MalformedPage(message) => Self::MalformedBatch(message),
            crate::PageError::Internal(message) => Self::Internal(message),
        }
    }
}
