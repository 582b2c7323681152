//! Writes records to a folder of files that appear whole or not at all, or to standard output.

mod folder;
mod names;
mod stdout;

use std::io;
use std::path::Path;

use folder::Folder;
pub use names::{exports_in, is_export_name};
use portolan_page::object::Object;
use portolan_records::Authors;
use portolan_records::changes::RecordChange;
use portolan_records::report::Report;

/// The data to write beside the records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// The changes of each record.
    pub changes: bool,
    /// The module that set each attribute.
    pub provenance: bool,
}

/// A record, with the data to write beside it.
#[derive(Debug)]
pub struct Line<'r> {
    /// The record: a JSON object on one line.
    pub record: &'r [u8],
    /// Its changes, if it was compared with an earlier output.
    pub change: Option<RecordChange>,
    /// The module that set each attribute, if requested.
    pub authors: Option<Authors>,
}

/// A destination of records.
pub enum Sink {
    /// An output folder.
    Folder(Folder),
    /// Standard output, and the folder of a copy if there is one.
    Stdout(Option<Folder>),
}

/// Records cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The disk is full, the folder is not writable, and so on.
    #[error(
        "cannot write {path}: {source}; nothing of this sync is kept, and earlier output is as it was"
    )]
    Write {
        /// The path of the file or folder.
        path: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// The replacement of files failed half-way.
    #[error(
        "cannot replace {path}: {source}; the folder now holds files of two syncs and no report.json; fix the cause and run the sync again"
    )]
    Torn {
        /// The path of the file.
        path: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// The reader of standard output closed it.
    #[error("standard output was closed before the sync ended")]
    Closed,
}

impl Sink {
    /// Opens `output`: a folder, or `-` for standard output, where a folder of `copy` gets the records too.
    ///
    /// # Errors
    /// Fails if a folder cannot be created or written to.
    pub fn open(
        output: &Path,
        copy: Option<&Path>,
        objects: &[Object],
        beside: Beside,
    ) -> Result<Self, SinkError> {
        if output == Path::new("-") {
            let copy = copy.map(|copy| Folder::open(copy, objects, Beside::default()));
            return Ok(Self::Stdout(copy.transpose()?));
        }
        Folder::open(output, objects, beside).map(Self::Folder)
    }

    /// Writes the records of one page. It may be called from any thread.
    ///
    /// # Errors
    /// Fails if they cannot be written; then the sync has to stop.
    pub fn write(&self, object: Object, lines: &[Line<'_>]) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) => folder.write(object, lines),
            Self::Stdout(copy) => {
                if let Some(folder) = copy {
                    folder.write(object, lines)?;
                }
                stdout::write(object, lines)
            }
        }
    }

    /// Writes the removal of an object.
    ///
    /// # Errors
    /// Fails if it cannot be written; then the sync has to stop.
    pub fn write_removal(&self, object: Object, removal: &RecordChange) -> Result<(), SinkError> {
        let mut line = removal.line(object, None);
        line.push(b'\n');
        match self {
            Self::Folder(folder) => folder.write_removal(object, &line),
            Self::Stdout(_) => stdout::write_lines(&line),
        }
    }

    /// Removes the written files, while other threads may still hold this sink.
    pub fn discard(&self) {
        if let Self::Folder(folder) | Self::Stdout(Some(folder)) = self {
            folder.discard();
        }
    }

    /// Publishes the written files, all at once, together with the report.
    ///
    /// # Errors
    /// Fails if a file cannot be finished or renamed.
    pub fn finish(self, report: &Report) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) | Self::Stdout(Some(folder)) => folder.finish(report),
            Self::Stdout(None) => Ok(()),
        }
    }
}
