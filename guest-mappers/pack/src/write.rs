//! Writes checked attributes in packed form.

use portolan_mapper_sdk::{Kind, Manifest, Reads};
use portolan_mapper_table::plan::{
    Attribute, ContextMember, Convert, Literal, Part, Plan, Query, Shape, Source, Type,
};
use serde_json::{Map, Value};

use crate::Checked;
use crate::check::{CheckedAttribute, FROM_THE_SYNC, Origin, Parsed, Piece};
use crate::demand::Demand;
use crate::expression::{self, On, pack};
use crate::format::{self, Context, Scalar, Substitute, Table};
use crate::types;

/// Returns the packed table.
pub(crate) fn plan(checked: &Checked) -> Result<Vec<u8>, String> {
    let Checked { table, uid, .. } = checked;
    let manifest = manifest(checked).to_json();
    let (shape, beside) = (checked.object.shape(), checked.page.shape());
    let is_beside = matches!(&beside, Shape::Object { members, .. } if !members.is_empty());
    let attributes = checked.attributes.iter();
    let mut attributes: Vec<Attribute<'_>> = attributes
        .map(|attribute| packed(table, attribute, &shape, &beside))
        .collect();
    if table.kind == format::Kind::Mapping {
        attributes.extend(FROM_THE_SYNC.map(from_the_sync));
    }
    let plan = Plan {
        manifest: &manifest,
        object: table.object.0,
        uid: uid.as_ref().map(|uid| query(uid, &shape)),
        page: is_beside.then(|| beside.clone()),
        shape: shape.clone(),
        attributes,
    };
    plan.to_bytes().map_err(|error| error.to_string())
}

pub(crate) const fn kind(kind: format::Kind) -> Kind {
    match kind {
        format::Kind::Mapping => Kind::Mapping,
        format::Kind::Overlay => Kind::Overlay,
    }
}

fn manifest(checked: &Checked) -> Manifest {
    let table = &checked.table;
    let described = table.object.0;
    // A host leaves out the tags beside a task definition too, unless the manifest names them.
    let mut asked = checked.object.clone();
    if described.has_tags_beside_it()
        && let Some(tags) = checked.page.member("tags")
        && asked
            .merge(Demand::object([("tags", tags.clone())]))
            .is_err()
    {
        asked = Demand::Any;
    }
    // The stock schema has the descriptions of a stock table.
    let is_declared = table.data_model.is_none();
    let beyond = checked.attributes.iter().filter(|_| is_declared);
    let declared = beyond.filter_map(|attribute| {
        let description = attribute.description.as_ref()?;
        let schema = types::schema(attribute.type_, description);
        Some((attribute.name.clone(), schema))
    });
    Manifest {
        name: table.name.clone(),
        version: table.version.clone(),
        kind: kind(table.kind),
        objects: vec![described.name().to_owned()],
        attributes: Value::Object(declared.collect::<Map<_, _>>()),
        settings: Value::Null,
        capabilities: Vec::new(),
        reads: Some(Reads {
            members: members(&asked),
            records: false,
        }),
        with: Value::Null,
        controls: Value::Null,
    }
}

/// The paths of the members that expressions name. `None` if an expression reads the object as a whole, or if
/// the paths are more or longer than a host accepts.
pub(crate) fn members(object: &Demand) -> Option<Vec<String>> {
    let mut paths = Vec::new();
    let is_told = add_paths(object, &mut Vec::new(), &mut paths);
    let is_short = |path: &String| path.len() <= 1_024 && path.split('.').count() <= 32;
    (is_told && paths.len() <= 4_096 && paths.iter().all(is_short)).then_some(paths)
}

/// Adds the paths below this one. Returns whether these are all that is read of it.
fn add_paths<'d>(demand: &'d Demand, path: &mut Vec<&'d str>, paths: &mut Vec<String>) -> bool {
    let members = match demand {
        Demand::List(element) => return add_paths(element, path, paths),
        Demand::Object {
            members,
            is_open: false,
        } => members,
        _ => return false,
    };
    // A path cannot distinguish a name with a dot from two names.
    if members.iter().any(|(name, _)| name.contains('.')) {
        return false;
    }
    for (name, demand) in members {
        path.push(name);
        if !add_paths(demand, path, paths) {
            paths.push(path.join("."));
        }
        path.pop();
    }
    true
}

fn query<'p>(parsed: &'p Parsed, on: &'p Shape<'p>) -> Query<'p> {
    Query {
        text: &parsed.text,
        expression: pack(&parsed.ast, On::Read(on)).0,
    }
}

/// The value of the tag with a key, as short as the shape of the tags allows.
fn tag<'p>(key: &'p str, on: &'p Shape<'p>) -> Query<'p> {
    Query {
        text: "tags",
        expression: expression::tag(key, on),
    }
}

fn packed<'p>(
    table: &'p Table,
    attribute: &'p CheckedAttribute,
    shape: &'p Shape<'p>,
    beside: &'p Shape<'p>,
) -> Attribute<'p> {
    Attribute {
        name: &attribute.name,
        when: attribute
            .when
            .as_ref()
            .map(|when| pack(&when.ast, On::Read(shape)).0),
        source: source(&attribute.origin, shape, beside),
        fallback: attribute
            .fallback
            .iter()
            .map(|parsed| query(parsed, shape))
            .collect(),
        after: attribute.after.as_deref(),
        convert: convert(table, attribute),
        default: attribute.default.as_ref().map(|default| match default {
            Substitute::Scalar(value) => scalar(value),
            Substitute::Texts(texts) => {
                Literal::List(texts.iter().map(|text| Literal::Text(text)).collect())
            }
            Substitute::Integers(integers) => {
                Literal::List(integers.iter().copied().map(Literal::Integer).collect())
            }
        }),
    }
}

fn source<'p>(origin: &'p Origin, shape: &'p Shape<'p>, beside: &'p Shape<'p>) -> Source<'p> {
    match origin {
        Origin::Object(parsed) => Source::Object(query(parsed, shape)),
        Origin::Page(parsed) => Source::Page(query(parsed, beside)),
        Origin::Tag(key) => Source::Object(tag(key, shape)),
        Origin::Context(member) => Source::Context(match member {
            Context::Account => ContextMember::Account,
            Context::Region => ContextMember::Region,
            Context::Partition => ContextMember::Partition,
            Context::Captured => ContextMember::Captured,
        }),
        Origin::Value(value) => Source::Value(scalar(value)),
        Origin::Format(pieces) => Source::Format(
            pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Part::Text(text),
                    Piece::Parsed(parsed) => Part::Query(query(parsed, shape)),
                })
                .collect(),
        ),
        Origin::Remove => Source::Remove,
    }
}

fn convert<'p>(table: &'p Table, attribute: &'p CheckedAttribute) -> Convert<'p> {
    let lookup = attribute.lookup.as_ref();
    match (
        &attribute.equals,
        lookup.and_then(|name| table.lookups.get(name)),
    ) {
        (Some(value), _) => Convert::Equals(scalar(value)),
        // A `BTreeMap` is sorted by its keys, as the interpreter requires.
        (None, Some(entries)) => Convert::Lookup(
            entries
                .iter()
                .map(|(key, value)| (key.as_str(), scalar(value)))
                .collect(),
        ),
        (None, None) => Convert::Type(attribute.type_),
    }
}

/// An attribute that every mapping has without naming it.
fn from_the_sync(name: &'static str) -> Attribute<'static> {
    let source = match name {
        "ACCOUNT_ID" => Source::Context(ContextMember::Account),
        "REGION" => Source::Context(ContextMember::Region),
        "LAST_CAPTURED" => Source::Context(ContextMember::Captured),
        _ => Source::Value(Literal::Text("AWS")),
    };
    Attribute {
        name,
        when: None,
        source,
        fallback: Vec::new(),
        after: None,
        convert: Convert::Type(Type::Text),
        default: None,
    }
}

const fn scalar(value: &Scalar) -> Literal<'_> {
    match value {
        Scalar::Boolean(value) => Literal::Boolean(*value),
        Scalar::Integer(value) => Literal::Integer(*value),
        Scalar::Number(value) => Literal::Float(*value),
        Scalar::Text(value) => Literal::Text(value.as_str()),
    }
}
