//! Writes one line `{"object":…,"attributes":{…}}` to standard output for each record.

use std::io::{self, Write};

use super::{Line, SinkError};
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

/// Writes the records of a page, each with its changes and provenance.
pub(super) fn write(object: Object, lines: &[Line<'_>]) -> Result<(), SinkError> {
    let mut text = Vec::new();
    for each in lines {
        match &each.change {
            Some(change) => text.extend(change.line(object, Some(each.record))),
            None => line(&mut text, object, each.record),
        }
        if let Some(authors) = &each.authors {
            // Adds one more member before the brace that closes the line.
            text.pop();
            text.extend_from_slice(b",\"provenance\":");
            text.extend(authors.modules());
            text.push(b'}');
        }
        text.push(b'\n');
    }
    write_lines(&text)
}

/// Appends the line of a record, without a line break.
fn line(lines: &mut Vec<u8>, object: Object, record: &[u8]) {
    lines.extend_from_slice(b"{\"object\":\"");
    lines.extend_from_slice(object.name().as_bytes());
    lines.extend_from_slice(b"\",\"attributes\":");
    lines.extend_from_slice(record);
    lines.push(b'}');
}

/// Writes whole lines in one call, so that threads do not mix them.
pub(super) fn write_lines(lines: &[u8]) -> Result<(), SinkError> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(lines)
        .and_then(|()| stdout.flush())
        .map_err(failed)
}
