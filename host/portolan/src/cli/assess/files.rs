//! The files of an assessment, which appear when it is done, or its lines on standard output.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::exports::{Exports, PREFIX, Wish};
use anyhow::Context;
use portolan_assess::{Assessing, Assessment, EarlierFindings, Finding, Record};
use portolan_machine::aside;
use portolan_records::changes::{ChangeKind, RecordChange};
use serde_json::json;
use tempfile::NamedTempFile;

/// Where findings go.
pub(in crate::cli) enum Place {
    /// Files beside the records.
    Folder(PathBuf),
    /// Lines on standard output.
    Stdout,
}

/// The age from which on a file of an assessment that did not end belongs to nobody. An assessment of millions of
/// findings takes minutes.
const LEFTOVER: Duration = Duration::from_secs(3600);

/// The findings while an assessment runs.
pub(super) struct Files {
    all_results: bool,
    earlier: Option<EarlierFindings>,
    exports: Exports,
    to: To,
}

enum To {
    Folder {
        place: PathBuf,
        findings: BufWriter<NamedTempFile>,
        changes: Option<BufWriter<NamedTempFile>>,
    },
    Stdout(BufWriter<io::Stdout>),
}

impl Files {
    pub(super) fn create(
        place: Place,
        assessing: &Assessing,
        wishes: &[Wish],
        earlier: Option<EarlierFindings>,
    ) -> anyhow::Result<Self> {
        let folder = match &place {
            Place::Folder(folder) => folder.as_path(),
            Place::Stdout => Path::new("-"),
        };
        remove_leftovers(folder);
        let exports = Exports::create(wishes, assessing, folder)?;
        let to = match place {
            Place::Folder(place) => To::Folder {
                findings: beside(&place, "Finding.jsonl")?,
                changes: earlier
                    .is_some()
                    .then(|| beside(&place, "Finding.changes.jsonl"))
                    .transpose()?,
                place,
            },
            Place::Stdout => To::Stdout(BufWriter::new(io::stdout())),
        };
        Ok(Self {
            all_results: assessing.all_results,
            earlier,
            exports,
            to,
        })
    }

    pub(super) fn write(&mut self, finding: &Finding, subject: &Record) -> anyhow::Result<()> {
        let is_written = finding.is_open() || self.all_results;
        let change = match &mut self.earlier {
            Some(earlier) => earlier.compare(finding, self.all_results)?,
            None => None,
        };
        if change.is_none() && !is_written {
            return Ok(());
        }
        if is_written {
            self.exports.write(finding, subject)?;
        }
        let text = serde_json::to_vec(finding)?;
        self.to.write(is_written.then_some(&text), change.as_ref())
    }

    /// Puts the files into place.
    pub(super) fn finish(mut self, assessment: &mut Assessment) -> anyhow::Result<()> {
        if let Some(earlier) = self.earlier {
            let to = &mut self.to;
            let changes = earlier.close(assessment, |change| to.write(None, Some(change)))?;
            assessment.changes = Some(changes);
        }
        let exports = self.exports.finish()?;
        match self.to {
            To::Stdout(mut lines) => {
                lines.flush()?;
                exports.appear()
            }
            To::Folder {
                place,
                findings,
                changes,
            } => {
                assessment.exports = exports.names_in(&place);
                let mut summary = beside(&place, "assessment.json")?;
                serde_json::to_writer_pretty(&mut summary, assessment)?;
                summary.write_all(b"\n")?;
                // Between two files, none is better than one about other findings.
                let summary_place = place.join("assessment.json");
                remove(&summary_place)?;
                appear(findings, &place.join("Finding.jsonl"))?;
                let feed = place.join("Finding.changes.jsonl");
                match changes {
                    Some(changes) => appear(changes, &feed)?,
                    // The feed of an earlier assessment is about other findings.
                    None => remove(&feed)?,
                }
                exports.appear()?;
                appear(summary, &summary_place)
            }
        }
    }
}

impl To {
    /// Writes a finding, and its change if there is one.
    fn write(
        &mut self,
        finding: Option<&Vec<u8>>,
        change: Option<&RecordChange>,
    ) -> anyhow::Result<()> {
        match self {
            Self::Folder {
                findings, changes, ..
            } => {
                if let Some(text) = finding {
                    findings.write_all(text)?;
                    findings.write_all(b"\n")?;
                }
                let told = change.filter(|change| change.kind != ChangeKind::Unchanged);
                if let Some((feed, change)) = changes.as_mut().zip(told) {
                    let is_there = change.kind != ChangeKind::Removed;
                    let text = finding.filter(|_| is_there).map(Vec::as_slice);
                    feed.write_all(&change.finding_line(text))?;
                    feed.write_all(b"\n")?;
                }
            }
            Self::Stdout(lines) => {
                match (change, finding) {
                    (Some(change), text) => {
                        let is_there = change.kind != ChangeKind::Removed;
                        let text = text.filter(|_| is_there).map(Vec::as_slice);
                        lines.write_all(&change.finding_line(text))?;
                    }
                    (None, Some(text)) => {
                        let finding: &serde_json::value::RawValue = serde_json::from_slice(text)?;
                        let line = json!({"object": "Finding", "attributes": finding});
                        serde_json::to_writer(&mut *lines, &line)?;
                    }
                    (None, None) => return Ok(()),
                }
                lines.write_all(b"\n")?;
            }
        }
        Ok(())
    }
}

fn beside(folder: &Path, name: &str) -> anyhow::Result<BufWriter<NamedTempFile>> {
    let file = aside::beside(&folder.join(name), PREFIX)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    Ok(BufWriter::with_capacity(256 * 1024, file))
}

fn appear(file: BufWriter<NamedTempFile>, place: &Path) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}", place.display());
    let file = file.into_inner().with_context(failed)?;
    file.as_file().sync_data().with_context(failed)?;
    file.persist(place).with_context(failed)?;
    Ok(())
}

/// Removes what assessments left that were killed an hour ago or earlier; others may still run.
fn remove_leftovers(folder: &Path) {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for file in files.filter(|file| file.file_name().to_string_lossy().starts_with(PREFIX)) {
        let changed = file.metadata().and_then(|about| about.modified());
        let age = changed.ok().and_then(|changed| changed.elapsed().ok());
        if age.is_some_and(|age| age >= LEFTOVER) {
            let _ = std::fs::remove_file(file.path());
        }
    }
}

fn remove(place: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", place.display()))
        }
        _ => Ok(()),
    }
}
