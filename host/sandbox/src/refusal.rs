//! Checks by its names whether a component can run here. Compiling a component may take seconds, and is not
//! worth it for one that is refused.

use std::collections::BTreeSet;

use memchr::memmem;
use wasmparser::{KnownCustom, Parser, Payload};

use super::Surface;
use super::kind::{Contract, Kind};

/// The only interface that a module may import functions from.
const DIAGNOSTICS: &str = "diagnostics";
/// An interface of types, without functions.
const TYPES: &str = "types";

/// Checks a component's imports, and the contract that it was built against.
///
/// # Errors
/// The reason that it cannot run here, and what to do in the language that it was written in.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let surface = Surface::names(bytes)?;
    let contract = contract(&surface);
    let other = other_version(&surface, contract);
    let imports = forbidden_imports(&surface, contract, other.is_some(), bytes);
    let reasons: Vec<String> = other.into_iter().chain(imports).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(reasons.join("; besides, "))
}

/// The contract that a component is built against: that of its kind, else the one whose names it has.
fn contract(surface: &Surface) -> &'static Contract {
    let kind = surface.kind().map(Kind::contract);
    kind.unwrap_or_else(|| {
        let named = |contract: &&&Contract| {
            let mut items = surface.exports.iter().chain(&surface.imports);
            items.any(|item| contract.split(&item.name).is_some())
        };
        let mut all = Contract::ALL.iter();
        all.find(named).unwrap_or(&Contract::ALL[0])
    })
}

/// One interface is enough, because a component is built against one version of a package.
fn other_version(surface: &Surface, contract: &Contract) -> Option<String> {
    let find = |items: &[super::Item]| {
        let mut names = items.iter().map(|item| item.name.as_str());
        names.find_map(|name| {
            let (interface, version) = contract.split(name)?;
            let name = name.to_owned();
            (!contract.fits(version)).then(|| (name, contract.full_name(interface)))
        })
    };
    let said = match (find(&surface.exports), find(&surface.imports)) {
        (Some((theirs, ours)), _) => format!("it exports {theirs}, but this host calls {ours}"),
        (None, Some((theirs, ours))) => format!("it imports {theirs}, but this host has {ours}"),
        (None, None) => return None,
    };
    Some(format!("{said}; {}", against(contract)))
}

/// What to do about another contract.
fn against(contract: &Contract) -> String {
    format!(
        "build it against WIT {}, which `portolan mapper new` puts into a new folder",
        contract.version
    )
}

fn forbidden_imports(
    surface: &Surface,
    contract: &Contract,
    is_other: bool,
    bytes: &[u8],
) -> Option<String> {
    let names = surface.imports.iter().map(|item| item.name.as_str());
    let is_allowed = |name: &str| match contract.split(name) {
        // Another version is already reported, with what to do.
        Some((interface, version)) => {
            is_other || contract.fits(version) && [DIAGNOSTICS, TYPES].contains(&interface)
        }
        // The interpreter of tables has the types of all contracts.
        None => {
            let mut all = Contract::ALL.iter();
            all.any(|other| {
                other
                    .split(name)
                    .is_some_and(|(interface, _)| interface == TYPES)
            })
        }
    };
    let forbidden: Vec<&str> = names.filter(|name| !is_allowed(name)).collect();
    let all_are = |prefix| forbidden.iter().all(|name| name.starts_with(prefix));
    let remedy = if forbidden.is_empty() {
        return None;
    } else if forbidden.iter().any(|name| name.starts_with("wasi:")) {
        without_wasi(bytes).to_owned()
    } else if all_are("portolan:") {
        against(contract)
    } else {
        "remove the dependency that needs it".to_owned()
    };
    Some(format!(
        "it imports {}, but {} may import only {}; {remedy}",
        forbidden.join(", "),
        contract.module,
        contract.full_name(DIAGNOSTICS)
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
    }
}
