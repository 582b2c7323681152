//! What a module leaves empty, and what it leaves unread: the two ways in which mappings rot silently.
//!
//! A module's manifest names what it reads, and the host gives it no more, so that nobody has to watch it.

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

/// What a module fills and reads of recorded pages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Coverage {
    /// Name and version.
    pub module: String,
    /// Pages of objects that the module is not for.
    pub pages_left_out: u64,
    /// By object.
    pub objects: BTreeMap<Object, ObjectCoverage>,
}

/// What a module fills and reads of the pages of one object.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ObjectCoverage {
    /// Pages of the recording.
    pub pages: u64,
    /// Objects that these describe.
    pub objects: u64,
    /// Records that were made of them.
    pub records: u64,
    /// Records that have each attribute.
    pub filled: BTreeMap<String, u64>,
    /// Attributes that no record has: of a mapping those of the schema, of an overlay those that its
    /// manifest declares.
    pub unfilled: Vec<String>,
    /// Members that the module asks for, whatever it makes of them.
    pub read: Vec<PageMember>,
    /// Members that the module does not ask for; of an overlay, those that the stock mapping does not ask
    /// for either.
    pub unread: Vec<PageMember>,
    /// Members that are null or empty in every object, whether they are read or not.
    pub empty: Vec<PageMember>,
}

/// A member of a page, wherever in a list it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageMember {
    /// For example `tasks[].containers[].runtimeId`. A star stands for names beyond the first 64 of an
    /// object that is a table, such as labels.
    pub path: String,
    /// Objects that have it (for a member of the page itself: pages).
    pub objects: u64,
    /// Members inside it, which share its verdict.
    pub inside: u64,
}

/// Looks at what a module fills and reads. The recording is read page by page.
///
/// # Errors
/// If a sync would refuse the module, a line is no page, or no page is of an object that the module is for.
pub fn coverage(
    bench: &Workbench,
    specimen: &Specimen,
    file: &Path,
) -> Result<Coverage, WorkbenchError> {
    let mut rig = bench.mount(specimen)?;
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

/// What the module could have filled and has not.
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

/// The manifests of those that read an object: of a mapping alone, or of the stock mapping and the overlay
/// that is looked at.
fn manifests(mapper: &Mapper) -> impl Iterator<Item = &Manifest> {
    let overlays = mapper.amenders.iter();
    std::iter::once(&mapper.module.component.manifest)
        .chain(overlays.map(|amender| &amender.overlay.component.manifest))
}
