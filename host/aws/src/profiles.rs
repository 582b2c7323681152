//! The AWS configuration and credentials files: read, checked, and written anew for the SDK, which takes only
//! some characters in names and panics over some values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[expect(
    deprecated,
    reason = "the name under which the loader of the SDK takes them"
)]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::settings::ConnectionError;
use super::value::checked;
use portolan_machine::text::printable;

/// Files with thousands of profiles stay below this.
const FILE_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// Keys whose value is the name of another section.
const REFERENCES: [&str; 3] = ["source_profile", "sso_session", "services"];

/// What the files hold.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    config: File,
    credentials: File,
    home: Option<PathBuf>,
    /// Values by kind (`profile`, `sso-session`, …) and name of the section, then by key.
    sections: BTreeMap<(String, String), BTreeMap<String, String>>,
    /// What is wrong, and in which section. It matters only to those who use the section.
    problems: Vec<Problem>,
}

#[derive(Debug)]
struct Problem {
    section: String,
    path: PathBuf,
    reason: String,
}

#[derive(Debug, Default)]
struct File {
    path: PathBuf,
    /// As the SDK may read it. Lines keep their numbers.
    text: String,
}

impl Profiles {
    /// Reads the files that `variable` names, or those in the home folder.
    pub(super) async fn read<'v>(
        variable: impl Fn(&str) -> Option<&'v str>,
    ) -> Result<Self, ConnectionError> {
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let mut profiles = Self {
            home: home.map(PathBuf::from),
            ..Self::default()
        };
        profiles.config.path = profiles.expand(
            variable("AWS_CONFIG_FILE")
                .unwrap_or("~/.aws/config")
                .as_ref(),
        );
        profiles.credentials.path = profiles.expand(
            variable("AWS_SHARED_CREDENTIALS_FILE")
                .unwrap_or("~/.aws/credentials")
                .as_ref(),
        );
        profiles.config.text = profiles.cleaned(
            &profiles.config.path.clone(),
            true,
            variable("AWS_CONFIG_FILE").is_some(),
        )?;
        profiles.credentials.text = profiles.cleaned(
            &profiles.credentials.path.clone(),
            false,
            variable("AWS_SHARED_CREDENTIALS_FILE").is_some(),
        )?;
        let (files, nothing) = (Fs::real(), Env::from_slice(&[]));
        #[expect(deprecated, reason = "as above")]
        for (file, kind) in [
            (&profiles.config, ProfileFileKind::Config),
            (&profiles.credentials, ProfileFileKind::Credentials),
        ] {
            let alone = ProfileFiles::builder()
                .with_contents(kind, &file.text)
                .build();
            let read = aws_config::profile::load(&files, &nothing, &alone, None);
            if let Err(error) = read.await {
                return Err(invalid(&file.path, &super::advice::chain(&error)));
            }
        }
        Ok(profiles)
    }

    /// A path with `~` for the home folder.
    pub(super) fn expand(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }

    /// The files as the SDK may read them.
    #[expect(deprecated, reason = "as above")]
    pub(super) fn files(&self) -> ProfileFiles {
        ProfileFiles::builder()
            .with_contents(ProfileFileKind::Config, &self.config.text)
            .with_contents(ProfileFileKind::Credentials, &self.credentials.text)
            .build()
    }

    /// The name under which the SDK finds a section: what it does not take is written as %XX.
    pub(super) fn alias(name: &str) -> String {
        let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/.%@:+".contains(&byte);
        name.bytes().fold(String::new(), |alias, byte| match byte {
            byte if is_taken(byte) => alias + &char::from(byte).to_string(),
            byte => alias + &format!("%{byte:02X}"),
        })
    }

    /// A value of a profile.
    pub(super) fn value(&self, profile: &str, key: &str) -> Option<&str> {
        self.values("profile", profile)?
            .get(key)
            .map(String::as_str)
    }

    fn values(&self, kind: &str, name: &str) -> Option<&BTreeMap<String, String>> {
        self.sections.get(&(kind.to_owned(), name.to_owned()))
    }

    /// What a profile takes its credentials from: itself, then its `source_profile`, and so on.
    pub(super) fn sources<'p>(&'p self, profile: &'p str) -> Vec<&'p str> {
        let mut sources = vec![profile];
        while let Some(next) = self.value(sources[sources.len() - 1], "source_profile")
            && !sources.contains(&next)
        {
            sources.push(next);
        }
        sources
    }

    /// Whether a profile says where its credentials come from.
    pub(super) fn has_credentials(&self, profile: &str) -> bool {
        let keys = [
            "aws_access_key_id",
            "role_arn",
            "sso_session",
            "sso_start_url",
            "login_session",
            "credential_process",
            "credential_source",
            "web_identity_token_file",
        ];
        keys.iter().any(|key| self.value(profile, key).is_some())
    }

    /// Whether everything that the profile uses can be used.
    pub(super) fn check(&self, profile: &str) -> Result<(), ConnectionError> {
        let used = self.sources(profile).into_iter().flat_map(|name| {
            let below = ["sso_session", "services"].map(|key| self.value(name, key));
            below.into_iter().flatten().chain([name])
        });
        let used: Vec<&str> = used.collect();
        let mut problems = self.problems.iter();
        problems
            .find(|problem| used.contains(&problem.section.as_str()))
            .map_or(Ok(()), |problem| {
                Err(invalid(&problem.path, &problem.reason))
            })
    }

    /// Says that a profile is in neither file, if so.
    pub(super) fn missing(&self, profile: &str) -> Option<String> {
        if self.values("profile", profile).is_some() {
            return None;
        }
        let header = format!("[{profile}]");
        if self.config.text.lines().any(|line| line.trim() == header) {
            return Some(format!(
                "the AWS profile `{0}` is written as [{0}] in {1}; write [profile {0}]",
                printable(profile, 64),
                self.config.path.display()
            ));
        }
        let names = self.sections.keys().filter(|(kind, _)| kind == "profile");
        let nearest =
            portolan_machine::text::nearest(profile, names.map(|(_, name)| name.as_str()));
        let meant = nearest.map_or_else(
            || "make it with `aws configure`".to_owned(),
            |name| format!("did you mean `{}`?", printable(name, 64)),
        );
        Some(format!(
            "the AWS profile `{}` is neither in {} nor in {}; {meant}",
            printable(profile, 64),
            self.config.path.display(),
            self.credentials.path.display()
        ))
    }

    /// What to say of a profile that gave no credentials, if the profile is why.
    pub(super) fn credentials_problem(&self, profile: &str, reason: &str) -> Option<String> {
        for source in self.sources(profile) {
            let shown = printable(source, 64);
            let Some(values) = self.values("profile", source) else {
                let of = printable(profile, 64);
                return (source != profile).then(|| {
                    format!("the AWS profile `{of}` takes its credentials from the profile `{shown}` (source_profile), which does not exist; correct the name")
                });
            };
            let has = |key: &str| values.contains_key(key);
            let quoted = if source.contains([' ', '\'']) {
                format!("\"{shown}\"")
            } else {
                shown.clone()
            };
            let is_sso = has("sso_session") || has("sso_start_url");
            // A token that nobody ever asked for is a file that is missing in the cache.
            let is_of_token = ["token", "sso/cache"]
                .iter()
                .any(|words| reason.to_ascii_lowercase().contains(words));
            if is_sso && !is_of_token {
                return Some(format!(
                    "the AWS profile `{shown}` gave no credentials of IAM Identity Center: {reason}; check its sso_… keys, its sso-session and the network"
                ));
            }
            if is_sso {
                return Some(format!(
                    "the AWS profile `{shown}` has no valid IAM Identity Center token ({reason}); run `aws sso login --profile {quoted}`"
                ));
            }
            if has("login_session") {
                return Some(format!(
                    "the AWS profile `{shown}` has no valid session ({reason}); run `aws login --profile {quoted}`"
                ));
            }
            if has("credential_process") {
                return Some(format!(
                    "the credential_process of the AWS profile `{shown}` gave no credentials ({reason}); run its command by hand to see why"
                ));
            }
        }
        None
    }

    /// Reads a file, notes what it holds, and gives it as the SDK may read it.
    fn cleaned(
        &mut self,
        path: &Path,
        is_config: bool,
        is_named: bool,
    ) -> Result<String, ConnectionError> {
        let text = match read(path) {
            Ok(text) => text,
            // Nobody needs to have these files.
            Err(Unread::Missing) => return Ok(String::new()),
            // A service may have a home that is not its own.
            Err(Unread::Forbidden) if !is_named => return Ok(String::new()),
            Err(Unread::Forbidden) => {
                return Err(invalid(path, "it may not be read; check its permissions"));
            }
            Err(Unread::Other(reason)) => return Err(invalid(path, &reason)),
        };
        let (mut cleaned, mut section) = (String::new(), None);
        // Only a group has lines below it: what the SDK would join to a value above goes.
        let mut is_in_group = false;
        let lines: Vec<&str> = text.lines().collect();
        // It counts in place of `[default]`, not with it.
        let mut headers = lines.iter().filter_map(|line| header(line, is_config));
        let has_prefixed_default =
            headers.any(|it| it.is_prefixed && it.kind == "profile" && it.name == "default");
        for (index, line) in lines.iter().enumerate() {
            let kept = if line.starts_with('[') {
                match header(line, is_config) {
                    Some(header) if header.is_prefixed || !is_config || !has_prefixed_default => {
                        let alias = Self::alias(&header.name);
                        let written = if header.is_prefixed {
                            format!("[{} {alias}]", header.kind)
                        } else {
                            format!("[{alias}]")
                        };
                        let key = (header.kind, header.name);
                        self.sections.entry(key.clone()).or_default();
                        section = Some(key);
                        written
                    }
                    _ => {
                        section = None;
                        (*line).to_owned()
                    }
                }
            } else {
                // An empty value may begin a group of nested ones.
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

    /// A line `key = value`, checked; empty if the SDK is better off without it.
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
                self.problems.push(Problem {
                    section,
                    path,
                    reason,
                });
                String::new()
            }
        }
    }
}

/// A value without blanks around it, and without a comment behind it.
fn without_comment(value: &str) -> &str {
    let end = [" #", " ;", "\t#", "\t;"]
        .iter()
        .filter_map(|mark| value.find(mark))
        .min();
    value[..end.unwrap_or(value.len())].trim()
}

/// How a section begins.
struct Header {
    kind: String,
    name: String,
    /// Whether the kind is written.
    is_prefixed: bool,
}

/// Reads how a section begins. Names may have blanks and quotes around them, as in the AWS CLI.
fn header(line: &str, is_config: bool) -> Option<Header> {
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
    (!name.is_empty()).then(|| Header {
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

fn invalid(path: &Path, reason: &str) -> ConnectionError {
    ConnectionError::Profiles {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
