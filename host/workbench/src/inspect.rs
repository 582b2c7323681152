//! Everything that can be known about a module without a page.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use wit_component::{DecodedWasm, WitPrinter};

use super::{Specimen, Workbench};
use portolan_machine::guard::guarded;
use portolan_sandbox::trust::{TrustedKeys, Verification};
use portolan_sandbox::{Kind, Manifest, Surface};

/// What is known about a module.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Inspection {
    /// The file.
    pub file: String,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// How large it is.
    pub size_bytes: usize,
    /// Whether its compiled code is in the cache.
    pub cached: bool,
    /// What it is, if its exports tell.
    pub kind: Option<Kind>,
    /// What it says about itself, if a sync would take it.
    pub manifest: Option<Manifest>,
    /// The state of its signature.
    pub signature: Verification,
    /// Why a sync would not take it.
    pub refused: Option<String>,
    /// Names of what it imports.
    pub imports: Vec<String>,
    /// Names of what it exports.
    pub exports: Vec<String>,
    /// Its producers section: field (such as `processed-by`), then tool, then version.
    pub producers: BTreeMap<String, BTreeMap<String, String>>,
    /// Its source, if it is a mapping table.
    pub table: Option<String>,
    /// Its WIT as text, if it has one.
    pub wit: Option<String>,
}

/// Looks at a module from all sides.
#[must_use]
pub fn inspect(bench: &Workbench, specimen: &Specimen, keys: &TrustedKeys) -> Inspection {
    // Asked first: reading the module puts it there.
    let cached = bench
        .cache()
        .is_some_and(|cache| cache.has(bench.engine(), &specimen.digest));
    let surface = Surface::names(&specimen.bytes);
    let loaded = specimen.load(bench.engine(), bench.cache());
    let names = |items: &[portolan_sandbox::Item]| -> Vec<String> {
        items.iter().map(|item| item.name.clone()).collect()
    };
    let kind = surface.as_ref().ok().and_then(Surface::kind);
    // A file that is no component has no WIT either, and the reader of WIT need not see it.
    let wit = surface.is_ok().then(|| guarded(|| wit(&specimen.bytes)));
    let surface = surface.unwrap_or_default();
    Inspection {
        file: specimen.file.display().to_string(),
        digest: specimen.digest.clone(),
        size_bytes: specimen.bytes.len(),
        cached,
        kind,
        signature: specimen.look(loaded.as_ref().ok(), keys).verification,
        refused: loaded.as_ref().err().map(|error| error.reason().to_owned()),
        manifest: loaded
            .ok()
            .map(|loaded| loaded.component().manifest.clone()),
        imports: names(&surface.imports),
        exports: names(&surface.exports),
        producers: specimen.producers(),
        table: super::table::source(&specimen.bytes),
        wit: wit.flatten().flatten(),
    }
}

fn wit(bytes: &[u8]) -> Option<String> {
    let decoded = wit_component::decode(bytes).ok()?;
    let DecodedWasm::Component(resolve, _) = &decoded else {
        return None;
    };
    let main = decoded.package();
    let others: Vec<_> = resolve
        .packages
        .iter()
        .map(|(id, _)| id)
        .filter(|id| *id != main)
        .collect();
    let mut printer = WitPrinter::default();
    printer.print(resolve, main, &others).ok()?;
    Some(printer.output.to_string())
}
