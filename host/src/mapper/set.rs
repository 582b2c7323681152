//! Which module maps which object: the stock ones, and files that replace them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::cache::CompiledCache;
use super::engine::Engine;
use super::isolate::Breaker;
use super::module::{LoadError, Module, Source};
use crate::object::Object;
use crate::validate::{RecordValidator, SchemaError};

/// The modules of a run, one per object.
pub struct MapperSet {
    mappers: BTreeMap<Object, Arc<Mapper>>,
}

/// A module at work for one object.
pub struct Mapper {
    /// The object.
    pub object: Object,
    /// The module.
    pub module: Arc<Module>,
    /// Whether it is still worth calling.
    pub breaker: Breaker,
    /// What its records have to follow: the stock schema and the attributes that the module declares.
    pub validator: RecordValidator,
}

/// The modules could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// The mappers folder cannot be read.
    #[error("cannot read {path} in the mappers folder: {source}")]
    Unreadable {
        /// The folder or file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A module was refused.
    #[error(transparent)]
    Module(#[from] LoadError),
    /// Two files map one object.
    #[error("both {first} and {second} map {object}; keep one of them in the mappers folder")]
    Ambiguous {
        /// The object.
        object: Object,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// The attributes that a module declares are no JSON Schemas.
    #[error("module {module} declares attributes that are no valid JSON Schema: {source}")]
    Attributes {
        /// Name and version.
        module: String,
        /// Why.
        source: SchemaError,
    },
    /// A file that is there to be loaded has no module in it, or the folder has none.
    #[error(
        "there is no .wasm file in the mappers folder {0}; put a component there, or leave the setting out to use the stock mappers"
    )]
    Empty(String),
}

impl MapperSet {
    /// Loads a module for each of `objects`: from `folder` if a file there maps it, else the stock one.
    ///
    /// # Errors
    /// If the folder cannot be read, a module in it is refused, or two map the same object.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        folder: Option<&Path>,
        objects: &[Object],
    ) -> Result<Self, SetError> {
        let mut chosen: BTreeMap<Object, Arc<Module>> = BTreeMap::new();
        if let Some(folder) = folder {
            for module in read_folder(engine, cache, folder)? {
                for object in &module.manifest.objects {
                    if let Some(other) = chosen.insert(*object, Arc::clone(&module)) {
                        return Err(SetError::Ambiguous {
                            object: *object,
                            first: other.source.to_string(),
                            second: module.source.to_string(),
                        });
                    }
                }
            }
        }
        let mut mappers = BTreeMap::new();
        for object in objects {
            let module = match chosen.remove(object) {
                Some(module) => module,
                None => Arc::new(Module::load(engine, cache, Source::Stock, stock(*object))?),
            };
            let validator =
                RecordValidator::new(*object, &module.manifest.attributes).map_err(|source| {
                    SetError::Attributes {
                        module: module.name().to_owned(),
                        source,
                    }
                })?;
            let mapper = Mapper {
                object: *object,
                module,
                breaker: Breaker::default(),
                validator,
            };
            mappers.insert(*object, Arc::new(mapper));
        }
        Ok(Self { mappers })
    }

    /// The mapper of an object, if the object is part of this run.
    #[must_use]
    pub fn get(&self, object: Object) -> Option<&Arc<Mapper>> {
        self.mappers.get(&object)
    }

    /// All mappers of this run.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Mapper>> {
        self.mappers.values()
    }
}

fn read_folder(
    engine: &Engine,
    cache: Option<&CompiledCache>,
    folder: &Path,
) -> Result<Vec<Arc<Module>>, SetError> {
    let unreadable = |path: &Path| {
        let path = path.display().to_string();
        move |source| SetError::Unreadable { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "wasm")
        {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(SetError::Empty(folder.display().to_string()));
    }
    // The order of a folder is the file system's whim; errors should not be.
    files.sort();
    let mut modules = Vec::with_capacity(files.len());
    for file in files {
        let bytes = std::fs::read(&file).map_err(unreadable(&file))?;
        modules.push(Arc::new(Module::load(
            engine,
            cache,
            Source::File(file),
            &bytes,
        )?));
    }
    Ok(modules)
}

/// The stock modules, which the build puts beside this crate (see host/build.rs).
fn stock(object: Object) -> &'static [u8] {
    match object {
        Object::EcsCluster => {
            include_bytes!(concat!(env!("PORTOLAN_STOCK_MAPPERS"), "/cluster.wasm"))
        }
        Object::EcsService => {
            include_bytes!(concat!(env!("PORTOLAN_STOCK_MAPPERS"), "/service.wasm"))
        }
        Object::EcsTask => include_bytes!(concat!(env!("PORTOLAN_STOCK_MAPPERS"), "/task.wasm")),
        Object::EcsTaskDefinition => include_bytes!(concat!(
            env!("PORTOLAN_STOCK_MAPPERS"),
            "/task-definition.wasm"
        )),
    }
}
