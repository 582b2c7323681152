//! The manifest of a module.

mod controls;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::Kind;
use portolan_page::Wanted;
use portolan_page::object::Object;

pub use controls::{Control, ControlSeverity, Narrowing, Need, NeededScan, With};

/// A module's manifest, as its `manifest` function returns it in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "manifest")]
pub struct Manifest {
    /// The module's name, for example `portolan-mapper-task`.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// The module's own version.
    #[schemars(length(min = 1, max = 64))]
    pub version: String,
    /// The effect of the module on records: it makes, amends or judges them.
    pub kind: Kind,
    /// The connector objects that the module maps or overlays; of an assessor exactly one, the subject.
    #[schemars(length(min = 1))]
    pub objects: Vec<Object>,
    /// Attributes beyond the stock schema that its records may have: UPPER_SNAKE names to JSON Schemas.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// JSON Schema of the module's own settings; null if it has none.
    #[serde(default)]
    pub settings: Option<Value>,
    /// The capabilities that the module requests beyond a page; an operator has to grant them.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The members and records that the module reads; as a rule the host passes only these. Without it, the
    /// host passes whole pages, and to an overlay all records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<Reads>,
    /// Of an assessor: the records that go with each subject, by the name under which it gets them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub with: BTreeMap<String, With>,
    /// Of an assessor: the questions that it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<Control>,
}

/// The members and records that a module reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reads {
    /// The members of a described object by path: `cpu`, or `containers.image` for a member of a member,
    /// whether in a list or not; null if the module may read any. The page always has its other members,
    /// except `tags` of a task definition: AWS puts them beside it, and they count as its member. A module
    /// with the grant for environment values gets whole objects nevertheless. An assessor names attributes of
    /// its batch: `subject.CPU`, or `related.containers.IMAGE`.
    #[schemars(length(max = 4096))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
    /// Whether an overlay reads records. If not, the host passes `{}` for each.
    #[serde(default = "yes")]
    pub records: bool,
}

/// The number of paths in `reads`. All objects of ECS together have fewer members.
const PATHS: usize = 4_096;
/// The length of a path, in bytes.
const PATH_BYTES: usize = 1_024;
/// The number of names in a path. No member of ECS is half as deep.
const PATH_NAMES: usize = 32;

impl Reads {
    /// The problem with the paths; `None` if they are valid. A module is not trusted, and the host builds a
    /// tree of its paths.
    fn fault(&self) -> Option<String> {
        let paths = self.members.as_deref().unwrap_or_default();
        if paths.len() > PATHS {
            let given = paths.len();
            return Some(format!("names {given} members; {PATHS} are allowed"));
        }
        let is_too_long =
            |path: &&String| path.len() > PATH_BYTES || path.split('.').count() > PATH_NAMES;
        let path = portolan_machine::text::printable(paths.iter().find(is_too_long)?, 64);
        Some(format!(
            "has the path `{path}`, which is longer than {PATH_BYTES} bytes or has more than {PATH_NAMES} names"
        ))
    }
}

const fn yes() -> bool {
    true
}

impl Manifest {
    /// Parses a manifest, and checks the rules that its type does not express.
    ///
    /// # Errors
    /// A sentence about the first problem.
    pub fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| {
            // The error may quote a part of the manifest.
            let error = portolan_machine::text::printable(&error.to_string(), 400);
            format!("its manifest does not follow the schema (`portolan schema manifest`): {error}")
        })?;
        if manifest.name.is_empty() || manifest.name.len() > 128 {
            return Err("its manifest has a name that is empty or longer than 128 bytes".into());
        }
        if manifest.version.is_empty() || manifest.version.len() > 64 {
            return Err("its manifest has a version that is empty or longer than 64 bytes".into());
        }
        if manifest.objects.is_empty() {
            return Err("its manifest does not name a connector object".into());
        }
        if let Some(fault) = manifest.reads.as_ref().and_then(Reads::fault) {
            return Err(format!("`reads` in its manifest {fault}"));
        }
        if let Some(name) = manifest.attributes.keys().find(|name| !is_attribute(name)) {
            let name = portolan_machine::text::printable(name, 64);
            return Err(format!(
                "its manifest declares the attribute `{name}`, which is not UPPER_SNAKE"
            ));
        }
        manifest.check_assessor()?;
        Ok(manifest)
    }

    /// The members that the module reads, as a tree; `None` if it may read any. An assessor also gets what
    /// identifies each record, and what says how complete its batch is.
    pub(super) fn wanted(&self) -> Option<Wanted> {
        let paths = self.reads.as_ref()?.members.as_ref()?;
        let always = match self.kind {
            Kind::Mapping | Kind::Overlay => Vec::new(),
            Kind::Assessor => self.with.keys().fold(
                ["subject.UID", "complete", "truncated"]
                    .map(String::from)
                    .to_vec(),
                |mut all, name| {
                    all.push(format!("related.{name}.UID"));
                    all
                },
            ),
        };
        let paths = paths.iter().chain(&always);
        Some(Wanted::at_paths(paths.map(String::as_str)))
    }

    /// Whether the module may read this member of its objects, or a part of it.
    #[must_use]
    pub fn may_read(&self, member: &str) -> bool {
        let paths = self.reads.as_ref().and_then(|reads| reads.members.as_ref());
        paths.is_none_or(|paths| {
            paths
                .iter()
                .any(|path| path.split('.').next() == Some(member))
        })
    }
}

pub(super) fn is_attribute(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .chars()
            .all(|each| each.is_ascii_uppercase() || each.is_ascii_digit() || each == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_needs_only_the_essentials() {
        let text = r#"{"name":"acme","version":"1.0.0","kind":"mapping","objects":["EcsTask"]}"#;
        let manifest = Manifest::parse(text).expect("valid");
        assert_eq!(manifest.objects, [Object::EcsTask]);
        assert!(manifest.attributes.is_empty());
    }

    #[test]
    fn what_is_read_has_limits() {
        let parse = |paths: &[String]| {
            let reads = serde_json::json!({ "members": paths });
            let manifest = serde_json::json!({
                "name": "a", "version": "1", "kind": "overlay", "objects": ["EcsTask"], "reads": reads,
            });
            Manifest::parse(&manifest.to_string()).map(|_| ())
        };
        let many = |count: usize| (0..count).map(|each| each.to_string()).collect::<Vec<_>>();
        assert!(parse(&many(PATHS)).is_ok());
        let error = parse(&many(PATHS + 1)).expect_err("too many");
        assert!(error.contains("4097 members"), "{error}");
        assert!(parse(&["a.".repeat(PATH_NAMES - 1)]).is_ok());
        for path in [
            "a.".repeat(PATH_NAMES),
            "a".repeat(PATH_BYTES + 1),
            ".".repeat(400_000),
        ] {
            let error = parse(&[path]).expect_err("too long");
            assert!(error.len() < 300 && error.contains("32 names"), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_manifest_steers_no_terminal() {
        let name = "\\u001b[31m".repeat(1_000);
        let text = format!(r#"{{"name":"a","version":"1","kind":"mapping","objects":["{name}"]}}"#);
        let error = Manifest::parse(&text).expect_err("refused");
        assert!(
            !error.contains(char::is_control) && error.len() < 1_000,
            "{error}"
        );
    }

    #[test]
    fn attributes_are_upper_snake() {
        let text = r#"{"name":"a","version":"1","kind":"mapping","objects":["EcsTask"],"attributes":{"owner":{}}}"#;
        assert!(
            Manifest::parse(text)
                .expect_err("refused")
                .contains("`owner`")
        );
    }
}
