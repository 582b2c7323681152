//! An assessor: a component that judges records.

use super::bindings::assessor_world::AssessorModulePre;
use super::bindings::assessor_world::exports::portolan::assessor::assessing::{
    AssessedBatch, BatchContext, BatchError,
};
use super::bindings::assessor_world::portolan::assessor::types as batch;
use super::bindings::mapping_world::portolan::mapper::types;
use super::cache::CompiledCache;
use super::component::Component;
use super::engine::Engine;
use super::guest::{Guest, Usage};
use super::isolate::{Breaker, isolated};
use super::kind::Kind;
use super::load::{LoadError, ModuleSource};
use super::settings::ModuleSettings;
use super::verdicts::Verdicts;
use super::{CallError, Issue, Mapped, Severity};
use portolan_page::Page;
use portolan_page::object::Object;

/// An assessor, checked, compiled and linked.
pub struct Assessor {
    /// The common part of modules of all kinds.
    pub component: Component,
    /// Stops calls after too many failures.
    pub breaker: Breaker,
    pre: AssessorModulePre<Guest>,
}

/// A judged batch.
#[derive(Debug)]
pub struct Judged {
    /// The verdicts of each subject, by its place in the batch.
    pub subjects: Vec<(usize, Verdicts)>,
    /// The assessor's warnings, and its reasons for subjects without verdicts.
    pub issues: Vec<Issue>,
    /// The failure that had to be isolated, or that cost the whole batch.
    pub failure: Option<CallError>,
}

impl Assessor {
    /// Loads a component, as [`super::Module::load`] does.
    ///
    /// # Errors
    /// Fails if it is not a component, imports functions besides diagnostics, lacks the `assessing` interface,
    /// or has a manifest that does not follow the schema.
    pub fn load(
        engine: &Engine,
        cache: Option<&CompiledCache>,
        source: ModuleSource,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        let (component, pre) = Component::load(
            engine,
            cache,
            (source, bytes),
            Kind::Assessor,
            AssessorModulePre::new,
            |pre, mut store| {
                let instance = pre.instantiate(&mut store)?;
                instance.portolan_assessor_assessing().call_manifest(store)
            },
        )?;
        Ok(Self {
            component,
            breaker: Breaker::default(),
            pre,
        })
    }

    /// Applies the assessor's settings and limits.
    ///
    /// # Errors
    /// Fails if the settings do not follow the schema in its manifest.
    pub fn configure(mut self, settings: &ModuleSettings) -> Result<Self, LoadError> {
        self.component.configure(settings)?;
        Ok(self)
    }

    /// The object of its subjects.
    #[must_use]
    pub fn subject(&self) -> Object {
        // A manifest without exactly one object is refused.
        self.component.manifest.objects[0]
    }

    /// Judges a batch, which [`Page::batch`] reads, and isolates the subjects that the assessor fails on.
    /// Every subject has a verdict for every control; where the assessor gives none, its failure is the
    /// reason.
    #[must_use]
    pub fn judge(&self, engine: &Engine, batch: &Page) -> Judged {
        let judged = self.judge_any(engine, batch);
        judged.unwrap_or_else(|error| self.judged(batch, Mapped::default(), Some(error)))
    }

    /// As [`Assessor::judge`], for tools that tell a whole failure apart.
    ///
    /// # Errors
    /// Fails if the assessor cannot judge any subject of the batch.
    pub fn judge_any(&self, engine: &Engine, batch: &Page) -> Result<Judged, CallError> {
        let call = |part: &Page, _| self.assess(engine, part);
        let outcome = isolated(self.component.name(), &self.breaker, batch, &call)?;
        Ok(self.judged(batch, outcome.mapped, outcome.isolated))
    }

    fn judged(&self, batch: &Page, answer: Mapped, failure: Option<CallError>) -> Judged {
        let controls = &self.component.manifest.controls;
        let name = format!("the assessor {}", self.component.name());
        let mut reasons: Vec<Option<String>> = vec![None; batch.len()];
        for issue in &answer.issues {
            if let (Severity::Rejected, Some(index)) = (issue.severity, issue.source_index) {
                reasons[index] = Some(issue.message.clone());
            }
        }
        let mut rows = vec![None; batch.len()];
        for row in answer.rows {
            rows[row.source_index] = Some(row.span);
        }
        let none = || match &failure {
            Some(error) => Verdicts::none(controls, &error.to_string()),
            None => Verdicts::lost(
                controls,
                format!("{name} gave neither verdicts nor a reason"),
            ),
        };
        let subjects = batch.described().map(|index| {
            let verdicts = match (reasons[index].take(), rows[index].take()) {
                (Some(reason), _) => Verdicts::none(controls, &reason),
                (None, Some(span)) => Verdicts::read(&name, &answer.payload[span], controls),
                (None, None) => none(),
            };
            (index, verdicts)
        });
        Judged {
            subjects: subjects.collect(),
            issues: answer.issues,
            failure,
        }
    }

    /// Calls the assessor once with a batch, in an instance of its own. A row of the answer is the JSON object
    /// with the verdicts of one subject.
    ///
    /// # Errors
    /// Fails if the assessor exceeds a limit, traps, breaks the contract or refuses the batch.
    pub fn assess(&self, engine: &Engine, batch: &Page) -> Result<Mapped, CallError> {
        self.assess_measured(engine, batch)
            .map(|(answer, _)| answer)
    }

    /// As [`Assessor::assess`], and returns the resources that the call used.
    ///
    /// # Errors
    /// As [`Assessor::assess`].
    pub fn assess_measured(
        &self,
        engine: &Engine,
        batch: &Page,
    ) -> Result<(Mapped, Usage), CallError> {
        self.component
            .call(engine, batch, |mut store, context, body| {
                let instance = self.pre.instantiate(&mut store)?;
                let context = BatchContext {
                    subject: context.object.clone(),
                    captured_at: context.captured_at.clone(),
                    config: context.config.clone(),
                };
                let assessing = instance.portolan_assessor_assessing();
                let answer = assessing.call_assess_batch(store, &context, body)?;
                Ok(answer.map(as_page).map_err(as_error))
            })
    }
}

/// An answer in the types of a mapper's, so that the same checks hold for it.
fn as_page(batch: AssessedBatch) -> types::MappedPage {
    let rows = batch.rows.into_iter().map(|row| types::Row {
        source_index: row.subject_index,
        offset: row.offset,
        length: row.length,
    });
    let issues = batch.issues.into_iter().map(|issue| types::Issue {
        source_index: issue.subject_index,
        severity: match issue.severity {
            batch::Severity::Warning => types::Severity::Warning,
            batch::Severity::Rejected => types::Severity::Rejected,
        },
        code: issue.code,
        path: issue.path,
        message: issue.message,
    });
    types::MappedPage {
        payload: batch.payload,
        rows: rows.collect(),
        issues: issues.collect(),
    }
}

fn as_error(error: BatchError) -> types::PageError {
    match error {
        BatchError::UnsupportedSubject(text) => types::PageError::UnsupportedObject(text),
        BatchError::MalformedBatch(text) => types::PageError::MalformedPage(text),
        BatchError::Internal(text) => types::PageError::Internal(text),
    }
}
