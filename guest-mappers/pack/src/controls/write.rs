//! Writes checked controls in packed form.

use std::collections::{BTreeMap, BTreeSet};

use portolan_mapper_sdk::{Kind, Manifest, Reads};
use portolan_mapper_table::plan::controls::{Case, Cited, Control, Controls, Words};
use portolan_mapper_table::plan::{Member, Part, Query, Shape};
use serde_json::{Map, Value, json};

use super::format::{self, ControlTable};
use super::names::Place;
use super::{CheckedCase, CheckedControl};
use crate::check::{Parsed, Piece};
use crate::expression::{On, pack};

/// The packed table.
pub(super) fn plan(
    table: &ControlTable,
    controls: &[CheckedControl],
    read: &BTreeMap<Place, BTreeSet<String>>,
) -> Result<Vec<u8>, String> {
    let manifest = manifest(table, controls, read).to_json();
    let records = Records::of(table, read);
    let (element, scope) = (records.element(), records.scope());
    let controls = controls
        .iter()
        .map(|control| packed(control, &scope, &records));
    let plan = Controls {
        manifest: &manifest,
        subject: table.subject.0,
        controls: controls.collect(),
        element,
        scope: scope.clone(),
    };
    plan.to_bytes().map_err(|error| error.to_string())
}

fn manifest(
    table: &ControlTable,
    controls: &[CheckedControl],
    read: &BTreeMap<Place, BTreeSet<String>>,
) -> Manifest {
    let paths = read.iter().flat_map(|(place, attributes)| {
        let records = match place {
            None => "subject".to_owned(),
            Some(name) => format!("related.{name}"),
        };
        // Without attributes only their number matters, and this is in every record.
        let uid = ["UID".to_owned()];
        let all: BTreeSet<&String> = attributes.iter().chain(&uid).collect();
        let paths = all
            .into_iter()
            .map(move |attribute| format!("{records}.{attribute}"));
        paths.collect::<Vec<_>>()
    });
    let with = table
        .with
        .iter()
        .map(|(name, with)| (name.clone(), with.to_value()));
    let controls = controls
        .iter()
        .map(|control| control.given.to_value(&control.id));
    Manifest {
        name: table.name.clone(),
        version: table.version.clone(),
        kind: Kind::Assessor,
        objects: vec![table.subject.0.name().to_owned()],
        attributes: json!({}),
        settings: format::settings(&table.settings),
        capabilities: Vec::new(),
        reads: Some(Reads {
            members: Some(paths.collect()),
            records: true,
        }),
        with: Value::Object(with.collect::<Map<_, _>>()),
        controls: controls.collect(),
    }
}

/// The shapes of the records that are read, sorted as shapes are.
struct Records<'r> {
    subject: Shape<'r>,
    related: Vec<(&'r str, Shape<'r>)>,
    many: Vec<bool>,
}

impl<'r> Records<'r> {
    fn of(table: &'r ControlTable, read: &'r BTreeMap<Place, BTreeSet<String>>) -> Self {
        let shape = |place: &Place| {
            let names = read.get(place).into_iter().flatten().map(String::as_str);
            let names: BTreeSet<&str> = names.chain(["UID"]).collect();
            closed(names.into_iter().map(|name| (name, Shape::Any)))
        };
        let names = table.with.iter();
        let names = names.filter(|(name, _)| read.contains_key(&Some((*name).clone())));
        Self {
            subject: shape(&None),
            related: names
                .clone()
                .map(|(name, _)| (name.as_str(), shape(&Some(name.clone()))))
                .collect(),
            many: names.map(|(_, with)| with.many).collect(),
        }
    }

    fn related(&self) -> impl Iterator<Item = (&'r str, Shape<'r>)> {
        let all = self.related.iter().zip(&self.many);
        all.map(|((name, shape), many)| match many {
            true => (*name, Shape::List(Box::new(shape.clone()))),
            false => (*name, shape.clone()),
        })
    }

    /// The shape of an element of a batch.
    fn element(&self) -> Shape<'r> {
        closed([
            ("complete", Shape::Any),
            ("related", closed(self.related())),
            ("subject", self.subject.clone()),
            ("truncated", Shape::Any),
        ])
    }

    /// The shape of the object that expressions run on.
    fn scope(&self) -> Shape<'r> {
        let Shape::Object { members, .. } = &self.subject else {
            return Shape::Any;
        };
        let attributes = members.iter().map(|each| (each.name, each.shape.clone()));
        let others = [
            ("complete", Shape::Any),
            ("settings", Shape::Any),
            ("subject", self.subject.clone()),
            ("truncated", Shape::Any),
        ];
        closed(attributes.chain(self.related()).chain(others))
    }

    /// The shape of one record.
    fn record<'s>(&'s self, place: &Place) -> &'s Shape<'r> {
        let related = self.related.iter();
        let mut named = related.filter(|(name, _)| place.as_deref() == Some(*name));
        named.next().map_or(&self.subject, |(_, shape)| shape)
    }
}

/// An object with these members alone.
fn closed<'r>(members: impl IntoIterator<Item = (&'r str, Shape<'r>)>) -> Shape<'r> {
    let members = members
        .into_iter()
        .map(|(name, shape)| Member { name, shape });
    let mut members: Vec<_> = members.collect();
    members.sort_by_key(|member| member.name);
    Shape::Object {
        members,
        is_open: false,
    }
}

fn packed<'p>(
    control: &'p CheckedControl,
    scope: &'p Shape<'p>,
    records: &'p Records<'p>,
) -> Control<'p> {
    let case = |case: &'p CheckedCase| {
        let on = match &case.offenders {
            None => On::Read(scope),
            Some(place) => On::Likely(records.record(place)),
        };
        Case {
            when: query(&case.when, On::Read(scope)),
            gives_records: case.offenders.is_some(),
            reason: parts(&case.reason, on),
            evidence: case
                .evidence
                .iter()
                .map(|(of, attribute)| Cited {
                    of: of.as_deref(),
                    attribute,
                })
                .collect(),
            severity: case.severity,
        }
    };
    let word = |place: usize| parts(&control.words[place], On::Read(scope));
    Control {
        id: &control.id,
        not_applicable: control.not_applicable.as_ref().map(case),
        fails: control.fails.iter().map(case).collect(),
        unknown: control.unknown.as_ref().map(case),
        words: Words {
            pass: word(0),
            fail: word(1),
            not_applicable: word(2),
            not_evaluated: word(3),
        },
    }
}

fn parts<'p>(pieces: &'p [Piece], on: On<'p>) -> Vec<Part<'p>> {
    let part = |piece: &'p Piece| match piece {
        Piece::Text(text) => Part::Text(text),
        Piece::Parsed(parsed) => Part::Query(query(parsed, on)),
    };
    pieces.iter().map(part).collect()
}

fn query<'p>(parsed: &'p Parsed, on: On<'p>) -> Query<'p> {
    Query {
        text: &parsed.text,
        expression: pack(&parsed.ast, on).0,
    }
}
