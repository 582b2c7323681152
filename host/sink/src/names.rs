//! The names of files in an output folder: those of a sync, and those that other commands write beside the records.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use serde::Deserialize;

use portolan_page::object::Object;

pub(crate) const STAGING_PREFIX: &str = ".portolan-";
pub(crate) const REPORT: &str = "report.json";
/// The report of a failed sync, beside the report of the data that stays.
pub(crate) const FAILED_REPORT: &str = "report.failed.json";
const ASSESSMENT: &str = "assessment.json";
/// Far more than one assessment writes. The list is read from a file that anybody may have changed.
const EXPORTS_LIMIT: usize = 1000;

pub(crate) fn file_name(object: Object) -> String {
    format!("{object}.jsonl")
}

pub(crate) fn changes_name(object: Object) -> String {
    format!("{object}.changes.jsonl")
}

pub(crate) fn provenance_name(object: Object) -> String {
    format!("{object}.provenance.jsonl")
}

/// The names of all data files in an output folder.
pub(crate) fn file_names() -> impl Iterator<Item = String> {
    let names = |object| {
        [
            file_name(object),
            changes_name(object),
            provenance_name(object),
        ]
    };
    // Findings are about the records that they stand beside.
    let findings = ["Finding.jsonl", "Finding.changes.jsonl", ASSESSMENT].map(str::to_owned);
    Object::ALL.into_iter().flat_map(names).chain(findings)
}

/// Whether a file of this name belongs to a sync or an assessment. File systems may ignore case.
fn is_own(name: &str) -> bool {
    let mut own = file_names().chain([REPORT, FAILED_REPORT].map(str::to_owned));
    name.to_ascii_lowercase().starts_with(STAGING_PREFIX)
        || own.any(|own| own.eq_ignore_ascii_case(name))
}

/// The part of assessment.json that names files.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    exports: Vec<String>,
}

/// The names of the files in an output folder to which findings were exported. Names that are not plain, or that
/// belong to other files of the folder, are left out.
#[must_use]
pub fn exports_in(folder: &Path) -> Vec<String> {
    let file = folder.join(ASSESSMENT);
    let listed = File::open(&file).and_then(|opened| {
        let listed: Listed = serde_json::from_reader(BufReader::new(opened))?;
        Ok(listed.exports)
    });
    let exports = listed.unwrap_or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            tracing::warn!(
                "cannot read {}: {error}; files to which findings were exported stay where they are",
                file.display()
            );
        }
        Vec::new()
    });
    let plain = exports.into_iter().filter(|name| is_export_name(name));
    plain.take(EXPORTS_LIMIT).collect()
}

/// Whether a file of this name in an output folder can be an export: the name has no folder, and no other file of the
/// folder has it.
#[must_use]
pub fn is_export_name(name: &str) -> bool {
    let is_plain = Path::new(name).file_name().is_some_and(|it| it == name);
    is_plain && !name.contains(['/', '\\', ':', '\0']) && !is_own(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_other_files_are_exports() {
        for name in ["findings.csv", "a b.sarif", "Finding.csv", ".hidden"] {
            assert!(is_export_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "/etc/passwd",
            "../x",
            "a/b",
            "a\\b",
            "a/",
            "./a",
            "C:x",
            "report.json",
            "Report.JSON",
            "report.failed.json",
            "EcsTask.jsonl",
            "EcsTask.changes.jsonl",
            "EcsTask.provenance.jsonl",
            "Finding.jsonl",
            "finding.jsonl",
            "assessment.json",
            ".portolan-x",
        ] {
            assert!(!is_export_name(name), "{name}");
        }
    }
}
