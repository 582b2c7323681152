//! The changes that would follow if one module replaced another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Rig, Specimen, Workbench, WorkbenchError, pages};
use portolan_page::object::Object;
use portolan_records::differences::Differences;

/// The differences between the results of two modules on the same pages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ModuleDiff {
    /// Name and version of the old module, or `stock`.
    pub old: String,
    /// Name and version of the new module, or `stock`.
    pub new: String,
    /// Pages of objects that neither module is for.
    pub pages_left_out: u64,
    /// Differences in the records of each object.
    pub objects: BTreeMap<Object, Differences>,
}

impl ModuleDiff {
    /// Whether both modules give the same result for all pages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.values().all(Differences::is_empty)
    }
}

/// Compares two modules, each as a sync would run it: an overlay over the stock mapping, and the stock
/// mapping for objects that a module is not for. `None` stands for the stock mappings.
///
/// # Errors
/// If a sync would refuse a module, a line is not a page, or no page is of an object that a module is for.
pub fn diff(
    bench: &Workbench,
    old: Option<&Specimen>,
    new: Option<&Specimen>,
    file: &Path,
) -> Result<ModuleDiff, WorkbenchError> {
    let mount = |specimen: Option<&Specimen>| match specimen {
        Some(specimen) => bench.mount(specimen)?.of_mappers(),
        None => bench.mount_stock(),
    };
    let (mut old_rig, mut new_rig) = (mount(old)?, mount(new)?);
    let mut stock = bench.mount_stock()?;
    let mut comparison = ModuleDiff {
        old: old_rig.name().to_owned(),
        new: new_rig.name().to_owned(),
        pages_left_out: 0,
        objects: BTreeMap::new(),
    };
    let is_for = |rig: &Rig, specimen: Option<&Specimen>, object| {
        specimen.is_some() && rig.mapper(object).is_some()
    };
    let mounted = [(&old_rig, old), (&new_rig, new)].into_iter();
    let modules = mounted.filter(|(_, specimen)| specimen.is_some());
    let objects: BTreeSet<Object> = modules.flat_map(|(rig, _)| rig.objects()).collect();
    let objects: Vec<Object> = objects.into_iter().collect();
    for read in pages::each(file, &objects)? {
        let (_, page) = read?;
        if !is_for(&old_rig, old, page.object) && !is_for(&new_rig, new, page.object) {
            comparison.pages_left_out += 1;
            continue;
        }
        let mut records = |rig: &mut Rig| match rig.mapper(page.object) {
            Some(_) => rig.records(bench.engine(), &page),
            None => stock.records(bench.engine(), &page),
        };
        let (before, after) = (records(&mut old_rig), records(&mut new_rig));
        comparison.objects.entry(page.object).or_default().compare(
            &page,
            before.as_ref(),
            after.as_ref(),
        );
    }
    if comparison.objects.is_empty() {
        return Err(WorkbenchError::Unfit(format!(
            "{} has no page of an object that {} or {} is for; record some with `portolan sync --record FILE`",
            file.display(),
            comparison.old,
            comparison.new
        )));
    }
    Ok(comparison)
}
