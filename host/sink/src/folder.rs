//! An output folder: one `<Object>.jsonl` for each object and `report.json`. If an earlier output is
//! compared, it also has one `<Object>.changes.jsonl` for each object. On request,
//! `<Object>.provenance.jsonl` lists the module that set each attribute of each record.
//!
//! Files are written into a hidden staging folder inside the output folder, and renamed when the sync ends.
//! The old report is removed first and the new one comes last: a folder without a report was interrupted
//! during the replacement.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::{Beside, Line, SinkError};
use crate::names::{
    FAILED_REPORT, REPORT, STAGING_PREFIX, changes_name, exports_in, file_name, file_names,
    provenance_name,
};
use portolan_page::object::Object;
use portolan_records::changes::ChangeKind;
use portolan_records::report::Report;

const LOCK: &str = "lock";

/// An output folder while a sync runs.
pub struct Folder {
    place: PathBuf,
    files: BTreeMap<String, Mutex<BufWriter<File>>>,
    /// Locked while the sync runs, so that a later sync recognizes abandoned staging folders.
    _lock: File,
    staging: TempDir,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> SinkError {
    let path = path.display().to_string();
    move |source| SinkError::Write { path, source }
}

impl Folder {
    pub(super) fn open(
        place: &Path,
        objects: &[Object],
        beside: Beside,
    ) -> Result<Self, SinkError> {
        fs::create_dir_all(place).map_err(failed(place))?;
        for name in file_names().chain([REPORT.to_owned()]) {
            let path = place.join(name);
            if path.is_dir() {
                return Err(failed(&path)(io::ErrorKind::IsADirectory.into()));
            }
        }
        let _turn = take_turn(place);
        remove_abandoned(place);
        let staging = tempfile::Builder::new()
            .prefix(STAGING_PREFIX)
            .tempdir_in(place)
            .map_err(failed(place))?;
        let lock = File::create(staging.path().join(LOCK)).map_err(failed(place))?;
        // On a file system without locks, the staging folder of a killed sync is not removed.
        let _ = lock.try_lock();
        let mut files = BTreeMap::new();
        let names = objects.iter().flat_map(|object| {
            let changes = beside.changes.then(|| changes_name(*object));
            let provenance = beside.provenance.then(|| provenance_name(*object));
            std::iter::once(file_name(*object))
                .chain(changes)
                .chain(provenance)
        });
        for name in names {
            let path = staging.path().join(&name);
            let file = File::create(&path).map_err(failed(&path))?;
            files.insert(
                name,
                Mutex::new(BufWriter::with_capacity(1024 * 1024, file)),
            );
        }
        Ok(Self {
            place: place.to_owned(),
            files,
            _lock: lock,
            staging,
        })
    }

    pub(super) fn write(&self, object: Object, lines: &[Line<'_>]) -> Result<(), SinkError> {
        self.append(&file_name(object), |file| {
            for line in lines {
                file.write_all(line.record)?;
                file.write_all(b"\n")?;
            }
            Ok(())
        })?;
        let changes = lines.iter().filter_map(|line| {
            let change = line.change.as_ref()?;
            let is_one = change.kind != ChangeKind::Unchanged;
            is_one.then(|| change.line(object, Some(line.record)))
        });
        self.append(&changes_name(object), |file| {
            for mut change in changes {
                change.push(b'\n');
                file.write_all(&change)?;
            }
            Ok(())
        })?;
        self.append(&provenance_name(object), |file| {
            for authors in lines.iter().filter_map(|line| line.authors.as_ref()) {
                serde_json::to_writer(&mut *file, authors)?;
                file.write_all(b"\n")?;
            }
            Ok(())
        })
    }

    /// Writes the removal of an object.
    pub(super) fn write_removal(&self, object: Object, line: &[u8]) -> Result<(), SinkError> {
        self.append(&changes_name(object), |file| file.write_all(line))
    }

    fn append(
        &self,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), SinkError> {
        let Some(file) = self.files.get(name) else {
            return Ok(());
        };
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut file).map_err(failed(&self.place.join(name)))
    }

    pub(super) fn discard(&self) {
        if let Err(error) = fs::remove_dir_all(self.staging.path()) {
            tracing::warn!("cannot remove {}: {error}", self.staging.path().display());
        }
    }

    pub(super) fn finish(self, report: &Report) -> Result<(), SinkError> {
        let staged_report = self.staging.path().join(REPORT);
        let report_place = self.place.join(REPORT);
        write_report(&staged_report, report).map_err(failed(&report_place))?;
        let _turn = take_turn(&self.place);
        let failed_report = self.place.join(FAILED_REPORT);
        if !report.data_replaced {
            // The report of the data that stays must not be replaced.
            let place = if report_place.exists() {
                failed_report
            } else {
                report_place
            };
            return fs::rename(&staged_report, &place).map_err(failed(&place));
        }
        for (name, file) in self.files {
            let path = self.place.join(name);
            file.into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| file.sync_data())
                .map_err(failed(&path))?;
        }
        remove_if_there(&report_place).map_err(failed(&report_place))?;
        remove_if_there(&failed_report).map_err(failed(&failed_report))?;
        // Exports are about the old records, and assessment.json, which names them, goes with those.
        for name in exports_in(&self.place) {
            let path = self.place.join(name);
            if !path.is_dir() {
                remove_if_there(&path).map_err(torn(&path))?;
            }
        }
        for name in file_names() {
            let staged = self.staging.path().join(&name);
            let path = self.place.join(&name);
            // The folder holds the data of one sync, so files of objects that this sync did not fetch are
            // removed.
            let replaced = if staged.exists() {
                fs::rename(&staged, &path)
            } else {
                remove_if_there(&path)
            };
            replaced.map_err(torn(&path))?;
        }
        fs::rename(&staged_report, &report_place).map_err(torn(&report_place))
    }
}

/// Waits until no other sync is opening or replacing files in this folder.
fn take_turn(place: &Path) -> Option<File> {
    // On a file system without locks, syncs do not wait.
    let folder = File::open(place).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

fn torn(path: &Path) -> impl FnOnce(io::Error) -> SinkError {
    let path = path.display().to_string();
    move |source| SinkError::Torn { path, source }
}

fn write_report(path: &Path, report: &Report) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut file, report)?;
    file.write_all(b"\n")?;
    file.into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_data()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the staging folders of killed syncs. Their locks are free.
fn remove_abandoned(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else {
        return;
    };
    for entry in entries.flatten() {
        let is_staging = entry
            .file_name()
            .to_string_lossy()
            .starts_with(STAGING_PREFIX);
        let path = entry.path();
        if !is_staging || !path.is_dir() {
            continue;
        }
        if let Ok(lock) = File::open(path.join(LOCK))
            && lock.try_lock().is_ok()
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::warn!(
                "cannot remove the staging folder {} of a killed sync: {error}",
                path.display()
            );
        }
    }
}
