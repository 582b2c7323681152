//! Modules of others in their sandbox: components that make records of a page, or amend them.
//!
//! [`Engine`] is made once per process, a [`Module`] once per component, and an instance once per page,
//! so that no page can see another and the same page always gives the same records. [`Module::map`]
//! calls a module once; [`Mapper::map`] is what a sync uses: it retries, and bisects a page that a module
//! cannot bear until only the objects that break it are lost.

mod amend;
mod answer;
mod bindings;
mod cache;
mod component;
mod engine;
mod guest;
mod header;
mod isolate;
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
/// Whether a module may run.
pub mod trust;
mod unfilled;
/// Records against JSON Schema.
pub mod validate;

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

pub use amend::Amender;
pub use cache::CompiledCache;
pub use component::Component;
pub use engine::{Engine, EngineError};
pub use guest::Usage;
pub use header::check_header;
pub use isolate::{Breaker, Call, Outcome, isolated};
pub use limits::Limits;
pub use load::MODULE_LIMIT_BYTES;
pub use load::{LoadError, ModuleSource};
pub use loaded::Loaded;
pub use manifest::{Kind, Manifest, Reads};
pub use module::Module;
pub use overlay::Overlay;
pub use patch::{PROTECTED, Touched};
pub use sandbox::largest_memory_bytes;
pub use sandbox::{engine, open_cache};
pub use set::Loader;
pub use set::{INTERPRETER, Mapper, MapperSet, SetError, stock_module};
pub use settings::{Capability, Mapping, ModuleSettings, OnFailure};
pub use surface::{Item, Surface};
pub use unfilled::Unfilled;

/// A page after its mapper: records as spans of one payload, and what the mapper had to say.
#[derive(Debug, Default)]
pub struct Mapped {
    /// The bytes that rows point into.
    pub payload: Vec<u8>,
    /// One per record, in the mapper's order.
    pub rows: Vec<MappedRecord>,
    /// In the mapper's order.
    pub issues: Vec<Issue>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedRecord {
    /// Position of the described object in the page.
    pub source_index: usize,
    /// Where the record stands in the payload.
    pub span: Range<usize>,
}

/// What became of the object that an issue names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The object has a record all the same.
    Warning,
    /// The object has no record.
    Rejected,
}

/// Something to tell about one object of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Position of the described object in the page; none if it is about the whole page.
    pub source_index: Option<usize>,
    /// What it means for the record.
    pub severity: Severity,
    /// A short constant in kebab case.
    pub code: String,
    /// Path of the member in the page.
    pub path: String,
    /// A sentence.
    pub message: String,
}

/// How a call of a module failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The epoch budget ran out.
    #[error(
        "mapper {module} was stopped: it ran longer than {limit_milliseconds} ms, the limit for a page of {page_bytes} bytes; time-milliseconds of its table in [modules] raises that"
    )]
    TimeExceeded {
        /// Name and version.
        module: String,
        /// The budget.
        limit_milliseconds: u64,
        /// How large the page was.
        page_bytes: usize,
    },
    /// Linear memory or tables were to grow past their limit.
    #[error("mapper {module} was stopped: {what}")]
    MemoryExceeded {
        /// Name and version.
        module: String,
        /// What grew, to where, and the limit.
        what: String,
    },
    /// The answer was too large to copy out.
    #[error(
        "mapper {module} was stopped: its answer is larger than {limit_bytes} bytes, the limit for a page of {page_bytes} bytes"
    )]
    OutputExceeded {
        /// Name and version.
        module: String,
        /// The cap.
        limit_bytes: usize,
        /// How large the page was.
        page_bytes: usize,
    },
    /// The code trapped.
    #[error("mapper {module} crashed: {message}")]
    Trapped {
        /// Name and version.
        module: String,
        /// The panic message if the module reported one, else wasmtime's name of the trap.
        message: String,
    },
    /// The answer breaks the contract.
    #[error("mapper {module} gave an answer that breaks the contract: {message}")]
    BadAnswer {
        /// Name and version.
        module: String,
        /// What is wrong with it.
        message: String,
    },
    /// The module itself said that it could not map the page.
    #[error("mapper {module} refused the page: {message}")]
    Refused {
        /// Name and version.
        module: String,
        /// The module's words.
        message: String,
    },
    /// The module failed too many pages in a row and is not called any more.
    #[error(
        "mapper {module} is switched off after {failures} pages in a row that it could not map at all; the last failure was: {last}"
    )]
    SwitchedOff {
        /// Name and version.
        module: String,
        /// How many.
        failures: u32,
        /// The last error.
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
