//! What a sync keeps while it runs, so that one that is killed goes on where it stopped.
//!
//! The unit of progress is a described page, as mappers see it (environment values withheld). Pages are
//! appended to one file as they are fetched. A sync that goes on lists everything again, which is cheap,
//! asks for what is not kept, and takes kept pages through the same mappers as new ones. What was described
//! before the kill and is not listed any more stays: it existed at LAST_CAPTURED.
//!
//! Whole frames count, wherever a kill cuts the file; the disk is told to have them every few seconds, so
//! that a power cut costs no more than that.

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
    /// The LAST_CAPTURED of the sync that goes on; none if this one begins.
    captured_at: Option<String>,
    /// The settings of this sync.
    settings: SettingDigests,
    /// Those of the sync that goes on; none if this one begins.
    earlier: Option<SettingDigests>,
    objects: u64,
    /// Where the frames of the earlier sync end.
    kept_bytes: u64,
    kept: Mutex<KeptPages>,
    pages: Mutex<PageFile>,
    /// Held as long as the sync runs.
    _lock: File,
}

/// A checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk is full, the folder is not writable, and so on.
    #[error("cannot use the checkpoint {folder}: {source}")]
    Unusable {
        /// The folder.
        folder: String,
        /// Why.
        source: io::Error,
    },
    /// Another sync has it.
    #[error(
        "another sync uses the checkpoint {0} at this moment; wait for its end, or give this one another folder"
    )]
    Busy(String),
    /// The file is something else.
    #[error("{0} is no checkpoint, or one of a later version of portolan; name another folder")]
    Foreign(String),
    /// What a module may see cannot be kept.
    #[error(
        "checkpoint: a module is granted environment-values, which are not kept; leave one of the two out"
    )]
    Granted,
    /// Nobody knows whether it belongs to this sync.
    #[error(
        "the checkpoint {0} cannot be used: the credentials do not say at this moment which account they are of, so that nobody knows whether it is of this sync; run the same command again"
    )]
    UnknownPlace(String),
    /// It belongs to a sync of something else.
    #[error(
        "{folder} is the checkpoint of a sync that is not this one: {settings} differ; go on with the settings of that sync, give this one another folder, or remove {folder} to begin anew"
    )]
    OtherSync {
        /// The folder.
        folder: String,
        /// What differs.
        settings: String,
    },
}

impl Checkpoint {
    /// Opens the checkpoint of a sync.
    ///
    /// # Errors
    /// As [`Self::open`], and if a module is granted what is never written down: its records would depend on
    /// where the sync was killed.
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
    /// If the folder cannot be used, another sync uses it, or it belongs to one with other settings.
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
            // Two syncs in one file would spoil it for both.
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

    /// The LAST_CAPTURED of every record, if it was settled by the sync that goes on.
    pub(crate) fn captured_at(&self) -> Option<&str> {
        self.captured_at.as_deref()
    }

    /// Why it cannot be used where the accounts of the sync are not known.
    pub(crate) fn of_unknown_place(&self) -> CheckpointError {
        CheckpointError::UnknownPlace(self.folder.display().to_string())
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether this sync goes on with an earlier one, and how much of it is kept.
    pub(crate) fn resumed(&self) -> Option<Resumed> {
        self.earlier.as_ref().map(|_| Resumed {
            objects: self.objects,
        })
    }

    /// Begins to keep pages, now that it is known whose accounts these are, and counts what is kept already.
    ///
    /// # Errors
    /// If it belongs to a sync of other accounts or Regions, or cannot be written.
    pub(crate) fn begin(
        &self,
        place: SettingDigests,
        captured_at: &str,
        ledger: &Ledger,
    ) -> Result<(), CheckpointError> {
        if let Some(earlier) = &self.earlier {
            check(&self.folder, &place, earlier)?;
            tracing::info!(
                "going on with the sync of {captured_at}; {} objects are in {} already",
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

    /// The first frame.
    fn header(&self, place: SettingDigests, captured_at: &str) -> io::Result<Vec<u8>> {
        let mut settings = self.settings.clone();
        settings.extend(place);
        let header = CheckpointHeader {
            captured_at: captured_at.to_owned(),
            settings,
        };
        frames::frame(&serde_json::to_vec(&header)?)
    }

    /// Keeps a page. A disk that does not take it costs a warning, and what a later sync could have saved.
    pub(crate) fn keep(&self, page: &FetchedPage) {
        if !self.pages().is_written() {
            return;
        }
        let kept = entry::pack(page)
            .and_then(|payload| frames::frame(&payload))
            .and_then(|frame| self.pages().append(&frame))
            // The other threads need not wait for the disk.
            .and_then(|unflushed| unflushed.map_or(Ok(()), |file| file.sync_data()));
        if let Err(error) = kept {
            tracing::warn!(
                "cannot write the checkpoint {}: {error}; the sync goes on, but what it fetches from here on is not kept",
                self.folder.display()
            );
        }
    }

    /// What is kept of an account and Region, which is then up to the caller.
    pub(crate) fn take(&self, account_id: &AccountId, region: &RegionName) -> KeptRegion {
        let place = (account_id.to_owned(), region.to_owned());
        self.kept().regions.remove(&place).unwrap_or_default()
    }

    /// Gives every page that an earlier sync kept, until `receive` wants no more.
    ///
    /// # Errors
    /// If one cannot be read any more.
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

    /// Removes what is kept: the sync has ended, and the next one begins anew.
    pub(crate) fn remove(&self) {
        if let Err(error) = std::fs::remove_file(self.folder.join(PAGES)) {
            tracing::warn!(
                "cannot remove the checkpoint {}: {error}; remove it yourself, or the next sync goes on from there",
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

/// Refuses to go on with a sync of something else.
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

/// Opens a file for its owner alone, which is made if it is missing.
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
