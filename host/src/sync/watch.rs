//! `--watch-mappers`: new versions of modules are taken between two pages of a running sync.
//!
//! A file that changes is loaded as at the start of a sync, policy included, and tried on the last page of
//! each of its objects. Only then it replaces the version before, for all pages that come after.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;

use crate::config::Config;
use crate::mapper::{
    CompiledCache, Engine, Loader, Manifest, Mapper, MapperSet, Module, Overlay, Source,
};
use crate::object::Object;
use crate::page::Page;
use crate::records;
use crate::report::{Ledger, MapperChange};

/// How often files are looked at. A person who has just saved one does not notice half a second, and a file
/// server does not notice two questions a second.
const PERIOD: Duration = Duration::from_millis(500);
/// Mappers of a sync that can be replaced. Each stays in memory, for pages may still be on their way
/// through it.
const REPLACEMENTS: usize = 100;

/// The modules of a running sync.
pub(super) struct Active {
    set: ArcSwap<MapperSet>,
    replaced: Mutex<Vec<Arc<Mapper>>>,
    /// The last page of each object, if anybody wants to try modules on it.
    last_pages: Option<Mutex<BTreeMap<Object, Page>>>,
}

impl Active {
    pub(super) fn new(set: MapperSet, keeps_pages: bool) -> Self {
        Self {
            set: ArcSwap::from_pointee(set),
            replaced: Mutex::default(),
            last_pages: keeps_pages.then(Mutex::default),
        }
    }

    /// The mapper for a page. A page keeps it to its end, whatever is replaced meanwhile.
    pub(super) fn mapper(&self, page: &Page) -> Option<Arc<Mapper>> {
        if let Some(last) = &self.last_pages {
            lock(last).insert(page.object, page.clone());
        }
        self.set.load().get(page.object).cloned()
    }

    pub(super) fn set(&self) -> Arc<MapperSet> {
        self.set.load_full()
    }

    /// Mappers that were replaced.
    pub(super) fn replaced(&self) -> Vec<Arc<Mapper>> {
        lock(&self.replaced).clone()
    }

    fn last_page(&self, object: Object) -> Option<Page> {
        lock(self.last_pages.as_ref()?).get(&object).cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that looks at the files until it is dropped.
pub(super) struct Watch {
    stop: Arc<AtomicBool>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It is not waited for: it may be compiling, and holds nothing that a report waits for.
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Watch {
    pub(super) fn start(
        active: Arc<Active>,
        engine: Arc<Engine>,
        cache: Option<CompiledCache>,
        config: &Config,
        ledger: Arc<Ledger>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut eye = Eye {
            active,
            engine,
            cache,
            config: config.clone(),
            ledger,
            files: BTreeMap::new(),
            stop: Arc::clone(&stop),
        };
        for (file, _) in eye.candidates() {
            let stamp = stamp(&file);
            eye.files.insert(
                file,
                Seen {
                    taken: stamp,
                    last: stamp,
                },
            );
        }
        std::thread::Builder::new()
            .name("mapper-watch".into())
            .spawn(move || {
                while !eye.is_stopped() {
                    std::thread::sleep(PERIOD);
                    eye.look();
                }
            })?;
        Ok(Self { stop })
    }
}

/// When a file was changed last, and how large it is.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(file: &Path) -> Stamp {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

struct Seen {
    /// What was taken or refused.
    taken: Stamp,
    /// What was there when it was looked at last.
    last: Stamp,
}

/// What a file is by its place.
#[derive(Clone, Copy)]
enum Role {
    Mapping,
    Overlay,
}

struct Eye {
    active: Arc<Active>,
    engine: Arc<Engine>,
    cache: Option<CompiledCache>,
    config: Config,
    ledger: Arc<Ledger>,
    files: BTreeMap<PathBuf, Seen>,
    stop: Arc<AtomicBool>,
}

impl Eye {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn candidates(&self) -> Vec<(PathBuf, Role)> {
        let folder = self.config.mappers.as_deref();
        // A folder that cannot be read at this moment is looked at again.
        let files = folder.and_then(|folder| crate::mapper::wasm_files(folder).ok());
        let mappings = files.unwrap_or_default().into_iter();
        let overlays = self.config.overlays.iter().cloned();
        mappings
            .map(|file| (file, Role::Mapping))
            .chain(overlays.map(|file| (file, Role::Overlay)))
            .collect()
    }

    fn look(&mut self) {
        for (file, role) in self.candidates() {
            if self.is_stopped() {
                return;
            }
            let now = stamp(&file);
            let seen = self.files.entry(file.clone()).or_insert(Seen {
                taken: None,
                last: None,
            });
            // A file that is still being written changes from look to look. One that is gone may come back;
            // until then the version that was loaded goes on.
            let is_settled = now.is_some() && now == std::mem::replace(&mut seen.last, now);
            if !is_settled || now == seen.taken {
                continue;
            }
            seen.taken = now;
            self.take(&file, role);
        }
    }

    /// Takes a new version, or says why not.
    fn take(&self, file: &Path, role: Role) {
        let mut change = MapperChange {
            at: crate::clock::now(),
            file: file.display().to_string(),
            name: None,
            version: None,
            digest: None,
            taken: false,
            reason: None,
        };
        match self.replacements(file, role, &mut change) {
            Ok(mappers) if mappers.is_empty() => return,
            Ok(mappers) => {
                self.replace(mappers);
                change.taken = true;
                tracing::info!("module {} was taken while running", change.file);
            }
            Err(reason) => {
                tracing::warn!(
                    "module {} was refused while running, and what was loaded before goes on: {reason}",
                    change.file
                );
                change.reason = Some(reason);
            }
        }
        self.ledger.mapper_change(change);
    }

    fn replace(&self, mappers: Vec<Mapper>) {
        let mut set = (*self.active.set()).clone();
        let mut replaced = lock(&self.active.replaced);
        for mapper in mappers {
            replaced.extend(set.replace(mapper));
        }
        self.active.set.store(Arc::new(set));
    }

    /// The mappers of a new version, tried; none if the file is what runs already.
    fn replacements(
        &self,
        file: &Path,
        role: Role,
        change: &mut MapperChange,
    ) -> Result<Vec<Mapper>, String> {
        let loader = Loader::new(&self.engine, self.cache.as_ref(), &self.config);
        let loader = loader.map_err(|error| error.to_string())?;
        let version = match role {
            Role::Mapping => loader.mapping(file).map(Version::Mapping),
            Role::Overlay => loader.overlay(file).map(Version::Overlay),
        };
        let version = version.map_err(|error| error.to_string())?;
        change.name = Some(version.manifest().name.clone());
        change.version = Some(version.manifest().version.clone());
        change.digest = Some(version.digest().to_owned());
        let set = self.active.set();
        if lock(&self.active.replaced).len() >= REPLACEMENTS {
            return Err(format!(
                "{REPLACEMENTS} mappers were replaced already; start the sync anew"
            ));
        }
        version.check_place(file, &set)?;
        let mut mappers = Vec::new();
        for old in set.iter() {
            if let Some(new) = version.instead_of(file, old)? {
                self.try_on_last_page(old, &new)?;
                mappers.push(new);
            }
        }
        Ok(mappers)
    }

    /// The last page of the object has to come out no worse than with the version before.
    fn try_on_last_page(&self, old: &Mapper, new: &Mapper) -> Result<(), String> {
        let Some(page) = self.active.last_page(new.object) else {
            return Ok(());
        };
        let tried = |what: String| {
            format!(
                "it was tried on the last page of {}, and {what}",
                new.object
            )
        };
        let after = records::from_page(&self.engine, new, &page)
            .map_err(|error| tried(error.to_string()))?;
        let problems = after.problems(None);
        let Ok(before) = records::from_page(&self.engine, old, &page) else {
            return Ok(());
        };
        if problems.len() > before.problems(None).len() {
            let first = problems.into_iter().next().unwrap_or_default();
            return Err(tried(first));
        }
        if after.is_empty() && !before.is_empty() {
            return Err(tried("gave no record at all".into()));
        }
        Ok(())
    }
}

/// A new version of a module.
pub(super) enum Version {
    Mapping(Arc<Module>),
    Overlay(Arc<Overlay>),
}

fn is_of(source: &Source, file: &Path) -> bool {
    matches!(source, Source::File(path) if path == file)
}

impl Version {
    pub(super) fn manifest(&self) -> &Manifest {
        match self {
            Self::Mapping(module) => &module.manifest,
            Self::Overlay(overlay) => &overlay.manifest,
        }
    }

    pub(super) fn digest(&self) -> &str {
        match self {
            Self::Mapping(module) => &module.digest,
            Self::Overlay(overlay) => &overlay.digest,
        }
    }

    /// A version that is for other objects than the one before would leave objects behind that nobody
    /// thought of.
    fn check_place(&self, file: &Path, set: &MapperSet) -> Result<(), String> {
        let before = match self {
            Self::Mapping(_) => set.iter().find_map(|mapper| {
                is_of(&mapper.module.source, file).then(|| mapper.module.manifest.objects.clone())
            }),
            Self::Overlay(_) => set.iter().find_map(|mapper| {
                let mut overlays = mapper.amenders.iter().map(|amender| &amender.overlay);
                let old = overlays.find(|overlay| is_of(&overlay.source, file))?;
                Some(old.objects.clone())
            }),
        };
        let now = match self {
            Self::Mapping(module) => &module.manifest.objects,
            Self::Overlay(overlay) => &overlay.objects,
        };
        match before {
            Some(before) if before != *now => Err(
                "it is for other objects than the version before; start the sync anew to use it"
                    .into(),
            ),
            _ => Ok(()),
        }
    }

    /// The mapper with this version in it; none if it is not for the object, or runs already.
    fn instead_of(&self, file: &Path, old: &Mapper) -> Result<Option<Mapper>, String> {
        let mut overlays: Vec<Arc<Overlay>> = old
            .amenders
            .iter()
            .map(|amender| Arc::clone(&amender.overlay))
            .collect();
        let mut module = Arc::clone(&old.module);
        match self {
            Self::Mapping(new) => {
                if !new.manifest.objects.contains(&old.object) || new.digest == module.digest {
                    return Ok(None);
                }
                if let Source::File(other) = &module.source
                    && other != file
                {
                    return Err(format!("{} maps {} already", other.display(), old.object));
                }
                module = Arc::clone(new);
            }
            Self::Overlay(new) => {
                let mut places = overlays.iter_mut();
                let Some(place) = places.find(|overlay| is_of(&overlay.source, file)) else {
                    return Ok(None);
                };
                if place.digest == new.digest {
                    return Ok(None);
                }
                *place = Arc::clone(new);
            }
        }
        Mapper::assemble(old.object, module, &overlays)
            .map(Some)
            .map_err(|error| error.to_string())
    }
}
