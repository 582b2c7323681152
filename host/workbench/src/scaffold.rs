//! New modules: a folder that builds and passes its own test at once.

mod rust;
mod samples;
mod script;
mod table;
mod words;

use std::path::{Path, PathBuf};

use super::WorkbenchError;
use portolan_machine::text::printable;
use portolan_page::object::Object;
use portolan_sandbox::Kind;
use words::Words;

/// The description of a new module.
#[derive(Clone, Debug)]
pub struct NewModule {
    /// Name of the module and of its folder.
    pub name: String,
    /// The object that the module maps.
    pub object: Object,
    /// Whether it makes, changes or judges records.
    pub kind: Kind,
    /// Language of the source.
    pub language: Language,
}

/// The language of a module's source.
#[derive(Clone, Debug)]
pub enum Language {
    /// Rust, with its SDK.
    Rust(Sdk),
    /// A mapping table, which needs no compiler.
    Table,
    /// Python, which componentize-py turns into a component.
    Python,
    /// JavaScript, which componentize-qjs turns into a component.
    JavaScript,
}

/// The source of the SDK.
#[derive(Clone, Debug)]
pub enum Sdk {
    /// A copy inside the new folder; this program brings it.
    Vendored,
    /// The registry, in this program's version.
    Published,
    /// A folder on this machine.
    Path(PathBuf),
}

/// The files of a new folder, by their paths inside it.
type Files = Vec<(String, String)>;

/// Makes the folder inside `parent` and returns its path.
///
/// # Errors
/// If the name is not a valid crate name, the folder exists or cannot be written, or the path has no SDK.
pub fn create(parent: &Path, plan: &NewModule) -> Result<PathBuf, WorkbenchError> {
    check_name(&plan.name)?;
    let files = files(plan)?;
    let folder = parent.join(&plan.name);
    std::fs::create_dir(&folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => WorkbenchError::Unfit(format!(
            "{} already exists; choose another name, or remove it first",
            folder.display()
        )),
        _ => WorkbenchError::writing(&folder)(error),
    })?;
    for (name, text) in files {
        let file = folder.join(name);
        let subfolder = file.parent().unwrap_or(&folder);
        std::fs::create_dir_all(subfolder).map_err(WorkbenchError::writing(subfolder))?;
        std::fs::write(&file, text).map_err(WorkbenchError::writing(&file))?;
    }
    Ok(folder)
}

fn files(plan: &NewModule) -> Result<Files, WorkbenchError> {
    if plan.kind == Kind::Assessor
        && matches!(plan.language, Language::Python | Language::JavaScript)
    {
        return Err(WorkbenchError::Unfit(
            "an assessor is written in Rust or as a table; choose --lang rust or --lang table"
                .into(),
        ));
    }
    let words = Words::of(plan);
    let (mut files, readme) = match &plan.language {
        Language::Rust(sdk) => (rust::files(plan, sdk, &words)?, README),
        Language::Table => (
            table::files(plan, &words),
            include_str!("templates/table/README.md"),
        ),
        Language::Python => (script::python(plan, &words), README),
        Language::JavaScript => (script::javascript(plan, &words), README),
    };
    let readme = match plan.kind {
        Kind::Assessor => include_str!("templates/assessor/README.md"),
        _ => readme,
    };
    let (pages, expected) = samples::of(plan.object, plan.kind);
    if expected.is_empty() {
        return Err(WorkbenchError::Unfit(format!(
            "the templates map described objects with an ARN, and {object} {has_none}; copy its stock mapping from guest-mappers/{word}, or make an overlay with --kind overlay",
            object = plan.object,
            has_none = has_none(plan.object),
            word = plan.object.word()
        )));
    }
    files.push(("README.md".into(), words.fill(readme)));
    let lines = |text: &str| format!("{}\n", text.trim_end());
    files.push(("pages/sample.jsonl".into(), words.fill(&lines(pages))));
    files.push(("expected/sample.jsonl".into(), words.fill(&lines(expected))));
    Ok(files)
}

/// Why the templates cannot map an object.
fn has_none(object: Object) -> &'static str {
    match object.fetched() == object {
        true => "has none",
        false => "is a part of one",
    }
}

/// The README.md of every module of source code.
const README: &str = include_str!("templates/README.md");

/// Names that cargo or the compiler would refuse, or would confuse with a dependency.
const TAKEN: [&str; 8] = [
    "alloc",
    "core",
    "portolan-mapper-sdk",
    "proc-macro",
    "self",
    "serde",
    "std",
    "test",
];

fn check_name(name: &str) -> Result<(), WorkbenchError> {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= 64
        && !name.ends_with('-')
        && name
            .chars()
            .all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == '-');
    if is_plain && !TAKEN.contains(&name) {
        return Ok(());
    }
    Err(WorkbenchError::Unfit(format!(
        "`{}` cannot name a module; take up to 64 lower-case letters, digits and hyphens, beginning with a letter, for example acme-tags",
        printable(name, 64)
    )))
}

/// The recorded pages of a new module.
pub(super) fn sample_pages(object: Object) -> &'static str {
    samples::of(object, Kind::Mapping).0
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 5] = [
        Language::Rust(Sdk::Vendored),
        Language::Rust(Sdk::Published),
        Language::Table,
        Language::Python,
        Language::JavaScript,
    ];

    #[test]
    fn nothing_is_left_open_in_a_template() {
        for object in Object::ALL {
            for kind in Kind::ALL {
                for language in LANGUAGES {
                    let plan = NewModule {
                        name: "acme".into(),
                        object,
                        kind,
                        language,
                    };
                    let files = match files(&plan) {
                        Err(WorkbenchError::Unfit(_)) if kind == Kind::Assessor => continue,
                        // Parts, and what has no ARN, have no template of a mapping.
                        Err(WorkbenchError::Unfit(_)) if kind == Kind::Mapping => {
                            let arn = object.row().arn_attribute;
                            assert!(object.fetched() != object || !arn.ends_with("_ARN"));
                            continue;
                        }
                        files => files.expect("files"),
                    };
                    for (name, text) in files.iter().filter(|(name, _)| !name.starts_with("vendor"))
                    {
                        assert!(!text.contains("{{"), "{plan:?} {name}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_folder_that_is_there_is_left_alone() {
        let parent = tempfile::tempdir().expect("a folder");
        let plan = NewModule {
            name: "acme".into(),
            object: Object::EcsTask,
            kind: Kind::Overlay,
            language: Language::Python,
        };
        let folder = create(parent.path(), &plan).expect("a module");
        assert!(folder.join("expected/sample.jsonl").is_file());
        let again = create(parent.path(), &plan).expect_err("it is there");
        assert!(again.to_string().contains("already exists"), "{again}");
    }

    #[test]
    fn names_that_cargo_refuses_are_refused() {
        for name in [
            "", "Acme", "9lives", "a/b", "../a", "test", "a_b", "é", "a-",
        ] {
            assert!(check_name(name).is_err(), "{name}");
        }
        assert!(check_name("acme-tags-2").is_ok());
    }
}
