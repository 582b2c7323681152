//! Tests a module: compares records with the expected ones, and damages the pages.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;

use super::measure::{Measured, measure};
use super::{Rig, Specimen, Workbench, WorkbenchError, compare, variants};
use portolan_page::Page;
use portolan_records::Records;
use portolan_sandbox::{CallError, Mapping};

/// Largest number of damaged pages per file.
const VARIANTS: usize = 5_000;
/// Number of problems that ends the tries: a module that hangs costs seconds for each.
const PROBLEMS: usize = 10;
/// Number of cuts of a page's text.
const CUTS: usize = 8;

/// A module, mounted for trying and for measuring.
pub struct Suite {
    bench: Workbench,
    rig: Rig,
    counting: Option<(Workbench, Rig)>,
}

/// The result for a file of pages.
#[derive(Clone, Debug, Default)]
pub struct FileOutcome {
    /// Resources used for each page, with its line.
    pub measured: Vec<(u64, Measured)>,
    /// Objects that have no record, and warnings: sentences.
    pub remarks: Vec<String>,
    /// Differences between the records and the expected ones: sentences.
    pub differences: Vec<String>,
    /// Number of damaged pages that were tried.
    pub variants: usize,
    /// Failures of the module and records that are not valid: sentences.
    pub problems: Vec<String>,
    /// Whether the expected records were written again.
    pub is_blessed: bool,
}

impl FileOutcome {
    /// Whether the file passes.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.differences.is_empty() && self.problems.is_empty()
    }
}

impl Suite {
    /// Mounts a module.
    ///
    /// # Errors
    /// If a sync would refuse the module or its settings.
    pub fn open(mapping: &Mapping, specimen: &Specimen) -> Result<Self, WorkbenchError> {
        let bench = Workbench::open(mapping)?;
        let rig = bench.mount(specimen)?;
        let counting = Workbench::counting_instructions(mapping)
            .and_then(|bench| bench.mount(specimen).map(|rig| (bench, rig)))
            .inspect_err(|error| tracing::warn!("instructions are not counted: {error}"))
            .ok();
        Ok(Self {
            bench,
            rig,
            counting,
        })
    }

    /// Name and version of the module.
    #[must_use]
    pub fn name(&self) -> &str {
        self.rig.name()
    }

    /// Attributes that the module declares and no tried page fills, so that they are not tested.
    #[must_use]
    pub fn never_filled(&self) -> Vec<String> {
        self.rig.never_filled()
    }

    /// Compares a file of pages with its expected records, or writes these again if `bless` is set.
    ///
    /// # Errors
    /// If a file cannot be read or written, or a line is not a page.
    pub fn run(
        &mut self,
        file: &Path,
        expected: &Path,
        bless: bool,
    ) -> Result<FileOutcome, WorkbenchError> {
        let mut outcome = FileOutcome::default();
        let mut lines = Vec::new();
        let mut seen = BTreeSet::new();
        let mut tried = 0;
        for read in self.rig.pages(file)? {
            let (line, page) = read?;
            if !self.rig.is_for(page.object) {
                outcome.remarks.push(format!(
                    "line {line} is left out: it is a page of {}, which the module is not for",
                    page.object
                ));
                continue;
            }
            tried += 1;
            match self.rig.records(self.bench.engine(), &page) {
                Ok(records) => {
                    self.look_at(line, &page, &records, &mut outcome);
                    lines.extend(records.iter().map(<[u8]>::to_vec));
                    self.damage(&page, &records, &mut seen, &mut outcome);
                }
                Err(error) => outcome.problems.push(format!("line {line}: {error}")),
            }
        }
        if tried == 0 {
            outcome.problems.push(
                "the file has no page of an object that the module is for, so nothing was tried"
                    .into(),
            );
        }
        if bless {
            compare::write(expected, &lines)?;
            outcome.is_blessed = true;
        } else {
            outcome.differences = compare::differences(expected, &lines)?;
        }
        Ok(outcome)
    }

    fn look_at(&self, line: u64, page: &Page, records: &Records, outcome: &mut FileOutcome) {
        for problem in records.problems(None) {
            outcome.problems.push(format!("line {line}: {problem}"));
        }
        for rejection in &records.rejections {
            let arn = rejection.arn.clone().unwrap_or_default();
            outcome.remarks.push(format!(
                "line {line}: no record for object {} {arn}: {}",
                rejection.source_index, rejection.message
            ));
        }
        for warning in &records.warnings {
            outcome
                .remarks
                .push(format!("line {line}: {}", warning.message));
        }
        if let Some(mut measured) = measure(self.bench.engine(), &self.rig, page) {
            measured.instructions = self
                .counting
                .as_ref()
                .and_then(|(bench, rig)| measure(bench.engine(), rig, page))
                .and_then(|measured| measured.instructions);
            outcome.measured.push((line, measured));
        }
    }

    /// Damages a page in every supported form, and checks the module's result.
    fn damage(
        &mut self,
        page: &Page,
        records: &Records,
        seen: &mut BTreeSet<String>,
        outcome: &mut FileOutcome,
    ) {
        let sound = page.described().find(|index| {
            let mut rejected = records.rejections.iter();
            rejected.all(|rejection| rejection.source_index != *index)
        });
        for cut in 1..=CUTS {
            let end = page.body().len() * cut / (CUTS + 1);
            let body = Bytes::copy_from_slice(&page.body()[..end]);
            outcome.variants += 1;
            // The host refuses text that is not JSON before a module sees it; this checks the host.
            if page.with_body(body).is_ok() {
                let problem = format!("a page that ends at byte {end} was taken for a whole one");
                outcome.problems.push(problem);
            }
        }
        for variant in variants::of(page, sound, seen) {
            if outcome.variants >= VARIANTS || outcome.problems.len() >= PROBLEMS {
                return;
            }
            outcome.variants += 1;
            let body = Bytes::from(variant.body);
            let Ok(damaged) = page.with_body(body) else {
                continue;
            };
            let found = match self.rig.records(self.bench.engine(), &damaged) {
                Ok(records) => records.problems(variant.sound),
                Err(CallError::Refused { .. }) if variant.damaged.is_none() => Vec::new(),
                Err(CallError::Refused { message, .. }) => vec![format!(
                    "the module refuses the whole page for one bad object: {message}"
                )],
                Err(error) => vec![error.to_string()],
            };
            let named = |problem| format!("if {}: {problem}", variant.name);
            outcome.problems.extend(found.into_iter().map(named));
        }
    }
}
