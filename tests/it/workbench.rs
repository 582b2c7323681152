//! `portolan mapper`, as authors of mappings see it.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{portolan, root};

/// The facts about a module, and whether it fits.
mod check;
/// The attributes that a module leaves empty, the members that it does not read, and its speed.
mod coverage;
/// The differences between the results of two modules.
mod diff;
/// New modules: from nothing to a tested component.
mod new;
/// The results of a module for pages.
mod tries;

fn mapper(arguments: &[&str]) -> Command {
    let mut command = portolan();
    command.arg("mapper").args(arguments);
    command
}

fn guest(name: &str) -> PathBuf {
    root().join("tests/guests/built").join(name)
}

fn stock(word: &str) -> PathBuf {
    root().join(format!("guest-mappers/built/{word}.wasm"))
}

/// A folder with a file in it.
fn file(name: &str, contents: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, contents).unwrap();
    (folder, file)
}
