//! The file: what is read of it when a sync begins, and how it grows.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::entry::CheckpointHeader;
use super::frames::{FIRST_LINE, Frames, Next};

/// How much work a power cut may cost. A kill costs none.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);

/// The file, and where its last whole frame ends.
#[derive(Debug)]
pub(super) struct PageFile {
    file: File,
    end: u64,
    flushed_at: Instant,
    /// False before the first call, and after an error.
    is_written: bool,
}

impl PageFile {
    /// A file of which the first line and so many bytes of frames are good.
    pub(super) fn new(file: File, good_bytes: u64) -> Self {
        Self {
            file,
            end: FIRST_LINE.len() as u64 + good_bytes,
            flushed_at: Instant::now(),
            is_written: false,
        }
    }

    /// Whether pages are kept at present.
    pub(super) const fn is_written(&self) -> bool {
        self.is_written
    }

    /// Cuts off what is no whole frame; or everything, if there is a new first frame.
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

    /// Writes a frame, and gives the file if it should go to the disk by now.
    pub(super) fn append(&mut self, frame: &[u8]) -> io::Result<Option<File>> {
        // Another thread may have met an error meanwhile, and told it.
        if !self.is_written {
            return Ok(None);
        }
        if let Err(error) = self.file.write_all(frame) {
            self.is_written = false;
            // What is whole stays good even if this fails as well: a torn end is cut off by the next sync.
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

/// Whether a file has begun: a kill may have left less than its first line. Nothing for a file that is
/// something else, and not ours to overwrite.
pub(super) fn has_begun(input: &mut impl Read) -> io::Result<Option<bool>> {
    let mut first = Vec::new();
    input
        .take(FIRST_LINE.len() as u64)
        .read_to_end(&mut first)?;
    Ok(FIRST_LINE
        .starts_with(&first)
        .then(|| first.len() == FIRST_LINE.len()))
}

/// The header; none if the file ends before it does, or if it is damaged.
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

/// Gives every whole page. What comes after damage is not trusted.
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
                    "the checkpoint {} is damaged after {} bytes; the sync goes on from there, and asks again for what comes after",
                    path.display(),
                    FIRST_LINE.len() as u64 + frames.read_bytes
                );
                return Ok(());
            }
        }
    }
}

/// Gives every page among the first bytes of frames again, until `receive` wants no more.
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
                    "it has changed while it was read",
                ));
            }
        }
    }
}
