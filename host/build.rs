//! Tells the compiler where the stock mappers are, or a person how to build them, and which commit this is; and
//! collects the SDK, a copy of which `portolan mapper new` puts into a new module.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The module that mapping tables are packed into.
const INTERPRETER: &str = "table";

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let objects = objects(&root);
    schemas(&root, &objects);
    samples(&objects);
    stock_mappers(&root.join("guest-mappers/built"), &objects);
    vendored_sdk(&root);
    commit(&root);
}

/// Names the commit of a clone; a source archive has none.
fn commit(root: &Path) {
    let git = |arguments: &[&str]| {
        // An archive may have been unpacked inside somebody else's clone.
        let is_clone = root.join(".git").exists();
        let mut git = is_clone.then(|| Command::new("git"))?;
        let output = git.arg("-C").arg(root).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // They change with every commit and checkout. A file that is missing would run this for every build.
    for name in ["HEAD", "logs/HEAD"] {
        let file = git(&["rev-parse", "--git-path", name]).map(|path| root.join(path));
        if let Some(file) = file.filter(|file| file.is_file()) {
            println!("cargo:rerun-if-changed={}", file.display());
        }
    }
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=PORTOLAN_COMMIT={commit}");
}

/// The names of the objects, each of which has a schema and a stock mapper, and their words.
fn objects(root: &Path) -> Vec<(String, String)> {
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

/// Writes a table of the objects' schemas.
fn schemas(root: &Path, objects: &[(String, String)]) {
    let entries = objects.iter().map(|(name, _)| {
        let file = root.join(format!("schemas/{name}.schema.json"));
        println!("cargo:rerun-if-changed={}", file.display());
        format!("({name:?}, include_str!({file:?})),\n")
    });
    let entries: String = entries.collect();
    write(
        "schemas.rs",
        &format!("const OBJECTS: &[(&str, &str)] = &[\n{entries}];\n"),
    );
}

/// Writes a table of the pages that new modules are tested with.
fn samples(objects: &[(String, String)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workbench/templates");
    let entries = objects.iter().map(|(_, word)| {
        let file = folder.join(format!("{word}.sample.jsonl"));
        println!("cargo:rerun-if-changed={}", file.display());
        format!("({word:?}, include_str!({file:?})),\n")
    });
    let entries: String = entries.collect();
    write(
        "samples.rs",
        &format!("const SAMPLES: &[(&str, &str)] = &[\n{entries}];\n"),
    );
}

fn write(name: &str, text: &str) {
    let out = std::env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let file = out.join(name);
    // What is the same stays as old as it is, so that a commit alone makes no program stale.
    if std::fs::read_to_string(&file).is_ok_and(|before| before == text) {
        return;
    }
    std::fs::write(file, text).expect("OUT_DIR can be written to");
}

/// Writes a table of the stock mappers, and says where the interpreter of mapping tables is.
fn stock_mappers(folder: &Path, objects: &[(String, String)]) {
    let words = objects.iter().map(|(_, word)| word.as_str());
    let missing: Vec<&str> = words
        .clone()
        .chain([INTERPRETER])
        .filter(|word| {
            let file = folder.join(format!("{word}.wasm"));
            println!("cargo:rerun-if-changed={}", file.display());
            !file.is_file()
        })
        .collect();
    assert!(
        missing.is_empty(),
        "the stock mappers ({}) are not built yet; run `make mappers` first, or `make build` for everything",
        missing.join(", ")
    );
    println!(
        "cargo:rustc-env=PORTOLAN_STOCK_MAPPERS={}",
        folder.display()
    );
    let entries = words.map(|word| {
        let file = folder.join(format!("{word}.wasm"));
        format!("({word:?}, include_bytes!({file:?})),\n")
    });
    let entries: String = entries.collect();
    write(
        "stock.rs",
        &format!("const STOCK: &[(&str, &[u8])] = &[\n{entries}];\n"),
    );
}

/// Writes a table of the SDK's files, and its manifest without references to this workspace.
fn vendored_sdk(root: &Path) {
    let sdk = root.join("guest-mappers/sdk");
    let mut files = Vec::new();
    for folder in ["src", "wit"] {
        collect(&sdk, Path::new(folder), &mut files);
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
        // One path on every system, for the new module's folder and for the compiler.
        let name = file.display().to_string().replace('\\', "/");
        let place = sdk.join(&file);
        let _ = writeln!(table, "({name:?}, include_str!({place:?})),");
    }
    table.push_str("];\n");
    write("vendored.rs", &table);
}

/// The files of a folder and of those inside it, seen from `base`, in the order of their names.
fn collect(base: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
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

/// A manifest with what it takes from its workspace written out; sections that only matter there are left
/// out. Both files write one setting a line, which a test of the new module's build holds them to.
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
            "host/build.rs cannot write out `{line}`"
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
