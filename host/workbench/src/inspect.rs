//! All facts about a module that need no page.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use wit_component::{DecodedWasm, WitPrinter};

use super::{Specimen, Workbench};
use portolan_machine::guard::guarded;
use portolan_sandbox::trust::{TrustedKeys, Verification};
use portolan_sandbox::{Kind, Manifest, Surface};

/// The facts about a module.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Inspection {
    /// Path of the file.
    pub file: String,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// Size of the file.
    pub size_bytes: usize,
    /// Whether its compiled code is in the cache.
    pub cached: bool,
    /// The kind, if the exports show it.
    pub kind: Option<Kind>,
    /// The manifest, if a sync would take the module.
    pub manifest: Option<Manifest>,
    /// The state of its signature.
    pub signature: Verification,
    /// The reason why a sync would refuse it.
    pub refused: Option<String>,
    /// Names of the imports.
    pub imports: Vec<String>,
    /// Names of the exports.
    pub exports: Vec<String>,
    /// Its producers section: field (such as `processed-by`), then tool, then version.
    pub producers: BTreeMap<String, BTreeMap<String, String>>,
    /// Source of the module, if it is a mapping table.
    pub table: Option<String>,
    /// Its WIT as text, if it has one.
    pub wit: Option<String>,
}

/// Collects the facts about a module.
#[must_use]
pub fn inspect(bench: &Workbench, specimen: &Specimen, keys: &TrustedKeys) -> Inspection {
    // Comes first, because reading the module puts it into the cache.
    let cached = bench
        .cache()
        .is_some_and(|cache| cache.has(bench.engine(), &specimen.digest));
    let surface = Surface::names(&specimen.bytes);
    let loaded = specimen.load(bench.engine(), bench.cache());
    let names = |items: &[portolan_sandbox::Item]| -> Vec<String> {
        items.iter().map(|item| item.name.clone()).collect()
    };
    let kind = surface.as_ref().ok().and_then(Surface::kind);
    // A file that is not a component has no WIT, so the WIT reader is spared its bytes.
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
