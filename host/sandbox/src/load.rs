//! Loads a component from bytes. Its imports are checked before any of it is compiled.

use std::path::PathBuf;

use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use super::cache::CompiledCache;
use super::engine::Engine;
use super::header::invalid;
use super::kind::{Contract, Kind};
use super::limits;
use super::manifest::Manifest;
use super::refusal;
use super::settings::Capability;
use super::surface::{Item, Surface};
use portolan_machine::fingerprint::digest;
use portolan_machine::guard::guarded;
use portolan_machine::text::printable;

/// The most bytes of a module's file. A Python interpreter has 18 MB.
pub const MODULE_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// The size from which compiling takes so long that a warning reports it, in bytes.
const SLOW_BYTES: usize = 8 * 1024 * 1024;

/// The unit of a memory's size, in bytes.
const WASM_PAGE_BYTES: u64 = 64 * 1024;

/// The origin of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleSource {
    /// A module inside this program.
    Stock,
    /// A module in a file.
    File(PathBuf),
}

impl std::fmt::Display for ModuleSource {
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

impl LoadError {
    pub(super) fn new(source: &ModuleSource, reason: String) -> Self {
        Self {
            source_name: source.to_string(),
            reason,
        }
    }

    /// The reason, without the module's name.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Compiles a component, and checks its imports and size.
pub(super) fn component(
    engine: &Engine,
    cache: Option<&CompiledCache>,
    bytes: &[u8],
) -> Result<Component, String> {
    let component = compile(engine, cache, bytes)?;
    check_size(engine, &component)?;
    Ok(component)
}

/// Checks the number and size of memories and tables before an instance is made.
fn check_size(engine: &Engine, component: &Component) -> Result<(), String> {
    // Without these figures the parts are known only at run time, and the store's limits apply.
    let Some(needs) = component.resources_required() else {
        return Ok(());
    };
    if needs.num_memories > limits::MEMORIES || needs.num_tables > limits::TABLES {
        return Err(format!(
            "it has {} memories and {} tables, and the limits are {} and {}",
            needs.num_memories,
            needs.num_tables,
            limits::MEMORIES,
            limits::TABLES
        ));
    }
    let pages = needs.max_initial_memory_size.unwrap_or(0);
    let (wanted, limit) = (pages.saturating_mul(WASM_PAGE_BYTES), engine.memory_bytes);
    if wanted > limit as u64 {
        return Err(format!(
            "its memory begins with {wanted} bytes, more than the limit of {limit} bytes; memory-mebibytes in its table of [modules] raises the limit"
        ));
    }
    Ok(())
}

/// Parses a module's manifest, and checks that it is of this kind and requests only known capabilities.
/// Whether these are granted is checked when the module is configured.
pub(super) fn manifest(text: &str, kind: Kind) -> Result<Manifest, String> {
    let manifest = Manifest::parse(text)?;
    if manifest.kind != kind {
        return Err(format!(
            "its manifest says that it is {}, but it exports {}",
            manifest.kind.with_article(),
            kind.with_article()
        ));
    }
    let known = Capability::EnvironmentValues.name();
    if let Some(capability) = manifest.capabilities.iter().find(|asked| *asked != known) {
        let capability = printable(capability, 64);
        return Err(format!(
            "it requests the capability `{capability}`, which this host cannot grant; it can grant `{known}`"
        ));
    }
    Ok(manifest)
}

/// The reason that a component does not fit the world of its kind. It says so if the module is in the wrong
/// setting.
pub(super) fn misfit(
    engine: &Engine,
    component: &Component,
    kind: Kind,
    error: &wasmtime::Error,
) -> String {
    let exports = |other: &Kind| {
        *other != kind
            && component
                .component_type()
                .exports(&engine.wasmtime)
                .any(|(name, _)| other.is_exported_as(name))
    };
    match (kind, Kind::ALL.into_iter().find(exports)) {
        (Kind::Mapping, Some(Kind::Overlay)) => "it is an overlay, which changes the records that a mapping made; take it out of the mappers folder and name it with --overlays (`overlays` in the configuration)".into(),
        (_, Some(Kind::Overlay)) => "it is an overlay, which changes the records that a mapping made; name it with --overlays (`overlays` in the configuration)".into(),
        (_, Some(Kind::Mapping)) => format!("it is a mapping, which makes records; put it into a folder and name that with --mappers (`mappers` in the configuration), not with {}", setting(kind)),
        (_, Some(Kind::Assessor)) => format!("it is an assessor, which judges records; name it with --assessors of `portolan assess`, not with {}", setting(kind)),
        (_, None) => format!("it does not fit the world {}: {error:#}", kind.contract().full_name(kind.world())),
    }
}

/// The setting that names modules of a kind.
const fn setting(kind: Kind) -> &'static str {
    match kind {
        Kind::Mapping => "--mappers",
        Kind::Overlay => "--overlays",
        Kind::Assessor => "--assessors",
    }
}

/// The name and version, for errors and reports.
pub(super) fn name(manifest: &Manifest) -> String {
    format!(
        "{} {}",
        printable(&manifest.name, 128),
        printable(&manifest.version, 64)
    )
}

/// The WIT package that a component is built against, from its first export of a Portolan interface.
pub(super) fn wit(engine: &Engine, component: &Component) -> String {
    component
        .component_type()
        .exports(&engine.wasmtime)
        .find_map(|(name, _)| {
            let found = |contract: &&Contract| Some((contract.package, contract.split(name)?.1));
            let (package, version) = Contract::ALL.iter().find_map(found)?;
            Some(format!("{package}@{}", printable(version, 64)))
        })
        // Versions are part of the world's names, so a component without a version does not fit.
        .unwrap_or_default()
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
    refusal::check(bytes)?;
    let digest = digest(bytes);
    if let Some(component) = cache.and_then(|cache| cache.load(&engine.wasmtime, &digest)) {
        return Ok(component);
    }
    if bytes.len() > SLOW_BYTES {
        tracing::warn!(
            "compiling a module of {} MB takes a while; the compiled code is stored in the cache folder",
            bytes.len() / 1_000_000
        );
    }
    // wasmtime's compiler panics on some components that need a disabled feature; a file must not end the
    // program.
    let compile = || Component::from_binary(&engine.wasmtime, bytes);
    let compiled = guarded(compile).ok_or_else(|| {
        "it cannot be compiled within the features that mappers may use".to_owned()
    })?;
    let component = compiled.map_err(|error| invalid(&error))?;
    if let Some(cache) = cache {
        cache.store(&engine.wasmtime, &digest, &component);
    }
    Ok(component)
}

impl Surface {
    /// Reads the names of a component that passes the import checks, without running it.
    ///
    /// # Errors
    /// The reason that the bytes are not a component that can run here.
    pub fn of(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        bytes: &[u8],
    ) -> Result<Self, String> {
        let component = compile(engine, cache, bytes)?;
        let kind = component.component_type();
        let item = |name: &str, item: &ComponentItem| Item {
            name: printable(name, 128),
            functions: functions(&engine.wasmtime, item),
        };
        Ok(Self {
            imports: kind
                .imports(&engine.wasmtime)
                .map(|(name, import)| item(name, &import.ty))
                .collect(),
            exports: kind
                .exports(&engine.wasmtime)
                .map(|(name, export)| item(name, &export.ty))
                .collect(),
        })
    }
}

fn functions(engine: &wasmtime::Engine, item: &ComponentItem) -> Vec<String> {
    let ComponentItem::ComponentInstance(instance) = item else {
        return Vec::new();
    };
    instance
        .exports(engine)
        .filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)))
        .map(|(name, _)| printable(name, 128))
        .collect()
}
