//! Modules in languages with an interpreter.

use super::words::Words;
use super::{Files, NewModule};
use portolan_sandbox::Kind;

const WIT: &str = include_str!("../../../../wit/mapper/mapper.wit");
const PYTHON_HELPER: &str = include_str!("../../../../guest-mappers/python/portolan_mapper.py");
const JAVASCRIPT_HELPER: &str =
    include_str!("../../../../guest-mappers/javascript/portolan-mapper.js");

/// The template of a kind: that of a mapping or of an overlay, because there is none of an assessor.
const fn template(
    kind: Kind,
    [mapping, overlay]: [&'static str; 2],
) -> (&'static str, &'static str) {
    match kind {
        Kind::Overlay => ("overlay", overlay),
        Kind::Mapping | Kind::Assessor => ("mapping", mapping),
    }
}

pub(super) fn python(plan: &NewModule, words: &Words) -> Files {
    // The object's name in the source.
    let word = plan.object.word().replace('-', "_");
    let sources = [
        include_str!("../templates/python/mapping.py"),
        include_str!("../templates/python/overlay.py"),
    ];
    let (name, source) = template(plan.kind, sources);
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    vec![
        (
            format!("src/{name}.py"),
            words.fill(&source.replace("{{word}}", &word)),
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

pub(super) fn javascript(plan: &NewModule, words: &Words) -> Files {
    let name = plan.object.name();
    let word = name["Ecs".len()..][..1].to_lowercase() + &name["Ecs".len() + 1..];
    let sources = [
        include_str!("../templates/javascript/mapping.js"),
        include_str!("../templates/javascript/overlay.js"),
    ];
    let (name, source) = template(plan.kind, sources);
    let file = |name: &str, text: &str| (name.to_owned(), words.fill(text));
    vec![
        (
            format!("src/{name}.js"),
            words.fill(&source.replace("{{word}}", &word)),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The helper files in an author's folder have the version of their release.
    #[test]
    fn helpers_have_the_version_of_this_program() {
        let version = env!("CARGO_PKG_VERSION");
        assert!(PYTHON_HELPER.contains(&format!("\n__version__ = \"{version}\"\n")));
        assert!(JAVASCRIPT_HELPER.contains(&format!("\nexport const VERSION = \"{version}\";\n")));
    }
}
