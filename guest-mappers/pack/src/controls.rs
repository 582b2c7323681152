//! Tables of controls: assessors without code.

mod format;
mod names;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use portolan_mapper_sdk::{ControlSeverity, Kind};
use serde_json::Value;

use crate::check::{Parsed, Piece, parsed};
use crate::problem::TableError;
use crate::read::{article, known, properties, toml_of};
use crate::{Packed, limited};
pub use format::ControlTable;
use format::Fail;
use names::{Known, Names, Place};

/// The most controls of one table.
const LIMIT_CONTROLS: usize = 256;

/// Whether a text is a table of controls.
pub(crate) fn is_one(text: &str) -> bool {
    let kind = toml_of(text)
        .ok()
        .and_then(|table| Some(table.get("kind")?.as_str()? == "assessor"));
    kind == Some(true)
}

/// A checked condition.
struct CheckedCase {
    when: Parsed,
    /// The records that the condition gives, if it gives any.
    offenders: Option<Place>,
    reason: Vec<Piece>,
    evidence: Vec<(Option<String>, String)>,
    severity: Option<ControlSeverity>,
}

/// A checked control.
struct CheckedControl {
    id: String,
    given: format::Control,
    not_applicable: Option<CheckedCase>,
    fails: Vec<CheckedCase>,
    unknown: Option<CheckedCase>,
    /// For PASS, FAIL, NOT_APPLICABLE and NOT_EVALUATED.
    words: [Vec<Piece>; 4],
}

/// Checks a table of controls against the schemas of its records.
pub(crate) fn check(text: &str, schema: impl Fn(&str) -> Value) -> Result<Packed, TableError> {
    let toml = toml_of(text)?;
    let described = schemars::schema_for!(ControlTable).to_value();
    known(&toml, &properties(&described["properties"]), "the table")?;
    let keys = properties(&described["$defs"]["Control"]["properties"]);
    let table: ControlTable = toml.try_into().map_err(|error: toml::de::Error| {
        let message = error.message().trim();
        format!("the table: {message}; `portolan schema controls` shows what it takes")
    })?;
    if table.controls.is_empty() || table.controls.len() > LIMIT_CONTROLS {
        return Err(format!("a table has 1 to {LIMIT_CONTROLS} controls").into());
    }
    let mut problems = limited(&table.name, &table.version);
    let mut names = Names::of(&table, &schema);
    joins(&table, &mut names, &mut problems);
    let mut controls = Vec::new();
    for (id, value) in &table.controls {
        match control(id, value, &keys, &mut names) {
            Ok(control) => controls.push(control),
            Err(problem) => problems.push(format!("{id}: {problem}")),
        }
    }
    if !problems.is_empty() {
        return Err(TableError { problems });
    }
    let read = names.read;
    Ok(Packed {
        name: table.name.clone(),
        kind: Kind::Assessor,
        object: table.subject.0.name(),
        plan: write::plan(&table, &controls, &read)?,
    })
}

/// Checks the attributes that records are joined by.
fn joins(table: &ControlTable, names: &mut Names<'_>, problems: &mut Vec<String>) {
    for (name, with) in &table.with {
        let place = Some(name.clone());
        let own = with.by.keys().chain(with.only.keys()).chain(&with.having);
        let mut read: Vec<(Place, &str)> = own.map(|each| (place.clone(), each.as_str())).collect();
        let sources = with.sources();
        for source in sources.values().flatten() {
            match source.split_once('.') {
                None => read.push((None, source)),
                Some((other, attribute)) if table.with.contains_key(other) => {
                    read.push((Some(other.to_owned()), attribute));
                }
                Some((other, _)) => {
                    problems.push(format!("with.{name}: there is no `{other}` in `with`"));
                }
            }
        }
        let before = names.read.clone();
        for (place, attribute) in read {
            if let Err(problem) = names.attribute(&place, attribute) {
                problems.push(format!("with.{name}: {problem}"));
            }
        }
        // The host joins; the module does not see these.
        names.read = before;
    }
}

fn control(
    id: &str,
    value: &toml::Value,
    keys: &[String],
    names: &mut Names<'_>,
) -> Result<CheckedControl, String> {
    let toml::Value::Table(members) = value else {
        return Err(format!(
            "it is {} of TOML, not a table",
            article(value.type_str())
        ));
    };
    known(members, keys, id)?;
    let given: format::Control = members
        .clone()
        .try_into()
        .map_err(|error: toml::de::Error| {
            let message = error.message().trim().to_owned();
            format!("{message}; `portolan schema controls` shows what it takes")
        })?;
    for attribute in given.subjects.keys() {
        names.attribute(&None, attribute)?;
    }
    let mut seen = Seen::new(names);
    let fails = fails(&given)?;
    let fails: Result<Vec<_>, String> = fails.iter().map(|fail| seen.case(fail)).collect();
    let fails = fails?;
    let (when, reason) = (&given.not_applicable, &given.not_applicable_reason);
    let not_applicable = other("not-applicable", when.as_ref(), reason.as_ref())?;
    let unknown = other(
        "unknown",
        given.unknown.as_ref(),
        given.unknown_reason.as_ref(),
    )?;
    let not_applicable = not_applicable.map(|case| seen.case(&case)).transpose()?;
    let unknown = unknown.map(|case| seen.case(&case)).transpose()?;
    let words = &given.verdict;
    let words = [
        &words.pass,
        &words.fail,
        &words.not_applicable,
        &words.not_evaluated,
    ];
    let [pass, fail, neither, open] =
        words.map(|word| seen.pieces(word.as_deref().unwrap_or_default(), &Known::Scope));
    let words = [pass?, fail?, neither?, open?];
    seen.finish(&given)?;
    Ok(CheckedControl {
        words,
        id: id.to_owned(),
        given,
        not_applicable,
        fails,
        unknown,
    })
}

/// The ways to fail that a control has.
fn fails(given: &format::Control) -> Result<Vec<Fail>, String> {
    match (&given.fail, given.fails.as_slice()) {
        (Some(fail), []) => Ok(vec![Fail {
            when: fail.clone(),
            reason: given.reason.clone().ok_or("`fail` needs a `reason`")?,
            evidence: given.evidence.clone(),
            severity: None,
        }]),
        (None, fails @ [_, ..]) if given.reason.is_none() && given.evidence.is_empty() => {
            let is_worse = |fail: &Fail| fail.severity.is_none_or(|it| it > given.severity);
            match fails.iter().all(is_worse) {
                true => Ok(fails.to_vec()),
                false => Err("`severity` of one of `fails` has to be higher than the control's; leave it out".into()),
            }
        }
        (None, [_, ..]) => Err("`reason` and `evidence` stand in each of `fails`".into()),
        (Some(_), [_, ..]) => Err("it has both `fail` and `fails`; choose one".into()),
        (None, []) => Err("it has neither `fail` nor `fails`".into()),
    }
}

/// A condition with its reason, of which a control has both or neither.
fn other(
    what: &str,
    when: Option<&String>,
    reason: Option<&String>,
) -> Result<Option<Fail>, String> {
    match (when, reason) {
        (Some(when), Some(reason)) => Ok(Some(Fail {
            when: when.clone(),
            reason: reason.clone(),
            evidence: Vec::new(),
            severity: None,
        })),
        (None, None) => Ok(None),
        _ => Err(format!("`{what}` and `{what}-reason` belong together")),
    }
}

/// The expressions of one control, and the names that they read.
struct Seen<'n, 't> {
    names: &'n mut Names<'t>,
    before: BTreeMap<Place, BTreeSet<String>>,
}

impl<'n, 't> Seen<'n, 't> {
    fn new(names: &'n mut Names<'t>) -> Self {
        let before = std::mem::take(&mut names.read);
        Self { names, before }
    }

    fn walk(&mut self, parsed: &Parsed, on: &Known) -> Result<Known, String> {
        let walked = self.names.walk(&parsed.ast, on);
        walked.map_err(|problem| format!("`{}`: {problem}", parsed.text))
    }

    fn pieces(&mut self, text: &str, on: &Known) -> Result<Vec<Piece>, String> {
        let pieces = crate::check::pieces(text)?;
        for piece in &pieces {
            if let Piece::Parsed(parsed) = piece {
                self.walk(parsed, on)?;
            }
        }
        Ok(pieces)
    }

    fn case(&mut self, fail: &Fail) -> Result<CheckedCase, String> {
        let when = parsed(&fail.when)?;
        let value = self.walk(&when, &Known::Scope)?;
        let offenders = match &value {
            Known::Record(place) => Some(place.clone()),
            Known::List(element) => match &**element {
                Known::Record(place) => Some(place.clone()),
                _ => None,
            },
            _ => None,
        };
        let on = offenders.clone().map_or(Known::Scope, Known::Record);
        let reason = self.pieces(&fail.reason, &on)?;
        let evidence = fail.evidence.iter();
        let evidence = evidence.map(|cited| self.cited(cited, offenders.as_ref()));
        Ok(CheckedCase {
            evidence: evidence.collect::<Result<_, String>>()?,
            when,
            offenders,
            reason,
            severity: fail.severity,
        })
    }

    /// The name of the records that evidence is of, if it is not of that which offends, and the attribute.
    fn cited(
        &mut self,
        cited: &str,
        offenders: Option<&Place>,
    ) -> Result<(Option<String>, String), String> {
        let said = |problem| format!("evidence {problem}");
        let Some((name, attribute)) = cited.split_once('.') else {
            let place = offenders.cloned().flatten();
            self.names.attribute(&place, cited).map_err(said)?;
            return Ok((None, cited.to_owned()));
        };
        let of = parsed(name)?;
        let place = match self.walk(&of, &Known::Scope)? {
            Known::Record(place) => place,
            Known::List(element) if matches!(*element, Known::Record(_)) => Some(name.to_owned()),
            _ => return Err(said(format!("`{cited}` is not of a record"))),
        };
        self.names.attribute(&place, attribute).map_err(said)?;
        Ok((Some(name.to_owned()), attribute.to_owned()))
    }

    /// Checks that the host is told every name that is read: it sees to their completeness.
    fn finish(self, given: &format::Control) -> Result<(), String> {
        let mut read = self.names.read.keys().flatten();
        let untold = read.find(|name| !given.reads.contains_key(*name)).cloned();
        let table = self.names.with();
        let other = given.reads.keys().find(|name| !table.contains_key(*name));
        let unset = given.needs_setting.as_ref();
        let unset = unset.filter(|name| !self.names.has_setting(name));
        for (place, attributes) in self.before {
            self.names.read.entry(place).or_default().extend(attributes);
        }
        match (untold, other, unset) {
            (Some(name), ..) => Err(format!(
                "its expressions read `{name}`; say so with reads = {{ {name} = \"always\" }}, or \"when-needed\" with an `unknown` for records that are not there"
            )),
            (_, Some(name), _) => Err(format!(
                "`reads` names `{name}`, which `with` does not have"
            )),
            (.., Some(name)) => Err(format!(
                "it needs the setting `{name}`, which `settings` does not have"
            )),
            _ => Ok(()),
        }
    }
}
