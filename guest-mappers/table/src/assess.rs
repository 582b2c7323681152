//! Gives the verdicts of a table of controls on the subjects of a batch.

use bumpalo::Bump;
use portolan_mapper_sdk::steps::{
    SUBJECTS, check_page, contain_unknown_escapes, each_alone_with, each_with, read_tracked,
    write_row,
};
use portolan_mapper_sdk::{
    BatchContext, ControlResult, Issue, MappedPage, PageError, Verdict, Verdicts,
};

use crate::evaluate::{Evaluator, Fault};
use crate::page::OBJECT_STEPS;
use crate::plan::controls::{Case, Cited, Control, Controls};
use crate::plan::{Expression, Part, Shape};
use crate::read::Reader;
use crate::value::{Object, Value};

/// The steps that each byte of a batch adds to those of a subject. An expression that looks once at every
/// record of a subject needs about one for every ten bytes.
const STEPS_PER_BYTE: u64 = 2;

/// The verdicts of a table on a batch; a row has those of one subject.
///
/// # Errors
/// Fails if the table does not judge the context's object, or if the input is not a batch.
pub fn assess_batch(
    plan: &Controls<'_>,
    context: &BatchContext,
    batch: &[u8],
) -> Result<MappedPage, PageError> {
    let batch = check_page(plan.subject.name(), &context.subject, batch)?;
    let read = |text: &str, together| {
        let arena = Bump::with_capacity(text.len() / 2);
        let mut run = Run::new(plan, context, text, &arena)?;
        let reader = Reader {
            shape: &plan.element,
            arena: &arena,
        };
        match together {
            true => each_with(SUBJECTS, text, reader, |index, element| {
                run.judge(index, Ok(element));
            })
            .map_err(|error| PageError::MalformedPage(error.to_string())),
            false => each_alone_with(SUBJECTS, text, reader, |index, element| {
                run.judge(index, element);
            }),
        }?;
        Ok(run.output)
    };
    // A subject of a wrong type ends the first pass, and the second one reads each by itself.
    read(batch, true).or_else(|_: PageError| read(&contain_unknown_escapes(batch), false))
}

/// A table while it runs on a batch.
struct Run<'b> {
    plan: &'b Controls<'b>,
    settings: Value<'b>,
    evaluator: Evaluator<'b>,
    steps: u64,
    output: MappedPage,
}

impl<'b> Run<'b> {
    fn new(
        plan: &'b Controls<'b>,
        context: &'b BatchContext,
        batch: &str,
        arena: &'b Bump,
    ) -> Result<Self, PageError> {
        let reader = Reader {
            shape: &Shape::Any,
            arena,
        };
        let settings = read_tracked(&context.config, reader).map_err(|(_, error)| {
            PageError::Internal(format!("the settings are not JSON: {error}"))
        })?;
        Ok(Self {
            plan,
            settings,
            evaluator: Evaluator::new(arena),
            steps: OBJECT_STEPS + STEPS_PER_BYTE * batch.len() as u64,
            output: MappedPage::default(),
        })
    }

    fn judge(&mut self, index: u32, element: Result<Value<'b>, Issue>) {
        let element = match element {
            Ok(Value::Object(element)) => element,
            Ok(_) => return,
            Err(issue) => {
                self.output.issues.push(issue);
                return;
            }
        };
        let subject = Subject {
            evaluator: &self.evaluator,
            scope: self.scope(element),
            record: member(element, "subject"),
        };
        self.evaluator.allow(self.steps);
        let mut verdicts = Verdicts::default();
        for control in &self.plan.controls {
            verdicts.push(subject.verdict(control));
        }
        write_row(&mut self.output, SUBJECTS, index, &verdicts);
    }

    /// The object that expressions run on.
    fn scope(&self, element: &'b Object<'b>) -> Value<'b> {
        let Shape::Object { members, .. } = &self.plan.scope else {
            return Value::Null;
        };
        let [subject, related] = ["subject", "related"].map(|name| object(member(element, name)));
        let values = members.iter().map(|each| match each.name {
            "subject" | "complete" | "truncated" => member(element, each.name),
            "settings" => self.settings,
            // Only attributes have names in upper case.
            name if name.starts_with(|first: char| first.is_ascii_uppercase()) => {
                subject.map_or(Value::Null, |subject| member(subject, name))
            }
            name => related.map_or(Value::Null, |related| member(related, name)),
        });
        let arena = self.evaluator.arena;
        Value::Object(arena.alloc(Object {
            names: members,
            places: arena.alloc_slice_fill_iter(values),
            others: &[],
        }))
    }
}

fn object<'b>(value: Value<'b>) -> Option<&'b Object<'b>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn member<'b>(object: &Object<'b>, name: &str) -> Value<'b> {
    object.get(name, u16::MAX)
}

/// A subject, while it is judged.
struct Subject<'r, 'b> {
    evaluator: &'r Evaluator<'b>,
    scope: Value<'b>,
    record: Value<'b>,
}

impl<'b> Subject<'_, 'b> {
    fn verdict(&self, control: &'b Control<'b>) -> Verdict {
        self.try_verdict(control).unwrap_or_else(|fault| {
            let reason = match fault {
                Fault::TooCostly => {
                    "An expression takes more steps than a subject may use.".to_owned()
                }
                Fault::Function(what) => format!("An expression has no value: {what}."),
            };
            Verdict::not_evaluated(control.id, reason)
        })
    }

    fn try_verdict(&self, control: &'b Control<'b>) -> Result<Verdict, Fault> {
        let words = &control.words;
        let ways = [
            (
                ControlResult::NotApplicable,
                control.not_applicable.as_slice(),
                &words.not_applicable,
            ),
            (ControlResult::Fail, &control.fails, &words.fail),
            (
                ControlResult::NotEvaluated,
                control.unknown.as_slice(),
                &words.not_evaluated,
            ),
        ];
        for (result, cases, word) in ways {
            let mut verdict = None;
            for case in cases {
                let value = self.evaluate(&case.when.expression, self.scope)?;
                if value.is_true() {
                    let so_far = verdict.unwrap_or_else(|| Verdict::new(control.id, result));
                    let so_far = case.severity.into_iter().fold(so_far, Verdict::severity);
                    verdict = Some(self.add(so_far, case, value)?);
                }
            }
            if let Some(verdict) = verdict {
                return self.worded(verdict, word);
            }
        }
        self.worded(Verdict::pass(control.id), &words.pass)
    }

    fn worded(&self, verdict: Verdict, word: &'b [Part<'b>]) -> Result<Verdict, Fault> {
        let word = self.sentence(word, self.scope)?;
        let is_plain =
            |each: char| each.is_ascii_uppercase() || each.is_ascii_digit() || each == '_';
        Ok(match !word.is_empty() && word.chars().all(is_plain) {
            true => verdict.word(&word),
            false => verdict,
        })
    }

    fn evaluate(&self, expression: &'b Expression<'b>, on: Value<'b>) -> Result<Value<'b>, Fault> {
        self.evaluator.evaluate(expression, on)
    }

    /// Adds the reason and the evidence of a case, for each record that offends.
    fn add(
        &self,
        verdict: Verdict,
        case: &'b Case<'b>,
        value: Value<'b>,
    ) -> Result<Verdict, Fault> {
        let one = &[value];
        let offenders: &[Value<'b>] = match (case.gives_records, value) {
            (true, Value::List(records)) => records,
            (true, _) => one,
            (false, _) => return self.add_one(verdict, case, (self.scope, self.record)),
        };
        let mut offenders = offenders.iter();
        offenders.try_fold(verdict, |verdict, record| {
            self.add_one(verdict, case, (*record, *record))
        })
    }

    /// Adds the reason and the evidence of one offender: what its expressions run on, and its record.
    fn add_one(
        &self,
        mut verdict: Verdict,
        case: &'b Case<'b>,
        (on, record): (Value<'b>, Value<'b>),
    ) -> Result<Verdict, Fault> {
        if !case.reason.is_empty() {
            verdict = verdict.because(self.sentence(&case.reason, on)?);
        }
        Ok(case
            .evidence
            .iter()
            .fold(verdict, |verdict, cited| self.cite(verdict, *cited, record)))
    }

    fn cite(&self, verdict: Verdict, cited: Cited<'b>, offender: Value<'b>) -> Verdict {
        let records = match cited.of {
            None => offender,
            Some(name) => object(self.scope).map_or(Value::Null, |scope| member(scope, name)),
        };
        let one = &[records];
        let records = match records {
            Value::List(records) => records,
            _ => one,
        };
        let uids = records
            .iter()
            .filter_map(|record| match member(object(*record)?, "UID") {
                Value::Text(uid) => Some(uid),
                _ => None,
            });
        uids.fold(verdict, |verdict, uid| {
            verdict.evidence(uid, cited.attribute)
        })
    }

    /// A reason with the values of its expressions; a list as its elements, and an absent one as `?`.
    fn sentence(&self, parts: &'b [Part<'b>], on: Value<'b>) -> Result<String, Fault> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Query(query) => {
                    let value = self.evaluate(&query.expression, on)?;
                    self.evaluator.spend(crate::evaluate::size(value))?;
                    text.push_str(&said(value));
                }
            }
        }
        Ok(text)
    }
}

fn said(value: Value<'_>) -> String {
    match value {
        Value::Absent | Value::Null => "?".to_owned(),
        Value::Text(text) => text.to_owned(),
        Value::List(elements) => {
            let all: Vec<String> = elements.iter().map(|each| said(*each)).collect();
            all.join(", ")
        }
        other => serde_json::to_string(&other).unwrap_or_default(),
    }
}
