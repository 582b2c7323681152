//! The accounts of an organization, and the role in each.

use std::collections::BTreeSet;

use super::ConfigError;
use super::identity;
use portolan_aws::{Organization, RolePattern};

/// The organization's accounts and role in the settings.
pub(super) fn resolve(
    role: Option<&str>,
    include: &[String],
    exclude: &[String],
) -> Result<Organization, ConfigError> {
    let role = role.map(str::trim).filter(|role| !role.is_empty());
    let role = role.ok_or_else(|| {
        ConfigError::setting(
            "organization-role",
            "organization needs the role to assume in each account: its name, for example PortolanRead, or its ARN with {account} in place of the account id".into(),
        )
    })?;
    Ok(Organization {
        role: pattern(role)?,
        include: account_ids("organization-include", include)?,
        exclude: account_ids("organization-exclude", exclude)?,
    })
}

fn pattern(role: &str) -> Result<RolePattern, ConfigError> {
    // The characters of a role's name and path, by the IAM API Reference.
    let is_name = role
        .chars()
        .all(|each| each.is_ascii_alphanumeric() || "_+=,.@-/".contains(each));
    let is_arn = role.matches(RolePattern::ACCOUNT).count() == 1
        && identity::role(&role.replace(RolePattern::ACCOUNT, "123456789012"))
            .is_ok_and(|it| it.account_id == "123456789012");
    if is_arn || (is_name && !role.starts_with('/')) {
        return Ok(RolePattern::new(role.to_owned()));
    }
    Err(ConfigError::setting(
        "organization-role",
        format!(
            "`{}` is neither a role's name nor an ARN pattern like arn:aws:iam::{{account}}:role/PortolanRead",
            portolan_machine::text::printable(role, 128)
        ),
    ))
}

fn account_ids(setting: &'static str, given: &[String]) -> Result<BTreeSet<String>, ConfigError> {
    let ids = given.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
    ids.map(|id| {
        if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(id.to_owned());
        }
        Err(ConfigError::setting(
            setting,
            format!(
                "`{}` is not an account id; one has twelve digits",
                portolan_machine::text::printable(id, 32)
            ),
        ))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portolan_aws::RoleArn;

    fn role(pattern: &str) -> Result<RoleArn, ConfigError> {
        let organization = resolve(Some(pattern), &[], &[])?;
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
        let organization = resolve(Some("Read"), &include, &exclude).expect("valid");
        assert!(organization.wants("111111111111"));
        assert!(!organization.wants("222222222222"));
        assert!(!organization.wants("333333333333"));
        assert!(resolve(Some("Read"), &ids(&["1"]), &[]).is_err());
    }
}
