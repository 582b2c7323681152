//! `--shadow`: a candidate maps the pages of a running sync too, and the report contains the differences.
//!
//! The candidate has its own thread behind a short queue. If it is slow, it misses pages; if it fails, that
//! is a difference. The records of a page are written before the candidate gets the page.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use portolan_page::Page;
use portolan_page::object::Object;
use portolan_records::Records;
use portolan_records::report::ShadowReport;
use portolan_sandbox::{Engine, Loaded, Mapper, MapperSet, Overlay, SetError};

/// Pages that wait for the candidate.
const QUEUE: usize = 8;
/// The longest time that an ended sync waits for the remaining pages.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running candidate.
pub(super) struct Shadow {
    objects: Vec<Object>,
    send: SyncSender<(Page, Records)>,
    /// Receives a message when the queue is empty; only `finish` uses it.
    done: Mutex<Receiver<()>>,
    stop: Arc<AtomicBool>,
    report: Arc<Mutex<ShadowReport>>,
}

/// A loaded candidate, in its place among the active modules.
pub(super) struct ShadowModule {
    mappers: BTreeMap<Object, Mapper>,
    report: ShadowReport,
}

impl ShadowModule {
    /// Puts a candidate in the place of the active module. An overlay takes the place of the overlay with the
    /// same name, or comes last.
    pub(super) fn place(candidate: Loaded, set: &MapperSet, file: &Path) -> Result<Self, SetError> {
        let report = ShadowReport {
            file: file.display().to_string(),
            kind: candidate.component().manifest.kind,
            name: candidate.component().manifest.name.clone(),
            version: candidate.component().manifest.version.clone(),
            digest: candidate.component().digest.to_owned(),
            pages: 0,
            pages_skipped: 0,
            differences: BTreeMap::new(),
        };
        let (new_module, new_overlay) = match candidate {
            Loaded::Mapping(module) => (Some(Arc::new(module)), None),
            Loaded::Overlay(overlay) => (None, Some(Arc::new(overlay))),
            // The loader refuses it as a candidate.
            Loaded::Assessor(_) => (None, None),
        };
        let mut mappers = BTreeMap::new();
        for active in set.iter() {
            let mut module = Arc::clone(&active.module);
            let overlays = active.amenders.iter();
            let mut overlays: Vec<Arc<Overlay>> = overlays
                .map(|amender| Arc::clone(&amender.overlay))
                .collect();
            match (&new_module, &new_overlay) {
                (Some(new), _) if new.component.manifest.objects.contains(&active.object) => {
                    module = Arc::clone(new);
                }
                (_, Some(new)) if new.objects.contains(&active.object) => {
                    let name = &new.component.manifest.name;
                    match overlays
                        .iter_mut()
                        .find(|each| each.component.manifest.name == *name)
                    {
                        Some(place) => *place = Arc::clone(new),
                        None => overlays.push(Arc::clone(new)),
                    }
                }
                _ => continue,
            }
            let mapper = Mapper::assemble(active.object, module, &overlays)?;
            mappers.insert(active.object, mapper);
        }
        Ok(Self { mappers, report })
    }

    /// Whether the candidate may read the tags of task definitions.
    pub(super) fn may_read_revision_tags(&self) -> bool {
        let mapper = self.mappers.get(&Object::EcsTaskDefinition);
        mapper.is_some_and(|mapper| mapper.chosen_may_read("tags"))
    }

    pub(super) fn start(self, engine: Arc<Engine>) -> std::io::Result<Shadow> {
        let (send, pages) = sync_channel::<(Page, Records)>(QUEUE);
        let (tell, done) = sync_channel(1);
        let report = Arc::new(Mutex::new(self.report));
        let stop = Arc::new(AtomicBool::new(false));
        let shadow = Shadow {
            objects: self.mappers.keys().copied().collect(),
            send,
            done: Mutex::new(done),
            stop: Arc::clone(&stop),
            report: Arc::clone(&report),
        };
        let mappers = self.mappers;
        std::thread::Builder::new()
            .name("shadow".into())
            .spawn(move || {
                while let Ok((page, records)) = pages.recv() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if let Some(mapper) = mappers.get(&page.object) {
                        compare(&engine, mapper, &page, &records, &report);
                    }
                }
                // `finish` may have stopped waiting.
                let _ = tell.send(());
            })?;
        Ok(shadow)
    }
}

fn compare(
    engine: &Engine,
    candidate: &Mapper,
    page: &Page,
    records: &Records,
    report: &Mutex<ShadowReport>,
) {
    let made = portolan_records::from_page(engine, candidate, page);
    let mut report = lock(report);
    report.pages += 1;
    report.pages_skipped = report.pages_skipped.saturating_sub(1);
    let differences = report.differences.entry(page.object).or_default();
    differences.compare(page, Ok(records), made.as_ref());
}

fn lock(report: &Mutex<ShadowReport>) -> MutexGuard<'_, ShadowReport> {
    report.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shadow {
    /// Passes a page and its records to the candidate, unless its queue is full.
    pub(super) fn offer(&self, page: &Page, records: Records) {
        if !self.objects.contains(&page.object) {
            return;
        }
        // A page counts as skipped until it has been compared.
        lock(&self.report).pages_skipped += 1;
        match self.send.try_send((page.clone(), records)) {
            Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
        }
    }

    /// Waits a short time for the remaining pages, and returns the report.
    pub(super) fn finish(self) -> ShadowReport {
        drop(self.send);
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done.recv_timeout(PATIENCE).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
        lock(&self.report).clone()
    }
}
