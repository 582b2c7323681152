//! Shared by build scripts: the list of objects, taken from their schemas, and files for the compiler.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of the objects, each of which has a schema and a stock mapper, and their words.
pub(crate) fn objects(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    collect(root, Path::new("schemas"), &mut files);
    let names = files.iter().filter_map(|file| {
        let file = file.file_name()?.to_str()?;
        let name = file.strip_suffix(".schema.json")?;
        name.starts_with("Ecs").then(|| name.to_owned())
    });
    names.map(|name| (name.clone(), word(&name[3..]))).collect()
}

/// `TaskDefinition` as `task-definition`.
fn word(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

pub(crate) fn write(name: &str, text: &str) {
    let out = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let file = out.join(name);
    // An equal file keeps its age, so that a commit alone does not make a program stale.
    if std::fs::read_to_string(&file).is_ok_and(|before| before == text) {
        return;
    }
    std::fs::write(file, text).expect("OUT_DIR can be written to");
}

/// The files of a folder and of those inside it, seen from `base`, in the order of their names.
pub(crate) fn collect(base: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", base.join(folder).display());
    let entries = std::fs::read_dir(base.join(folder)).expect("the SDK is in this repository");
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    for name in names {
        let path = folder.join(name);
        match base.join(&path).is_dir() {
            true => collect(base, &path, files),
            false => files.push(path),
        }
    }
}
