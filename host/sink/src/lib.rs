//! Where records go: a folder of files that appear whole or not at all, or standard output.

mod folder;
mod stdout;

use std::io;
use std::path::Path;

use folder::Folder;
use portolan_page::object::Object;
use portolan_records::changes::{Change, ChangeKind};
use portolan_records::report::Report;
use portolan_records::{Authors, Records};

/// What is written beside the records.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside {
    /// What has changed in each.
    pub changes: bool,
    /// Which module set which attribute.
    pub provenance: bool,
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

    /// Writes the records of one page, what has changed in each if they were compared, and which module set
    /// which attribute if that is asked for. May be called from any thread.
    ///
    /// # Errors
    /// If they cannot be written; the sync has to stop then.
    pub fn write(
        &self,
        object: Object,
        records: &Records,
        changes: Option<&[Change]>,
        authors: Option<&[Authors]>,
    ) -> Result<(), SinkError> {
        match self {
            Self::Folder(folder) => {
                folder.write(object, records)?;
                if let Some(changes) = changes {
                    folder.write_changes(object, &change_lines(object, records, changes))?;
                }
                authors.map_or(Ok(()), |authors| folder.write_provenance(object, authors))
            }
            Self::Stdout => {
                let mut lines = Vec::new();
                for (place, record) in records.iter().enumerate() {
                    match changes.and_then(|changes| changes.get(place)) {
                        Some(change) => lines.extend(change.line(object, Some(record))),
                        None => stdout::line(&mut lines, object, record),
                    }
                    if let Some(authors) = authors.and_then(|authors| authors.get(place)) {
                        // One more member before the brace that closes the line.
                        lines.pop();
                        lines.extend_from_slice(b",\"provenance\":");
                        lines.extend(authors.modules());
                        lines.push(b'}');
                    }
                    lines.push(b'\n');
                }
                stdout::write_lines(&lines)
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

/// The lines of what has changed on a page.
fn change_lines(object: Object, records: &Records, changes: &[Change]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (record, change) in records.iter().zip(changes) {
        if change.kind != ChangeKind::Unchanged {
            lines.extend(change.line(object, Some(record)));
            lines.push(b'\n');
        }
    }
    lines
}
