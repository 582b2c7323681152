//! Generates a table of the stock mappers; if they are missing, the error says how to build them.

#[path = "../build.rs"]
mod build;

use std::path::Path;

/// The module that mapping tables are packed into.
const INTERPRETER: &str = "table";

fn main() {
    let root = build::root();
    stock_mappers(&root.join("guest-mappers/built"), &build::objects(&root));
}

/// Writes a table of the stock mappers, and sets the folder of the interpreter of mapping tables.
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
    build::write(
        "stock.rs",
        &format!("const STOCK: &[(&str, &[u8])] = &[\n{entries}];\n"),
    );
}
