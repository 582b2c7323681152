//! One assessment: every assessor over its subjects, with the findings as they come.

use bytes::Bytes;
use portolan_page::object::Object;
use portolan_page::{Origin, Page, schemas};
use portolan_sandbox::{Assessor, Control, ControlResult, Engine, Need, Verdict};
use serde_json::{Map, Value};

use crate::coverage::Coverage;
use crate::finding::{EvidenceValue, Finding, RUNNING};
use crate::join::{Joined, Joins};
use crate::mutes::Mutes;
use crate::output::{AssessError, Output};
use crate::place::{Place, Record, text};
use crate::revisions::Revisions;
use crate::running::Failures;
use crate::settings::Assessing;
use crate::summary::{Assessment, AssessorUsed, Counts, MissingRevisions};

/// The most subjects of one batch.
const BATCH_SUBJECTS: usize = 100;
/// A batch that reaches this is judged. One subject may be larger.
const BATCH_BYTES: usize = 1024 * 1024;

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
            mutes.apply(&mut finding);
            failures.keep(&finding)?;
            counts.add(&finding);
            tell(&finding, record)
        })?;
    }
    // It is of no published standard.
    if assessing.standard.is_none() {
        count_running(&coverage, &mut counts);
        failures.findings(output, |mut finding, record| {
            finding.carried = carried(assessing, record);
            let place = finding.place();
            let missing = || running_missing(&coverage, &place);
            counts.of(&finding.control_id, &place, missing);
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
        assessors: assessors.iter().map(used).collect(),
        controls: counts.finish(),
        references_without_record: missing_revisions(&revisions, output)?,
        changes: None,
        exports: Vec::new(),
        warnings: mutes.warnings(),
    })
}

fn missing_revisions(
    revisions: &Revisions,
    output: &Output,
) -> Result<Vec<MissingRevisions>, AssessError> {
    let missing = revisions.without_record(output)?.into_iter();
    let missing = missing.map(|(place, revisions)| MissingRevisions {
        account_id: place.account_id.into(),
        region: place.region.into(),
        revisions,
    });
    Ok(missing.collect())
}

/// Why findings about what runs may be missing in a place.
fn running_missing(coverage: &Coverage, place: &Place) -> Option<String> {
    [
        Object::EcsTask,
        Object::EcsTaskDefinition,
        Object::EcsContainerDefinition,
    ]
    .into_iter()
    .find_map(|object| coverage.missing(object, place, None))
}

/// Opens the counts of what runs in every place, so that one without such a finding is told.
fn count_running(coverage: &Coverage, counts: &mut Counts) {
    for place in coverage.places() {
        counts.of(RUNNING, place, || running_missing(coverage, place));
    }
}

/// The attributes of a subject that its findings carry.
fn carried(assessing: &Assessing, record: &Record) -> Map<String, Value> {
    let names = assessing.carried.iter();
    names
        .filter_map(|name| Some((name.clone(), record.get(name)?.clone())))
        .collect()
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

/// One assessor at work.
struct Judge<'a> {
    engine: &'a Engine,
    assessor: &'a Assessor,
    assessing: &'a Assessing,
    output: &'a Output,
    coverage: &'a Coverage,
    revisions: &'a Revisions,
    counts: &'a mut Counts,
    settings: Map<String, Value>,
}

impl Judge<'_> {
    fn all<E: From<AssessError>>(
        &mut self,
        tell: &mut impl FnMut(Finding, &Record, &mut Counts) -> Result<(), E>,
    ) -> Result<(), E> {
        let subject = self.assessor.subject();
        self.count_places(subject);
        let joins = Joins::new(
            self.output,
            self.coverage,
            &self.assessor.component.manifest,
        )?;
        let mut records = self.output.records(subject)?;
        let (mut batch, mut elements, mut size) = (Vec::new(), Vec::new(), 0);
        loop {
            let next = records.next()?;
            let is_last = next.is_none();
            if let Some((_, record)) = next
                && self.is_subject(subject, &record)
            {
                let joined = joins.join(record)?;
                let element = joins.element(&joined).to_string();
                size += element.len();
                elements.push(element);
                batch.push(joined);
            }
            let is_full = batch.len() >= BATCH_SUBJECTS || size >= BATCH_BYTES;
            if !batch.is_empty() && (is_full || is_last) {
                self.batch(&batch, &elements, tell)?;
                (batch, elements, size) = (Vec::new(), Vec::new(), 0);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Opens the counts of every control in every place, so that one without any subject is told.
    fn count_places(&mut self, subject: Object) {
        for place in self.coverage.places() {
            for control in &self.assessor.component.manifest.controls {
                if self.is_chosen(control) {
                    let missing = || self.coverage.missing(subject, place, None);
                    self.counts.of(&control.id, place, missing);
                }
            }
        }
    }

    /// Whether a control is of the chosen standard.
    fn is_chosen(&self, control: &Control) -> bool {
        let standard = self.assessing.standard.as_deref();
        standard.is_none_or(|name| control.standards.iter().any(|it| it.starts_with(name)))
    }

    fn is_subject(&self, subject: Object, record: &Record) -> bool {
        subject != Object::EcsTaskDefinition
            || self.assessing.all_revisions
            || self.revisions.is_subject(record)
    }

    fn batch<E: From<AssessError>>(
        &mut self,
        batch: &[Joined],
        elements: &[String],
        tell: &mut impl FnMut(Finding, &Record, &mut Counts) -> Result<(), E>,
    ) -> Result<(), E> {
        let body = format!("{{\"subjects\":[{}]}}", elements.join(","));
        let origin = Origin {
            partition: String::new(),
            account_id: "".into(),
            region: "".into(),
            captured_at: self.output.report.captured_at.clone(),
        };
        let page = Page::batch(self.assessor.subject(), origin, Bytes::from(body));
        let judged = match page {
            Ok(page) => self.assessor.judge(self.engine, &page).subjects,
            // Records of this program are JSON, so this is a batch that is too large.
            Err(error) => {
                let controls = &self.assessor.component.manifest.controls;
                let none = portolan_sandbox::Verdicts::none(controls, &error.to_string());
                (0..batch.len())
                    .map(|index| (index, none.clone()))
                    .collect()
            }
        };
        for (index, verdicts) in judged {
            for verdict in verdicts.verdicts {
                if let Some(finding) = self.finding(&batch[index], verdict) {
                    tell(finding, &batch[index].subject, self.counts)?;
                }
            }
        }
        Ok(())
    }

    /// The finding of a verdict; `None` if the control is not about the subject, not configured or not chosen.
    fn finding(&mut self, joined: &Joined, mut verdict: Verdict) -> Option<Finding> {
        let manifest = &self.assessor.component.manifest;
        let mut controls = manifest.controls.iter();
        let control = controls.find(|control| control.id == verdict.control)?;
        if !self.is_chosen(control) || !control.is_about(&joined.subject) {
            return None;
        }
        let subject = self.assessor.subject();
        let place = Place::of(&joined.subject);
        // What a scan saw was seen, even if it could not look at everything.
        let has_scan =
            |scan| verdict.result == ControlResult::Fail || self.coverage.has_scan(scan, &place);
        if !control.is_configured(&self.settings) || !control.needs_scan.is_none_or(has_scan) {
            let missing = || self.coverage.missing(subject, &place, None);
            let counts = self.counts.of(&control.id, &place, missing);
            counts.not_configured += 1;
            return None;
        }
        complete(joined, control, &mut verdict);
        let evidence = evidence(joined, manifest, &mut verdict);
        Some(self.record(joined, control, &verdict, evidence))
    }

    fn record(
        &self,
        joined: &Joined,
        control: &Control,
        verdict: &Verdict,
        evidence: Vec<EvidenceValue>,
    ) -> Finding {
        let record = &joined.subject;
        let subject = self.assessor.subject();
        let is_revision = subject == Object::EcsTaskDefinition;
        let place = Place::of(record);
        let known = |object| self.coverage.missing(object, &place, None).is_none();
        let owned = |name| text(record, name).map(str::to_owned);
        let uid = owned("UID").unwrap_or_default();
        Finding {
            uid: format!("{}@{uid}", control.id),
            control_id: control.id.clone(),
            control_title: control.title.clone(),
            severity: verdict.severity.unwrap_or(control.severity),
            result: verdict.result,
            verdict: verdict.verdict.clone(),
            standards: control.standards.clone(),
            subject_object: subject.name().to_owned(),
            subject_uid: uid,
            subject_name: owned("NAME"),
            cluster_arn: owned("CLUSTER_ARN"),
            is_latest: is_revision
                .then(|| self.revisions.is_latest(record))
                .flatten()
                .filter(|_| known(Object::EcsTaskDefinition)),
            running_tasks_count: (is_revision && self.has_tasks(&place))
                .then(|| self.revisions.running(record)),
            reasons: verdict.reasons.clone(),
            evidence,
            remediation: control.remediation.clone(),
            references: control.references.clone(),
            muted: false,
            mute_reason: None,
            muted_until: None,
            cloud_provider: owned("CLOUD_PROVIDER").unwrap_or_default(),
            account_id: place.account_id.clone(),
            region: place.region.clone(),
            last_captured: owned("LAST_CAPTURED").unwrap_or_default(),
            lacks_data: lacks_data(joined, control, verdict),
            carried: carried(self.assessing, record),
        }
    }

    /// Whether tasks were synced in a place, wholly or not.
    fn has_tasks(&self, place: &Place) -> bool {
        self.coverage.has(Object::EcsTask, place)
    }
}

/// Takes PASS and NOT_APPLICABLE back where records that the control always reads may be missing.
fn complete(joined: &Joined, control: &Control, verdict: &mut Verdict) {
    if !matches!(
        verdict.result,
        ControlResult::Pass | ControlResult::NotApplicable
    ) {
        return;
    }
    let always = control
        .reads
        .iter()
        .filter(|(_, need)| **need == Need::Always);
    let reason = always.into_iter().find_map(|(name, _)| {
        let truncated = || {
            joined
                .is_truncated(name)
                .then(|| format!("there are more records of `{name}` than the assessor gets"))
        };
        joined.missing.get(name).cloned().or_else(truncated)
    });
    if let Some(reason) = reason {
        verdict.overrule(reason);
    }
}

/// Whether a control has no answer because data are missing. That the setting's history is not long enough is an
/// answer, and so is a member that AWS left out.
fn lacks_data(joined: &Joined, control: &Control, verdict: &Verdict) -> bool {
    let is_missing = |name: &String| joined.missing.contains_key(name) || joined.is_truncated(name);
    verdict.result == ControlResult::NotEvaluated
        && verdict.verdict.as_deref() != Some("READY_ON_UNCERTAIN")
        && (verdict.is_overruled
            || control.reads.keys().any(is_missing)
            || joined.read.values().any(|is_read| !is_read))
}

/// The values of a verdict's evidence. Evidence of a record that the assessor did not get, or of an attribute that
/// its object does not have, is a lie, and the verdict is not one.
fn evidence(
    joined: &Joined,
    manifest: &portolan_sandbox::Manifest,
    verdict: &mut Verdict,
) -> Vec<EvidenceValue> {
    let mut values = Vec::with_capacity(verdict.evidence.len());
    for each in &verdict.evidence {
        let found = joined.record(manifest, &each.uid);
        let known = found.filter(|(object, record)| {
            record.contains_key(&each.attribute) || schemas::has_attribute(*object, &each.attribute)
        });
        let Some((_, record)) = known else {
            let shown = portolan_machine::text::printable(&each.uid, 200);
            let reason = format!(
                "the assessor names {} of {shown} as evidence, which it did not get",
                each.attribute
            );
            verdict.overrule(reason);
            return Vec::new();
        };
        values.push(EvidenceValue {
            uid: each.uid.clone(),
            attribute: each.attribute.clone(),
            value: record.get(&each.attribute).cloned(),
        });
    }
    values
}
