//! Recorded pages, as mappers got them, for replay without AWS. The format is JSON Lines, one page per line.
//! Output of the AWS CLI can be read too.

mod answer;
mod trail;

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use serde_json::error::Category;
use serde_json::value::RawValue;
use tempfile::NamedTempFile;

use crate::body::{BODY_LIMIT_BYTES, Origin, Page};
use crate::object::{Object, Operation};
use portolan_machine::text::printable;

/// A recorded page as written on its line.
#[derive(Serialize)]
struct RecordedLine<'a> {
    operation: &'a str,
    context: Context<'a>,
    body: &'a str,
}

#[derive(Serialize)]
struct Context<'a> {
    account_id: &'a str,
    region: &'a str,
    sync_timestamp: &'a str,
    partition: &'a str,
}

/// The prefix of a recording's file name before it is renamed to its place.
const PREFIX: &str = ".portolan-record-";

/// Writes pages to a file that appears when it is finished.
pub struct Recorder {
    place: PathBuf,
    file: Mutex<BufWriter<NamedTempFile>>,
}

impl Recorder {
    /// Starts a recording.
    ///
    /// # Errors
    /// Fails if the file's folder cannot be written to.
    pub fn create(place: &Path) -> io::Result<Self> {
        if place.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let folder = place
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        remove_abandoned(folder);
        let file = portolan_machine::aside::beside(place, PREFIX)?;
        // On a file system without locks, only the cleanup after killed syncs is lost.
        let _ = file.as_file().try_lock();
        Ok(Self {
            place: place.to_owned(),
            file: Mutex::new(BufWriter::new(file)),
        })
    }

    /// Writes a page.
    ///
    /// # Errors
    /// Fails if it cannot be written.
    pub fn write(&self, page: &Page) -> io::Result<()> {
        let line = RecordedLine {
            operation: page.object.describe_operation().name(),
            context: Context {
                account_id: &page.origin.account_id,
                region: &page.origin.region,
                sync_timestamp: &page.origin.captured_at,
                partition: &page.origin.partition,
            },
            body: page.text(),
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&text)
    }

    /// The path of the finished recording.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Removes the unfinished file; other threads may still hold this recorder.
    pub fn discard(&self) {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = std::fs::remove_file(file.get_ref().path()) {
            tracing::warn!("cannot remove {}: {error}", file.get_ref().path().display());
        }
    }

    /// Writes everything to the disk, so that only the rename can still fail.
    ///
    /// # Errors
    /// Fails if the disk cannot be written to.
    pub fn close(self) -> io::Result<Recording> {
        let file = self
            .file
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_data()?;
        Ok(Recording {
            place: self.place,
            file,
        })
    }
}

/// A recording that is written, but not in its place yet. Dropping it removes the file.
pub struct Recording {
    place: PathBuf,
    file: NamedTempFile,
}

impl Recording {
    /// The path of the finished recording.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Renames the file to its place.
    ///
    /// # Errors
    /// Fails if it cannot be renamed.
    pub fn appear(self) -> io::Result<()> {
        let _: File = self.file.persist(self.place)?;
        Ok(())
    }
}

/// Removes files that killed syncs left. Such a file is not locked.
fn remove_abandoned(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if !is_ours {
            continue;
        }
        let path = entry.path();
        let is_abandoned = File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if is_abandoned && let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(
                "cannot remove {}, which a killed sync left: {error}",
                path.display()
            );
        }
    }
}

/// Reads one line of a recording.
///
/// # Errors
/// Fails with a sentence that says why the line is not a page. It does not quote the body.
pub fn read_line(line: &[u8]) -> Result<Page, String> {
    let page = members(line)?;
    if !page.contains_key("operation") {
        return answer::read(line, &page);
    }
    let operation = text(page.get("operation"), "operation")?;
    let object = described_object(&operation)?;
    let context = page
        .get("context")
        .and_then(|context| members(context.get().as_bytes()).ok())
        .ok_or("it has no object `context`")?;
    let account_id = text(context.get("account_id"), "context.account_id")?;
    let region = text(context.get("region"), "context.region")?;
    let timestamp = text(context.get("sync_timestamp"), "context.sync_timestamp")?;
    let captured_at = portolan_machine::clock::normalised(&timestamp).ok_or(
        "its `context.sync_timestamp` is not in RFC 3339, such as 2026-11-21T01:32:00.123Z",
    )?;
    let partition = text(context.get("partition"), "context.partition")
        .unwrap_or_else(|_| partition_of(&region).to_owned());
    let body = text(page.get("body"), "body")?;
    Page::read(
        object,
        Origin {
            partition,
            account_id: account_id.into(),
            region: region.into(),
            captured_at,
        },
        Bytes::from(body),
    )
    .map_err(|error| error.to_string())
}

/// The members of a JSON object, without parsing their values: unused members may hold anything.
fn members(json: &[u8]) -> Result<HashMap<String, &RawValue>, String> {
    serde_json::from_slice(json).map_err(|error| match error.classify() {
        Category::Data if json.trim_ascii_start().starts_with(b"[") => answer::LIST.to_owned(),
        Category::Data => "it is not a JSON object".to_owned(),
        _ if error.line() > 1 => format!("it is not JSON (at line {} of it)", error.line()),
        _ => format!("it is not JSON (at byte {})", error.column()),
    })
}

fn text(member: Option<&&RawValue>, name: &str) -> Result<String, String> {
    member
        .and_then(|value| serde_json::from_str(value.get()).ok())
        .ok_or_else(|| format!("it has no text `{name}`"))
}

fn described_object(operation: &str) -> Result<Object, String> {
    Operation::ALL
        .into_iter()
        .filter(|known| operation == known.name() || operation == known.action())
        .find_map(Operation::described_object)
        .ok_or_else(|| {
            let fetched = Object::ALL.into_iter().filter(|it| it.fetched() == *it);
            let known: Vec<&str> = fetched.map(|it| it.describe_operation().name()).collect();
            format!(
                "`{}` is not an operation whose pages are mapped; those are {}",
                printable(operation, 64),
                known.join(", ")
            )
        })
}

/// The partition of a Region, by the prefixes that AWS publishes.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    const PREFIXES: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PREFIXES
        .into_iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("aws", |(_, partition)| partition)
}

/// The longest line: a body of the largest size, in which every byte may be escaped.
const LINE_LIMIT_BYTES: u64 = 6 * BODY_LIMIT_BYTES as u64 + 64 * 1024;

/// Reads a recording line by line, and continues after a line that is not a page.
pub struct Pages<R> {
    input: R,
    /// The number of lines read.
    lines: u64,
    buffer: Vec<u8>,
    /// The line at which the last pages begin.
    first_line: u64,
    /// Further pages of the last line.
    waiting: VecDeque<Result<Page, String>>,
}

impl<R: BufRead> Pages<R> {
    /// Reads pages from an input.
    pub const fn new(input: R) -> Self {
        Self {
            input,
            lines: 0,
            buffer: Vec::new(),
            first_line: 0,
            waiting: VecDeque::new(),
        }
    }

    fn read(&mut self) -> io::Result<Option<Result<Page, String>>> {
        self.buffer.clear();
        if self.lines == 0 {
            portolan_machine::text::skip_mark(&mut self.input)?;
            answer::refuse_other_output(self.input.fill_buf()?)?;
        }
        if self.read_line()? == 0 {
            return Ok(None);
        }
        // Such a line begins indented JSON, which ends with a line like it; a recorded page never has one.
        if matches!(self.buffer.trim_ascii(), b"{" | b"[") {
            while self.read_line()? > 0 && !is_end(&self.buffer) {}
        }
        if self.buffer.len() as u64 == LINE_LIMIT_BYTES && self.buffer.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Err(
                "it is longer than any recorded page can be".to_owned()
            )));
        }
        // Editors add an empty last line; it is not a missing page.
        if self.buffer.trim_ascii().is_empty() && self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        if let Some(pages) = trail_pages(&self.buffer) {
            self.waiting.extend(pages);
            return Ok(self.waiting.pop_front());
        }
        Ok(Some(read_line(&self.buffer)))
    }

    /// Adds a line to the buffer, up to the limit, and returns its length.
    fn read_line(&mut self) -> io::Result<usize> {
        let room = LINE_LIMIT_BYTES.saturating_sub(self.buffer.len() as u64);
        let mut input = self.input.by_ref().take(room);
        let read = input.read_until(b'\n', &mut self.buffer)?;
        self.lines += u64::from(read > 0);
        Ok(read)
    }
}

/// The pages of a file that a trail delivered; `None` if the line is something else.
fn trail_pages(line: &[u8]) -> Option<Vec<Result<Page, String>>> {
    let text = std::str::from_utf8(line).ok()?;
    let members = members(line).ok()?;
    let events = trail::events(text, &members)?;
    Some(trail::pages(&events))
}

/// Whether the last line closes the document: the closing bracket is not indented.
fn is_end(document: &[u8]) -> bool {
    let document = document.trim_ascii_end();
    document.ends_with(b"\n}") || document.ends_with(b"\n]")
}

/// Yields the number of each line, counted from 1, with its page or the reason that it is not a page.
impl<R: BufRead> Iterator for Pages<R> {
    type Item = io::Result<(u64, Result<Page, String>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(page) = self.waiting.pop_front() {
            return Some(Ok((self.first_line, page)));
        }
        let number = self.lines + 1;
        self.first_line = number;
        self.read()
            .transpose()
            .map(|read| read.map(|page| (number, page)))
    }
}

#[cfg(test)]
mod tests;
