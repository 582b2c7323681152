//! Findings in the formats of other programs. Every finding is written when it comes, so that memory does not grow
//! with their number, and has the same identity in every export, so that a second upload makes no second finding.
//!
//! Exports carry attributes of records and nothing else: no body of AWS, and no value of an environment variable.

/// Findings as AWS Security Hub imports them.
mod asff;
mod item;
/// Findings as events of the Open Cybersecurity Schema Framework.
mod ocsf;
/// Findings as a log of static analysis.
mod sarif;
/// Findings as a table.
mod sheet;

use std::io::{self, Write};

use portolan_assess::{Assessing, Finding, Record};
use portolan_machine::clock::Clock;
use serde_json::Value;

use item::Item;
use sarif::Sarif;
use sheet::Sheet;

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines of OCSF events.
    Ocsf,
    /// One SARIF document.
    Sarif,
    /// JSON Lines of findings as `BatchImportFindings` of Security Hub takes them.
    Asff,
    /// RFC 4180, with a header.
    Csv,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Ocsf, Self::Sarif, Self::Asff, Self::Csv];

    /// The word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ocsf => "ocsf",
            Self::Sarif => "sarif",
            Self::Asff => "asff",
            Self::Csv => "csv",
        }
    }
}

/// The reason that a finding cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The export cannot be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// Every format needs the time of a finding.
    #[error(
        "{attribute} of the subject {uid} is not a time, so its findings cannot be exported; assess the folder of a sync as it is"
    )]
    Time {
        /// The attribute.
        attribute: &'static str,
        /// The UID of the subject.
        uid: String,
    },
}

/// An export while it is written.
pub struct Export<W: Write> {
    /// The standard whose names controls have in the export, as STANDARDS begins with it.
    standard: Option<String>,
    /// The time of the export, in UTC.
    at: String,
    writer: Writer<W>,
}

enum Writer<W: Write> {
    Ocsf(W),
    Sarif(Sarif<W>),
    Asff(W),
    Csv(Box<Sheet<W>>),
}

impl<W: Write> Export<W> {
    /// Begins an export of the findings that a request gives.
    ///
    /// # Errors
    /// Fails if `out` cannot be written to.
    pub fn begin(format: Format, assessing: &Assessing, out: W) -> Result<Self, ExportError> {
        let writer = match format {
            Format::Ocsf => Writer::Ocsf(out),
            Format::Sarif => Writer::Sarif(Sarif::begin(out)?),
            Format::Asff => Writer::Asff(out),
            Format::Csv => Writer::Csv(Box::new(Sheet::begin(out, &assessing.carried)?)),
        };
        Ok(Self {
            standard: assessing.standard.clone(),
            at: Clock::default().now(),
            writer,
        })
    }

    /// Writes a finding. `subject` is the record of its subject.
    ///
    /// # Errors
    /// Fails if the export cannot be written to, or if the subject has no time.
    pub fn write(&mut self, finding: &Finding, subject: &Record) -> Result<(), ExportError> {
        let item = Item::new(finding, subject, self.standard.as_deref())?;
        match &mut self.writer {
            Writer::Ocsf(out) => line(out, &ocsf::event(&item))?,
            Writer::Sarif(sarif) => sarif.write(&item)?,
            Writer::Asff(out) => line(out, &asff::finding(&item, &self.at))?,
            Writer::Csv(sheet) => sheet.write(&item)?,
        }
        Ok(())
    }

    /// Ends the export.
    ///
    /// # Errors
    /// Fails if the export cannot be written to.
    pub fn finish(self) -> Result<W, ExportError> {
        let mut out = match self.writer {
            Writer::Ocsf(out) | Writer::Asff(out) => out,
            Writer::Sarif(sarif) => sarif.finish()?,
            Writer::Csv(sheet) => sheet.finish()?,
        };
        out.flush()?;
        Ok(out)
    }
}

fn line(out: &mut impl Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
