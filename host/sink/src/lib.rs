//! Where records go: a folder of files that appear whole or not at all, or standard output.

mod folder;
mod stdout;

use std::io;
use std::path::Path;

use folder::Folder;
use portolan_page::object::Object;
use portolan_records::Authors;
use portolan_records::changes::RecordChange;
use portolan_records::report::Report;

/// What is written beside the records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// What has changed in each.
    pub changes: bool,
    /// Which module set which attribute.
    pub provenance: bool,
}

/// A record, and what is said beside it.
#[derive(Debug)]
pub struct Line<'r> {
    /// A JSON object on one line.
    pub record: &'r [u8],
    /// What has changed in it, if it was compared with an earlier output.
    pub change: Option<RecordChange>,
    /// Which module set which attribute, if that is asked for.
    pub authors: Option<Authors>,
}

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
    /// # Errors
    /// If the folder cannot be made or written to.
    pub fn open(output: &Path, objects: &[Object], beside: Beside) -> Result<Self, SinkError> {
        if output == Path::new("-") {
            return Ok(Self::Stdout);
        }
        Folder::open(output, objects, beside).map(Self::Folder)
    }

    /// Writes the records of one page. May be called from any thread.
    ///
    /// # Errors
    /// If they cannot be written; the sync has to stop then.
    pub fn write(&self, object: Object, lines: &[Line<'_>]) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) => folder.write(object, lines),
            Self::Stdout => stdout::write(object, lines),
        }
    }

    /// Writes that an object is gone.
    ///
    /// # Errors
    /// If it cannot be written; the sync has to stop then.
    pub fn write_removal(&self, object: Object, removal: &RecordChange) -> Result<(), SinkError> {
        let mut line = removal.line(object, None);
        line.push(b'\n');
        match self {
            Self::Folder(folder) => folder.write_removal(object, &line),
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
