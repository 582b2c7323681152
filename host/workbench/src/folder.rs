//! An author's folder: `src/` or `table.toml`, `built/`, `pages/` and `expected/`.

use std::path::{Path, PathBuf};

use super::WorkbenchError;

/// The files of pages of a folder, each with the file of its expected records, sorted by name.
///
/// # Errors
/// If the folder has no pages.
pub fn files(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>, WorkbenchError> {
    let found = with_extension(&folder.join("pages"), "jsonl")?;
    if found.is_empty() {
        return Err(WorkbenchError::Unfit(format!(
            "there are no pages in {}; record some with `portolan sync --record {}`",
            folder.join("pages").display(),
            folder.join("pages/recorded.jsonl").display()
        )));
    }
    let expected = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default();
        folder.join("expected").join(name)
    };
    Ok(found
        .into_iter()
        .map(|file| (file.clone(), expected(&file)))
        .collect())
}

/// The only module in `built/` of a folder.
///
/// # Errors
/// If there is no module, or more than one.
pub fn module(folder: &Path) -> Result<PathBuf, WorkbenchError> {
    let built = folder.join("built");
    let mut found = with_extension(&built, "wasm")?;
    match (found.pop(), found.is_empty()) {
        (Some(module), true) => Ok(module),
        (Some(_), false) => Err(WorkbenchError::Unfit(format!(
            "there is more than one module in {}; choose one with --module",
            built.display()
        ))),
        (None, _) => Err(WorkbenchError::Unfit(format!(
            "there is no module in {}; build it with `portolan mapper build {}`, or name one with --module",
            built.display(),
            display(folder)
        ))),
    }
}

/// A source file of the folder that is newer than the module, if there is one.
#[must_use]
pub fn newer_source(folder: &Path, module: &Path) -> Option<PathBuf> {
    let modified = |file: &Path| {
        std::fs::metadata(file)
            .and_then(|file| file.modified())
            .ok()
    };
    let built = modified(module)?;
    let mut sources: Vec<PathBuf> = ["rs", "py", "js"]
        .into_iter()
        .flat_map(|extension| with_extension(&folder.join("src"), extension).unwrap_or_default())
        .collect();
    sources.extend(
        [
            "Cargo.toml",
            "requirements.txt",
            "package.json",
            super::table::FILE,
            super::table::CONTROLS,
        ]
        .map(|name| folder.join(name)),
    );
    sources
        .into_iter()
        .find(|source| modified(source).is_some_and(|time| time > built))
}

/// Files with an extension, sorted. The list is empty without a folder.
fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, WorkbenchError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(WorkbenchError::reading(folder))? {
        let path = entry.map_err(WorkbenchError::reading(folder))?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A folder as a user can type it.
fn display(folder: &Path) -> std::path::Display<'_> {
    if folder.as_os_str().is_empty() {
        Path::new(".").display()
    } else {
        folder.display()
    }
}
