//! Modules in languages that bring an interpreter along.

use super::words::Words;
use super::{Files, Plan};
use crate::mapper::Kind;
use crate::object::Object;

const WIT: &str = include_str!("../../../../wit/mapper.wit");
const PYTHON_HELPER: &str = include_str!("../../../../guest-mappers/python/portolan_mapper.py");
const JAVASCRIPT_HELPER: &str =
    include_str!("../../../../guest-mappers/javascript/portolan-mapper.js");

/// What a language says differently.
struct Sayings {
    /// What an object is called in the source.
    word: &'static str,
    /// The owner of a tagged object: by a tag that the settings name, and by one that is fixed.
    owner_by_setting: &'static str,
    owner_by_tag: &'static str,
    /// The owner of a task definition.
    owner_by_principal: &'static str,
    /// The settings of an overlay of tagged objects.
    settings: &'static str,
}

pub(super) fn python(plan: &Plan, words: &Words) -> Files {
    let sayings = Sayings {
        word: match plan.object {
            Object::EcsTaskDefinition => "task_definition",
            other => other.word(),
        },
        owner_by_setting: "{{word}}.tag(context.settings.get(\"owner-tag\", \"owner\"))",
        owner_by_tag: "{{word}}.tag(\"owner\")",
        owner_by_principal: "{{word}}.text(\"registeredBy\")",
        settings: include_str!("../templates/python/settings.txt"),
    };
    let (name, source) = match plan.kind {
        Kind::Mapping => ("mapping", include_str!("../templates/python/mapping.py")),
        Kind::Overlay => ("overlay", include_str!("../templates/python/overlay.py")),
    };
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    vec![
        (
            format!("src/{name}.py"),
            filled(source, plan, words, &sayings),
        ),
        file("src/portolan_mapper.py", PYTHON_HELPER),
        file("wit/mapper.wit", WIT),
        file(
            "requirements.txt",
            include_str!("../templates/python/requirements.txt"),
        ),
        file(".gitignore", include_str!("../templates/python/gitignore")),
    ]
}

pub(super) fn javascript(plan: &Plan, words: &Words) -> Files {
    let sayings = Sayings {
        word: match plan.object {
            Object::EcsTaskDefinition => "taskDefinition",
            other => other.word(),
        },
        owner_by_setting: "{{word}}.tag(context.settings[\"owner-tag\"] ?? \"owner\")",
        owner_by_tag: "{{word}}.tag(\"owner\")",
        owner_by_principal: "{{word}}.text(\"registeredBy\")",
        settings: include_str!("../templates/javascript/settings.txt"),
    };
    let (name, source) = match plan.kind {
        Kind::Mapping => (
            "mapping",
            include_str!("../templates/javascript/mapping.js"),
        ),
        Kind::Overlay => (
            "overlay",
            include_str!("../templates/javascript/overlay.js"),
        ),
    };
    let file = |name: &str, text: &str| (name.to_owned(), words.fill(text));
    vec![
        (
            format!("src/{name}.js"),
            filled(source, plan, words, &sayings),
        ),
        ("src/portolan-mapper.js".into(), JAVASCRIPT_HELPER.into()),
        ("wit/mapper.wit".into(), WIT.into()),
        file(
            "package.json",
            include_str!("../templates/javascript/package.json"),
        ),
        file(
            "package-lock.json",
            include_str!("../templates/javascript/package-lock.json"),
        ),
        file(
            ".gitignore",
            include_str!("../templates/javascript/gitignore"),
        ),
    ]
}

fn filled(template: &str, plan: &Plan, words: &Words, sayings: &Sayings) -> String {
    let has_tags = plan.object != Object::EcsTaskDefinition;
    let owner = match (has_tags, plan.kind) {
        (false, _) => sayings.owner_by_principal,
        (true, Kind::Mapping) => sayings.owner_by_tag,
        (true, Kind::Overlay) => sayings.owner_by_setting,
    };
    let settings = if has_tags {
        sayings.settings.trim_end()
    } else {
        ""
    };
    let owner_member = if has_tags { "tags" } else { "registeredBy" };
    let text = template
        .replace("{{owner_member}}", owner_member)
        .replace("{{settings}}", settings)
        .replace("{{owner}}", owner)
        .replace("{{word}}", sayings.word);
    words.fill(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What travels into an author's folder says which release it is of.
    #[test]
    fn helpers_have_the_version_of_this_program() {
        let version = env!("CARGO_PKG_VERSION");
        assert!(PYTHON_HELPER.contains(&format!("\n__version__ = \"{version}\"\n")));
        assert!(JAVASCRIPT_HELPER.contains(&format!("\nexport const VERSION = \"{version}\";\n")));
    }
}
