//! One module: loading, checking, and calling it with a page.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Store, Trap};

use super::bindings::exports::portolan::mapper::mapping;
use super::bindings::portolan::mapper::{diagnostics, types};
use super::bindings::{MappingModule, MappingModulePre};
use super::cache::CompiledCache;
use super::engine::{Engine, TICK};
use super::limits::{GrowthRefused, Meter};
use super::manifest::{Kind, Manifest};
use super::{CallError, Issue, Mapped, Row, Severity};
use crate::page::Page;
use crate::text::printable;

/// The one interface that a module may import functions from.
const DIAGNOSTICS: &str = "portolan:mapper/diagnostics@1.";
/// Types only: no function comes with it.
const TYPES: &str = "portolan:mapper/types@1.";

/// The most bytes of a module's file: a Python interpreter has 18 MB.
const MODULE_LIMIT_BYTES: usize = 64 * 1024 * 1024;
/// Lines of one call that reach the log.
const LOG_LINES: usize = 100;
/// Characters of one line.
const LOG_LINE_CHARACTERS: usize = 1024;

/// Where a module came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It travels inside this program.
    Stock,
    /// A file of the mappers folder.
    File(PathBuf),
}

impl std::fmt::Display for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stock => formatter.write_str("stock"),
            Self::File(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// A module was refused.
#[derive(Debug, thiserror::Error)]
#[error("module {source_name} cannot be used: {reason}")]
pub struct LoadError {
    source_name: String,
    reason: String,
}

/// A mapping module, checked, compiled and linked.
pub struct Module {
    /// What it says about itself.
    pub manifest: Manifest,
    /// SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// Where it came from.
    pub source: Source,
    pre: MappingModulePre<Guest>,
    name: String,
}

impl Module {
    /// Loads a component: checks its imports and exports by name, compiles it (or takes compiled code
    /// from the cache), and asks for its manifest.
    ///
    /// # Errors
    /// If it is no component, imports anything but diagnostics, lacks the `mapping` interface, or has a
    /// manifest that does not follow the schema.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        source: Source,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let refused = |reason: String| LoadError {
            source_name: source.to_string(),
            reason,
        };
        let component = compile(engine, cache, bytes).map_err(refused)?;
        check_imports(engine, &component).map_err(refused)?;
        let pre = engine
            .linker
            .instantiate_pre(&component)
            .and_then(MappingModulePre::new)
            .map_err(|error| {
                refused(format!(
                    "it does not fit the world portolan:mapper/mapping-module@1.0.0: {error:#}"
                ))
            })?;
        let digest = digest(bytes);
        let manifest = read_manifest(engine, &pre).map_err(refused)?;
        if manifest.kind != Kind::Mapping {
            return Err(refused(
                "its manifest says that it is an overlay, but it exports a mapping".into(),
            ));
        }
        if let Some(capability) = manifest.capabilities.first() {
            let capability = printable(capability, 64);
            return Err(refused(format!(
                "it asks for the capability `{capability}`, which nobody has granted"
            )));
        }
        let name = format!(
            "{} {}",
            printable(&manifest.name, 128),
            printable(&manifest.version, 64)
        );
        Ok(Self {
            manifest,
            digest,
            source,
            pre,
            name,
        })
    }

    /// Name and version, as errors and reports call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls the module once with a page, in an instance of its own.
    ///
    /// # Errors
    /// If the module ran into a limit, trapped, broke the contract or refused the page.
    pub fn map(&self, engine: &Engine, page: &Page) -> Result<Mapped, CallError> {
        let page_bytes = page.body().len();
        let mut store = store(engine, page_bytes);
        let context = types::PageContext {
            object: page.object.name().into(),
            operation: page.object.describe_operation().action(),
            partition: page.origin.partition.clone(),
            account_id: page.origin.account_id.clone(),
            region: page.origin.region.clone(),
            captured_at: page.origin.captured_at.clone(),
            config: "{}".into(),
        };
        let answer = self
            .pre
            .instantiate(&mut store)
            .and_then(|instance| {
                instance
                    .portolan_mapper_mapping()
                    .call_map_page(&mut store, &context, page.body())
            })
            .map_err(|error| self.failure(engine, &error, store.into_data(), page_bytes))?;
        match answer {
            Ok(mapped) => self.check(mapped, page),
            Err(refusal) => {
                let (what, text) = match refusal {
                    mapping::PageError::UnsupportedObject(text) => ("unsupported object", text),
                    mapping::PageError::MalformedPage(text) => ("malformed page", text),
                    mapping::PageError::Internal(text) => ("internal error", text),
                };
                Err(CallError::Refused {
                    module: self.name.clone(),
                    message: format!("{what}: {}", printable(&text, LOG_LINE_CHARACTERS)),
                })
            }
        }
    }

    fn failure(
        &self,
        engine: &Engine,
        error: &wasmtime::Error,
        guest: Guest,
        page_bytes: usize,
    ) -> CallError {
        let module = self.name.clone();
        if let Some(GrowthRefused(what)) = error.downcast_ref() {
            return CallError::MemoryExceeded {
                module,
                what: what.clone(),
            };
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => CallError::TimeExceeded {
                module,
                limit_milliseconds: engine
                    .limits
                    .time(page_bytes)
                    .as_millis()
                    .try_into()
                    .unwrap_or(u64::MAX),
                page_bytes,
            },
            Some(trap) => CallError::Trapped {
                module,
                message: guest.last_error.unwrap_or_else(|| trap.to_string()),
            },
            // wasmtime has no type for this one.
            None if format!("{error:#}").contains("fuel allocated for hostcalls") => {
                CallError::OutputExceeded {
                    module,
                    limit_bytes: engine.limits.output_bytes(page_bytes),
                    page_bytes,
                }
            }
            None => CallError::BadAnswer {
                module,
                message: printable(&format!("{error:#}"), LOG_LINE_CHARACTERS),
            },
        }
    }

    /// Believes nothing of an answer: a row has to point at an object of the page and into the payload,
    /// and no object has two.
    fn check(&self, mapped: types::MappedPage, page: &Page) -> Result<Mapped, CallError> {
        let broken = |message: String| CallError::BadAnswer {
            module: self.name.clone(),
            message,
        };
        let mut seen = vec![false; page.len()];
        let mut rows = Vec::with_capacity(mapped.rows.len().min(page.len()));
        for row in &mapped.rows {
            let source_index = row.source_index as usize;
            if !page.has(source_index) {
                return Err(broken(format!(
                    "a row names object {source_index}, which the page does not have"
                )));
            }
            if std::mem::replace(&mut seen[source_index], true) {
                return Err(broken(format!(
                    "object {source_index} has more than one row"
                )));
            }
            let start = row.offset as usize;
            let end = start + row.length as usize;
            if end > mapped.payload.len() {
                let payload = mapped.payload.len();
                return Err(broken(format!(
                    "the row of object {source_index} spans bytes {start} to {end} of a payload of {payload}"
                )));
            }
            rows.push(Row {
                source_index,
                span: start..end,
            });
        }
        Ok(Mapped {
            payload: mapped.payload,
            rows,
            issues: self.issues(mapped.issues, page),
        })
    }

    /// Cuts what a module says to a length and a number that a report can bear.
    fn issues(&self, issues: Vec<types::Issue>, page: &Page) -> Vec<Issue> {
        let limit = 100 + 10 * page.len();
        if issues.len() > limit {
            tracing::warn!(
                "mapper {} gave {} issues for one page; only the first {limit} are kept",
                self.name,
                issues.len()
            );
        }
        issues
            .into_iter()
            .take(limit)
            .map(|issue| Issue {
                source_index: issue
                    .source_index
                    .map(|index| index as usize)
                    .filter(|index| page.has(*index)),
                severity: match issue.severity {
                    types::Severity::Warning => Severity::Warning,
                    types::Severity::Rejected => Severity::Rejected,
                },
                code: printable(&issue.code, 64),
                path: printable(&issue.path, 256),
                message: printable(&issue.message, LOG_LINE_CHARACTERS),
            })
            .collect()
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn compile(
    engine: &Engine,
    cache: Option<&CompiledCache>,
    bytes: &[u8],
) -> Result<Component, String> {
    if bytes.len() > MODULE_LIMIT_BYTES {
        return Err(format!(
            "it has {} bytes, more than the limit of {MODULE_LIMIT_BYTES}",
            bytes.len()
        ));
    }
    // Text or compiled code would also be taken by wasmtime's own entrance; here neither is.
    if bytes.get(..4) != Some(b"\0asm") {
        return Err("it is no WebAssembly file".into());
    }
    if bytes.get(4..8) != Some(&[0x0d, 0, 1, 0]) {
        return Err("it is a core module, not a component; build it with portolan-mapper-build, or turn it into a component with `wasm-tools component new`".into());
    }
    let digest = digest(bytes);
    if let Some(component) = cache.and_then(|cache| cache.load(&engine.wasmtime, &digest)) {
        return Ok(component);
    }
    let component = Component::from_binary(&engine.wasmtime, bytes).map_err(|error| {
        format!(
            "it is no valid component: {}",
            printable(&format!("{error:#}"), 400)
        )
    })?;
    if let Some(cache) = cache {
        cache.store(&engine.wasmtime, &digest, &component);
    }
    Ok(component)
}

/// Names every import that a mapper may not have, before anything of it runs.
fn check_imports(engine: &Engine, component: &Component) -> Result<(), String> {
    let forbidden: Vec<String> = component
        .component_type()
        .imports(&engine.wasmtime)
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.starts_with(DIAGNOSTICS) && !name.starts_with(TYPES))
        .map(|name| printable(&name, 128))
        .collect();
    if forbidden.is_empty() {
        return Ok(());
    }
    Err(format!(
        "it imports {}, but a mapper may import nothing but portolan:mapper/diagnostics@1.0.0; build it for the target wasm32-unknown-unknown, without WASI",
        forbidden.join(", ")
    ))
}

fn read_manifest(engine: &Engine, pre: &MappingModulePre<Guest>) -> Result<Manifest, String> {
    let mut store = store(engine, 0);
    let text = pre
        .instantiate(&mut store)
        .and_then(|instance: MappingModule| {
            instance.portolan_mapper_mapping().call_manifest(&mut store)
        })
        .map_err(|error| {
            let said = store
                .into_data()
                .last_error
                .unwrap_or_else(|| format!("{error:#}"));
            format!(
                "it failed when asked for its manifest: {}",
                printable(&said, 400)
            )
        })?;
    Manifest::parse(&text)
}

fn store(engine: &Engine, page_bytes: usize) -> Store<Guest> {
    let mut store = Store::new(&engine.wasmtime, Guest::new(engine));
    store.limiter(|guest| &mut guest.meter);
    store.set_hostcall_fuel(engine.limits.output_bytes(page_bytes));
    let ticks = engine.limits.time(page_bytes).as_millis() / TICK.as_millis();
    // One more tick, for the clock may tick right after this.
    store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX - 1) + 1);
    store
}

/// What the host keeps for one call.
pub(super) struct Guest {
    meter: Meter,
    lines: usize,
    last_error: Option<String>,
}

impl Guest {
    fn new(engine: &Engine) -> Self {
        Self {
            meter: Meter::new(&engine.limits),
            lines: 0,
            last_error: None,
        }
    }
}

impl types::Host for Guest {}

impl diagnostics::Host for Guest {
    fn log(&mut self, level: diagnostics::Level, message: String) {
        self.lines += 1;
        if self.lines > LOG_LINES {
            return;
        }
        let message = printable(&message, LOG_LINE_CHARACTERS);
        match level {
            diagnostics::Level::Error => {
                tracing::debug!(target: "mapper", "error: {message}");
                self.last_error = Some(message);
            }
            diagnostics::Level::Warn => tracing::warn!(target: "mapper", "{message}"),
            diagnostics::Level::Info => tracing::info!(target: "mapper", "{message}"),
            diagnostics::Level::Debug => tracing::debug!(target: "mapper", "{message}"),
        }
    }
}
