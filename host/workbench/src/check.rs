//! Checks whether a sync would take a module, and if not, what to change.

use super::contract::{Finding, World};
use super::{Specimen, Workbench, WorkbenchError};
use portolan_sandbox::trust::{Gate, Verification};
use portolan_sandbox::validate::RecordValidator;
use portolan_sandbox::{Kind, Loaded, Manifest, PROTECTED, Surface};

/// The result of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The kind, if the exports show it.
    pub kind: Option<Kind>,
    /// The world that the module was compared with.
    pub world: Option<String>,
    /// SDK and WIT package, each with its version, from the producers section.
    pub sdk: Vec<(String, String)>,
    /// The manifest, if the module could be loaded.
    pub manifest: Option<Manifest>,
    /// The state of its signature.
    pub signature: Verification,
    /// Faults and notes.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether a sync would take the module.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| !finding.is_fault)
    }
}

/// Checks a module: its imports and exports by name, its manifest, the attributes that it declares, and
/// what the module policy asks for.
///
/// # Errors
/// If the check itself fails. A fault of the module is a finding, not an error.
pub fn check(
    bench: &Workbench,
    specimen: &Specimen,
    gate: &Gate,
) -> Result<Checked, WorkbenchError> {
    let mut checked = Checked {
        kind: None,
        world: None,
        sdk: sdk(specimen),
        manifest: None,
        signature: specimen.look(None, gate.keys()).verification,
        findings: Vec::new(),
    };
    let surface = match Surface::of(bench.engine(), bench.cache(), &specimen.bytes) {
        Ok(surface) => surface,
        Err(reason) => {
            checked.findings.push(Finding::fault(reason));
            return Ok(checked);
        }
    };
    checked.kind = surface.kind();
    let Some(kind) = checked.kind else {
        checked.findings.push(no_kind(&surface));
        return Ok(checked);
    };
    let world = World::of(kind)?;
    checked.findings.extend(world.compare(&surface));
    checked.findings.extend(later_wit(&checked.sdk, &world));
    let against = built_against(&checked.sdk, &world);
    checked.world = Some(world.name);
    match specimen.load(bench.engine(), bench.cache()) {
        Ok(loaded) => {
            checked.findings.extend(manifest(&loaded));
            checked.signature = specimen.look(Some(&loaded), gate.keys()).verification;
            let admitted = gate.admit(&specimen.file, &specimen.bytes);
            if let Err(error) =
                admitted.and_then(|admitted| admitted.confirm(&loaded.component().identity()))
            {
                checked.findings.push(Finding::fault(error.to_string()));
            }
            checked.manifest = Some(loaded.component().manifest.clone());
        }
        // The comparison has explained a name that does not fit.
        Err(_) if !checked.is_good() => {}
        Err(error) => checked
            .findings
            .push(Finding::fault(format!("{}{against}", error.reason()))),
    }
    Ok(checked)
}

fn sdk(specimen: &Specimen) -> Vec<(String, String)> {
    let mut producers = specimen.producers();
    let sdk = producers.remove("sdk").unwrap_or_default();
    sdk.into_iter().collect()
}

fn wit_version<'s>(sdk: &'s [(String, String)], world: &World) -> Option<&'s str> {
    let found = sdk.iter().find(|(name, _)| name == world.package())?;
    Some(&found.1)
}

/// A module of a later contract may rely on functions that this host lacks, although its names fit.
fn later_wit(sdk: &[(String, String)], world: &World) -> Option<Finding> {
    let theirs = wit_version(sdk, world)?;
    let numbers = |version: &str| -> Vec<u64> {
        let parts = version.split(['.', '-', '+']).take(3);
        parts.map(|part| part.parse().unwrap_or(0)).collect()
    };
    (numbers(theirs) > numbers(world.version())).then(|| {
        Finding::note(format!(
            "it was built against {} {theirs}, and this host has {}; the later version's features are missing here",
            world.package(),
            world.version()
        ))
    })
}

/// The versions that the module was built with, as an addition to the cause of a misfit.
fn built_against(sdk: &[(String, String)], world: &World) -> String {
    if sdk.is_empty() {
        return String::new();
    }
    let with: Vec<String> = sdk
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    format!(
        " (it was built with {}; this host has {} {})",
        with.join(", "),
        world.package(),
        world.version()
    )
}

fn no_kind(surface: &Surface) -> Finding {
    let exports: Vec<&str> = surface
        .exports
        .iter()
        .map(|item| item.name.as_str())
        .collect();
    let exports = if exports.is_empty() {
        "nothing".to_owned()
    } else {
        exports.join(", ")
    };
    let interfaces = Kind::ALL.map(|kind| kind.contract().full_name(kind.interface()));
    Finding::fault(format!(
        "it exports none of {}, but {exports}; in Rust the macros export_mapping!, export_overlay! and export_assessor! make these exports",
        interfaces.join(", ")
    ))
}

/// Checks of the manifest that loading does not make.
fn manifest(loaded: &Loaded) -> Vec<Finding> {
    let manifest = &loaded.component().manifest;
    let mut findings = Vec::new();
    for object in &manifest.objects {
        if let Err(error) = RecordValidator::new(*object, &manifest.attributes) {
            findings.push(Finding::fault(format!(
                "the attributes that its manifest declares cannot be used: {error}"
            )));
        }
    }
    if let Some(settings) = &manifest.settings
        && let Err(error) = jsonschema::draft202012::new(settings)
    {
        findings.push(Finding::fault(format!(
            "the settings schema in its manifest is not valid: {}",
            error.masked()
        )));
    }
    if let Some(name) = PROTECTED
        .into_iter()
        .find(|name| manifest.attributes.contains_key(*name))
    {
        findings.push(Finding::fault(format!(
            "its manifest declares {name}, which is the host's"
        )));
    }
    for capability in &manifest.capabilities {
        findings.push(Finding::note(format!(
            "it asks for the capability `{capability}`, so that a sync takes it only with grant = [\"{capability}\"] in [modules.{}]",
            portolan_machine::text::printable(&manifest.name, 128)
        )));
    }
    for (name, schema) in &manifest.attributes {
        if schema.get("description").is_none() {
            findings.push(Finding::note(format!(
                "the attribute {name} has no description for readers of the schema"
            )));
        }
    }
    findings
}
