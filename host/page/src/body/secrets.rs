//! Finds secrets among the environment values of container definitions, before they are withheld.
//!
//! What leaves is the name of a variable and the name of a detector, as `secretSuspects` of the container
//! definition: `[{"name":"DB_URL","detector":"url-password"}]`. The value, its length, a digest or a part of it
//! does not. Whatever a server itself sends under this name is removed, because it would pass for ours.

mod detect;
mod rules;

use std::ops::Range;

use bytes::Bytes;
use memchr::memmem;
use serde_json::json;
use serde_json::value::RawValue;

use super::beside::Members;
use super::scan::is_environment_name;
use detect::detectors;

/// The version of the rules that find secrets. Increase it with every change of them: kept bodies that were
/// scanned with another version are described again.
pub const SECRET_RULES: u64 = 1;

/// The member of a container definition that names suspects.
const SUSPECTS: &str = "secretSuspects";

/// The most bytes of one value that are scanned. A task definition has at most 64 KiB, so no value of ECS is longer.
const VALUE_LIMIT_BYTES: usize = 64 * 1024;
/// The most bytes of all values of a body that are scanned, twice as many as a task definition has. With
/// expressions that take linear time, it bounds the time of a scan.
const VALUES_LIMIT_BYTES: usize = 128 * 1024;

/// The body of a described task definition after the scan for secrets.
#[derive(Clone, Debug)]
pub struct ScannedBody {
    /// The body, with the suspects in its container definitions; values are not withheld yet.
    pub body: Bytes,
    /// Whether all values were scanned.
    pub is_whole: bool,
}

/// Scans the environment values of a described task definition.
#[must_use]
pub fn with_secret_suspects(body: Bytes) -> ScannedBody {
    let mut scan = Scan {
        left: VALUES_LIMIT_BYTES,
        is_whole: true,
    };
    let edited = edited(&body, |members| scan.container(members));
    ScannedBody {
        is_whole: scan.is_whole && edited.is_some(),
        body: edited.flatten().map_or(body, Bytes::from),
    }
}

/// The body of a described task definition without suspects.
#[must_use]
pub fn without_secret_suspects(body: Bytes) -> Bytes {
    // A name that is written with escapes may be this one.
    let may_have = [SUSPECTS.as_bytes(), b"\\u"];
    if may_have.iter().all(|it| memmem::find(&body, it).is_none()) {
        return body;
    }
    let edited = edited(&body, |_| Vec::new());
    edited.flatten().map_or(body, Bytes::from)
}

/// A variable, and the detector that found a secret in its value.
type Suspect = (String, &'static str);

/// The body with the suspects of each container definition in place of those that it has: `Some(None)` if that
/// changes nothing, `None` if the body cannot be read. Such a body becomes no record.
fn edited(
    body: &[u8],
    mut suspects_of: impl FnMut(&Members<'_>) -> Vec<Suspect>,
) -> Option<Option<Vec<u8>>> {
    let mut edits: Vec<(Range<usize>, Vec<u8>)> = Vec::new();
    let Members(top) = serde_json::from_slice(body).ok()?;
    for definition in named(&top, "taskDefinition") {
        let Members(members) = match definition.get().starts_with('{') {
            true => serde_json::from_str(definition.get()).ok()?,
            false => continue,
        };
        for list in named(&members, "containerDefinitions") {
            let containers: Vec<&RawValue> = match list.get().starts_with('[') {
                true => serde_json::from_str(list.get()).ok()?,
                false => continue,
            };
            let objects = containers.into_iter().map(RawValue::get);
            for container in objects.filter(|text| text.starts_with('{')) {
                let members: Members<'_> = serde_json::from_str(container).ok()?;
                let suspects = suspects_of(&members);
                let has_some = named(&members.0, SUSPECTS).next().is_some();
                if has_some || !suspects.is_empty() {
                    // The borrowed text is a slice of the body, so its address gives its position.
                    let start = container
                        .as_ptr()
                        .addr()
                        .checked_sub(body.as_ptr().addr())?;
                    edits.push((start..start + container.len(), written(&members, &suspects)));
                }
            }
        }
    }
    if edits.is_empty() {
        return Some(None);
    }
    let (mut output, mut copied) = (Vec::with_capacity(body.len() + 256 * edits.len()), 0);
    for (span, text) in edits {
        output.extend_from_slice(body.get(copied..span.start)?);
        output.extend_from_slice(&text);
        copied = span.end;
    }
    output.extend_from_slice(body.get(copied..)?);
    Some(Some(output))
}

fn named<'m>(
    members: &'m [(String, &'m RawValue)],
    name: &'m str,
) -> impl Iterator<Item = &'m RawValue> {
    let found = members.iter().filter(move |(known, _)| known == name);
    found.map(|(_, value)| *value)
}

/// A container definition with these suspects, and no others.
fn written(Members(members): &Members<'_>, suspects: &[Suspect]) -> Vec<u8> {
    let listed = suspects
        .iter()
        .map(|(name, detector)| json!({"name": name, "detector": detector}));
    let listed = serde_json::Value::from_iter(listed).to_string();
    let ours = (!suspects.is_empty()).then_some((SUSPECTS, listed.as_str()));
    let others = members.iter().filter(|(name, _)| name != SUSPECTS);
    let others = others.map(|(name, value)| (name.as_str(), value.get()));
    let mut text = vec![b'{'];
    for (name, value) in others.chain(ours) {
        if text.len() > 1 {
            text.push(b',');
        }
        // Serialization of a text does not fail.
        text.extend_from_slice(&serde_json::to_vec(name).unwrap_or_default());
        text.push(b':');
        text.extend_from_slice(value.as_bytes());
    }
    text.push(b'}');
    text
}

/// A scan of one body.
struct Scan {
    /// The bytes of values that may still be scanned.
    left: usize,
    is_whole: bool,
}

impl Scan {
    /// The suspects of a container definition.
    fn container(&mut self, Members(members): &Members<'_>) -> Vec<Suspect> {
        let mut suspects = Vec::new();
        let lists = members.iter().filter(|(name, _)| is_environment_name(name));
        for (_, list) in lists.filter(|(_, list)| list.get() != "null") {
            match serde_json::from_str::<Vec<&RawValue>>(list.get()) {
                Ok(variables) => {
                    for (position, variable) in variables.into_iter().enumerate() {
                        self.variable(position, variable.get(), &mut suspects);
                    }
                }
                Err(_) => self.is_whole = false,
            }
        }
        suspects
    }

    fn variable(&mut self, position: usize, text: &str, suspects: &mut Vec<Suspect>) {
        if text == "null" {
            return;
        }
        let Ok(Members(members)) = serde_json::from_str(text) else {
            self.is_whole = false;
            return;
        };
        let name = named(&members, "name").find_map(|it| serde_json::from_str(it.get()).ok());
        let name: String = name.unwrap_or_else(|| format!("#{position}"));
        for (_, value) in members.iter().filter(|(member, _)| member != "name") {
            match value.get().as_bytes().first() {
                Some(b'"') => match serde_json::from_str::<String>(value.get()) {
                    Ok(value) => self.value(&name, value.as_bytes(), suspects),
                    Err(_) => self.is_whole = false,
                },
                // Nobody knows what a list or an object means here.
                Some(b'[' | b'{') => self.is_whole = false,
                // null, true, false and numbers hold no secret.
                _ => {}
            }
        }
    }

    fn value(&mut self, name: &str, value: &[u8], suspects: &mut Vec<Suspect>) {
        let length = value.len().min(VALUE_LIMIT_BYTES).min(self.left);
        self.left -= length;
        self.is_whole &= length == value.len();
        let found = detectors(name, &value[..length]).into_iter();
        suspects.extend(found.map(|detector| (name.to_owned(), detector)));
    }
}

#[cfg(test)]
mod tests;
