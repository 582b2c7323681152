use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::BuildError;

/// The workspace that the crates belong to.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target_dir: PathBuf,
    /// Whether the workspace's root manifest defines a profile `mapper`.
    pub(crate) defines_profile: bool,
    pub(crate) crates: Vec<MapperCrate>,
}

/// One crate to build.
#[derive(Debug)]
pub(crate) struct MapperCrate {
    pub(crate) package: String,
    /// The name of the crate's folder, which becomes the name of the component.
    pub(crate) folder: String,
    /// The file name of the core module that cargo writes.
    pub(crate) module_file: String,
}

impl Workspace {
    pub(crate) fn of(crate_dirs: &[PathBuf]) -> Result<Self, BuildError> {
        let first = crate_dirs.first().ok_or(BuildError::NoCrates)?;
        let metadata = metadata(first)?;
        let folder = |key: &str| PathBuf::from(metadata[key].as_str().unwrap_or_default());
        let root = folder("workspace_root");
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        Ok(Self {
            target_dir: folder("target_directory"),
            defines_profile: manifest
                .lines()
                .any(|line| line.trim() == "[profile.mapper]"),
            crates: crate_dirs
                .iter()
                .map(|dir| MapperCrate::find(dir, &metadata))
                .collect::<Result<_, _>>()?,
            root,
        })
    }

    /// The version of a package in `Cargo.lock`.
    pub(crate) fn locked_version(&self, package: &str) -> Option<String> {
        let lock = std::fs::read_to_string(self.root.join("Cargo.lock")).ok()?;
        let name = format!("name = \"{package}\"");
        let mut lines = lock.lines().skip_while(|line| *line != name);
        let version = lines.nth(1)?.strip_prefix("version = \"")?;
        Some(version.trim_end_matches('"').to_owned())
    }
}

impl MapperCrate {
    fn find(dir: &Path, metadata: &Value) -> Result<Self, BuildError> {
        let refuse = |reason: &str| BuildError::NotAMapper {
            path: dir.to_owned(),
            reason: reason.to_owned(),
        };
        let dir = std::fs::canonicalize(dir).map_err(|error| refuse(&error.to_string()))?;
        let manifest = dir.join("Cargo.toml");
        let package = metadata["packages"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|package| {
                // Either path may contain a symbolic link.
                let path = package["manifest_path"].as_str().map(std::fs::canonicalize);
                matches!(path, Some(Ok(path)) if path == manifest)
            })
            .ok_or_else(|| {
                refuse("it holds no Cargo.toml that belongs to the first crate's workspace")
            })?;
        let library = package["targets"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|target| {
                target["crate_types"]
                    .as_array()
                    .is_some_and(|types| types.contains(&"cdylib".into()))
            })
            .ok_or_else(|| refuse("its library lacks crate-type = [\"cdylib\", \"rlib\"]"))?;
        let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
        Ok(Self {
            package: name(package),
            folder: folder_name(&dir),
            module_file: format!("{}.wasm", name(library).replace('-', "_")),
        })
    }
}

/// The name of a folder, which becomes the name of the component.
pub(crate) fn folder_name(dir: &Path) -> String {
    let name = dir.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn metadata(dir: &Path) -> Result<Value, BuildError> {
    let fail = |message: String| BuildError::Metadata {
        path: dir.to_owned(),
        message,
    };
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(dir.join("Cargo.toml"))
        .output()
        .map_err(BuildError::RunCargo)?;
    if !output.status.success() {
        return Err(fail(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| fail(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_library_for_the_sandbox_is_refused() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let error = Workspace::of(&[here])
            .map(|_| ())
            .map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.contains("cdylib")));
    }

    #[test]
    fn a_folder_without_a_crate_is_refused() {
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        assert!(matches!(
            Workspace::of(&[source]),
            Err(BuildError::Metadata { .. })
        ));
        assert!(matches!(Workspace::of(&[]), Err(BuildError::NoCrates)));
    }
}
