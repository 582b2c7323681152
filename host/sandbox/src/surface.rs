//! The imports and exports of a component, by name, to explain why it does not fit.

use wasmparser::{ComponentExternName, Parser, Payload};

use super::header;
use super::kind::Kind;
use portolan_machine::text::printable;

/// The imports and exports of a component, or of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// The interfaces and functions that it imports.
    pub imports: Vec<Item>,
    /// The interfaces and functions that it exports.
    pub exports: Vec<Item>,
}

/// An interface or a single function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The full name, for example `portolan:mapper/mapping@1.0.0`.
    pub name: String,
    /// The functions of an interface; empty for an interface of types.
    pub functions: Vec<String>,
}

/// Joins a name and its version, which may be written in two parts.
fn full_name(name: ComponentExternName<'_>) -> String {
    format!("{}{}", name.name, name.version_suffix.unwrap_or_default())
}

impl Surface {
    /// The kind of a component, by its exports; of several, the first of [`Kind::ALL`].
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        let exports = |kind: &Kind| {
            let mut exports = self.exports.iter();
            exports.any(|item| kind.is_exported_as(&item.name))
        };
        Kind::ALL.into_iter().find(exports)
    }

    /// Reads only the names, without functions and without compiling.
    ///
    /// # Errors
    /// The reason that the bytes are not a component.
    pub fn names(bytes: &[u8]) -> Result<Self, String> {
        header::check_header(bytes)?;
        let mut surface = Self::default();
        surface
            .read_names(bytes)
            .map_err(|error| header::invalid(&error))?;
        Ok(surface)
    }

    fn read_names(&mut self, bytes: &[u8]) -> wasmparser::Result<()> {
        let item = |name: &str| Item {
            name: printable(name, 128),
            functions: Vec::new(),
        };
        // The imports and exports of nested components are internal.
        let mut depth = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { .. } => depth += 1,
                Payload::End(_) => depth -= 1,
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        self.imports.push(item(&full_name(import?.name)));
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        self.exports.push(item(&full_name(export?.name)));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
