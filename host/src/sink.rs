//! Where records go: a folder of files that appear whole or not at all, or standard output.

mod folder;
mod stdout;

use std::io;
use std::path::Path;

use crate::changes::{Change, ChangeKind};
use crate::object::Object;
use crate::records::Records;
use crate::report::Report;
use folder::Folder;

/// A place for records.
pub enum Sink {
    /// A folder.
    Folder(Folder),
    /// Standard output.
    Stdout,
}

/// Records could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The disk is full, the folder is not writable, and so on.
    #[error(
        "cannot write {path}: {source}; nothing of this sync is kept, and earlier output is as it was"
    )]
    Write {
        /// The file or folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Replacing went wrong half-way.
    #[error(
        "cannot replace {path}: {source}; the folder now holds files of two syncs and no report.json; mend the cause and run the sync again"
    )]
    Torn {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The reader of standard output went away.
    #[error("standard output was closed before the sync ended")]
    Closed,
}

impl Sink {
    /// Opens `output`: a folder, or `-` for standard output.
    ///
    /// `has_changes` says whether records will come with their changes.
    ///
    /// # Errors
    /// If the folder cannot be made or written to.
    pub fn open(output: &Path, objects: &[Object], has_changes: bool) -> Result<Self, SinkError> {
        if output == Path::new("-") {
            return Ok(Self::Stdout);
        }
        Folder::open(output, objects, has_changes).map(Self::Folder)
    }

    /// Writes the records of one page, and what has changed in each if they were compared. May be called
    /// from any thread.
    ///
    /// # Errors
    /// If they cannot be written; the sync has to stop then.
    pub fn write(
        &self,
        object: Object,
        records: &Records,
        changes: Option<&[Change]>,
    ) -> Result<(), SinkError> {
        match (self, changes) {
            (Self::Folder(folder), None) => folder.write(object, records),
            (Self::Folder(folder), Some(changes)) => {
                folder.write(object, records)?;
                let lines = change_lines(object, records, changes, |change| {
                    change.kind != ChangeKind::Unchanged
                });
                folder.write_changes(object, &lines)
            }
            (Self::Stdout, None) => stdout::write(object, records),
            (Self::Stdout, Some(changes)) => {
                stdout::write_lines(&change_lines(object, records, changes, |_| true))
            }
        }
    }

    /// Writes that an object is gone.
    ///
    /// # Errors
    /// If it cannot be written; the sync has to stop then.
    pub fn write_removal(&self, object: Object, removal: &Change) -> Result<(), SinkError> {
        let mut line = removal.line(object, None);
        line.push(b'\n');
        match self {
            Self::Folder(folder) => folder.write_changes(object, &line),
            Self::Stdout => stdout::write_lines(&line),
        }
    }

    /// Removes what was written, while other threads may still hold this sink.
    pub fn discard(&self) {
        if let Self::Folder(folder) = self {
            folder.discard();
        }
    }

    /// Makes what was written visible, all at once, together with the report.
    ///
    /// # Errors
    /// If a file cannot be finished or put into its place.
    pub fn finish(self, report: &Report) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) => folder.finish(report),
            Self::Stdout => Ok(()),
        }
    }
}

/// The lines of a page's changes that are asked for.
fn change_lines(
    object: Object,
    records: &Records,
    changes: &[Change],
    is_asked_for: impl Fn(&Change) -> bool,
) -> Vec<u8> {
    let mut lines = Vec::new();
    for (record, change) in records.iter().zip(changes) {
        if is_asked_for(change) {
            lines.extend(change.line(object, Some(record)));
            lines.push(b'\n');
        }
    }
    lines
}
