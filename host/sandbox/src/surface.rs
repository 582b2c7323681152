//! What a component wants and offers, by name: for people who ask why it does not fit.

use wasmparser::{ComponentExternName, Parser, Payload};

use super::header;
use super::manifest::Kind;
use portolan_machine::text::printable;

/// The imports and exports of a component, or of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// What it wants.
    pub imports: Vec<Item>,
    /// What it offers.
    pub exports: Vec<Item>,
}

/// An interface or a single function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// For example `portolan:mapper/mapping@1.0.0`.
    pub name: String,
    /// The functions of an interface; none for one that has only types.
    pub functions: Vec<String>,
}

/// A name whose version may be written in two parts.
fn full_name(name: ComponentExternName<'_>) -> String {
    format!("{}{}", name.name, name.version_suffix.unwrap_or_default())
}

impl Surface {
    /// What a component is, by what it exports; a mapping if it exports both.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        let exports = |interface: &str| {
            let mut names = self.exports.iter().map(|item| item.name.split('@').next());
            names.any(|name| name == Some(interface))
        };
        match () {
            () if exports("portolan:mapper/mapping") => Some(Kind::Mapping),
            () if exports("portolan:mapper/overlay") => Some(Kind::Overlay),
            () => None,
        }
    }

    /// Reads the names alone, without functions: nothing is compiled.
    ///
    /// # Errors
    /// A sentence about why the bytes are no component.
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
        // What components inside import and export is between them.
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
