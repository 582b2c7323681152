//! Modules in Rust.

use std::path::Path;

use super::words::Words;
use super::{Files, NewModule, Sdk};
use crate::WorkbenchError;
use portolan_sandbox::Kind;

/// The SDK's files with their paths inside its folder; host/workbench/build.rs collects them.
mod vendored {
    include!(concat!(env!("OUT_DIR"), "/vendored.rs"));
}

/// The versions of this release's own lock file. Cargo drops those that a new crate does not need.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// Folder for a copy of the SDK.
const VENDOR: &str = "vendor/portolan-mapper-sdk";

pub(super) fn files(plan: &NewModule, sdk: &Sdk, words: &Words) -> Result<Files, WorkbenchError> {
    let manifest = words
        .fill(include_str!("../templates/crate.toml"))
        .replace("{{sdk}}", &dependency(sdk)?);
    let mut files: Files = vec![
        ("Cargo.toml".into(), manifest),
        (
            ".gitignore".into(),
            include_str!("../templates/gitignore").into(),
        ),
        ("src/lib.rs".into(), words.fill(source(plan.kind))),
    ];
    if matches!(sdk, Sdk::Vendored) {
        files.push(("Cargo.lock".into(), LOCK.into()));
        let copied = vendored::FILES.iter();
        files.extend(copied.map(|(name, text)| (format!("{VENDOR}/{name}"), (*text).into())));
    }
    Ok(files)
}

/// The SDK as a dependency of the crate.
fn dependency(sdk: &Sdk) -> Result<String, WorkbenchError> {
    match sdk {
        Sdk::Vendored => Ok(format!("{{ path = \"{VENDOR}\" }}")),
        Sdk::Published => Ok(format!("\"{}\"", env!("CARGO_PKG_VERSION"))),
        Sdk::Path(path) => at(path),
    }
}

fn at(path: &Path) -> Result<String, WorkbenchError> {
    let unfit = || {
        WorkbenchError::Unfit(format!(
            "there is no portolan-mapper-sdk in {}; it is the folder guest-mappers/sdk of Portolan's repository",
            path.display()
        ))
    };
    let manifest = std::fs::read_to_string(path.join("Cargo.toml")).map_err(|_| unfit())?;
    if !manifest.contains("name = \"portolan-mapper-sdk\"") {
        return Err(unfit());
    }
    let path = std::fs::canonicalize(path).map_err(WorkbenchError::reading(path))?;
    // A JSON string is a valid TOML string: both escape backslashes, quotes and control characters.
    let quoted = serde_json::Value::from(path.display().to_string());
    Ok(format!("{{ path = {quoted} }}"))
}

const fn source(kind: Kind) -> &'static str {
    match kind {
        Kind::Mapping => include_str!("../templates/mapping.rs"),
        Kind::Overlay => include_str!("../templates/overlay.rs"),
        Kind::Assessor => include_str!("../templates/assessor/assessor.rs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_of_the_sdk_stands_alone() {
        let find = |name: &str| {
            let found = vendored::FILES.iter().find(|(file, _)| *file == name);
            found.unwrap_or_else(|| panic!("no {name}")).1
        };
        let manifest: toml::Table = find("Cargo.toml").parse().expect("TOML");
        assert_eq!(
            manifest["package"]["version"].as_str(),
            Some(env!("CARGO_PKG_VERSION"))
        );
        for (name, dependency) in manifest["dependencies"].as_table().expect("a table") {
            let version = dependency
                .as_str()
                .or_else(|| dependency["version"].as_str());
            assert!(version.is_some(), "{name} has no version");
        }
        assert!(find("src/writer/parts.rs").contains("fn "));
        assert!(find("wit/mapper/mapper.wit").contains("package portolan:mapper@"));
    }
}
