//! Standard output: one line `{"object":…,"attributes":{…}}` for each record.

use std::io::{self, Write};

use super::SinkError;
use portolan_page::object::Object;

fn failed(error: io::Error) -> SinkError {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return SinkError::Closed;
    }
    SinkError::Write {
        path: "standard output".into(),
        source: error,
    }
}

/// Appends the line of a record, without its end.
pub(super) fn line(lines: &mut Vec<u8>, object: Object, record: &[u8]) {
    lines.extend_from_slice(b"{\"object\":\"");
    lines.extend_from_slice(object.name().as_bytes());
    lines.extend_from_slice(b"\",\"attributes\":");
    lines.extend_from_slice(record);
    lines.push(b'}');
}

/// Writes whole lines in one piece, so that threads do not mix them.
pub(super) fn write_lines(lines: &[u8]) -> Result<(), SinkError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(lines)
        .and_then(|()| stdout.flush())
        .map_err(failed)
}
