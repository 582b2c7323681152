//! Which accounts of an organization, and which role in each; and roles from a file.

use std::collections::BTreeSet;
use std::path::Path;

use super::{ConfigError, RoleArn};

/// A file of roles of any use is far below this.
const FILE_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// The accounts of the organization that the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The role that is assumed in each account.
    pub role: RolePattern,
    /// Only these accounts; empty means all.
    pub include: BTreeSet<String>,
    /// Not these.
    pub exclude: BTreeSet<String>,
}

/// A role's name, or its ARN with `{account}` in place of the account id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePattern(String);

/// What stands for the account id.
const ACCOUNT: &str = "{account}";

impl RolePattern {
    /// The role in an account.
    #[must_use]
    pub fn role_in(&self, partition: &str, account_id: &str) -> RoleArn {
        let arn = self.arn_in(partition, account_id);
        // A pattern may name another partition than that of the credentials.
        let partition = arn.split(':').nth(1).unwrap_or(partition).to_owned();
        RoleArn {
            arn,
            partition,
            account_id: account_id.to_owned(),
        }
    }

    /// The ARN in an account; `*` gives what a policy says for all accounts.
    #[must_use]
    pub fn arn_in(&self, partition: &str, account_id: &str) -> String {
        if self.0.starts_with("arn:") {
            self.0.replace(ACCOUNT, account_id)
        } else {
            format!("arn:{partition}:iam::{account_id}:role/{}", self.0)
        }
    }
}

fn invalid(setting: &'static str, reason: String) -> ConfigError {
    ConfigError::Setting { setting, reason }
}

impl Organization {
    pub(super) fn resolve(
        role: Option<&str>,
        include: &[String],
        exclude: &[String],
    ) -> Result<Self, ConfigError> {
        let role = role.map(str::trim).filter(|role| !role.is_empty());
        let role = role.ok_or_else(|| {
            invalid(
                "organization-role",
                "organization needs the role to assume in each account: its name, for example PortolanRead, or its ARN with {account} in place of the account id".into(),
            )
        })?;
        Ok(Self {
            role: pattern(role)?,
            include: account_ids("organization-include", include)?,
            exclude: account_ids("organization-exclude", exclude)?,
        })
    }

    /// Whether an account of the organization is to be synced.
    #[must_use]
    pub fn wants(&self, account_id: &str) -> bool {
        (self.include.is_empty() || self.include.contains(account_id))
            && !self.exclude.contains(account_id)
    }
}

fn pattern(role: &str) -> Result<RolePattern, ConfigError> {
    // The characters of a role's name and path, by the IAM API reference.
    let is_name = role
        .chars()
        .all(|each| each.is_ascii_alphanumeric() || "_+=,.@-/".contains(each));
    let is_arn = role.matches(ACCOUNT).count() == 1
        && super::identity::role(&role.replace(ACCOUNT, "123456789012"))
            .is_ok_and(|it| it.account_id == "123456789012");
    if is_arn || (is_name && !role.starts_with('/')) {
        return Ok(RolePattern(role.to_owned()));
    }
    Err(invalid(
        "organization-role",
        format!(
            "`{}` is neither a role's name nor an ARN pattern like arn:aws:iam::{{account}}:role/PortolanRead",
            crate::text::printable(role, 128)
        ),
    ))
}

fn account_ids(setting: &'static str, given: &[String]) -> Result<BTreeSet<String>, ConfigError> {
    let ids = given.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
    ids.map(|id| {
        if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(id.to_owned());
        }
        Err(invalid(
            setting,
            format!(
                "`{}` is no account id; one has twelve digits",
                crate::text::printable(id, 32)
            ),
        ))
    })
    .collect()
}

/// Reads ARNs of roles, one on a line. Empty lines, and what follows a `#`, do not count.
pub(super) fn roles_of_file(path: &Path) -> Result<Vec<String>, ConfigError> {
    let failed = |reason: String| {
        invalid(
            "assume-role-arn-file",
            format!("{}: {reason}", path.display()),
        )
    };
    let text = crate::text::read_file(path, FILE_LIMIT_BYTES)
        .map_err(|error| failed(format!("cannot read it: {error}")))?;
    let mut roles = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if super::identity::role(line).is_err() {
            return Err(failed(format!(
                "line {} is no ARN of a role; one looks like arn:aws:iam::123456789012:role/Name",
                number + 1
            )));
        }
        roles.push(line.to_owned());
    }
    if roles.is_empty() {
        return Err(failed("it names no role".into()));
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(pattern: &str) -> Result<RoleArn, ConfigError> {
        let organization = Organization::resolve(Some(pattern), &[], &[])?;
        Ok(organization.role.role_in("aws-us-gov", "111111111111"))
    }

    #[test]
    fn a_name_is_a_role_of_the_partition_and_an_arn_names_its_own() {
        for (pattern, arn) in [
            (
                "PortolanRead",
                "arn:aws-us-gov:iam::111111111111:role/PortolanRead",
            ),
            (
                "team/Read",
                "arn:aws-us-gov:iam::111111111111:role/team/Read",
            ),
            (
                "arn:aws:iam::{account}:role/Read",
                "arn:aws:iam::111111111111:role/Read",
            ),
        ] {
            assert_eq!(role(pattern).expect("a role").arn, arn);
        }
        for refused in [
            "",
            "a b",
            "arn:aws:iam::123456789012:role/Read",
            "arn:aws:iam::{account}:user/Read",
            "arn:aws:iam::1:role/{account}",
        ] {
            assert!(role(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn exclusion_wins_over_inclusion() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let include = ids(&["111111111111", "222222222222"]);
        let exclude = ids(&["222222222222"]);
        let organization = Organization::resolve(Some("Read"), &include, &exclude).expect("valid");
        assert!(organization.wants("111111111111"));
        assert!(!organization.wants("222222222222"));
        assert!(!organization.wants("333333333333"));
        assert!(Organization::resolve(Some("Read"), &ids(&["1"]), &[]).is_err());
    }

    #[test]
    fn a_file_of_roles_has_comments() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roles");
        let arn = "arn:aws:iam::111111111111:role/Read";
        std::fs::write(
            &path,
            format!("\u{feff}{arn}\r\n# ours\n\n  {arn} # production\r\n"),
        )
        .expect("written");
        assert_eq!(roles_of_file(&path).expect("roles"), [arn, arn]);
        std::fs::write(&path, format!("{arn}\nnonsense\n")).expect("written");
        let error = roles_of_file(&path).expect_err("refused").to_string();
        assert!(error.contains("line 2 is no ARN of a role"), "{error}");
    }
}
