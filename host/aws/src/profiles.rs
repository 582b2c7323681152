//! The AWS configuration and credentials files: read, checked, and rewritten for the SDK, which accepts only
//! some characters in names and panics on some values.

mod lines;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[expect(deprecated, reason = "the SDK's loader accepts only these types")]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::settings::ConnectionError;
use portolan_machine::text::printable;

/// Keys whose value is the name of another section.
const REFERENCES: [&str; 3] = ["source_profile", "sso_session", "services"];

/// The contents of the profile files.
#[derive(Debug, Default)]
pub(super) struct Profiles {
    config: File,
    credentials: File,
    home: Option<PathBuf>,
    /// Values by kind (`profile`, `sso-session`, …) and name of the section, then by key.
    sections: BTreeMap<(String, String), BTreeMap<String, String>>,
    /// Invalid values and their sections. An error is reported only if its section is used.
    problems: Vec<ProfileProblem>,
}

#[derive(Debug)]
struct ProfileProblem {
    section: String,
    path: PathBuf,
    reason: String,
}

#[derive(Debug, Default)]
struct File {
    path: PathBuf,
    /// The text that the SDK reads. Lines keep their numbers.
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

    /// Expands `~` to the home folder.
    pub(super) fn expand(&self, path: &Path) -> PathBuf {
        match (path.strip_prefix("~"), &self.home) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path.to_owned(),
        }
    }

    /// The files that the SDK reads.
    #[expect(deprecated, reason = "as above")]
    pub(super) fn files(&self) -> ProfileFiles {
        ProfileFiles::builder()
            .with_contents(ProfileFileKind::Config, &self.config.text)
            .with_contents(ProfileFileKind::Credentials, &self.credentials.text)
            .build()
    }

    /// The name of a section in the SDK's files: characters that the SDK does not accept are written as %XX.
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

    /// The profiles that provide a profile's credentials: itself, then its `source_profile`, and so on.
    pub(super) fn sources<'p>(&'p self, profile: &'p str) -> Vec<&'p str> {
        let mut sources = vec![profile];
        while let Some(next) = self.value(sources[sources.len() - 1], "source_profile")
            && !sources.contains(&next)
        {
            sources.push(next);
        }
        sources
    }

    /// Whether a profile names a source of credentials.
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

    /// Checks that every value that the profile uses is valid.
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

    /// The message if a profile is in neither file.
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

    /// The message for a profile without usable credentials, if the profile is the cause.
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
            // A token that was never requested is reported as a missing file in the cache.
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
}

fn invalid(path: &Path, reason: &str) -> ConnectionError {
    ConnectionError::Profiles {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}
