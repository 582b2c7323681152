//! The attributes that a module leaves empty and the members that it does not read: both kinds of decay are
//! silent.
//!
//! A module's manifest names the members that it reads, and the host passes on only these, so the
//! tool need not watch the module.

mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Rig, Specimen, Workbench, WorkbenchError, pages};
use portolan_page::Page;
use portolan_page::object::{Object, Shape};
use portolan_sandbox::{Manifest, Mapper};
use shape::{Asked, Tree};

/// The attributes that a module fills and the members that it reads, over recorded pages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// Name and version of the module.
    pub module: String,
    /// Pages of objects that the module is not for.
    pub pages_left_out: u64,
    /// Figures by object.
    pub objects: BTreeMap<Object, ObjectCoverage>,
}

/// The attributes that a module fills and the members that it reads, over the pages of one object.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ObjectCoverage {
    /// Number of pages in the recording.
    pub pages: u64,
    /// Number of objects in these pages.
    pub objects: u64,
    /// Number of records made from these objects.
    pub records: u64,
    /// Number of records that have each attribute.
    pub filled: BTreeMap<String, u64>,
    /// Attributes that no record has: for a mapping out of the schema, for an overlay out of its manifest.
    pub unfilled: Vec<String>,
    /// Members that the module asks for, used or not.
    pub read: Vec<PageMember>,
    /// Members that the module does not ask for; for an overlay, members that the stock mapping does not ask
    /// for either.
    pub unread: Vec<PageMember>,
    /// Members that are null or empty in every object, read or not.
    pub empty: Vec<PageMember>,
}

/// A member of a page. Positions in lists are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageMember {
    /// For example `tasks[].containers[].runtimeId`. A star stands for the names after the first 64 of an
    /// object that is a table, such as labels.
    pub path: String,
    /// Number of objects that have it (for a member of the page itself: pages).
    pub objects: u64,
    /// Number of members inside it, which share its verdict.
    pub inside: u64,
}

/// Reports the attributes that a module fills and the members that it reads. It reads the recording page by
/// page.
///
/// # Errors
/// If a sync would refuse the module, a line is not a page, or no page is of an object that the module is
/// for.
pub fn coverage(
    bench: &Workbench,
    specimen: &Specimen,
    file: &Path,
) -> Result<Coverage, WorkbenchError> {
    let mut rig = bench.mount(specimen)?.of_mappers()?;
    let mut coverage = Coverage {
        module: rig.name().to_owned(),
        pages_left_out: 0,
        objects: BTreeMap::new(),
    };
    let mut seen: BTreeMap<Object, Seen> = BTreeMap::new();
    for read in pages::each(file, &rig.objects().collect::<Vec<_>>())? {
        let (_, page) = read?;
        let Some(mapper) = rig.mapper(page.object) else {
            coverage.pages_left_out += 1;
            continue;
        };
        seen.entry(page.object)
            .or_insert_with(|| Seen::new(mapper))
            .look_at(&page);
        let object = coverage.objects.entry(page.object).or_default();
        count(bench, &mut rig, &page, object);
    }
    if coverage.objects.is_empty() {
        return Err(WorkbenchError::Unfit(format!(
            "{} has no page of an object that {} is for; record some with `portolan sync --record FILE`",
            file.display(),
            coverage.module
        )));
    }
    for (object, seen) in seen {
        let (Some(mapper), Some(found)) = (rig.mapper(object), coverage.objects.get_mut(&object))
        else {
            continue;
        };
        found.unfilled = unfilled(mapper, &found.filled);
        seen.objects.report(found);
        seen.around.report(found);
    }
    Ok(coverage)
}

fn count(bench: &Workbench, rig: &mut Rig, page: &Page, coverage: &mut ObjectCoverage) {
    coverage.pages += 1;
    coverage.objects += page.described().count() as u64;
    let Ok(records) = rig.records(bench.engine(), page) else {
        return;
    };
    for record in records.iter() {
        coverage.records += 1;
        let members: BTreeMap<String, &RawValue> =
            serde_json::from_slice(record).unwrap_or_default();
        for name in members.into_keys() {
            *coverage.filled.entry(name).or_default() += 1;
        }
    }
}

/// The attributes that the module could fill and that no record has.
fn unfilled(mapper: &Mapper, filled: &BTreeMap<String, u64>) -> Vec<String> {
    let candidates: BTreeSet<String> = match mapper.amenders.first() {
        None => mapper.validator.attributes().iter().cloned().collect(),
        Some(amender) => {
            let declared = &amender.overlay.component.manifest.attributes;
            declared.keys().cloned().collect()
        }
    };
    candidates
        .into_iter()
        .filter(|name| !filled.contains_key(name))
        .collect()
}

/// The members of an object's pages: those of the described objects, and those around them.
struct Seen {
    objects: Tree,
    around: Tree,
}

impl Seen {
    fn new(mapper: &Mapper) -> Self {
        let shape = mapper.object.shape();
        let prefix = match shape {
            Shape::List(member) => format!("{member}[]"),
            Shape::Single(member) => member.to_owned(),
        };
        let asked: Vec<Asked> = manifests(mapper).map(Asked::of).collect();
        let around = asked.iter().map(|asked| asked.around(shape)).collect();
        Self {
            objects: Tree::new(prefix, asked),
            around: Tree::new(String::new(), around),
        }
    }

    fn look_at(&mut self, page: &Page) {
        let Ok(mut body) = serde_json::from_slice::<Value>(page.body()) else {
            return;
        };
        let (Shape::List(member) | Shape::Single(member)) = page.object.shape();
        let Some(here) = body.get_mut(member).map(Value::take) else {
            return;
        };
        match (page.object.shape(), here) {
            (Shape::List(_), Value::Array(objects)) => {
                for object in objects.into_iter().filter(Value::is_object) {
                    self.objects.look_at(&object);
                }
            }
            (Shape::Single(_), object @ Value::Object(_)) => self.objects.look_at(&object),
            _ => {}
        }
        if let Some(members) = body.as_object_mut() {
            members.shift_remove(member);
        }
        self.around.look_at(&body);
    }
}

/// The manifests that read an object: of a mapping alone, or of the stock mapping and the overlay in
/// question.
fn manifests(mapper: &Mapper) -> impl Iterator<Item = &Manifest> {
    let overlays = mapper.amenders.iter();
    std::iter::once(&mapper.module.component.manifest)
        .chain(overlays.map(|amender| &amender.overlay.component.manifest))
}
