//! Collects the contents of a new module for `portolan mapper new`: the SDK, and pages to test the module
//! with.

#[path = "../build.rs"]
mod build;

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    let root = build::root();
    samples(&build::objects(&root));
    vendored_sdk(&root);
}

/// Writes a table of the sample pages of new modules.
fn samples(objects: &[(String, String)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/templates");
    let entries = objects.iter().map(|(_, word)| {
        let file = folder.join(format!("{word}.sample.jsonl"));
        println!("cargo:rerun-if-changed={}", file.display());
        format!("({word:?}, include_str!({file:?})),\n")
    });
    let entries: String = entries.collect();
    build::write(
        "samples.rs",
        &format!("const SAMPLES: &[(&str, &str)] = &[\n{entries}];\n"),
    );
}

/// Writes a table of the SDK's files, and its manifest without references to this workspace.
fn vendored_sdk(root: &Path) {
    let sdk = root.join("guest-mappers/sdk");
    let mut files = Vec::new();
    for folder in ["src", "wit"] {
        build::collect(&sdk, Path::new(folder), &mut files);
    }
    let read = |file: PathBuf| {
        println!("cargo:rerun-if-changed={}", file.display());
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    let manifest = standalone(
        &read(sdk.join("Cargo.toml")),
        &read(root.join("Cargo.toml")),
    );
    let mut table =
        format!("pub(super) const FILES: &[(&str, &str)] = &[\n(\"Cargo.toml\", {manifest:?}),\n");
    for file in files {
        // The new module's folder and the compiler take forward slashes on every system.
        let name = file.display().to_string().replace('\\', "/");
        let place = sdk.join(&file);
        let _ = writeln!(table, "({name:?}, include_str!({place:?})),");
    }
    table.push_str("];\n");
    build::write("vendored.rs", &table);
}

/// A manifest with the settings of its workspace written out, without the sections that only matter there.
/// Both files have one setting per line; a test that builds a new module checks this.
fn standalone(manifest: &str, workspace: &str) -> String {
    let mut text = String::new();
    let (mut section, mut is_kept) = ("", true);
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
            is_kept = !["[dev-dependencies]", "[lints]"].contains(&section);
        }
        if !is_kept {
            continue;
        }
        let table = if section == "[package]" {
            "[workspace.package]"
        } else {
            "[workspace.dependencies]"
        };
        let name = line.split(['.', ' ']).next().unwrap_or_default();
        let line = if line == format!("{name}.workspace = true") {
            format!("{name} = {}", setting(workspace, table, name))
        } else if line == format!("{name} = {{ workspace = true, optional = true }}") {
            optional(name, &setting(workspace, table, name))
        } else {
            line.to_owned()
        };
        assert!(
            !line.contains("workspace"),
            "host/workbench/build.rs cannot write out `{line}`"
        );
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// The value of a setting in a section of the workspace's manifest, without the comment behind it.
fn setting(workspace: &str, section: &str, name: &str) -> String {
    let mut lines = workspace
        .lines()
        .skip_while(|line| *line != section)
        .skip(1);
    let line = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix(&format!("{name} = ")))
        .unwrap_or_else(|| panic!("{section} of Cargo.toml has no {name}"));
    let line = line.split(" # ").next().unwrap_or_default();
    line.trim_end().to_owned()
}

fn optional(name: &str, value: &str) -> String {
    match value.strip_suffix('}') {
        Some(table) => format!("{name} = {}, optional = true }}", table.trim_end()),
        None => format!("{name} = {{ version = {value}, optional = true }}"),
    }
}
