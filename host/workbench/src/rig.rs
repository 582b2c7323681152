use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Specimen, WorkbenchError, batches, pages};
use portolan_page::Page;
use portolan_page::object::Object;
use portolan_records::Records;
use portolan_sandbox::{
    self, Assessor, Breaker, CallError, CompiledCache, Engine, Limits, Loaded, Mapper, Mapping,
    ModuleSettings, stock_module,
};

/// The engine of a sync for one call at a time, and the configured settings of modules.
pub struct Workbench {
    engine: Engine,
    cache: Option<CompiledCache>,
    modules: BTreeMap<String, ModuleSettings>,
}

impl Workbench {
    /// Sets up the engine as a sync with this configuration would.
    ///
    /// # Errors
    /// If the sandbox cannot be set up.
    pub fn open(mapping: &Mapping) -> Result<Self, WorkbenchError> {
        Ok(Self {
            engine: portolan_sandbox::engine(mapping, 1)?,
            cache: portolan_sandbox::open_cache(mapping),
            modules: mapping.modules.clone(),
        })
    }

    /// Sets up an engine that counts instructions.
    ///
    /// # Errors
    /// If the sandbox cannot be set up.
    pub fn counting_instructions(mapping: &Mapping) -> Result<Self, WorkbenchError> {
        let memory_bytes = portolan_sandbox::largest_memory_bytes(mapping);
        Ok(Self {
            engine: Engine::counting_instructions(Limits::default(), memory_bytes)?,
            cache: portolan_sandbox::open_cache(mapping),
            modules: mapping.modules.clone(),
        })
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The cache of compiled modules, if there is one.
    #[must_use]
    pub const fn cache(&self) -> Option<&CompiledCache> {
        self.cache.as_ref()
    }

    /// Mounts a module: a mapping alone, an overlay over the stock mappings.
    ///
    /// # Errors
    /// If a sync would refuse the module or its settings.
    pub fn mount(&self, specimen: &Specimen) -> Result<Rig, WorkbenchError> {
        let loaded = specimen.load(&self.engine, self.cache())?;
        let name = loaded.component().name().to_owned();
        let settings = self
            .modules
            .get(&loaded.component().manifest.name)
            .cloned()
            .unwrap_or_default();
        let mappers = match loaded {
            Loaded::Mapping(module) => {
                let module = Arc::new(module.configure(&settings)?);
                let objects = module.component.manifest.objects.iter();
                objects
                    .map(|object| Mapper::assemble(*object, Arc::clone(&module), &[]))
                    .collect::<Result<_, _>>()?
            }
            Loaded::Assessor(assessor) => {
                let assessor = Some(assessor.configure(&settings)?);
                let mappers = Vec::new();
                return Ok(Rig {
                    name,
                    mappers,
                    assessor,
                });
            }
            Loaded::Overlay(overlay) => {
                let overlays = [Arc::new(overlay.configure(&settings)?)];
                let over_stock = |object: &Object| {
                    let stock = stock_module(&self.engine, self.cache(), *object)?;
                    Mapper::assemble(*object, Arc::new(stock), &overlays)
                };
                let objects = overlays[0].objects.iter();
                objects.map(over_stock).collect::<Result<_, _>>()?
            }
        };
        Ok(Rig {
            name,
            mappers,
            assessor: None,
        })
    }

    /// Mounts the stock mappings of all objects.
    ///
    /// # Errors
    /// If they cannot be loaded on this machine.
    pub fn mount_stock(&self) -> Result<Rig, WorkbenchError> {
        let stock = |object: Object| -> Result<Mapper, WorkbenchError> {
            let module = stock_module(&self.engine, self.cache(), object)?;
            Ok(Mapper::assemble(object, Arc::new(module), &[])?)
        };
        Ok(Rig {
            name: "stock".into(),
            mappers: Object::ALL
                .into_iter()
                .map(stock)
                .collect::<Result<_, _>>()?,
            assessor: None,
        })
    }
}

/// A mounted module, with a mapper for each of its objects.
pub struct Rig {
    name: String,
    mappers: Vec<Mapper>,
    /// In place of mappers, if the module judges records.
    assessor: Option<Assessor>,
}

/// Pages, each with its line in a file.
pub(crate) type Numbered = Box<dyn Iterator<Item = Result<(u64, Page), WorkbenchError>>>;

impl Rig {
    /// Name and version of the module.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The objects that the module is for.
    pub fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        let subject = self.assessor.iter().map(Assessor::subject);
        subject.chain(self.mappers.iter().map(|mapper| mapper.object))
    }

    /// Whether the module is for an object.
    #[must_use]
    pub fn is_for(&self, object: Object) -> bool {
        self.objects().any(|each| each == object)
    }

    /// Refuses an assessor, for the tools that compare records with pages.
    pub(crate) fn of_mappers(self) -> Result<Self, WorkbenchError> {
        match &self.assessor {
            None => Ok(self),
            Some(_) => Err(WorkbenchError::Unfit(format!(
                "{} is an assessor, which makes no records of pages; `portolan mapper test` and `run` take it",
                self.name
            ))),
        }
    }

    /// The module, if it judges records.
    #[must_use]
    pub const fn assessor(&self) -> Option<&Assessor> {
        self.assessor.as_ref()
    }

    /// The pages of a file, each with its line: batches for an assessor, else recorded pages.
    ///
    /// # Errors
    /// If the file cannot be read, or a line is neither.
    pub(crate) fn pages(&self, file: &Path) -> Result<Numbered, WorkbenchError> {
        let objects: Vec<Object> = self.objects().collect();
        match &self.assessor {
            Some(assessor) => {
                let all = batches::read_all(file, assessor.subject())?;
                Ok(Box::new(all.into_iter().map(Ok)))
            }
            None => pages::each(file, &objects).map(|all| Box::new(all) as Numbered),
        }
    }

    /// One page of a file: that of a line, or the first of an object that the module is for.
    ///
    /// # Errors
    /// If there is none.
    pub fn page(&self, file: &Path, line: Option<u64>) -> Result<(u64, Page), WorkbenchError> {
        match &self.assessor {
            Some(assessor) => batches::choose(file, line, assessor.subject()),
            None => pages::choose(file, line, &self.objects().collect::<Vec<_>>()),
        }
    }

    /// The mapper of an object, if the module is for it.
    #[must_use]
    pub fn mapper(&self, object: Object) -> Option<&Mapper> {
        self.mappers.iter().find(|mapper| mapper.object == object)
    }

    /// Attributes that the module declares and no record has had so far.
    #[must_use]
    pub fn never_filled(&self) -> Vec<String> {
        let declares = |mapper: &Mapper, name: &String| {
            let overlays = mapper.amenders.iter();
            let mut overlays =
                overlays.map(|amender| &amender.overlay.component.manifest.attributes);
            mapper
                .module
                .component
                .manifest
                .attributes
                .contains_key(name)
                || overlays.any(|attributes| attributes.contains_key(name))
        };
        let unfilled = self.mappers.iter().flat_map(|mapper| {
            let names = mapper.unfilled.names().into_iter();
            names.filter(|name| declares(mapper, name))
        });
        unfilled.collect()
    }

    /// Maps a page as a sync would, whatever the result of earlier pages.
    ///
    /// # Errors
    /// If the whole page fails, or the module is not for its object.
    pub fn records(&mut self, engine: &Engine, page: &Page) -> Result<Records, CallError> {
        if let Some(assessor) = &mut self.assessor {
            assessor.breaker = Breaker::default();
            let judged = assessor.judge_any(engine, page)?;
            return Ok(batches::judged(judged, page));
        }
        let Some(mapper) = self
            .mappers
            .iter_mut()
            .find(|mapper| mapper.object == page.object)
        else {
            return Err(CallError::Refused {
                module: self.name.clone(),
                message: format!("it is not for {}", page.object),
            });
        };
        mapper.breaker = Breaker::default();
        for amender in &mut mapper.amenders {
            amender.breaker = Breaker::default();
        }
        portolan_records::from_page(engine, mapper, page)
    }
}
