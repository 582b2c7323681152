//! Events of the audit trail, without the values that must not leave.
//!
//! CloudTrail writes an event as JSON inside a string, so that the scan of a body would not find the members in
//! it. Here the string becomes an object, and the parameters and the response in it lose environment values,
//! credentials, session tokens, the commands of ECS Exec, and strings that hold more JSON. The scan then treats
//! the page like any other. An event that cannot be followed is refused whole: its string becomes empty, and
//! the mapper rejects it.
//!
//! Events of other services become `null`, so that the places of the page stay those that AWS sent.

use serde_json::value::RawValue;

use super::beside::Members;
use super::scan::{ScanError, Withhold, is_environment_name, names_a_credential, scan};
use crate::object::Object;

/// The version of these rules. Increase it with every change of them: kept events of other versions are read
/// again.
pub const EVENT_WITHHOLDING: u64 = 1;

/// The service whose events are mapped.
const SOURCE: &str = "ecs.amazonaws.com";
/// CloudTrail's events have fewer than ten levels.
const DEPTH_LIMIT: u32 = 64;
/// Members that refer to secrets, and hold none, though their names look so.
const REFERENCES: [&str; 4] = [
    "secrets",
    "repositoryCredentials",
    "credentialsParameter",
    "credentialSpecs",
];

/// The body with its events unfolded, and nothing beside them.
///
/// # Errors
/// Fails as the scan does, and if names in the body cannot be read.
pub(super) fn unfolded(body: &[u8]) -> Result<Vec<u8>, ScanError> {
    let Ok(Members(members)) = serde_json::from_slice(body) else {
        scan(body, Object::EcsAuditEvent.shape(), Withhold::Everything)?;
        return Err(ScanError::Unfollowed);
    };
    let mut output = Vec::with_capacity(body.len());
    let events = members.iter().filter(|(name, _)| name == "Events");
    object(&mut output, events, |output, _, value| {
        match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
            Ok(events) => list(output, &events, event),
            // Something else than a list is rejected by the mapper.
            Err(_) => output.extend_from_slice(hollow(value)),
        }
    });
    Ok(output)
}

/// A value of the same type without content.
fn hollow(value: &RawValue) -> &'static [u8] {
    match value.get().as_bytes().first() {
        Some(b'{') => b"{}",
        Some(b'[') => b"[]",
        Some(b'"') => b"\"\"",
        Some(b't' | b'f') => b"false",
        Some(b'n') | None => b"null",
        Some(_) => b"0",
    }
}

/// Writes one event of a page.
fn event(output: &mut Vec<u8>, event: &RawValue) {
    let Ok(Members(members)) = serde_json::from_str(event.get()) else {
        // Something else than an object is rejected by the mapper.
        output.extend_from_slice(hollow(event));
        return;
    };
    let mut sources = members.iter().filter(|(name, _)| name == "EventSource");
    let source = sources.find_map(|(_, value)| text(value));
    if source.is_some_and(|source| source != SOURCE) {
        output.extend_from_slice(b"null");
        return;
    }
    object(output, members.iter(), |output, name, value| match name {
        "CloudTrailEvent" => match inner(value) {
            Some(inner) => output.extend_from_slice(&inner),
            None => output.extend_from_slice(b"\"\""),
        },
        _ => {
            let start = output.len();
            if write(output, value, Rule::Summary, DEPTH_LIMIT).is_none() {
                output.truncate(start);
                output.extend_from_slice(hollow(value));
            }
        }
    });
}

/// The event as CloudTrail recorded it, without values; `None` if it cannot be followed.
fn inner(value: &RawValue) -> Option<Vec<u8>> {
    let folded = text(value);
    let json = folded.as_deref().unwrap_or(value.get());
    let Members(members) = serde_json::from_str(json).ok()?;
    let mut output = Vec::with_capacity(json.len());
    let mut is_followed = true;
    object(&mut output, members.iter(), |output, name, value| {
        // Of the other members AWS says what they hold, and none of it is a request's content.
        let rule = match name.to_ascii_lowercase().as_str() {
            "requestparameters" => Rule::Parameters,
            "responseelements" | "additionaleventdata" | "serviceeventdetails" => Rule::Content,
            _ => Rule::Outside,
        };
        is_followed &= write(output, value, rule, DEPTH_LIMIT).is_some();
    });
    is_followed.then_some(output)
}

/// The rule for a value of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Not the content of a request.
    Outside,
    /// What LookupEvents says of an event.
    Summary,
    /// The parameters themselves.
    Parameters,
    /// Anything in parameters or responses.
    Content,
    /// A variable of an environment, whose name stays.
    Variable,
    /// A list of variables.
    Environment,
    /// Every scalar is withheld.
    Withheld,
}

impl Rule {
    /// The rule for a member of an object with this rule.
    fn of(self, name: &str, value: &RawValue) -> Self {
        match self {
            Self::Withheld => Self::Withheld,
            Self::Variable if name == "name" && !is_container(value) => Self::Outside,
            Self::Variable | Self::Environment => Self::Withheld,
            _ if is_environment_name(name) => Self::Environment,
            Self::Outside | Self::Summary => self,
            // ECS Exec has a text where all other commands are lists.
            Self::Parameters if name.eq_ignore_ascii_case("command") => Self::Withheld,
            _ if name.eq_ignore_ascii_case("command") && value.get().starts_with('"') => {
                Self::Withheld
            }
            _ if REFERENCES.contains(&name) => Self::Content,
            _ if names_a_credential(name) => Self::Withheld,
            Self::Parameters | Self::Content => Self::Content,
        }
    }
}

/// Writes a value as its rule says; `None` if it cannot be followed.
fn write(output: &mut Vec<u8>, value: &RawValue, rule: Rule, depth: u32) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let json = value.get();
    match json.as_bytes().first()? {
        b'{' => {
            let Members(members) = serde_json::from_str(json).ok()?;
            let mut is_followed = true;
            object(output, members.iter(), |output, name, value| {
                is_followed &= write(output, value, rule.of(name, value), depth).is_some();
            });
            is_followed.then_some(())
        }
        b'[' => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            let rule = match rule {
                Rule::Environment => Rule::Variable,
                Rule::Variable => Rule::Withheld,
                Rule::Parameters => Rule::Content,
                other => other,
            };
            let mut is_followed = true;
            list(output, &elements, |output, each| {
                let rule = match rule {
                    Rule::Variable if !each.get().starts_with('{') => Rule::Withheld,
                    rule => rule,
                };
                is_followed &= write(output, each, rule, depth).is_some();
            });
            is_followed.then_some(())
        }
        _ => {
            let is_withheld = match rule {
                Rule::Outside => false,
                Rule::Summary | Rule::Parameters | Rule::Content => holds_more(value),
                Rule::Variable | Rule::Environment | Rule::Withheld => true,
            };
            output.extend_from_slice(match is_withheld {
                true => hollow(value),
                false => json.as_bytes(),
            });
            Some(())
        }
    }
}

/// Whether a text may hold more JSON, in which values could hide: whether it has a quote or a backslash, in any
/// spelling. Names, ARNs and images have none.
fn holds_more(value: &RawValue) -> bool {
    const ESCAPES: [&str; 4] = [r#"\""#, r"\\", r"\u0022", r"\u005c"];
    let text = value.get().to_ascii_lowercase();
    text.starts_with('"') && ESCAPES.iter().any(|escape| text.contains(escape))
}

fn is_container(value: &RawValue) -> bool {
    value.get().starts_with(['{', '['])
}

fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// Writes an object, each of whose values `write` writes.
fn object<'m, 'b: 'm>(
    output: &mut Vec<u8>,
    members: impl Iterator<Item = &'m (String, &'b RawValue)>,
    mut write: impl FnMut(&mut Vec<u8>, &str, &RawValue),
) {
    output.push(b'{');
    for (place, (name, value)) in members.enumerate() {
        if place > 0 {
            output.push(b',');
        }
        // Serialization of a text does not fail.
        output.extend_from_slice(&serde_json::to_vec(name).unwrap_or_default());
        output.push(b':');
        write(output, name, value);
    }
    output.push(b'}');
}

/// Writes a list, each of whose elements `write` writes.
fn list(
    output: &mut Vec<u8>,
    elements: &[&RawValue],
    mut write: impl FnMut(&mut Vec<u8>, &RawValue),
) {
    output.push(b'[');
    for (place, element) in elements.iter().enumerate() {
        if place > 0 {
            output.push(b',');
        }
        write(output, element);
    }
    output.push(b']');
}

#[cfg(test)]
mod tests;
