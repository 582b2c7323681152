//! Third-party modules in their sandbox: components that make records of a page, amend them, or judge them.
//!
//! A process makes one [`Engine`]; each component has one [`Module`], and each page one instance, so that no
//! page can see another and the same page always gives the same records. [`Module::map`] calls a module once.
//! A sync uses [`Mapper::map`], which retries, and bisects a page that a module fails on until only the
//! objects that break it are lost.

mod amend;
mod answer;
mod assessor;
mod bindings;
mod cache;
mod component;
mod engine;
mod guest;
mod header;
mod isolate;
mod kind;
mod limits;
mod load;
mod loaded;
mod manifest;
mod module;
mod overlay;
mod patch;
mod refusal;
mod sandbox;
mod set;
mod settings;
mod surface;
/// Decides whether a module may run.
pub mod trust;
mod unfilled;
/// Validates records against JSON Schema.
pub mod validate;
mod verdicts;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

pub use amend::Amender;
pub use assessor::{Assessor, Judged};
pub use cache::CompiledCache;
pub use component::Component;
pub use engine::{Engine, EngineError};
pub use guest::Usage;
pub use header::check_header;
pub use isolate::{Breaker, Call, Outcome, isolated};
pub use kind::{Contract, Kind};
pub use limits::Limits;
pub use load::MODULE_LIMIT_BYTES;
pub use load::{LoadError, ModuleSource};
pub use loaded::Loaded;
pub use manifest::{Control, ControlSeverity, Manifest, Narrowing, Need, NeededScan, Reads, With};
pub use module::Module;
pub use overlay::Overlay;
pub use patch::{PROTECTED, Touched};
pub use sandbox::largest_memory_bytes;
pub use sandbox::{engine, open_cache};
pub use set::Loader;
pub use set::{INTERPRETER, Mapper, MapperSet, SetError, stock_assessors, stock_module};
pub use settings::{Capability, Mapping, ModuleSettings, OnFailure};
pub use surface::{Item, Surface};
pub use unfilled::Unfilled;
pub use verdicts::{ControlResult, Evidence, Verdict, Verdicts};

/// A mapped page: records as spans of one payload, and the mapper's issues.
#[derive(Debug, Default)]
pub struct Mapped {
    /// The bytes of the records.
    pub payload: Vec<u8>,
    /// The records, in the mapper's order.
    pub rows: Vec<MappedRecord>,
    /// The mapper's issues, in its order.
    pub issues: Vec<Issue>,
}

/// The position of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRecord {
    /// The position of the described object in the page.
    pub source_index: usize,
    /// The record's bytes in the payload.
    pub span: Range<usize>,
}

/// The effect of an issue on its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The object has a record nevertheless.
    Warning,
    /// The object has no record.
    Rejected,
}

/// A finding about one object of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The position of the described object in the page; `None` for the whole page.
    pub source_index: Option<usize>,
    /// The effect on the record.
    pub severity: Severity,
    /// A short constant in kebab case.
    pub code: String,
    /// The path of the member in the page.
    pub path: String,
    /// A sentence for the operator.
    pub message: String,
}

/// The failure of a module's call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The call exceeded its time.
    #[error(
        "module {module} was stopped: it ran longer than {limit_milliseconds} ms, the limit for a page of {page_bytes} bytes; time-milliseconds of its table in [modules] raises the limit"
    )]
    TimeExceeded {
        /// The module's name and version.
        module: String,
        /// The time limit for this page, in milliseconds.
        limit_milliseconds: u64,
        /// The size of the page, in bytes.
        page_bytes: usize,
    },
    /// Linear memory or tables grew to their limit.
    #[error("module {module} was stopped: {what}")]
    MemoryExceeded {
        /// The module's name and version.
        module: String,
        /// The memory or table, the requested size, and the limit.
        what: String,
    },
    /// The answer exceeds its limit.
    #[error(
        "module {module} was stopped: its answer is larger than {limit_bytes} bytes, the limit for a page of {page_bytes} bytes"
    )]
    OutputExceeded {
        /// The module's name and version.
        module: String,
        /// The limit for this page, in bytes.
        limit_bytes: usize,
        /// The size of the page, in bytes.
        page_bytes: usize,
    },
    /// The module's code trapped.
    #[error("module {module} crashed: {message}")]
    Trapped {
        /// The module's name and version.
        module: String,
        /// The panic message if the module logged one, else wasmtime's name of the trap.
        message: String,
    },
    /// The answer breaks the contract.
    #[error("module {module} gave an answer that breaks the contract: {message}")]
    BadAnswer {
        /// The module's name and version.
        module: String,
        /// The rule that it breaks.
        message: String,
    },
    /// The module refused to map the page.
    #[error("module {module} refused the page: {message}")]
    Refused {
        /// The module's name and version.
        module: String,
        /// The module's message.
        message: String,
    },
    /// The module failed on too many pages in a row, and is not called any more.
    #[error(
        "module {module} is switched off after {failures} pages in a row that it could not map at all; the last failure was: {last}"
    )]
    SwitchedOff {
        /// The module's name and version.
        module: String,
        /// The number of pages in a row.
        failures: u32,
        /// The error of the last page.
        last: String,
    },
}

impl CallError {
    /// A short constant for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimeExceeded { .. } => "mapper-time-exceeded",
            Self::MemoryExceeded { .. } => "mapper-memory-exceeded",
            Self::OutputExceeded { .. } => "mapper-output-exceeded",
            Self::Trapped { .. } => "mapper-crashed",
            Self::BadAnswer { .. } => "mapper-bad-answer",
            Self::Refused { .. } => "mapper-refused-page",
            Self::SwitchedOff { .. } => "mapper-switched-off",
        }
    }
}
