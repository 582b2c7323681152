//! The output of a sync that is assessed: its report, and the files of its records.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use portolan_machine::text::read_file;
use portolan_page::object::Object;
use portolan_records::report::Report;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::place::Record;

/// Far more than a record has. Without a limit, a file without line feeds would be read into memory.
pub(crate) const LINE_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// Reports have a line for every scope and a bounded number of details, so they are far smaller than this.
const REPORT_LIMIT_BYTES: u64 = 1024 * 1024 * 1024;

/// The reason that an output cannot be assessed.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The folder has no report, so that nothing in it is known to be complete.
    #[error(
        "{folder} has no report.json, so it is not known what is complete there; give the folder of a `portolan sync`"
    )]
    NoReport {
        /// The folder.
        folder: String,
    },
    /// The report is not one of this program.
    #[error("{file} is not a report of `portolan sync`: {reason}")]
    OtherReport {
        /// The file.
        file: String,
        /// The problem with it.
        reason: String,
    },
    /// The records are not those that the report is about.
    #[error(
        "{file} has {found} records, and report.json says that {written} were written; assess the folder of a sync as it is"
    )]
    OtherRecords {
        /// The file.
        file: String,
        /// The number of its records.
        found: u64,
        /// The number in the report.
        written: u64,
    },
    /// A line of a file of findings is not a finding.
    #[error("line {line} of {file} is not a finding of `portolan assess`")]
    NoFinding {
        /// The file.
        file: String,
        /// The number of the line, from 1.
        line: u64,
    },
    /// There is no earlier assessment to compare with.
    #[error("{folder} has no Finding.jsonl to compare with; run `portolan assess {folder}` first")]
    NoEarlier {
        /// The folder.
        folder: String,
    },
    /// The mutes cannot be used.
    #[error("{file} is not a file of mutes: {reason}")]
    Mutes {
        /// The file.
        file: String,
        /// The problem with it.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("cannot {action} {file}: {source}")]
    File {
        /// `read`, `write` or `use`.
        action: &'static str,
        /// The file.
        file: String,
        /// The reason.
        source: io::Error,
    },
    /// A line of a file of records is not a record.
    #[error(
        "line {line} of {file} is not a record of {object}; `portolan validate` says what is wrong with it"
    )]
    NoRecord {
        /// The file.
        file: String,
        /// The number of the line, from 1.
        line: u64,
        /// The object that the file is of.
        object: Object,
    },
}

impl AssessError {
    pub(crate) fn file(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.display().to_string();
        move |source| Self::File {
            action,
            file,
            source,
        }
    }
}

/// The output of a sync.
#[derive(Debug)]
pub struct Output {
    /// The folder.
    pub folder: PathBuf,
    /// The report of the sync.
    pub report: Report,
}

impl Output {
    /// Opens a folder.
    ///
    /// # Errors
    /// Fails if it has no report of this program.
    pub fn open(folder: &Path) -> Result<Self, AssessError> {
        let file = folder.join("report.json");
        let text = read_file(&file, REPORT_LIMIT_BYTES).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => AssessError::NoReport {
                folder: folder.display().to_string(),
            },
            _ => AssessError::file("read", &file)(error),
        })?;
        let report = serde_json::from_str(&text).map_err(|error| AssessError::OtherReport {
            file: file.display().to_string(),
            reason: error.to_string(),
        })?;
        let output = Self {
            folder: folder.to_owned(),
            report,
        };
        output.check_counts()?;
        Ok(output)
    }

    /// Compares the numbers of records with those in the report: a file that lacks records would pass for a world
    /// that lacks their objects.
    fn check_counts(&self) -> Result<(), AssessError> {
        for (object, counts) in &self.report.objects {
            let mut records = self.records(*object)?;
            let mut found = 0;
            while records.next_text()?.is_some() {
                found += 1;
            }
            if found != counts.written && self.report.data_replaced {
                return Err(AssessError::OtherRecords {
                    file: self.file(*object).display().to_string(),
                    found,
                    written: counts.written,
                });
            }
        }
        Ok(())
    }

    /// The file of an object's records.
    pub(crate) fn file(&self, object: Object) -> PathBuf {
        self.folder.join(format!("{object}.jsonl"))
    }

    /// The records of an object; none if it was not synced.
    ///
    /// # Errors
    /// Fails if their file cannot be opened.
    pub fn records(&self, object: Object) -> Result<Records, AssessError> {
        Records::open(self.file(object), object)
    }
}

/// The records of a file, in their order, with the places of their lines.
pub struct Records {
    file: PathBuf,
    object: Object,
    /// `None` if there is no file.
    lines: Option<BufReader<File>>,
    line: u64,
    offset: u64,
    buffer: Vec<u8>,
}

/// The place of a record's line in its file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub offset: u64,
    /// Its length, with the line feed.
    pub length: u32,
}

impl Records {
    fn open(file: PathBuf, object: Object) -> Result<Self, AssessError> {
        if fs::metadata(&file).is_ok_and(|about| !about.is_file()) {
            let error = io::Error::other("it is not a file");
            return Err(AssessError::file("read", &file)(error));
        }
        let lines = match File::open(&file) {
            Ok(opened) => Some(BufReader::with_capacity(256 * 1024, opened)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(AssessError::file("read", &file)(error)),
        };
        Ok(Self {
            file,
            object,
            lines,
            line: 0,
            offset: 0,
            buffer: Vec::new(),
        })
    }

    /// The text of the next record, and its place.
    pub(crate) fn next_text(&mut self) -> Result<Option<(Span, &[u8])>, AssessError> {
        let Some(lines) = &mut self.lines else {
            return Ok(None);
        };
        loop {
            self.buffer.clear();
            let read = lines
                .take(LINE_LIMIT_BYTES)
                .read_until(b'\n', &mut self.buffer);
            let length = read.map_err(AssessError::file("read", &self.file))?;
            if length == 0 {
                return Ok(None);
            }
            let span = Span {
                offset: self.offset,
                length: u32::try_from(length).unwrap_or(u32::MAX),
            };
            self.line += 1;
            self.offset += length as u64;
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some((span, self.buffer.trim_ascii())));
            }
        }
    }

    /// The next record, and its place.
    ///
    /// # Errors
    /// Fails if the file cannot be read, or if the line is not a record.
    #[expect(clippy::should_implement_trait, reason = "it may fail")]
    pub fn next(&mut self) -> Result<Option<(Span, Record)>, AssessError> {
        let Some((span, text)) = self.next_text()? else {
            return Ok(None);
        };
        let record = serde_json::from_slice(text).ok();
        let record = record.filter(|record: &Record| record.get("UID").is_some());
        record
            .map(|record| Some((span, record)))
            .ok_or_else(|| self.no_record())
    }

    /// The next record with these attributes alone, and its place. Most of a file is passed over several times, and
    /// most attributes matter to none of the passes.
    pub(crate) fn next_of(
        &mut self,
        names: &[&str],
    ) -> Result<Option<(Span, Record)>, AssessError> {
        let Some((span, text)) = self.next_text()? else {
            return Ok(None);
        };
        let record = members(text, |name| names.contains(&name));
        record
            .map(|record| Some((span, record)))
            .map_err(|_| self.no_record())
    }

    /// The error for the line that was read last.
    pub(crate) fn no_record(&self) -> AssessError {
        AssessError::NoRecord {
            file: self.file.display().to_string(),
            line: self.line,
            object: self.object,
        }
    }
}

/// The name of a member, borrowed where it has no escape.
#[derive(Deserialize)]
struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

/// Reads some members of an object, and passes over the others.
///
/// # Errors
/// Fails if the text does not begin with a JSON object.
pub(crate) fn members(text: &[u8], wanted: impl Fn(&str) -> bool) -> serde_json::Result<Record> {
    Members(wanted).deserialize(&mut serde_json::Deserializer::from_slice(text))
}

/// Reads the members whose names it wants.
struct Members<F>(F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Members<F> {
    type Value = Record;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Record, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Members<F> {
    type Value = Record;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Record, A::Error> {
        let mut record = Record::new();
        while let Some(Name(name)) = members.next_key::<Name<'de>>()? {
            if self.0(&name) {
                record.insert(name.into_owned(), members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(record)
    }
}
