//! New modules: a folder that builds and passes its own test at once.

use std::path::{Path, PathBuf};

use super::WorkbenchError;
use crate::mapper::Kind;
use crate::object::{Object, Shape};
use crate::text::printable;

/// What a new module is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The crate's name, which is also the folder's and the module's.
    pub name: String,
    /// The object that it is for.
    pub object: Object,
    /// What it does with records.
    pub kind: Kind,
    /// What it is written in.
    pub language: Language,
    /// Where the SDK is; without it, cargo gets the SDK of this program's version.
    pub sdk_path: Option<PathBuf>,
}

/// What a module is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A crate.
    Rust,
    /// A mapping table.
    Table,
}

/// Makes the folder inside `parent`, and gives its path.
///
/// # Errors
/// If the name is no crate name, the folder is there already or cannot be written, or there is no SDK at
/// the path.
pub fn create(parent: &Path, plan: &Plan) -> Result<PathBuf, WorkbenchError> {
    check_name(&plan.name)?;
    let sdk = sdk(plan.sdk_path.as_deref())?;
    let folder = parent.join(&plan.name);
    std::fs::create_dir(&folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => WorkbenchError::Unfit(format!(
            "{} is there already; choose another name, or remove it first",
            folder.display()
        )),
        _ => WorkbenchError::writing(&folder)(error),
    })?;
    let words = Words::of(plan.object);
    let (pages, expected) = samples(plan.object, plan.kind);
    let fill = |template: &str| words.fill(template, plan, &sdk);
    let mut files = match plan.language {
        Language::Rust => vec![
            ("Cargo.toml", fill(include_str!("templates/crate.toml"))),
            ("README.md", fill(include_str!("templates/README.md"))),
            ("src/lib.rs", fill(source(plan.object, plan.kind))),
        ],
        Language::Table => vec![
            ("README.md", fill(include_str!("templates/table/README.md"))),
            (super::table::FILE, fill(table(plan.kind))),
        ],
    };
    files.extend([
        (".gitignore", include_str!("templates/gitignore").to_owned()),
        ("pages/sample.jsonl", pages.to_owned()),
        ("expected/sample.jsonl", expected.to_owned()),
    ]);
    for (name, text) in files {
        let file = folder.join(name);
        let subfolder = file.parent().unwrap_or(&folder);
        std::fs::create_dir_all(subfolder).map_err(WorkbenchError::writing(subfolder))?;
        std::fs::write(&file, text).map_err(WorkbenchError::writing(&file))?;
    }
    Ok(folder)
}

/// Names that cargo or the compiler would refuse, or that would be mistaken for a dependency.
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

/// The SDK as a dependency of the crate.
fn sdk(path: Option<&Path>) -> Result<String, WorkbenchError> {
    let Some(path) = path else {
        return Ok(format!("\"{}\"", env!("CARGO_PKG_VERSION")));
    };
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
    // A path in JSON's quotes is one in TOML's: both escape backslashes, quotes and control characters.
    let quoted = serde_json::Value::from(path.display().to_string());
    Ok(format!("{{ path = {quoted} }}"))
}

/// What differs between objects in the templates.
struct Words {
    source: &'static str,
    arn_field: &'static str,
    name_field: &'static str,
    status_field: &'static str,
}

impl Words {
    const fn of(object: Object) -> Self {
        let (source, arn_field, name_field, status_field) = match object {
            Object::EcsCluster => ("Cluster", "cluster_arn", "cluster_name", "status"),
            Object::EcsService => ("Service", "service_arn", "service_name", "status"),
            Object::EcsTask => ("Task", "task_arn", "group", "last_status"),
            Object::EcsTaskDefinition => {
                ("TaskDefinition", "task_definition_arn", "family", "status")
            }
        };
        Self {
            source,
            arn_field,
            name_field,
            status_field,
        }
    }

    fn fill(&self, template: &str, plan: &Plan, sdk: &str) -> String {
        let body = match plan.object.shape() {
            Shape::List(member) => format!("Body::List(\"{member}\")"),
            Shape::Single(member) => format!("Body::One(\"{member}\")"),
        };
        let (kind, what, usage) = match plan.kind {
            Kind::Mapping => (
                "mapping",
                "it makes the records, in place of the stock mapping",
                "--mappers built".to_owned(),
            ),
            Kind::Overlay => (
                "overlay",
                "it changes the records that the stock mapping made",
                format!("--overlay built/{}.wasm", plan.name),
            ),
        };
        // Task definitions of the samples have no tags.
        let owner = match plan.object {
            Object::EcsTaskDefinition => {
                r#"from = "registeredBy", description = "Who owns it: the principal that registered it.""#
            }
            _ => r#"tag = "owner", description = "Who owns it: the value of the tag `owner`.""#,
        };
        [
            ("{{owner}}", owner),
            ("{{arn_attribute}}", &self.arn_field.to_uppercase()),
            ("{{name_member}}", &camel(self.name_field)),
            ("{{status_member}}", &camel(self.status_field)),
            ("{{name}}", plan.name.as_str()),
            ("{{object}}", plan.object.name()),
            ("{{source}}", self.source),
            ("{{arn_field}}", self.arn_field),
            ("{{arn_member}}", plan.object.arn_member()),
            ("{{name_field}}", self.name_field),
            ("{{status_field}}", self.status_field),
            ("{{body}}", &body),
            ("{{kind}}", kind),
            ("{{what}}", what),
            ("{{use}}", &usage),
            ("{{sdk}}", sdk),
        ]
        .into_iter()
        .fold(template.to_owned(), |text, (word, value)| {
            text.replace(word, value)
        })
    }
}

/// `task_arn` as AWS writes it, `taskArn`.
fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (initial, rest) = word.split_at(1);
        text + &initial.to_uppercase() + rest
    })
}

const fn source(object: Object, kind: Kind) -> &'static str {
    match (kind, object) {
        (Kind::Mapping, Object::EcsTaskDefinition) => {
            include_str!("templates/mapping_task_definition.rs")
        }
        (Kind::Mapping, _) => include_str!("templates/mapping_tagged.rs"),
        (Kind::Overlay, Object::EcsTaskDefinition) => {
            include_str!("templates/overlay_task_definition.rs")
        }
        (Kind::Overlay, _) => include_str!("templates/overlay_tagged.rs"),
    }
}

const fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::Mapping => include_str!("templates/table/mapping.toml"),
        Kind::Overlay => include_str!("templates/table/overlay.toml"),
    }
}

/// Recorded pages, and the records that the template makes of them.
const fn samples(object: Object, kind: Kind) -> (&'static str, &'static str) {
    let (pages, mapping, overlay) = match object {
        Object::EcsCluster => (
            include_str!("templates/cluster.pages.jsonl"),
            include_str!("templates/cluster.mapping.expected.jsonl"),
            include_str!("templates/cluster.overlay.expected.jsonl"),
        ),
        Object::EcsService => (
            include_str!("templates/service.pages.jsonl"),
            include_str!("templates/service.mapping.expected.jsonl"),
            include_str!("templates/service.overlay.expected.jsonl"),
        ),
        Object::EcsTask => (
            include_str!("templates/task.pages.jsonl"),
            include_str!("templates/task.mapping.expected.jsonl"),
            include_str!("templates/task.overlay.expected.jsonl"),
        ),
        Object::EcsTaskDefinition => (
            include_str!("templates/task_definition.pages.jsonl"),
            include_str!("templates/task_definition.mapping.expected.jsonl"),
            include_str!("templates/task_definition.overlay.expected.jsonl"),
        ),
    };
    match kind {
        Kind::Mapping => (pages, mapping),
        Kind::Overlay => (pages, overlay),
    }
}

/// The recorded pages of a new module.
pub(super) const fn sample_pages(object: Object) -> &'static str {
    samples(object, Kind::Mapping).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_open_in_a_template() {
        let languages = [
            (
                Language::Rust,
                &["Cargo.toml", "README.md", "src/lib.rs"][..],
            ),
            (Language::Table, &["table.toml", "README.md"]),
        ];
        for ((language, files), object) in languages
            .into_iter()
            .flat_map(|language| Object::ALL.map(|object| (language, object)))
        {
            for kind in [Kind::Mapping, Kind::Overlay] {
                let parent = tempfile::tempdir().expect("a folder");
                let plan = Plan {
                    name: "acme".into(),
                    object,
                    kind,
                    language,
                    sdk_path: None,
                };
                let folder = create(parent.path(), &plan).expect("a module");
                for file in files {
                    let text = std::fs::read_to_string(folder.join(file)).expect("a file");
                    assert!(!text.contains("{{"), "{object} {kind:?} {file}: {text}");
                }
                let again = create(parent.path(), &plan).expect_err("it is there");
                assert!(again.to_string().contains("there already"), "{again}");
            }
        }
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
