//! FIPS mode on Fargate: what has to fit, and the setting.

use crate::{Answer, Facts, Outcome, SETTING, Unit, said};

/// A value, with the UID and the attribute that it comes from.
type Found<'s> = (&'s str, &'static str, &'s str);

/// What was found of the things that have to fit.
#[derive(Default)]
struct Inputs<'s> {
    misfits: Vec<String>,
    evidence: Vec<(&'s str, &'static str)>,
    missing: Vec<String>,
}

impl<'s> Inputs<'s> {
    /// Adds a value. `fits` says whether it does, and `None` if nothing can be said.
    fn add(&mut self, found: Found<'s>, needs: &str, fits: impl Fn(&str) -> Option<bool>) {
        let (uid, attribute, value) = found;
        match fits(value) {
            Some(true) => {}
            Some(false) => {
                let misfit = format!("{attribute} is {value}; FIPS mode needs {needs}.");
                self.misfits.push(misfit);
                self.evidence.push((uid, attribute));
            }
            None => {
                let missing = format!("{attribute} is {value}, which is not a version.");
                self.missing.push(missing);
            }
        }
    }

    fn miss(&mut self, what: &str) {
        self.missing.push(format!("The {what} is not known."));
    }
}

impl<'s> Facts<'s> {
    pub(crate) fn on_fargate(&self, unit: &Unit<'s>) -> Outcome<'s> {
        if !self.is_govcloud() {
            return Outcome::new(
                Answer::NotOffered,
                "Fargate has FIPS mode in GovCloud only.",
            );
        }
        let inputs = inputs(unit);
        let outcome = |answer, reasons, evidence| Outcome {
            reasons,
            evidence,
            ..Outcome::new(answer, "")
        };
        if !inputs.misfits.is_empty() {
            return outcome(Answer::NotReady, inputs.misfits, inputs.evidence);
        }
        if !inputs.missing.is_empty() {
            return outcome(Answer::NotEvaluated, inputs.missing, Vec::new());
        }
        self.by_setting()
    }

    fn by_setting(&self) -> Outcome<'s> {
        let setting = self.setting.map(|it| (it, said(&it.value)));
        let Some((setting, Some(value))) = setting else {
            let reason = format!("The account setting {SETTING} was not read.");
            return Outcome::new(Answer::NotEvaluated, reason);
        };
        let is_on = matches!(value, "enabled" | "on");
        let is_default = setting.is_callers_own == Some(false);
        match (is_on, is_default, &self.doubt) {
            (true, true, None) => {
                let reason = format!("Everything fits, and {SETTING} is {value}.");
                Outcome::new(Answer::ReadyOn, reason)
            }
            (true, true, Some(doubt)) => Outcome::new(Answer::ReadyOnUncertain, doubt.clone()),
            (false, true, _) => Outcome {
                evidence: vec![(&setting.uid, "VALUE")],
                ..Outcome::new(
                    Answer::ReadyOff,
                    format!("Everything fits, but {SETTING} is {value}."),
                )
            },
            (_, false, _) => {
                let answer = match is_on {
                    true => Answer::ReadyOnUncertain,
                    false => Answer::NotEvaluated,
                };
                let reason = format!(
                    "{SETTING} is {value} for the caller of the sync, perhaps for no one else: the account's default is not known."
                );
                Outcome::new(answer, reason)
            }
        }
    }
}

fn inputs<'s>(unit: &Unit<'s>) -> Inputs<'s> {
    let mut inputs = Inputs::default();
    let definition = unit.definition;
    let own = |attribute, value: Option<&'s str>| Some((unit.uid, attribute, value?));
    let defined = |attribute, value: Option<&'s str>| Some((&*definition?.uid, attribute, value?));

    let system = own("PLATFORM_FAMILY", unit.platform_family).or_else(|| {
        let value = definition.and_then(|it| said(&it.operating_system_family));
        defined("OPERATING_SYSTEM_FAMILY", value)
    });
    let cpu = own("CPU_ARCHITECTURE", unit.cpu_architecture).or_else(|| {
        let value = definition.and_then(|it| said(&it.cpu_architecture));
        defined("CPU_ARCHITECTURE", value)
    });
    match (system, definition) {
        (Some(system), _) => inputs.add(system, "Linux", |it| Some(is_linux(it))),
        // A definition that says nothing means Linux and x86_64.
        (None, Some(_)) => {}
        (None, None) => inputs.miss("operating system"),
    }
    match (cpu, definition) {
        (Some(cpu), _) => inputs.add(cpu, "x86_64", |it| Some(it.eq_ignore_ascii_case("x86_64"))),
        (None, Some(_)) => {}
        (None, None) => inputs.miss("processor"),
    }
    match unit.platform_version {
        Some((uid, version)) => {
            let found = (uid, "PLATFORM_VERSION", version);
            inputs.add(found, "platform version 1.4.0 or later", is_new);
        }
        None => inputs.miss("platform version"),
    }
    inputs
}

fn is_linux(family: &str) -> bool {
    let start = family.get(..5);
    start.is_some_and(|start| start.eq_ignore_ascii_case("linux"))
}

/// Whether a platform version is 1.4.0 or later; `None` if it is not a version.
fn is_new(version: &str) -> Option<bool> {
    if version == "LATEST" {
        return Some(true);
    }
    let part = |part: &str| {
        let is_number = !part.is_empty() && part.bytes().all(|each| each.is_ascii_digit());
        // What is too large for the type is large.
        is_number.then(|| part.parse().unwrap_or(u64::MAX))
    };
    let mut parts: Vec<u64> = version.split('.').map(part).collect::<Option<_>>()?;
    parts.resize(parts.len().max(3), 0);
    Some(parts >= vec![1, 4, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_part_by_part() {
        for version in [
            "LATEST",
            "1.4",
            "1.4.0",
            "1.4.0.1",
            "1.10.0",
            "2",
            "1.99999999999999999999",
        ] {
            assert_eq!(is_new(version), Some(true), "{version}");
        }
        for version in ["1.3.10", "1", "0.9"] {
            assert_eq!(is_new(version), Some(false), "{version}");
        }
        for version in ["", "latest", "1..4", "1.4.", "+1.4", "1.4.0-rc", "١.٤"] {
            assert_eq!(is_new(version), None, "{version}");
        }
    }

    #[test]
    fn families_are_compared_by_their_beginning() {
        assert!(is_linux("Linux") && is_linux("LINUX_2") && !is_linux("WINDOWS") && !is_linux("é"));
    }
}
