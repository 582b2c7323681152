//! Records a component's origin in its `producers` section. The usual WebAssembly tools show this section.

use std::path::Path;

use wasm_metadata::{AddMetadata, Producers};

use crate::BuildError;
use crate::component::Wit;

/// The languages, tools and SDK of a component, as names and versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    languages: Vec<(String, String)>,
    tools: Vec<(String, String)>,
    sdk: Option<(String, String)>,
}

impl Origin {
    /// Reads the language and the tools from the `producers` section that the compiler wrote to the core
    /// module.
    pub(crate) fn rust(module: &[u8], sdk_version: Option<String>) -> Self {
        let producers = Producers::from_wasm(module).ok().flatten();
        let field = |name: &str| -> Vec<(String, String)> {
            let tools = producers.as_ref().and_then(|producers| producers.get(name));
            let tools = tools.iter().flat_map(|tools| tools.iter());
            tools
                .map(|(tool, version)| (tool.clone(), version.clone()))
                .collect()
        };
        Self {
            languages: field("language"),
            tools: field("processed-by"),
            sdk: sdk_version.map(|version| ("portolan-mapper-sdk".to_owned(), version)),
        }
    }

    /// Reads the version of the helper module from its source, and that of componentize-py from
    /// `requirements.txt`.
    pub(crate) fn python(dir: &Path) -> Self {
        let helper = said(&dir.join("src/portolan_mapper.py"), "__version__ = \"");
        let tool = said(&dir.join("requirements.txt"), "componentize-py==");
        Self::script("Python", helper, "componentize-py", tool)
    }

    /// Reads the version of the helper module from its source, and that of componentize-qjs from
    /// `package.json`.
    pub(crate) fn javascript(dir: &Path) -> Self {
        let helper = said(
            &dir.join("src/portolan-mapper.js"),
            "export const VERSION = \"",
        );
        let tool = said(&dir.join("package.json"), "\"componentize-qjs\": \"");
        Self::script("JavaScript", helper, "componentize-qjs", tool)
    }

    fn script(language: &str, sdk: Option<String>, tool: &str, version: Option<String>) -> Self {
        let name = format!("portolan-mapper-{}", language.to_lowercase());
        Self {
            languages: vec![(language.to_owned(), String::new())],
            tools: vec![(tool.to_owned(), version.unwrap_or_default())],
            sdk: sdk.map(|version| (name, version)),
        }
    }
}

/// The version that stands directly after the first occurrence of `before` in a file.
fn said(file: &Path, before: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let (_, after) = text.split_once(before)?;
    let is_version = |each: char| each.is_ascii_alphanumeric() || ".-+".contains(each);
    let end = after.find(|each| !is_version(each)).unwrap_or(after.len());
    (end > 0).then(|| after[..end].to_owned())
}

/// Adds the origin of a component, this builder and the WIT version to its `producers` section.
pub(crate) fn stamp(
    package: &str,
    component: &[u8],
    origin: &Origin,
    wit: Option<Wit>,
) -> Result<Vec<u8>, BuildError> {
    let mut add = AddMetadata::default();
    add.language.clone_from(&origin.languages);
    add.processed_by.clone_from(&origin.tools);
    let own = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    add.processed_by.push((own.0.to_owned(), own.1.to_owned()));
    add.sdk.extend(origin.sdk.clone());
    add.sdk.extend(wit);
    add.to_wasm(component).map_err(|error| BuildError::Encode {
        package: package.to_owned(),
        message: format!("{error:#}"),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;

    #[test]
    fn versions_are_read_from_the_files_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        let write = |name, text| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "src/portolan_mapper.py",
            "import json\n__version__ = \"1.2.3\"\n",
        );
        write("requirements.txt", "# a tool\ncomponentize-py==0.25.0\n");
        let origin = Origin::python(folder.path());
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(origin.sdk, Some(pair("portolan-mapper-python", "1.2.3")));
        assert_eq!(origin.tools, [pair("componentize-py", "0.25.0")]);
        assert_eq!(Origin::javascript(folder.path()).sdk, None);
    }
}
