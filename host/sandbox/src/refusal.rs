//! Checks by its names whether a component can run here. Compiling a component may take seconds, and is not
//! worth it for one that is refused.

use std::collections::BTreeSet;

use memchr::memmem;
use wasmparser::{KnownCustom, Parser, Payload};

use super::Surface;

/// The prefix of the contract's interfaces.
const PACKAGE: &str = "portolan:mapper/";
/// The major and minor version of the contract in this host. Patch versions are compatible.
const CONTRACT: [u64; 2] = [1, 0];

/// The only interface that a module may import functions from.
const DIAGNOSTICS: &str = "portolan:mapper/diagnostics@1.";
/// An interface of types, without functions.
const TYPES: &str = "portolan:mapper/types@1.";

/// Checks a component's imports, and the contract that it was built against.
///
/// # Errors
/// The reason that it cannot run here, and what to do in the language that it was written in.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let surface = Surface::names(bytes)?;
    let contract = other_contract(&surface);
    let imports = forbidden_imports(&surface, contract.is_some(), bytes);
    let reasons: Vec<String> = contract.into_iter().chain(imports).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(reasons.join("; besides, "))
}

/// One interface is enough, because a component is built against one version of a package.
fn other_contract(surface: &Surface) -> Option<String> {
    let find = |items: &[super::Item]| {
        let mut names = items.iter().map(|item| item.name.as_str());
        names.find_map(|name| {
            let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
            let name = name.to_owned();
            (!fits(version)).then(|| (name, format!("{PACKAGE}{interface}@1.0.0")))
        })
    };
    let said = match (find(&surface.exports), find(&surface.imports)) {
        (Some((theirs, ours)), _) => format!("it exports {theirs}, but this host calls {ours}"),
        (None, Some((theirs, ours))) => format!("it imports {theirs}, but this host has {ours}"),
        (None, None) => return None,
    };
    Some(format!(
        "{said}; build it against WIT 1.0.0, which `portolan mapper new` puts into a new folder"
    ))
}

/// Whether this host implements a version of the contract.
fn fits(version: &str) -> bool {
    let numbers: Vec<u64> = version
        .split(['.', '-', '+'])
        .take(2)
        .map(|part| part.parse().unwrap_or(u64::MAX))
        .collect();
    numbers.len() == 2 && numbers[0] == CONTRACT[0] && numbers[1] <= CONTRACT[1]
}

fn forbidden_imports(surface: &Surface, is_other: bool, bytes: &[u8]) -> Option<String> {
    let names = surface.imports.iter().map(|item| item.name.as_str());
    let forbidden: Vec<&str> = names
        .filter(|name| !name.starts_with(DIAGNOSTICS) && !name.starts_with(TYPES))
        // The contract's version is already reported, with what to do.
        .filter(|name| !(is_other && name.starts_with(PACKAGE)))
        .collect();
    let all_are = |prefix| forbidden.iter().all(|name| name.starts_with(prefix));
    let remedy = if forbidden.is_empty() {
        return None;
    } else if forbidden.iter().any(|name| name.starts_with("wasi:")) {
        without_wasi(bytes)
    } else if all_are("portolan:") {
        "build it against WIT 1.0.0, which `portolan mapper new` puts into a new folder"
    } else {
        "remove the dependency that needs it"
    };
    Some(format!(
        "it imports {}, but a mapper may import only portolan:mapper/diagnostics@1.0.0; {remedy}",
        forbidden.join(", ")
    ))
}

/// Languages by the names that their tools leave in a component, and how to build without WASI in each.
/// Python and JavaScript come first, because their engines are written in C and Rust.
const REMEDIES: [(&[&str], &str); 5] = [
    (
        &["python", "componentize-py"],
        "it is made from Python: build it with `portolan mapper build`, or with `componentize-py … componentize --stub-wasi`",
    ),
    (
        &[
            "javascript",
            "componentizejs",
            "componentize-js",
            "componentize-qjs",
            "jco",
        ],
        "it is made from JavaScript: build it with `portolan mapper build`, or leave WASI out, with `--disable all` of jco and componentize-js or `--stub-wasi` of componentize-qjs",
    ),
    (
        &["go", "tinygo", "wit-bindgen-go"],
        "it is made from Go: build it for TinyGo's target wasm-unknown instead of wasip2 (`tinygo build -target=wasm-unknown`), then turn it into a component with `wasm-tools component embed` and `wasm-tools component new`",
    ),
    (
        &["rust", "rustc", "wit-bindgen-rust"],
        "it is made from Rust: build it for the target wasm32-unknown-unknown instead of wasm32-wasip2 (`portolan mapper build` does)",
    ),
    (
        &["clang", "wit-bindgen-c", "wit-bindgen-cpp"],
        "it is made from C or C++: build it with `clang --target=wasm32-unknown-unknown -nostdlib`, not with the WASI SDK",
    ),
];

fn without_wasi(bytes: &[u8]) -> &'static str {
    let mut made_with = BTreeSet::new();
    // If the rest cannot be read, the names before it are used.
    let _ = read_producers(bytes, &mut made_with);
    // TinyGo names a C compiler; only the names in its runtime identify it.
    if memmem::find(bytes, b"tinygo").is_some() {
        made_with.insert("tinygo".into());
    }
    REMEDIES
        .iter()
        .find(|(names, _)| names.iter().any(|name| made_with.contains(*name)))
        .map_or(
            "build it without WASI: in Rust for the target wasm32-unknown-unknown, in Python and JavaScript with `portolan mapper build`",
            |(_, remedy)| remedy,
        )
}

/// The languages and tools of a component and of its parts.
fn read_producers(bytes: &[u8], names: &mut BTreeSet<String>) -> wasmparser::Result<()> {
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload?
            && let KnownCustom::Producers(fields) = section.as_known()
        {
            for field in fields {
                for tool in field?.values {
                    names.insert(tool?.name.to_lowercase());
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(names: &str, field: &str, tool: &str) -> String {
        let bytes = wat::parse_str(format!("(component {names} (core module))")).expect("text");
        let mut producers = wasm_metadata::Producers::empty();
        producers.add(field, tool, "1");
        let bytes = producers.add_to_wasm(&bytes).expect("a component");
        check(&bytes).expect_err("refused")
    }

    #[test]
    fn each_language_has_its_own_way_without_wasi() {
        let import = r#"(import "wasi:io/poll@0.2.3" (instance)) (import "wasi:io/streams@0.2.3" (instance))"#;
        for (field, tool, part) in [
            ("language", "Rust", "instead of wasm32-wasip2"),
            ("processed-by", "componentize-py", "--stub-wasi"),
            ("processed-by", "ComponentizeJS", "--disable all"),
            ("processed-by", "tinygo", "-target=wasm-unknown"),
            ("processed-by", "clang", "-nostdlib"),
            ("processed-by", "something", "build it without WASI"),
        ] {
            let said = refusal(import, field, tool);
            assert!(said.contains(part), "no `{part}` in {said}");
            assert!(
                said.contains("wasi:io/poll@0.2.3, wasi:io/streams@0.2.3"),
                "{said}"
            );
            assert_eq!(said.matches("may import only").count(), 1, "{said}");
        }
    }

    #[test]
    fn another_contract_is_told_once_with_both_versions() {
        for version in ["1.1.0", "2.0.0", "0.9.0"] {
            let names = ["diagnostics", "types"]
                .map(|name| format!(r#"(import "portolan:mapper/{name}@{version}" (instance))"#))
                .concat();
            let said = refusal(&names, "language", "Rust");
            let parts = [version, "@1.0.0", "build it against WIT 1.0.0"];
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
            assert!(!said.contains("wasi") && !said.contains("types"), "{said}");
        }
        assert!(fits("1.0.0") && fits("1.0.7") && !fits("next") && !fits("1"));
    }
}
