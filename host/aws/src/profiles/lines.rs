//! Checks and normalizes the lines of a profile file before the SDK reads them.

use std::path::Path;

use super::{ProfileProblem, Profiles, REFERENCES, invalid};
use crate::settings::ConnectionError;
use crate::value::checked;
use portolan_machine::text::printable;

/// Files with thousands of profiles are smaller.
const FILE_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

impl Profiles {
    /// Reads a file, stores its values, and returns the text for the SDK.
    pub(super) fn cleaned(
        &mut self,
        path: &Path,
        is_config: bool,
        is_named: bool,
    ) -> Result<String, ConnectionError> {
        let text = match read(path) {
            Ok(text) => text,
            // Both files are optional.
            Err(Unread::Missing) => return Ok(String::new()),
            // A service may run with a home folder that it cannot read.
            Err(Unread::Forbidden) if !is_named => return Ok(String::new()),
            Err(Unread::Forbidden) => {
                return Err(invalid(path, "it may not be read; check its permissions"));
            }
            Err(Unread::Other(reason)) => return Err(invalid(path, &reason)),
        };
        let (mut cleaned, mut section) = (String::new(), None);
        // Only a group has nested lines. Other indented lines are dropped, because the SDK would join them to
        // the value above.
        let mut is_in_group = false;
        let lines: Vec<&str> = text.lines().collect();
        // `[profile default]` replaces `[default]`; the two are not merged.
        let mut headers = lines.iter().filter_map(|line| header(line, is_config));
        let has_prefixed_default =
            headers.any(|it| it.is_prefixed && it.kind == "profile" && it.name == "default");
        for (index, line) in lines.iter().enumerate() {
            let kept = if line.starts_with('[') {
                let (written, begun) = self.section(line, is_config, has_prefixed_default);
                section = begun;
                written
            } else {
                // An empty value followed by indented lines begins a group.
                let next = lines[index + 1..]
                    .iter()
                    .find(|next| !next.trim().is_empty());
                let begins_group = next.is_some_and(|next| next.starts_with([' ', '\t']));
                let is_nested = line.starts_with([' ', '\t']);
                let is_comment = line.trim_start().starts_with(['#', ';']);
                if is_comment || line.trim().is_empty() || (is_nested && !is_in_group) {
                    String::new()
                } else {
                    let kept = self.property(path, index + 1, line, section.as_ref(), begins_group);
                    if !is_nested {
                        is_in_group = begins_group && kept.trim_end().ends_with('=');
                    }
                    kept
                }
            };
            cleaned.push_str(&kept);
            cleaned.push('\n');
        }
        Ok(cleaned)
    }

    /// Rewrites a line `[kind name]` for the SDK, and returns the section that it begins; `None` if it is
    /// ignored.
    fn section(
        &mut self,
        line: &str,
        is_config: bool,
        has_prefixed_default: bool,
    ) -> (String, Option<(String, String)>) {
        let header = header(line, is_config)
            .filter(|header| header.is_prefixed || !is_config || !has_prefixed_default);
        let Some(header) = header else {
            return (line.to_owned(), None);
        };
        let alias = Self::alias(&header.name);
        let written = match header.is_prefixed {
            true => format!("[{} {alias}]", header.kind),
            false => format!("[{alias}]"),
        };
        let key = (header.kind, header.name);
        self.sections.entry(key.clone()).or_default();
        (written, Some(key))
    }

    /// Checks a line `key = value`; empty if the SDK must not read it.
    fn property(
        &mut self,
        path: &Path,
        number: usize,
        line: &str,
        section: Option<&(String, String)>,
        begins_group: bool,
    ) -> String {
        let is_nested = line.starts_with([' ', '\t']);
        let Some((section, (key, value))) = section.zip(line.split_once('=')) else {
            return line.to_owned();
        };
        let (key, value) = (key.trim(), without_comment(value));
        let is_group = value.is_empty() && begins_group && !is_nested;
        if key.is_empty() || key.starts_with(['#', ';']) || is_group {
            return line.to_owned();
        }
        let indent = if is_nested { "  " } else { "" };
        match checked(key, value) {
            Ok(None) => String::new(),
            Ok(Some(value)) => {
                let written = if REFERENCES.contains(&key.to_ascii_lowercase().as_str()) {
                    Self::alias(&value)
                } else {
                    value.clone()
                };
                if !is_nested {
                    let values = self.sections.entry(section.clone()).or_default();
                    values.insert(key.to_ascii_lowercase(), value);
                }
                format!("{indent}{key} = {written}")
            }
            Err(reason) => {
                let reason = format!("line {number}: {}: {reason}", printable(key, 64));
                let (section, path) = (section.1.clone(), path.to_owned());
                self.problems.push(ProfileProblem {
                    section,
                    path,
                    reason,
                });
                String::new()
            }
        }
    }
}

/// A value without surrounding blanks and without a trailing comment.
fn without_comment(value: &str) -> &str {
    let end = [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|mark| value.find(mark))
        .min();
    value[..end.unwrap_or(value.len())].trim()
}

/// The header of a section.
struct SectionHeader {
    kind: String,
    name: String,
    /// Whether the header names the kind.
    is_prefixed: bool,
}

/// Parses the header of a section. Names may have blanks and quotes around them, as in the AWS CLI.
fn header(line: &str, is_config: bool) -> Option<SectionHeader> {
    let (inner, _) = line.strip_prefix('[')?.split_once(']')?;
    let inner = inner.trim();
    let (kind, name, is_prefixed) = match inner.split_once([' ', '\t']) {
        Some((kind, name)) if is_config => (kind, name.trim(), true),
        _ if is_config && inner != "default" => return None,
        _ => ("profile", inner, false),
    };
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote));
    let name = quoted.unwrap_or(name);
    (!name.is_empty()).then(|| SectionHeader {
        kind: kind.to_owned(),
        name: name.to_owned(),
        is_prefixed,
    })
}

enum Unread {
    Missing,
    Forbidden,
    Other(String),
}

fn read(path: &Path) -> Result<String, Unread> {
    portolan_machine::text::read_file(path, FILE_LIMIT_BYTES).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Unread::Missing,
        std::io::ErrorKind::PermissionDenied => Unread::Forbidden,
        _ => Unread::Other(error.to_string()),
    })
}
