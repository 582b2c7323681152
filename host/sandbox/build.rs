//! Generates tables of the stock modules; if they are missing, the error says how to build them.

#[path = "../build.rs"]
mod build;

use std::path::Path;

/// The module that tables are packed into.
const INTERPRETER: &str = "table";

fn main() {
    let root = build::root();
    let words = build::objects(&root).into_iter().map(|(_, word)| word);
    let (words, assessors): (Vec<_>, _) =
        (words.collect(), assessors(&root.join("guest-assessors")));
    stock_modules(&root.join("guest-mappers/built"), &words, &assessors);
}

/// The modules of the stock assessors: tables of controls, and crates. Crates that are no modules are libraries of
/// others.
fn assessors(folder: &Path) -> Vec<String> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let module = |folder: std::path::PathBuf| {
        let name = folder.file_name()?.to_str()?.to_owned();
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        match folder.join("controls.toml").is_file() {
            true => Some(format!("controls-{name}")),
            false => manifest.contains("cdylib").then_some(name),
        }
    };
    let mut modules: Vec<String> = entries.filter_map(|entry| module(entry.path())).collect();
    modules.sort();
    modules
}

/// Writes tables of the stock mappers and assessors, and sets the folder of the interpreter of tables.
fn stock_modules(folder: &Path, words: &[String], assessors: &[String]) {
    let missing: Vec<&str> = words
        .iter()
        .chain(assessors)
        .map(String::as_str)
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
    let table = |name: &str, modules: &[String]| {
        let entries = modules.iter().map(|module| {
            let file = folder.join(format!("{module}.wasm"));
            format!("({module:?}, include_bytes!({file:?})),\n")
        });
        let entries: String = entries.collect();
        format!("const {name}: &[(&str, &[u8])] = &[\n{entries}];\n")
    };
    let tables = [table("STOCK", words), table("STOCK_ASSESSORS", assessors)];
    build::write("stock.rs", &tables.concat());
}
