//! One assessor over its subjects: batches in, findings out, with what the host knows better than the assessor.

use bytes::Bytes;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};
use portolan_sandbox::{Assessor, Control, ControlResult, Engine, Need, Verdict};
use serde_json::{Map, Value};

use crate::coverage::Coverage;
use crate::finding::{EvidenceValue, Finding, carried};
use crate::join::{Joined, Joins};
use crate::output::{AssessError, Output};
use crate::place::{Place, Record, text};
use crate::revisions::Revisions;
use crate::settings::Assessing;
use crate::summary::Counts;

/// The most subjects of one batch.
const BATCH_SUBJECTS: usize = 100;
/// A batch that reaches this is judged. One subject may be larger.
const BATCH_BYTES: usize = 1024 * 1024;

/// One assessor at work.
pub(crate) struct Judge<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) assessor: &'a Assessor,
    pub(crate) assessing: &'a Assessing,
    pub(crate) output: &'a Output,
    pub(crate) coverage: &'a Coverage,
    pub(crate) revisions: &'a Revisions,
    pub(crate) counts: &'a mut Counts,
    pub(crate) settings: Map<String, Value>,
}

impl Judge<'_> {
    /// Judges all subjects; none, if no control is of the chosen standard.
    pub(crate) fn all<E: From<AssessError>>(
        &mut self,
        tell: &mut impl FnMut(Finding, &Record, &mut Counts) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut controls = self.assessor.component.manifest.controls.iter();
        if !controls.any(|control| self.is_chosen(control)) {
            return Ok(());
        }
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
                let element = joins.element(&joined);
                size += element.len();
                elements.push(element);
                batch.push(joined);
            }
            let is_full = batch.len() >= BATCH_SUBJECTS || size >= BATCH_BYTES;
            if !batch.is_empty() && (is_full || is_last) {
                self.batch(&joins, &batch, &elements, tell)?;
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
        joins: &Joins<'_>,
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
                if let Some(finding) = self.finding(joins, &batch[index], verdict)? {
                    tell(finding, &batch[index].subject, self.counts)?;
                }
            }
        }
        Ok(())
    }

    /// The finding of a verdict; `None` if the control is not about the subject, not configured or not chosen.
    fn finding(
        &mut self,
        joins: &Joins<'_>,
        joined: &Joined,
        mut verdict: Verdict,
    ) -> Result<Option<Finding>, AssessError> {
        let manifest = &self.assessor.component.manifest;
        let mut controls = manifest.controls.iter();
        let Some(control) = controls.find(|control| control.id == verdict.control) else {
            return Ok(None);
        };
        if !self.is_chosen(control) || !control.is_about(&joined.subject) {
            return Ok(None);
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
            return Ok(None);
        }
        complete(joined, control, &mut verdict);
        let evidence = evidence(joins, joined, &mut verdict)?;
        Ok(Some(self.record(joined, control, &verdict, evidence)))
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
            // A failure may be worse than its control, never better, or it would slip under --fail-on.
            severity: verdict
                .severity
                .max(Some(control.severity))
                .unwrap_or(control.severity),
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
            running_tasks_count: is_revision
                .then(|| self.running_tasks(record, &place))
                .flatten(),
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
            carried: carried(&self.assessing.carried, record),
        }
    }

    /// The number of running tasks of a revision; `None` where tasks were not synced, or where none was seen and not
    /// all were read.
    fn running_tasks(&self, record: &Record, place: &Place) -> Option<u64> {
        let running = self.revisions.running(record);
        let knows_all = || {
            self.coverage
                .missing(Object::EcsTask, place, None)
                .is_none()
        };
        let has_tasks = self.coverage.has(Object::EcsTask, place);
        (has_tasks && (running > 0 || knows_all())).then_some(running)
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
    joins: &Joins<'_>,
    joined: &Joined,
    verdict: &mut Verdict,
) -> Result<Vec<EvidenceValue>, AssessError> {
    let mut values = Vec::with_capacity(verdict.evidence.len());
    for each in &verdict.evidence {
        let Some(value) = joins.evidence(joined, &each.uid, &each.attribute)? else {
            let shown = portolan_machine::text::printable(&each.uid, 200);
            let reason = format!(
                "the assessor names {} of {shown} as evidence, which it did not get",
                each.attribute
            );
            verdict.overrule(reason);
            return Ok(Vec::new());
        };
        values.push(EvidenceValue {
            uid: each.uid.clone(),
            attribute: each.attribute.clone(),
            value,
        });
    }
    Ok(values)
}
