//! The file of pages: reading it when a sync begins, and appending to it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::entry::CheckpointHeader;
use super::frames::{FIRST_LINE, Frames, Next};

/// The longest work that a power cut may lose. A kill loses none.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// The file, and the end of its last whole frame.
#[derive(Debug)]
pub(super) struct PageFile {
    file: File,
    end: u64,
    flushed_at: Instant,
    /// False before the first call, and after an error.
    is_written: bool,
}

impl PageFile {
    /// A file whose first line and next `good_bytes` of frames are good.
    pub(super) fn new(file: File, good_bytes: u64) -> Self {
        Self {
            file,
            end: FIRST_LINE.len() as u64 + good_bytes,
            flushed_at: Instant::now(),
            is_written: false,
        }
    }

    /// Whether pages are being written.
    pub(super) const fn is_written(&self) -> bool {
        self.is_written
    }

    /// Cuts off everything after the last whole frame; with a new first frame, replaces the whole file.
    pub(super) fn start(&mut self, first: Option<Vec<u8>>) -> io::Result<()> {
        if let Some(first) = first {
            let start = [FIRST_LINE, &first].concat();
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.file.write_all(&start)?;
            self.end = start.len() as u64;
        }
        self.file.set_len(self.end)?;
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.sync_all()?;
        self.is_written = true;
        Ok(())
    }

    /// Writes a frame, and returns the file if it is time to flush it to the disk.
    pub(super) fn append(&mut self, frame: &[u8]) -> io::Result<Option<File>> {
        // Another thread may have failed meanwhile, and has reported its error.
        if !self.is_written {
            return Ok(None);
        }
        if let Err(error) = self.file.write_all(frame) {
            self.is_written = false;
            // If this fails too, whole frames stay good: the next sync cuts off a torn end.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.end += frame.len() as u64;
        if self.flushed_at.elapsed() < FLUSH_INTERVAL {
            return Ok(None);
        }
        self.flushed_at = Instant::now();
        self.file.try_clone().map(Some)
    }
}

/// Whether a file has its whole first line; a kill may have cut it. `None` if the file is something else, and
/// must not be overwritten.
pub(super) fn has_begun(input: &mut impl Read) -> io::Result<Option<bool>> {
    let mut first = Vec::new();
    input
        .take(FIRST_LINE.len() as u64)
        .read_to_end(&mut first)?;
    Ok(FIRST_LINE
        .starts_with(&first)
        .then(|| first.len() == FIRST_LINE.len()))
}

/// Reads the header; `None` if the file ends within it, or if it is damaged.
pub(super) fn read_header(
    frames: &mut Frames<impl Read>,
    path: &Path,
) -> io::Result<Option<CheckpointHeader>> {
    match frames.next()? {
        Next::Payload(payload) => Ok(Some(serde_json::from_slice(&payload)?)),
        Next::End | Next::Torn => Ok(None),
        Next::Damaged => {
            tracing::warn!(
                "the checkpoint {} is damaged at its beginning; the sync begins anew",
                path.display()
            );
            Ok(None)
        }
    }
}

/// Passes every whole page to `note`, up to the first damage.
pub(super) fn read_pages(
    frames: &mut Frames<impl Read>,
    path: &Path,
    mut note: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        match frames.next()? {
            Next::Payload(payload) => note(&payload)?,
            Next::End | Next::Torn => return Ok(()),
            Next::Damaged => {
                tracing::warn!(
                    "the checkpoint {} is damaged after {} bytes; the sync resumes from there, and requests later objects again",
                    path.display(),
                    FIRST_LINE.len() as u64 + frames.read_bytes
                );
                return Ok(());
            }
        }
    }
}

/// Passes every page in the first `frames_bytes` of frames to `receive`, until it returns `false`.
pub(super) fn read_again(
    path: &Path,
    frames_bytes: u64,
    mut receive: impl FnMut(&[u8]) -> io::Result<bool>,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(FIRST_LINE.len() as u64))?;
    let mut frames = Frames::new(BufReader::new(file), frames_bytes);
    // The header.
    frames.next()?;
    loop {
        match frames.next()? {
            Next::End => return Ok(()),
            Next::Payload(payload) => {
                if !receive(&payload)? {
                    return Ok(());
                }
            }
            Next::Torn | Next::Damaged => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "it was changed while it was read",
                ));
            }
        }
    }
}
