//! The worlds of `wit/`, and the differences between a component and a world.

use wit_parser::{Resolve, WorldItem, WorldKey};

use super::WorkbenchError;
use portolan_sandbox::{Item, Kind, Surface};

const MAPPER: &str = include_str!("../../../wit/mapper/mapper.wit");
const ASSESSOR: &str = include_str!("../../../wit/assessor/assessor.wit");

/// A fault or a note about a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether a sync would refuse the module because of it.
    pub is_fault: bool,
    /// A sentence with the remedy.
    pub text: String,
}

impl Finding {
    pub(super) fn fault(text: impl Into<String>) -> Self {
        Self {
            is_fault: true,
            text: text.into(),
        }
    }

    pub(super) fn note(text: impl Into<String>) -> Self {
        Self {
            is_fault: false,
            text: text.into(),
        }
    }
}

/// The world that modules of a kind are built against.
#[derive(Clone, Debug)]
pub struct World {
    /// For example `portolan:mapper/mapping-module@1.0.0`.
    pub name: String,
    /// Functions that the host offers to the module, and functions that it calls.
    pub surface: Surface,
}

impl World {
    /// Reads the world from the WIT in this program.
    ///
    /// # Errors
    /// If the WIT lacks the world; a test excludes this.
    pub fn of(kind: Kind) -> Result<Self, WorkbenchError> {
        let (file, text) = match kind {
            Kind::Mapping | Kind::Overlay => ("mapper.wit", MAPPER),
            Kind::Assessor => ("assessor.wit", ASSESSOR),
        };
        let unfit = |what: String| WorkbenchError::Unfit(format!("{file}: {what}"));
        let mut resolve = Resolve::default();
        let package = resolve
            .push_str(file, text)
            .map_err(|error| unfit(format!("{error:#}")))?;
        let name = kind.world();
        let package = &resolve.packages[package];
        let world = *package
            .worlds
            .get(name)
            .ok_or_else(|| unfit(format!("there is no world {name}")))?;
        let world = &resolve.worlds[world];
        let item = |(key, item): (&WorldKey, &WorldItem)| Item {
            name: resolve.name_world_key(key),
            functions: match item {
                WorldItem::Interface { id, .. } => {
                    resolve.interfaces[*id].functions.keys().cloned().collect()
                }
                WorldItem::Function(_) | WorldItem::Type { .. } => Vec::new(),
            },
        };
        Ok(Self {
            name: package.name.interface_id(name),
            surface: Surface {
                imports: world.imports.iter().map(item).collect(),
                exports: world.exports.iter().map(item).collect(),
            },
        })
    }

    /// The package, for example `portolan:mapper`.
    #[must_use]
    pub fn package(&self) -> &str {
        self.name.split_once('/').map_or("", |(package, _)| package)
    }

    /// The version of the WIT package.
    #[must_use]
    pub fn version(&self) -> &str {
        self.name.split_once('@').map_or("", |(_, version)| version)
    }

    /// Findings for each difference between a component and this world.
    #[must_use]
    pub fn compare(&self, component: &Surface) -> Vec<Finding> {
        let mut findings = Vec::new();
        for want in &self.surface.exports {
            match find(&component.exports, want) {
                None => findings.push(Finding::fault(format!(
                    "the export {} is missing; in Rust the macros export_mapping!, export_overlay! and export_assessor! make it",
                    want.name
                ))),
                Some(have) => self.compare_export(want, have, &mut findings),
            }
        }
        for have in &component.imports {
            // The sandbox refuses other imports before this comparison of functions.
            let Some(want) = find(&self.surface.imports, have) else {
                continue;
            };
            findings.extend(beyond(want, have).map(|function| {
                Finding::fault(format!(
                    "it imports the function {function} of {}, which {} of this host does not have; build it against WIT {}",
                    have.name,
                    want.name,
                    self.version()
                ))
            }));
        }
        for want in &self.surface.imports {
            let is_called = !want.functions.is_empty();
            if is_called && find(&component.imports, want).is_none() {
                findings.push(Finding::note(format!(
                    "it does not import {}, so that a crash will have no message",
                    want.name
                )));
            }
        }
        for have in &component.exports {
            if find(&self.surface.exports, have).is_none() {
                findings.push(Finding::note(format!(
                    "the export {} is not in {} and is never called",
                    have.name, self.name
                )));
            }
        }
        findings
    }

    fn compare_export(&self, want: &Item, have: &Item, findings: &mut Vec<Finding>) {
        if want.name != have.name {
            findings.push(Finding::note(format!(
                "it exports {}, which fits {} of this host",
                have.name, want.name
            )));
        }
        let missing = want
            .functions
            .iter()
            .filter(|name| !have.functions.contains(name));
        findings.extend(missing.map(|name| {
            Finding::fault(format!(
                "the export {} lacks the function {name}",
                have.name
            ))
        }));
        findings.extend(beyond(want, have).map(|name| {
            Finding::note(format!(
                "the function {name} of {} is not in {} and is never called",
                have.name, self.name
            ))
        }));
    }
}

/// Functions that the one interface has and the other lacks.
fn beyond<'a>(ours: &'a Item, theirs: &'a Item) -> impl Iterator<Item = &'a String> {
    let functions = theirs.functions.iter();
    functions.filter(|name| !ours.functions.contains(name))
}

fn find<'a>(items: &'a [Item], like: &Item) -> Option<&'a Item> {
    items.iter().find(|item| same(item, like))
}

fn same(left: &Item, right: &Item) -> bool {
    base(&left.name) == base(&right.name)
}

fn base(name: &str) -> &str {
    name.split_once('@').map_or(name, |(base, _)| base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, functions: &[&str]) -> Item {
        Item {
            name: name.into(),
            functions: functions.iter().map(ToString::to_string).collect(),
        }
    }

    fn faults(exports: Vec<Item>, imports: Vec<Item>) -> Vec<String> {
        World::of(Kind::Mapping)
            .expect("a world")
            .compare(&Surface { imports, exports })
            .into_iter()
            .filter(|finding| finding.is_fault)
            .map(|finding| finding.text)
            .collect()
    }

    const BOTH: [&str; 2] = ["manifest", "map-page"];

    #[test]
    fn a_world_fits_itself() {
        for kind in Kind::ALL {
            let world = World::of(kind).expect("a world");
            assert_eq!(world.compare(&world.surface), []);
            assert_eq!(world.surface.kind(), Some(kind));
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let text = faults(
            vec![item("portolan:mapper/mapping@1.0.0", &["manifest"])],
            vec![],
        );
        assert_eq!(text.len(), 1);
        assert!(text[0].contains("lacks the function map-page"), "{text:?}");
        assert!(faults(vec![], vec![])[0].contains("mapping@1.0.0 is missing"));
    }

    #[test]
    fn a_later_patch_fits() {
        let later = item("portolan:mapper/mapping@1.0.3", &BOTH);
        assert_eq!(faults(vec![later], vec![]), Vec::<String>::new());
    }

    #[test]
    fn a_function_of_a_later_host_is_named() {
        let exports = vec![item("portolan:mapper/mapping@1.0.0", &BOTH)];
        let later = item("portolan:mapper/diagnostics@1.0.1", &["log", "trace"]);
        let text = faults(exports, vec![later]).join("\n");
        assert!(
            text.contains("function trace of portolan:mapper/diagnostics@1.0.1"),
            "{text}"
        );
        assert!(text.contains("diagnostics@1.0.0 of this host"), "{text}");
    }
}
