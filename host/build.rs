//! Tells the compiler where the stock mappers are, or a person how to build them.

use std::path::Path;

/// The stock mappers, and the interpreter of mapping tables.
const WORDS: [&str; 5] = ["cluster", "service", "task", "task-definition", "table"];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guest-mappers/built");
    let missing: Vec<&str> = WORDS
        .into_iter()
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
}
