//! One assessment: every assessor over its subjects, with the findings as they come.

use std::collections::{BTreeMap, HashSet};

use portolan_page::object::Object;
use portolan_sandbox::{Assessor, Engine};

use crate::coverage::Coverage;
use crate::finding::{Finding, RUNNING, carried};
use crate::judge::Judge;
use crate::mutes::Mutes;
use crate::output::{AssessError, Output};
use crate::place::{Place, Record};
use crate::revisions::Revisions;
use crate::running::Failures;
use crate::settings::Assessing;
use crate::summary::{Assessment, AssessorUsed, Counts, MissingRevisions};

/// Judges an output, and passes every finding to `tell`, with the record of its subject.
///
/// # Errors
/// Fails if the output cannot be read, or if `tell` fails. An assessor that fails costs its own verdicts.
pub fn run<E: From<AssessError>>(
    engine: &Engine,
    assessors: &[Assessor],
    output: &Output,
    assessing: &Assessing,
    mut mutes: Mutes,
    mut tell: impl FnMut(&Finding, &Record) -> Result<(), E>,
) -> Result<Assessment, E> {
    let coverage = Coverage::new(&output.report.scopes);
    let revisions = Revisions::read(output)?;
    let mut counts = Counts::default();
    let mut failures = Failures::new()?;
    let mut absent: HashSet<&String> = assessing.carried.iter().collect();
    for assessor in assessors {
        let mut judge = Judge {
            engine,
            assessor,
            assessing,
            output,
            coverage: &coverage,
            revisions: &revisions,
            counts: &mut counts,
            settings: serde_json::from_str(assessor.component.settings()).unwrap_or_default(),
        };
        judge.all(&mut |mut finding, record: &Record, counts: &mut Counts| {
            absent.retain(|name| !finding.carried.contains_key(*name));
            mutes.apply(&mut finding);
            failures.keep(&finding)?;
            counts.add(&finding);
            tell(&finding, record)
        })?;
    }
    let unknown = revisions.without_record(output)?;
    // It is of no published standard.
    if assessing.standard.is_none() {
        count_running(&coverage, &unknown, &mut counts);
        failures.findings(output, &assessing.carried, |mut finding, record| {
            finding.carried = carried(&assessing.carried, record);
            let missing = || running_missing(&coverage, &unknown, &finding.place());
            counts.of(&finding.control_id, &finding.place(), missing);
            mutes.apply(&mut finding);
            counts.add(&finding);
            tell(&finding, record)
        })?;
    }
    Ok(Assessment {
        portolan_version: env!("CARGO_PKG_VERSION").into(),
        output: output.folder.display().to_string(),
        captured_at: output.report.captured_at.clone(),
        output_complete: output.report.complete,
        all_results: assessing.all_results,
        all_revisions: assessing.all_revisions,
        assessors: assessors.iter().map(used).collect(),
        controls: counts.finish(),
        references_without_record: missing_revisions(unknown),
        changes: None,
        exports: Vec::new(),
        warnings: [mutes.warnings(), not_carried(absent)].concat(),
    })
}

fn missing_revisions(unknown: BTreeMap<Place, u64>) -> Vec<MissingRevisions> {
    let entry = |(place, revisions): (Place, u64)| MissingRevisions {
        account_id: place.account_id.into(),
        region: place.region.into(),
        revisions,
    };
    unknown.into_iter().map(entry).collect()
}

/// Why findings about what runs may be missing in a place.
fn running_missing(
    coverage: &Coverage,
    unknown: &BTreeMap<Place, u64>,
    place: &Place,
) -> Option<String> {
    let objects = [
        Object::EcsTask,
        Object::EcsTaskDefinition,
        Object::EcsContainerDefinition,
    ];
    let mut missing = objects
        .into_iter()
        .filter_map(|object| coverage.missing(object, place, None));
    let unknown = || {
        let revisions = unknown.get(place)?;
        let Place { account_id, region } = place;
        Some(format!(
            "{revisions} revisions that services or tasks refer to have no record in {account_id} {region}"
        ))
    };
    missing.next().or_else(unknown)
}

/// Opens the counts of what runs in every place, so that one without such a finding is told.
fn count_running(coverage: &Coverage, unknown: &BTreeMap<Place, u64>, counts: &mut Counts) {
    for place in coverage.places() {
        counts.of(RUNNING, place, || running_missing(coverage, unknown, place));
    }
}

/// What is said of attributes to carry that no subject of a finding has.
fn not_carried(absent: HashSet<&String>) -> Vec<String> {
    let mut absent: Vec<&String> = absent.into_iter().collect();
    absent.sort_unstable();
    let warn = |it: &String| {
        let name = portolan_machine::text::printable(it, 128);
        format!("no subject of a finding has the attribute {name} to carry")
    };
    absent.into_iter().map(warn).collect()
}

fn used(assessor: &Assessor) -> AssessorUsed {
    let component = &assessor.component;
    AssessorUsed {
        name: component.manifest.name.clone(),
        version: component.manifest.version.clone(),
        digest: component.digest.clone(),
        source: component.source.to_string(),
        trust: component.trust.clone(),
    }
}
