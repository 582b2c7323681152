//! Standard output: one line `{"object":…,"attributes":{…}}` for each record.

use std::io::{self, Write};

use super::SinkError;
use crate::object::Object;
use crate::records::Records;

fn failed(error: io::Error) -> SinkError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return SinkError::Closed;
    }
    SinkError::Write {
        path: "standard output".into(),
        source: error,
    }
}

/// Writes a page's records in one piece, so that threads do not mix lines.
pub(super) fn write(object: Object, records: &Records) -> Result<(), SinkError> {
    let mut lines = Vec::new();
    for record in records.iter() {
        lines.extend_from_slice(b"{\"object\":\"");
        lines.extend_from_slice(object.name().as_bytes());
        lines.extend_from_slice(b"\",\"attributes\":");
        lines.extend_from_slice(record);
        lines.extend_from_slice(b"}\n");
    }
    write_lines(&lines)
}

/// Writes whole lines in one piece.
pub(super) fn write_lines(lines: &[u8]) -> Result<(), SinkError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(lines)
        .and_then(|()| stdout.flush())
        .map_err(failed)
}
