//! `portolan mapper`: what people who write mappings see.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{portolan, root};

/// What a module is, and whether it fits.
mod check;
/// What a module leaves empty and unread, and how fast it is.
mod coverage;
/// What one module changes against another.
mod diff;
/// New modules: from nothing to a tested component.
mod new;
/// What a module makes of pages.
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
