use std::path::{Path, PathBuf};

use crate::BuildError;

/// The language of a module's folder, recognized by the file that names its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// A crate, with a `Cargo.toml`.
    Rust,
    /// A folder with a `requirements.txt`.
    Python,
    /// A folder with a `package.json`.
    JavaScript,
    /// A stock mapping table: `table.toml`.
    Table,
    /// A table of controls, a module without code.
    Controls,
}

impl Language {
    /// Returns the language of a folder.
    pub(crate) fn of(dir: &Path) -> Result<Self, BuildError> {
        let files = [
            ("table.toml", Self::Table),
            ("controls.toml", Self::Controls),
            ("Cargo.toml", Self::Rust),
            ("requirements.txt", Self::Python),
            ("package.json", Self::JavaScript),
        ];
        let found = files.into_iter().find(|(file, _)| dir.join(file).is_file());
        found.map(|(_, language)| language).ok_or_else(|| BuildError::NotAMapper {
            path: dir.to_owned(),
            reason: "it has no Cargo.toml (Rust), requirements.txt (Python), package.json (JavaScript), table.toml (a mapping table) or controls.toml (a table of controls); `portolan mapper new` makes a folder".into(),
        })
    }
}

/// The module that a folder without a crate makes, by the name of its source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `mapping` or `overlay`: the name of the source file and of its export.
    pub(crate) name: &'static str,
    /// The world in `wit/` that it is built against.
    pub(crate) world: &'static str,
}

impl Entry {
    /// Finds `src/mapping.EXTENSION` or `src/overlay.EXTENSION`.
    pub(crate) fn find(dir: &Path, extension: &str) -> Result<Self, BuildError> {
        let entries = [
            Self {
                name: "mapping",
                world: "mapping-module",
            },
            Self {
                name: "overlay",
                world: "overlay-module",
            },
        ];
        let there = |entry: &&Self| entry.source(dir, extension).is_file();
        let mut found = entries.iter().filter(there);
        match (found.next(), found.next()) {
            (Some(entry), None) => Ok(*entry),
            _ => Err(BuildError::NotAMapper {
                path: dir.to_owned(),
                reason: format!(
                    "it has to have one of src/mapping.{extension} and src/overlay.{extension}"
                ),
            }),
        }
    }

    /// The path of its source file.
    pub(crate) fn source(&self, dir: &Path, extension: &str) -> PathBuf {
        dir.join("src").join(format!("{}.{extension}", self.name))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn a_folder_has_one_entry() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Entry::find(folder.path(), "py").is_err());
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/overlay.py"), "").unwrap();
        assert_eq!(
            Entry::find(folder.path(), "py").unwrap().world,
            "overlay-module"
        );
        std::fs::write(folder.path().join("src/mapping.py"), "").unwrap();
        assert!(Entry::find(folder.path(), "py").is_err());
    }
}
