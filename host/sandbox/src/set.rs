//! Selects the module for each object: the stock ones, and files that replace them.

mod loader;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::CallError;
use super::amend::Amender;
use super::assessor::Assessor;
use super::cache::CompiledCache;
use super::engine::Engine;
use super::isolate::{Breaker, Outcome, isolated};
use super::load::{LoadError, ModuleSource};
use super::module::Module;
use super::overlay::Overlay;
use super::settings::Mapping;
use super::unfilled::Unfilled;
use crate::trust::TrustError;
use crate::validate::{RecordValidator, SchemaError};
pub use loader::Loader;
use portolan_page::object::Object;
use portolan_page::{Page, Wanted};

/// The modules of a run, one for each object.
#[derive(Clone)]
pub struct MapperSet {
    mappers: BTreeMap<Object, Arc<Mapper>>,
}

/// A module and its overlays, for one object.
pub struct Mapper {
    /// The object that it maps.
    pub object: Object,
    /// The mapping module.
    pub module: Arc<Module>,
    /// The overlays that amend its records, in order.
    pub amenders: Vec<Amender>,
    /// The schema of its records: the stock schema and the attributes that its modules declare.
    pub validator: RecordValidator,
    /// The attributes that no record has had so far.
    pub unfilled: Unfilled,
    /// Stops calls after too many failures.
    pub breaker: Breaker,
    /// The number of pages of a sync that it has mapped.
    pub pages: AtomicU64,
    /// The members that its module reads; `None` if it may read any, and if there are overlays.
    pub reads: Option<Wanted>,
}

impl Mapper {
    /// Builds the mapper of one object.
    ///
    /// # Errors
    /// Fails if the attributes that the modules declare are not valid JSON Schemas, or have a stock name.
    pub fn assemble(
        object: Object,
        module: Arc<Module>,
        overlays: &[Arc<Overlay>],
    ) -> Result<Self, SetError> {
        let amenders: Vec<Amender> = overlays
            .iter()
            .filter(|overlay| overlay.objects.contains(&object))
            .map(|overlay| Amender {
                overlay: Arc::clone(overlay),
                breaker: Breaker::default(),
            })
            .collect();
        let validator = validator(object, &module, &amenders)?;
        Ok(Self {
            object,
            reads: module
                .component
                .reads()
                .filter(|_| amenders.is_empty())
                .cloned(),
            module,
            amenders,
            unfilled: Unfilled::new(validator.attributes()),
            validator,
            breaker: Breaker::default(),
            pages: AtomicU64::new(0),
        })
    }

    /// Whether a module out of a file may read this member of the object, or a part of it: one that somebody
    /// chose, which the stock mapping is not.
    #[must_use]
    pub fn chosen_may_read(&self, member: &str) -> bool {
        let overlays = self.amenders.iter();
        let overlays = overlays.map(|amender| &amender.overlay.component);
        let mut all = overlays.chain([&self.module.component]);
        all.any(|it| it.source != ModuleSource::Stock && it.manifest.may_read(member))
    }

    /// Maps a page, and isolates the objects that the module fails on.
    ///
    /// # Errors
    /// Fails if the module cannot map any part of the page.
    pub fn map(&self, engine: &Engine, page: &Page) -> Result<Outcome, CallError> {
        isolated(
            self.module.component.name(),
            &self.breaker,
            page,
            &|part, _| self.module.map(engine, part),
        )
    }
}

/// The modules cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// A module or the mappers folder cannot be read.
    #[error("cannot read the module or folder {path}: {source}")]
    Unreadable {
        /// The path of the folder or file.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A module was refused.
    #[error(transparent)]
    Module(#[from] LoadError),
    /// A module does not satisfy the module policy, or its signature or lock cannot be read.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Two assessors have a control of one name.
    #[error("both {first} and {second} have the control {control}; give one of them another name")]
    SameControl {
        /// The control.
        control: String,
        /// The first assessor's file, or `stock`.
        first: String,
        /// The second assessor's file.
        second: String,
    },
    /// Two files map one object.
    #[error("both {first} and {second} map {object}; keep one of them in the mappers folder")]
    Ambiguous {
        /// The object that both map.
        object: Object,
        /// The first file.
        first: String,
        /// The second file.
        second: String,
    },
    /// The attributes that a module declares are not valid JSON Schemas.
    #[error("module {module} declares attributes that are not valid JSON Schemas: {source}")]
    Attributes {
        /// The module's name and version.
        module: String,
        /// The schema's error.
        source: SchemaError,
    },
    /// The configuration has settings for a module that is not part of the run.
    #[error("modules.{name}: no module of this run has that name; there are: {known}")]
    UnknownModule {
        /// The name in the configuration.
        name: String,
        /// The names of the run's modules.
        known: String,
    },
    /// The mappers folder does not contain a module.
    #[error(
        "there is no .wasm file in the mappers folder {0}; put a component there, or leave the setting out to use the stock mappers"
    )]
    Empty(String),
}

impl MapperSet {
    /// Loads the overlays, and a module for each of `objects`: a file in the mappers folder if it maps the
    /// object, else the stock module.
    ///
    /// # Errors
    /// Fails if the folder or a file cannot be read, if a module is refused or does not satisfy the module
    /// policy, if two modules map the same object, or if settings do not match a module.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        mapping: &Mapping,
        objects: &[Object],
    ) -> Result<Self, SetError> {
        Self::load_beside(engine, cache, mapping, objects, None)
    }

    /// As [`MapperSet::load`], but accepts settings for the module `candidate`, which is not part of the run.
    pub fn load_beside(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        mapping: &Mapping,
        objects: &[Object],
        candidate: Option<&str>,
    ) -> Result<Self, SetError> {
        let loader = Loader::new(engine, cache, mapping)?;
        let mut chosen = loader.folder()?;
        let overlays = loader.overlays()?;
        let mut mappers = BTreeMap::new();
        for object in objects {
            let module = match chosen.remove(object) {
                Some(module) => module,
                None => Arc::new(loader.module(ModuleSource::Stock, stock(*object))?),
            };
            let mapper = Mapper::assemble(*object, module, &overlays)?;
            mappers.insert(*object, Arc::new(mapper));
        }
        let set = Self { mappers };
        set.check_names(mapping, &overlays, candidate)?;
        Ok(set)
    }

    /// Refuses settings for an unknown module: the name is misspelt, and the module would run without its
    /// settings.
    fn check_names(
        &self,
        mapping: &Mapping,
        overlays: &[Arc<Overlay>],
        candidate: Option<&str>,
    ) -> Result<(), SetError> {
        let mut known: Vec<&str> = self
            .iter()
            .map(|mapper| mapper.module.component.manifest.name.as_str())
            .collect();
        known.extend(
            overlays
                .iter()
                .map(|overlay| overlay.component.manifest.name.as_str()),
        );
        known.extend(candidate);
        match mapping
            .modules
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            None => Ok(()),
            Some(name) => Err(SetError::UnknownModule {
                name: portolan_machine::text::printable(name, 128),
                known: known.join(", "),
            }),
        }
    }

    /// The mapper of an object; `None` if the object is not part of this run.
    #[must_use]
    pub fn get(&self, object: Object) -> Option<&Arc<Mapper>> {
        self.mappers.get(&object)
    }

    /// All mappers of this run.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Mapper>> {
        self.mappers.values()
    }
}

/// Builds the stock schema with the attributes that the modules declare. Two modules may declare the same
/// attribute.
fn validator(
    object: Object,
    module: &Module,
    amenders: &[Amender],
) -> Result<RecordValidator, SetError> {
    let mut declared = module.component.manifest.attributes.clone();
    let mut name = module.component.name().to_owned();
    for amender in amenders {
        declared.extend(amender.overlay.component.manifest.attributes.clone());
        name = format!("{name}, {}", amender.overlay.component.name());
    }
    RecordValidator::new(object, &declared).map_err(|source| SetError::Attributes {
        module: name,
        source,
    })
}

/// The stock module of an object, with default settings.
///
/// # Errors
/// Fails if it cannot be loaded on this machine.
pub fn stock_module(
    engine: &Engine,
    cache: Option<&CompiledCache>,
    object: Object,
) -> Result<Module, LoadError> {
    Module::load(engine, cache, ModuleSource::Stock, stock(object))
}

/// The stock assessors, with default settings.
///
/// # Errors
/// Fails if one cannot be loaded on this machine.
pub fn stock_assessors(
    engine: &Engine,
    cache: Option<&CompiledCache>,
) -> Result<Vec<Assessor>, LoadError> {
    let all = STOCK_ASSESSORS.iter();
    all.map(|(_, bytes)| Assessor::load(engine, cache, ModuleSource::Stock, bytes))
        .collect()
}

/// The module that tables are packed into.
pub const INTERPRETER: &[u8] =
    include_bytes!(concat!(env!("PORTOLAN_STOCK_MAPPERS"), "/table.wasm"));

// The stock modules, which the build puts beside this crate (see build.rs).
include!(concat!(env!("OUT_DIR"), "/stock.rs"));

fn stock(object: Object) -> &'static [u8] {
    let mut known = STOCK.iter();
    let found = known.find(|(word, _)| *word == object.word());
    // A test checks that every object has a stock module. An empty one would be refused, because it is not a
    // component.
    found.map_or(&[], |(_, bytes)| bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_has_a_stock_mapper() {
        for object in Object::ALL {
            assert!(!stock(object).is_empty(), "{object}: run `make mappers`");
        }
    }
}
