//! Mapping tables: mappings without code.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{portolan, root, run};

mod beyond;
/// The error for a table names each faulty attribute.
mod check;
/// Every example in the manual of tables.
mod manual;
/// Tables as modules: packed, inspected, and run.
mod modules;
/// Features of every module, with tables: comparing, signing, pinning, limits, a sync.
mod shipping;
/// The stock mappings as tables.
mod stock;

/// Packs a table, and returns its folder and the module's file.
pub(crate) fn packed(text: &str) -> (tempfile::TempDir, PathBuf) {
    let (folder, file) = table(text);
    run(mapper(&["table"]).arg(&file)).with(0);
    let module = folder.path().join("acme.wasm");
    assert!(module.is_file());
    (folder, module)
}

fn mapper(arguments: &[&str]) -> Command {
    let mut command = portolan();
    command.arg("mapper").args(arguments);
    command
}

/// An example that ships with the interpreter.
pub(crate) fn example(name: &str) -> PathBuf {
    root().join(format!("guest-mappers/table/examples/{name}.toml"))
}

/// A table with these attributes for tasks.
fn overlay(attributes: &str) -> String {
    format!(
        "name = \"acme\"\nversion = \"1.0.0\"\nkind = \"overlay\"\nobject = \"EcsTask\"\n\n[attributes]\n{attributes}\n"
    )
}

/// A folder with a table in it.
fn table(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.toml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}
