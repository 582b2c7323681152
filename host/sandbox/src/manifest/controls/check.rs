//! The rules for an assessor's manifest that its types do not express. A module is not trusted, and the host
//! joins, prints and exports by its manifest.

use std::collections::BTreeSet;

use super::{Control, Narrowing, With};
use crate::kind::Kind;
use crate::manifest::{Manifest, is_attribute};
use portolan_machine::text::printable;

/// The most controls of a module; the stock ones together are fifty.
const CONTROLS: usize = 500;
/// The most names of `with`; the stock control with most has six.
const NAMES: usize = 32;
/// The longest text of a control, in bytes.
const TEXT_BYTES: usize = 4_096;
/// The most elements of a list in a control or a name of `with`.
const ELEMENTS: usize = 64;
/// The most records of one subject under a name.
const LIMIT: u32 = 100_000;
/// The members of a batch's element beside the records, which no name may have.
const TAKEN: [&str; 6] = [
    "subject",
    "related",
    "complete",
    "truncated",
    "since",
    "settings",
];

impl Manifest {
    /// Checks what only an assessor has, or must not have.
    pub(crate) fn check_assessor(&self) -> Result<(), String> {
        let fault = match self.kind {
            Kind::Assessor => self.fault(),
            _ if !self.with.is_empty() || !self.controls.is_empty() => Some(format!(
                "has `with` or `controls`, which only an assessor has, and it is {}",
                self.kind.with_article()
            )),
            _ => None,
        };
        match fault {
            None => Ok(()),
            Some(fault) => Err(format!("its manifest {fault}")),
        }
    }

    fn fault(&self) -> Option<String> {
        let counts = (self.objects.len(), self.controls.len(), self.with.len());
        match counts {
            (1, 1..=CONTROLS, ..=NAMES) => {}
            (1, controls, _) if !(1..=CONTROLS).contains(&controls) => {
                return Some(format!(
                    "has {controls} controls; 1 to {CONTROLS} are allowed"
                ));
            }
            (1, _, names) => {
                return Some(format!("has {names} names in `with`; {NAMES} are allowed"));
            }
            (objects, ..) => {
                return Some(format!(
                    "has {objects} objects; an assessor has one, its subject"
                ));
            }
        }
        if !self.attributes.is_empty() || !self.capabilities.is_empty() {
            let what = "declares attributes or capabilities, which an assessor cannot have";
            return Some(what.to_owned());
        }
        let named = |name: &str, fault: String| format!("has `{}`, {fault}", printable(name, 64));
        for (name, with) in &self.with {
            if let Some(fault) = self.fault_of_with(name, with) {
                return Some(named(name, fault));
            }
        }
        let mut ids = BTreeSet::new();
        for control in &self.controls {
            let fault = match ids.insert(&control.id) {
                true => self.fault_of_control(control),
                false => Some("which is declared twice".to_owned()),
            };
            if let Some(fault) = fault {
                return Some(named(&control.id, fault));
            }
        }
        None
    }

    fn fault_of_with(&self, name: &str, with: &With) -> Option<String> {
        let is_plain = |each: char| each.is_ascii_alphanumeric() || each == '_' || each == '-';
        let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.len() <= 64
            && name.chars().all(is_plain);
        if !is_name || TAKEN.contains(&name) {
            return Some(
                "which is not a free name that begins with a lower-case letter and goes on with letters, digits, `_` and `-`"
                    .to_owned(),
            );
        }
        if !(1..=LIMIT).contains(&with.limit) {
            return Some(format!("whose limit is not from 1 to {LIMIT}"));
        }
        let is_source = |source: &str| match source.split_once('.') {
            Some((other, attribute)) => self.with.contains_key(other) && is_attribute(attribute),
            None => is_attribute(source),
        };
        let mut sources = with.by.values().flatten();
        if let Some(source) = sources.find(|source| !is_source(source)) {
            return Some(format!(
                "whose key `{}` is neither an attribute nor one of another name",
                printable(source, 64)
            ));
        }
        if !self.join_order().contains(&name) {
            return Some("whose keys come from itself, in a circle".to_owned());
        }
        let lists = with
            .by
            .values()
            .map(Vec::len)
            .chain([with.by.len(), with.having.len()]);
        let attributes = with.by.keys().chain(&with.having);
        fault_of_lists(lists)
            .or_else(|| fault_of_attributes(attributes))
            .or_else(|| fault_of_narrowing(&with.only))
    }

    fn fault_of_control(&self, control: &Control) -> Option<String> {
        let is_plain = |each: char| each.is_ascii_alphanumeric() || ".-_".contains(each);
        if control.id.is_empty() || control.id.len() > 64 || !control.id.chars().all(is_plain) {
            return Some(
                "which is not an id of up to 64 letters, digits, `.`, `-` and `_`".to_owned(),
            );
        }
        if let Some(name) = control
            .reads
            .keys()
            .find(|name| !self.with.contains_key(*name))
        {
            return Some(format!(
                "which reads `{}`, a name that `with` does not have",
                printable(name, 64)
            ));
        }
        let texts = [
            Some(&control.title),
            Some(&control.question),
            Some(&control.condition),
            Some(&control.remediation),
            control.differences.as_ref(),
            control.command.as_ref(),
            control.needs_setting.as_ref(),
        ];
        let texts = texts.into_iter().flatten();
        let mut all = texts.chain(&control.standards).chain(&control.references);
        if all.any(|text| text.len() > TEXT_BYTES || text.chars().any(is_unprintable)) {
            return Some(format!(
                "which has a text of more than {TEXT_BYTES} bytes or with control characters"
            ));
        }
        if control.title.is_empty() || control.condition.is_empty() {
            return Some("which has no title or no condition".to_owned());
        }
        fault_of_lists([control.standards.len(), control.references.len()])
            .or_else(|| fault_of_narrowing(&control.subjects))
    }
}

fn is_unprintable(each: char) -> bool {
    each.is_control() && each != '\n'
}

fn fault_of_lists(lengths: impl IntoIterator<Item = usize>) -> Option<String> {
    let is_too_long = lengths.into_iter().any(|length| length > ELEMENTS);
    is_too_long.then(|| format!("which has a list of more than {ELEMENTS} elements"))
}

fn fault_of_narrowing(narrowing: &Narrowing) -> Option<String> {
    let lengths = narrowing.values().map(Vec::len);
    fault_of_lists(lengths.chain([narrowing.len()]))
        .or_else(|| fault_of_attributes(narrowing.keys()))
}

fn fault_of_attributes<'a>(names: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let other = names.into_iter().find(|name| !is_attribute(name))?;
    Some(format!(
        "which names the attribute `{}`, which is not UPPER_SNAKE",
        printable(other, 64)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parsed(change: impl FnOnce(&mut Value)) -> Result<Manifest, String> {
        let mut manifest = json!({
            "name": "a", "version": "1", "kind": "assessor", "objects": ["EcsTask"],
            "with": {
                "definition": {
                    "object": "EcsTaskDefinition",
                    "by": {"TASK_DEFINITION_ARN": ["TASK_DEFINITION_ARN"]},
                },
                "containers": {
                    "object": "EcsContainerDefinition",
                    "by": {"TASK_DEFINITION_ARN": ["definition.TASK_DEFINITION_ARN"]},
                    "many": true,
                },
            },
            "controls": [{
                "id": "A.1", "title": "t", "question": "q", "condition": "c", "severity": "low",
                "remediation": "r", "reads": {"containers": "always"},
                "subjects": {"SOURCE_STATUS": ["RUNNING"]}, "needs-setting": "list", "needs-scan": "secrets",
            }],
            "reads": {"members": ["subject.CPU", "related.containers.IMAGE", "related.definition"]},
        });
        change(&mut manifest);
        Manifest::parse(&manifest.to_string())
    }

    #[test]
    fn names_are_joined_after_those_that_they_need() {
        let manifest = parsed(|_| {}).expect("valid");
        assert_eq!(manifest.join_order(), ["definition", "containers"]);
        let read = |name| manifest.attributes_of(name);
        assert_eq!(read(None), Some(BTreeSet::from(["CPU", "UID"])));
        assert_eq!(
            read(Some("containers")),
            Some(BTreeSet::from(["IMAGE", "UID"]))
        );
        assert_eq!(read(Some("definition")), None);
    }

    #[test]
    fn a_control_is_about_some_subjects_and_needs_its_setting() {
        let control = &parsed(|_| {}).expect("valid").controls[0];
        let map = |value: Value| value.as_object().cloned().expect("an object");
        assert!(control.is_about(&map(json!({"SOURCE_STATUS": "RUNNING"}))));
        assert!(!control.is_about(&map(json!({"SOURCE_STATUS": "STOPPED"}))));
        assert!(!control.is_about(&map(json!({}))));
        assert!(control.is_configured(&map(json!({"list": ["a"]}))));
        assert!(!control.is_configured(&map(json!({"list": []}))));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let twice = |it: &mut Value| {
            let control = it["controls"][0].clone();
            it["controls"].as_array_mut().expect("a list").push(control);
        };
        let circle = |it: &mut Value| {
            it["with"]["definition"]["by"]["TASK_DEFINITION_ARN"] = json!(["containers.NAME"]);
        };
        for (change, says) in [
            (
                &twice as &dyn Fn(&mut Value),
                "`A.1`, which is declared twice",
            ),
            (&circle, "in a circle"),
            (
                &|it| it["objects"] = json!(["EcsTask", "EcsService"]),
                "has 2 objects",
            ),
            (&|it| it["controls"] = json!([]), "has 0 controls"),
            (
                &|it| it["capabilities"] = json!(["environment-values"]),
                "capabilities",
            ),
            (
                &|it| it["with"]["subject"] = json!({"object": "EcsTask"}),
                "`subject`, which is not a free name",
            ),
            (
                &|it| it["with"]["containers"]["by"]["lower"] = json!([]),
                "attribute `lower`",
            ),
            (
                &|it| it["with"]["containers"]["by"]["A"] = json!(["other.A"]),
                "key `other.A`",
            ),
            (&|it| it["with"]["containers"]["limit"] = json!(0), "limit"),
            (&|it| it["controls"][0]["id"] = json!("A 1"), "not an id"),
            (
                &|it| it["controls"][0]["reads"]["tasks"] = json!("always"),
                "reads `tasks`",
            ),
            (
                &|it| it["controls"][0]["title"] = json!("\u{1b}[31m"),
                "control characters",
            ),
            (
                &|it| it["controls"][0]["standards"] = json!(vec!["x"; 65]),
                "65 elements",
            ),
            (&|it| it["kind"] = json!("mapping"), "only an assessor"),
        ] {
            let said = parsed(change).expect_err(says);
            let is_named =
                said.contains(says) || says == "65 elements" && said.contains("64 elements");
            assert!(is_named && !said.contains('\u{1b}'), "{said}");
        }
    }
}
