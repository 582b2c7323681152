//! The part that runs only inside the sandbox: the exports of all worlds, and the place for the table.
//!
//! The packer keeps the exports of one world, that of the table's kind. The log is that of mappers; for an
//! assessor the packer gives this import the name that assessors have for it.

use std::sync::atomic::{AtomicU64, Ordering};

use portolan_mapper_sdk::guest::assessor::{self, assessing};
use portolan_mapper_sdk::guest::report_panics;
use portolan_mapper_sdk::guest::{mapping, mapping_world, overlay, overlay_world, types};
use portolan_mapper_sdk::{BatchContext, Context, MappedPage, PageError, Row};

use crate::plan::Plan;
use crate::plan::controls::Controls;

/// The size of the place in 64-bit words: 256 KiB, enough for a lookup of some thousand accounts. Unused
/// words take no memory, because no code touches their pages.
const WORDS: usize = 32 * 1024;

/// The length of the packed table in bytes, then the table. The packer finds the place by its exported name,
/// and writes it as a data segment of the module. The words are atomic, because the compiler would treat a
/// plain array as a constant.
#[allow(
    unsafe_code,
    reason = "an exported name is unsafe if another crate exports the same"
)]
#[unsafe(no_mangle)]
pub(crate) static PORTOLAN_TABLE: [AtomicU64; WORDS] = [const { AtomicU64::new(0) }; WORDS];

/// Copies the packed table.
fn packed() -> Vec<u8> {
    let word = |place: &AtomicU64| place.load(Ordering::Relaxed);
    let length = PORTOLAN_TABLE.first().map_or(0, word);
    let length = usize::try_from(length).unwrap_or(0);
    let words = PORTOLAN_TABLE.iter().skip(1).take(length.div_ceil(8));
    let mut bytes = Vec::with_capacity(length + 8);
    for place in words {
        bytes.extend_from_slice(&word(place).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn with_plan<T>(work: impl FnOnce(&Plan<'_>) -> Result<T, PageError>) -> Result<T, PageError> {
    let packed = packed();
    work(&Plan::from_bytes(&packed).map_err(|_| no_table())?)
}

fn with_controls<T>(
    work: impl FnOnce(&Controls<'_>) -> Result<T, PageError>,
) -> Result<T, PageError> {
    let packed = packed();
    work(&Controls::from_bytes(&packed).map_err(|_| no_table())?)
}

fn no_table() -> PageError {
    PageError::Internal(
        "this interpreter holds no table; `portolan mapper table` packs one".to_owned(),
    )
}

fn manifest() -> String {
    report_panics();
    with_plan(|plan| Ok(plan.manifest.to_owned())).unwrap_or_else(|error| error.to_string())
}

struct Module;

impl mapping::Guest for Module {
    fn manifest() -> String {
        manifest()
    }

    fn map_page(
        context: types::PageContext,
        page: Vec<u8>,
    ) -> Result<types::MappedPage, types::PageError> {
        report_panics();
        let context = Context::from(context);
        with_plan(|plan| crate::map_page(plan, &context, &page))
            .map(Into::into)
            .map_err(Into::into)
    }
}

impl overlay::Guest for Module {
    fn manifest() -> String {
        manifest()
    }

    fn amend_page(
        context: types::PageContext,
        page: Vec<u8>,
        mapped: types::MappedPage,
    ) -> Result<types::MappedPage, types::PageError> {
        report_panics();
        let context = Context::from(context);
        let rows = mapped.rows.into_iter().map(|row| Row {
            source_index: row.source_index,
            offset: row.offset,
            length: row.length,
        });
        let mapped = MappedPage {
            payload: mapped.payload,
            rows: rows.collect(),
            issues: Vec::new(),
        };
        with_plan(|plan| crate::amend_page(plan, &context, &page, &mapped))
            .map(Into::into)
            .map_err(Into::into)
    }
}

impl assessing::Guest for Module {
    fn manifest() -> String {
        report_panics();
        with_controls(|plan| Ok(plan.manifest.to_owned())).unwrap_or_else(|error| error.to_string())
    }

    fn assess_batch(
        context: assessing::BatchContext,
        batch: Vec<u8>,
    ) -> Result<assessing::AssessedBatch, assessing::BatchError> {
        report_panics();
        let context = BatchContext::from(context);
        with_controls(|plan| crate::assess_batch(plan, &context, &batch))
            .map(Into::into)
            .map_err(Into::into)
    }
}

assessor::world::export_assessor_module!(Module with_types_in assessor::world);
mapping_world::export_mapping_module!(Module with_types_in mapping_world);
overlay_world::export_overlay_module!(Module with_types_in overlay_world);
