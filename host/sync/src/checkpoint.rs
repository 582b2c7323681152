//! The checkpoint: the pages that a sync keeps while it runs, so that it can be resumed after it was killed.
//!
//! The unit of progress is a described page, as mappers get it (environment values withheld). Pages are
//! appended to one file as they are fetched. A resumed sync lists everything again, which is cheap, requests
//! only what is not kept, and maps kept pages as it maps new ones. Objects that were described before the
//! kill and are no longer listed stay: they existed at LAST_CAPTURED.
//!
//! Only whole frames count, wherever a kill cuts the file. The file is flushed to the disk every few seconds,
//! so a power cut loses no more than that.

mod entry;
mod frames;
mod kept;
mod pages;
mod settings;
#[cfg(test)]
mod tests;

use portolan_page::{AccountId, RegionName};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::Config;
use entry::CheckpointHeader;
use frames::{FIRST_LINE, Frames};
use kept::KeptPages;
use pages::{PageFile, has_begun, read_header, read_pages};
use portolan_fetch::{FetchedPage, KeptRegion, Options};
use portolan_page::ledger::{Ledger, Resumed};
use portolan_sandbox::MapperSet;
pub(crate) use settings::{SettingDigests, digests};

const PAGES: &str = "pages";
const LOCK: &str = "lock";

/// The checkpoint of a sync.
#[derive(Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    /// The LAST_CAPTURED of the resumed sync; `None` if a new one begins.
    captured_at: Option<String>,
    /// The settings of this sync.
    settings: SettingDigests,
    /// The settings of the resumed sync; `None` if a new one begins.
    earlier: Option<SettingDigests>,
    objects: u64,
    /// The length of the earlier sync's frames.
    kept_bytes: u64,
    kept: Mutex<KeptPages>,
    pages: Mutex<PageFile>,
    /// The locked file, held while the sync runs.
    _lock: File,
}

/// A checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk is full, the folder is not writable, and so on.
    #[error("cannot use the checkpoint {folder}: {source}")]
    Unusable {
        /// The checkpoint's folder.
        folder: String,
        /// The reason.
        source: io::Error,
    },
    /// Another sync uses it.
    #[error(
        "another sync uses the checkpoint {0} now; wait until it ends, or use another folder for this sync"
    )]
    Busy(String),
    /// The file is not a checkpoint of this version.
    #[error("{0} is not a checkpoint, or one of a later version of portolan; use another folder")]
    Foreign(String),
    /// A module has a grant of environment values, which are not kept.
    #[error(
        "checkpoint: a module is granted environment-values, which are not kept; leave one of the two out"
    )]
    Granted,
    /// The account is not known, so the checkpoint cannot be matched to this sync.
    #[error(
        "the checkpoint {0} cannot be used: the account of the credentials cannot be determined now, so it is not known whether the checkpoint belongs to this sync; run the same command again"
    )]
    UnknownPlace(String),
    /// It belongs to a sync with other settings.
    #[error(
        "{folder} is the checkpoint of another sync: {settings} differ; run with the settings of that sync, use another folder for this sync, or remove {folder} to begin anew"
    )]
    OtherSync {
        /// The checkpoint's folder.
        folder: String,
        /// The names of the settings that differ.
        settings: String,
    },
}

impl Checkpoint {
    /// Opens the checkpoint of a sync.
    ///
    /// # Errors
    /// Fails as [`Self::open`] does, and if a module has a grant of environment values: they are never
    /// written, so its records would depend on where the sync was killed.
    pub(crate) fn open_for(
        folder: &Path,
        config: &Config,
        mappers: &MapperSet,
    ) -> Result<Self, CheckpointError> {
        if config.mapping.grants_environment_values() {
            return Err(CheckpointError::Granted);
        }
        let settings = settings::of_config(config, mappers);
        Self::open(folder, settings, &config.fetching.options)
    }

    /// Opens a checkpoint, and reads what an earlier sync kept in it. Nothing is written yet.
    ///
    /// # Errors
    /// Fails if the folder cannot be used, another sync uses it, or it belongs to a sync with other settings.
    fn open(
        folder: &Path,
        settings: SettingDigests,
        options: &Options,
    ) -> Result<Self, CheckpointError> {
        let unusable = |source| unusable(folder, source);
        make_private(folder).map_err(unusable)?;
        let lock = private_file(&folder.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CheckpointError::Busy(folder.display().to_string()));
            }
            // Two syncs that write to one file would damage it.
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let path = folder.join(PAGES);
        let file = private_file(&path).map_err(unusable)?;
        let length_bytes = file.metadata().map_err(unusable)?.len();
        let mut input = BufReader::new(&file);
        let is_begun = has_begun(&mut input)
            .map_err(unusable)?
            .ok_or_else(|| CheckpointError::Foreign(path.display().to_string()))?;
        let frames_bytes = length_bytes.saturating_sub(FIRST_LINE.len() as u64);
        let mut frames = Frames::new(input, if is_begun { frames_bytes } else { 0 });
        let header = read_header(&mut frames, &path).map_err(unusable)?;
        let mut kept = KeptPages::default();
        if let Some(header) = &header {
            check(folder, &settings, &header.settings)?;
            read_pages(&mut frames, &path, |payload| kept.note(payload, options))
                .map_err(unusable)?;
        }
        let kept_bytes = frames.read_bytes;
        Ok(Self {
            folder: folder.to_owned(),
            captured_at: header.as_ref().map(|header| header.captured_at.clone()),
            settings,
            earlier: header.map(|header| header.settings),
            objects: kept.objects(),
            kept_bytes,
            kept: Mutex::new(kept),
            pages: Mutex::new(PageFile::new(file, kept_bytes)),
            _lock: lock,
        })
    }

    /// The LAST_CAPTURED of every record, if it comes from a resumed sync.
    pub(crate) fn captured_at(&self) -> Option<&str> {
        self.captured_at.as_deref()
    }

    /// The error if the accounts of the sync are not known.
    pub(crate) fn of_unknown_place(&self) -> CheckpointError {
        CheckpointError::UnknownPlace(self.folder.display().to_string())
    }

    /// The checkpoint's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The objects kept by an earlier sync, if this sync resumes one.
    pub(crate) fn resumed(&self) -> Option<Resumed> {
        self.earlier.as_ref().map(|_| Resumed {
            objects: self.objects,
        })
    }

    /// Starts to keep pages, now that the accounts are known, and counts the pages that are already kept.
    ///
    /// # Errors
    /// Fails if it belongs to a sync of other accounts or Regions, or cannot be written.
    pub(crate) fn begin(
        &self,
        place: SettingDigests,
        captured_at: &str,
        ledger: &Ledger,
    ) -> Result<(), CheckpointError> {
        if let Some(earlier) = &self.earlier {
            check(&self.folder, &place, earlier)?;
            tracing::info!(
                "resuming the sync of {captured_at}; {} objects are in {} already",
                self.objects,
                self.folder.display()
            );
        }
        for (key, scope) in self.kept().scopes() {
            ledger.resumed(key, scope.objects);
        }
        let first = match &self.earlier {
            Some(_) => Ok(None),
            None => self.header(place, captured_at).map(Some),
        };
        first
            .and_then(|first| self.pages().start(first))
            .map_err(|source| unusable(&self.folder, source))
    }

    /// The first frame of a new file.
    fn header(&self, place: SettingDigests, captured_at: &str) -> io::Result<Vec<u8>> {
        let mut settings = self.settings.clone();
        settings.extend(place);
        let header = CheckpointHeader {
            captured_at: captured_at.to_owned(),
            settings,
        };
        frames::frame(&serde_json::to_vec(&header)?)
    }

    /// Keeps a page. If it cannot be written, a warning is logged, and this and later pages are not kept.
    pub(crate) fn keep(&self, page: &FetchedPage) {
        if !self.pages().is_written() {
            return;
        }
        let kept = entry::pack(page)
            .and_then(|payload| frames::frame(&payload))
            .and_then(|frame| self.pages().append(&frame))
            // Without the lock, so that other threads do not wait for the disk.
            .and_then(|unflushed| unflushed.map_or(Ok(()), |file| file.sync_data()));
        if let Err(error) = kept {
            tracing::warn!(
                "cannot write the checkpoint {}: {error}; the sync continues, but the pages that it fetches from now on are not kept",
                self.folder.display()
            );
        }
    }

    /// Takes out the kept objects of an account and Region. A second call returns none.
    pub(crate) fn take(&self, account_id: &AccountId, region: &RegionName) -> KeptRegion {
        let place = (account_id.to_owned(), region.to_owned());
        self.kept().regions.remove(&place).unwrap_or_default()
    }

    /// Passes every page that an earlier sync kept to `receive`, until it returns `false`.
    ///
    /// # Errors
    /// Fails if a page can no longer be read.
    pub(crate) fn replay(
        &self,
        mut receive: impl FnMut(FetchedPage) -> bool,
    ) -> Result<(), CheckpointError> {
        let Some(captured_at) = self.captured_at() else {
            return Ok(());
        };
        let path = self.folder.join(PAGES);
        pages::read_again(&path, self.kept_bytes, |payload| {
            Ok(receive(entry::unpack(payload, captured_at)?))
        })
        .map_err(|source| unusable(&self.folder, source))
    }

    /// Removes the kept pages after the sync has ended, so that the next one begins anew.
    pub(crate) fn remove(&self) {
        if let Err(error) = std::fs::remove_file(self.folder.join(PAGES)) {
            tracing::warn!(
                "cannot remove the checkpoint {}: {error}; remove it yourself, or the next sync resumes from there",
                self.folder.display()
            );
        }
    }

    fn kept(&self) -> MutexGuard<'_, KeptPages> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pages(&self) -> MutexGuard<'_, PageFile> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses the checkpoint of a sync with other settings.
fn check(
    folder: &Path,
    settings: &SettingDigests,
    earlier: &SettingDigests,
) -> Result<(), CheckpointError> {
    let differing = settings::differing(settings, earlier);
    if differing.is_empty() {
        return Ok(());
    }
    Err(CheckpointError::OtherSync {
        folder: folder.display().to_string(),
        settings: differing.join(", "),
    })
}

fn unusable(folder: &Path, source: io::Error) -> CheckpointError {
    CheckpointError::Unusable {
        folder: folder.display().to_string(),
        source,
    }
}

/// Opens a file that only its owner can use, and creates it if it is missing.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
