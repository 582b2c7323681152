//! An earlier output: its files, the index of their records, and its report.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::compare::RecordMembers;
use super::index::Index;
use super::line::{self, OutputLine};
use super::{ChangesError, SeenScopes};
use portolan_page::object::Object;

/// Reports have a line for every scope and a bounded number of details, so they are far smaller than this.
pub const REPORT_LIMIT_BYTES: u64 = 1024 * 1024 * 1024;

/// Far more than a record has. Without a limit, a file without line feeds would be read into memory.
const LINE_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
const REPORT: &str = "report.json";
const WHAT_IS_ONE: &str = "an earlier output is a folder that `portolan sync` wrote to, or a file of its lines (JSON Lines)";

/// The earlier records of the objects of a sync.
#[derive(Debug)]
pub(super) struct Base {
    /// The path as it was named.
    pub(super) place: String,
    /// The warnings about it.
    pub(super) warnings: Vec<String>,
    /// The scopes of its report, if it has one.
    pub(super) coverage: Option<SeenScopes>,
    earlier: BTreeMap<Object, Earlier>,
}

#[derive(Debug, Default)]
struct Earlier {
    file: Option<Arc<EarlierFile>>,
    index: Index,
}

/// A file that stays readable when another file takes its name.
#[derive(Debug)]
struct EarlierFile {
    path: PathBuf,
    file: Mutex<BufReader<File>>,
}

/// The earlier record that a new record met.
pub(super) enum Met {
    /// No earlier record.
    Nobody,
    /// An earlier record with the same compared members.
    Equal,
    /// An earlier record that is different, or only written differently.
    Other(Vec<u8>),
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> ChangesError {
    let path = path.display().to_string();
    move |source| ChangesError::Unreadable { path, source }
}

fn no_output(path: &Path, reason: impl std::fmt::Display) -> ChangesError {
    ChangesError::NoOutput {
        path: path.display().to_string(),
        reason: format!("{reason}; {WHAT_IS_ONE}"),
    }
}

/// The record files of an output, each with the object in its name.
///
/// # Errors
/// Fails if the path does not exist or is a change feed.
pub fn outputs_in(place: &Path) -> Result<Vec<(PathBuf, Option<Object>)>, ChangesError> {
    let kind = fs::metadata(place).map_err(unreadable(place))?;
    if kind.is_dir() {
        let files = Object::ALL.map(|object| (place.join(format!("{object}.jsonl")), Some(object)));
        return Ok(files
            .into_iter()
            .filter(|(path, _)| path.exists())
            .collect());
    }
    if place.to_string_lossy().ends_with(".changes.jsonl") {
        return Err(no_output(place, "it is a change feed"));
    }
    Ok(vec![(place.to_owned(), object_by_name(place))])
}

fn object_by_name(file: &Path) -> Option<Object> {
    file.file_stem()?.to_str()?.parse().ok()
}

/// The path of an output's report. A file that is not named after an object is not part of a sync's folder,
/// so a report beside it belongs to another sync.
fn report_of(place: &Path) -> Option<PathBuf> {
    if place.is_dir() {
        return Some(place.join(REPORT));
    }
    object_by_name(place).map(|_| place.with_file_name(REPORT))
}

impl Base {
    pub(super) fn open(
        place: &Path,
        objects: &[Object],
        volatile: &BTreeSet<String>,
        may_be_empty: bool,
    ) -> Result<Self, ChangesError> {
        let mut base = Self {
            place: place.display().to_string(),
            warnings: Vec::new(),
            coverage: None,
            earlier: objects
                .iter()
                .map(|object| (*object, Earlier::default()))
                .collect(),
        };
        if may_be_empty && !place.exists() {
            base.nothing_yet();
            return Ok(base);
        }
        let files = outputs_in(place)?;
        let has_report = base.read_report(place);
        if files.is_empty() {
            // A first sync that failed leaves a report, but no records.
            if may_be_empty
                && (!has_report || base.coverage.as_ref().is_some_and(|it| !it.has_data()))
            {
                base.nothing_yet();
                return Ok(base);
            }
            return Err(no_output(
                place,
                "it holds no <Object>.jsonl, and other formats cannot be compared",
            ));
        }
        for (path, object) in files {
            base.read(&path, object, volatile)?;
        }
        for (object, earlier) in &mut base.earlier {
            let repeated = earlier.index.close();
            if repeated > 0 {
                base.warnings.push(format!(
                    "{} has {repeated} records of {object} whose UID a later record repeats; the later ones count",
                    base.place
                ));
            }
            if earlier.index.is_empty() && earlier.file.is_none() {
                base.warnings.push(format!(
                    "{} has no {object}, so all of them are new",
                    base.place
                ));
            }
        }
        Ok(base)
    }

    fn nothing_yet(&mut self) {
        self.warnings.push(format!(
            "{} holds no earlier output yet, so every record is new",
            self.place
        ));
    }

    /// Reads the report, and returns whether there is one.
    fn read_report(&mut self, place: &Path) -> bool {
        let text = report_of(place).map(|path| {
            portolan_machine::text::read_file(&path, REPORT_LIMIT_BYTES).unwrap_or_default()
        });
        self.coverage = text
            .as_deref()
            .map(str::as_bytes)
            .and_then(SeenScopes::read);
        let problem = match (&text, &self.coverage) {
            (_, Some(_)) => return true,
            (Some(_), None) => "has a report.json that is not a report of this program",
            (None, None) => "has no report.json, so it is not known which scopes were complete",
        };
        self.warnings.push(format!(
            "{} {problem}; no object is reported as removed",
            self.place
        ));
        text.is_some()
    }

    /// Reads a file once, and fills the indexes.
    fn read(
        &mut self,
        path: &Path,
        by_name: Option<Object>,
        volatile: &BTreeSet<String>,
    ) -> Result<(), ChangesError> {
        let file = File::open(path).map_err(unreadable(path))?;
        let mut lines = BufReader::with_capacity(256 * 1024, file);
        let mut offset = portolan_machine::text::skip_mark(&mut lines).map_err(unreadable(path))?;
        let (mut line, mut number, mut good) = (Vec::new(), 0_u64, 0_u64);
        let mut bad: Vec<u64> = Vec::new();
        let mut seen = BTreeSet::from_iter(by_name);
        loop {
            let length = read_line(&mut lines, &mut line).map_err(unreadable(path))?;
            if length == 0 {
                break;
            }
            number += 1;
            if length == LINE_LIMIT_BYTES && line.last() != Some(&b'\n') {
                return Err(no_output(
                    path,
                    format!("line {number} has more than {LINE_LIMIT_BYTES} bytes"),
                ));
            }
            let text = line.trim_ascii_end();
            if let OutputLine::Record { object, record, .. } = line::read(text)
                && !text.is_empty()
            {
                let object = by_name.or(object).or_else(|| line::object_of(record));
                if let Some((members, object)) = RecordMembers::read(record).zip(object) {
                    good += 1;
                    seen.insert(object);
                    if let Some(earlier) = self.earlier.get_mut(&object) {
                        let content = members.fingerprint(volatile);
                        earlier.index.add(&members.uid, content, offset);
                    }
                } else {
                    bad.push(number);
                }
            }
            offset += length;
        }
        self.tell_of(&bad, path, good > 0)?;
        let file = Arc::new(EarlierFile {
            path: path.to_owned(),
            file: Mutex::new(BufReader::new(lines.into_inner())),
        });
        for (object, earlier) in &mut self.earlier {
            if seen.contains(object) {
                earlier.file = Some(Arc::clone(&file));
            }
        }
        Ok(())
    }

    /// Warns of lines that are not records; fails if the file has no records.
    fn tell_of(&mut self, bad: &[u64], path: &Path, has_records: bool) -> Result<(), ChangesError> {
        let Some(first) = bad.first() else {
            return Ok(());
        };
        if !has_records {
            return Err(no_output(path, format!("line {first} is not a record")));
        }
        self.warnings.push(format!(
            "{} has {} lines that are not records, the first is line {first}; their objects count as new",
            path.display(),
            bad.len()
        ));
        Ok(())
    }

    /// Finds the earlier record of a new one.
    pub(super) fn meet(
        &self,
        object: Object,
        record: &RecordMembers<'_>,
        volatile: &BTreeSet<String>,
    ) -> Result<Met, ChangesError> {
        let Some(Earlier {
            file: Some(file),
            index,
        }) = self.earlier.get(&object)
        else {
            return Ok(Met::Nobody);
        };
        let Some(entry) = index.meet(&record.uid) else {
            return Ok(Met::Nobody);
        };
        if entry.content == record.fingerprint(volatile) {
            return Ok(Met::Equal);
        }
        let earlier = file.record_at(entry.offset)?;
        match RecordMembers::read(&earlier) {
            Some(members) if members.uid == record.uid => Ok(Met::Other(earlier)),
            _ => Err(file.moved()),
        }
    }

    /// Passes every earlier record of an object that no new record has met to `tell`.
    pub(super) fn missing<E: From<ChangesError>>(
        &self,
        object: Object,
        mut tell: impl FnMut(&RecordMembers<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(Earlier {
            file: Some(file),
            index,
        }) = self.earlier.get(&object)
        else {
            return Ok(());
        };
        for offset in index.missing() {
            let record = file.record_at(offset)?;
            tell(&RecordMembers::read(&record).ok_or_else(|| file.moved())?)?;
        }
        Ok(())
    }
}

impl EarlierFile {
    /// The record on the line that starts at an offset in bytes.
    fn record_at(&self, offset: u64) -> Result<Vec<u8>, ChangesError> {
        let mut text = Vec::new();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| read_line(&mut *file, &mut text))
            .map_err(unreadable(&self.path))?;
        drop(file);
        match line::read(text.trim_ascii_end()) {
            OutputLine::Record { record, .. } => Ok(record.to_vec()),
            OutputLine::Removal { .. } | OutputLine::Finding { .. } => Err(self.moved()),
        }
    }

    fn moved(&self) -> ChangesError {
        ChangesError::Moved {
            path: self.path.display().to_string(),
        }
    }
}

/// Reads a line with its line feed, up to the limit, and returns its length in bytes.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    line.clear();
    let length = reader.take(LINE_LIMIT_BYTES).read_until(b'\n', line)?;
    Ok(length as u64)
}
