//! Writes a table of the objects' schemas.

#[path = "../build.rs"]
mod build;

fn main() {
    let root = build::root();
    let entries = build::objects(&root).into_iter().map(|(name, _)| {
        let file = root.join(format!("schemas/{name}.schema.json"));
        println!("cargo:rerun-if-changed={}", file.display());
        format!("({name:?}, include_str!({file:?})),\n")
    });
    let entries: String = entries.collect();
    build::write(
        "schemas.rs",
        &format!("const OBJECTS: &[(&str, &str)] = &[\n{entries}];\n"),
    );
}
