//! The exports of the WIT worlds, which call the pure functions of this crate. This module runs only inside
//! the sandbox.
//!
//! Guests use the standard library's allocator. An allocator that never frees was not measurably faster on a
//! page of 100 tasks, because the borrowed types allocate little.

pub mod assessor;

use crate::{Context, Mapping, Overlay};

pub use mapping_world::exports::portolan::mapper::mapping;
pub use mapping_world::portolan::mapper::types;
pub use overlay_world::exports::portolan::mapper::overlay;
pub use wit_bindgen;

use mapping_world::portolan::mapper::diagnostics;

#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    reason = "generated from the WIT"
)]
pub mod mapping_world {
    wit_bindgen::generate!({
        path: "wit/mapper",
        world: "mapping-module",
        pub_export_macro: true,
        export_macro_name: "export_mapping_module",
        default_bindings_module: "portolan_mapper_sdk::guest::mapping_world",
        runtime_path: "portolan_mapper_sdk::guest::wit_bindgen::rt",
        generate_all,
    });
}

#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    reason = "generated from the WIT"
)]
pub mod overlay_world {
    wit_bindgen::generate!({
        path: "wit/mapper",
        world: "overlay-module",
        pub_export_macro: true,
        export_macro_name: "export_overlay_module",
        default_bindings_module: "portolan_mapper_sdk::guest::overlay_world",
        runtime_path: "portolan_mapper_sdk::guest::wit_bindgen::rt",
        with: {
            "portolan:mapper/types@1.0.0": crate::guest::mapping_world::portolan::mapper::types,
            "portolan:mapper/diagnostics@1.0.0": crate::guest::mapping_world::portolan::mapper::diagnostics,
        },
    });
}

/// Installs a panic hook that logs the message on the host, because the trap that follows has no message.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        diagnostics::log(diagnostics::Level::Error, &panic.to_string());
    }));
}

/// Calls [`crate::map_page`] with the types of the WIT.
pub fn map_page<M: Mapping>(
    context: types::PageContext,
    page: &[u8],
) -> Result<types::MappedPage, types::PageError> {
    report_panics();
    crate::map_page::<M>(&context.into(), page)
        .map(Into::into)
        .map_err(Into::into)
}

/// Calls [`crate::amend_page`] with the types of the WIT.
pub fn amend_page<O: Overlay>(
    context: types::PageContext,
    page: &[u8],
    mapped: types::MappedPage,
) -> Result<types::MappedPage, types::PageError> {
    report_panics();
    let rows = mapped.rows.into_iter().map(|row| crate::Row {
        source_index: row.source_index,
        offset: row.offset,
        length: row.length,
    });
    let mapped = crate::MappedPage {
        payload: mapped.payload,
        rows: rows.collect(),
        issues: Vec::new(),
    };
    crate::amend_page::<O>(&context.into(), page, &mapped)
        .map(Into::into)
        .map_err(Into::into)
}

impl From<types::PageContext> for Context {
    fn from(context: types::PageContext) -> Self {
        Self {
            object: context.object,
            operation: context.operation,
            partition: context.partition,
            account_id: context.account_id,
            region: context.region,
            captured_at: context.captured_at,
            config: context.config,
        }
    }
}

impl From<crate::MappedPage> for types::MappedPage {
    fn from(page: crate::MappedPage) -> Self {
        Self {
            payload: page.payload,
            rows: page.rows.into_iter().map(Into::into).collect(),
            issues: page.issues.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<crate::Row> for types::Row {
    fn from(row: crate::Row) -> Self {
        Self {
            source_index: row.source_index,
            offset: row.offset,
            length: row.length,
        }
    }
}

impl From<crate::Issue> for types::Issue {
    fn from(issue: crate::Issue) -> Self {
        Self {
            source_index: issue.source_index,
            severity: match issue.severity {
                crate::Severity::Warning => types::Severity::Warning,
                crate::Severity::Rejected => types::Severity::Rejected,
            },
            code: issue.code.to_owned(),
            path: issue.path,
            message: issue.message,
        }
    }
}

impl From<crate::PageError> for types::PageError {
    fn from(error: crate::PageError) -> Self {
        match error {
            crate::PageError::UnsupportedObject(message) => Self::UnsupportedObject(message),
            crate::PageError::MalformedPage(message) => Self::MalformedPage(message),
            crate::PageError::Internal(message) => Self::Internal(message),
        }
    }
}
