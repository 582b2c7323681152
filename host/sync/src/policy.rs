//! The least-privilege IAM policy of a configuration.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config::Config;
use portolan_page::object::Operation;

/// The policy that allows exactly the calls of a sync with a configuration: to read its objects, and if
/// configured, to list Regions and the accounts of an organization and to assume roles. STS GetCallerIdentity
/// needs no permission.
#[must_use]
pub fn least_privilege(config: &Config) -> Value {
    let operations: BTreeSet<Operation> = config
        .fetching
        .objects
        .iter()
        .flat_map(|object| object.operations())
        .collect();
    let actions: Vec<String> = operations.into_iter().map(Operation::action).collect();
    let mut statements = vec![json!({
        "Sid": "PortolanReadsEcs",
        "Effect": "Allow",
        "Action": actions,
        // List operations and DescribeTaskDefinition take no resource, and new clusters have to be in the
        // sync too.
        "Resource": "*"
    })];
    let optional = config.fetching.optional_operations().into_iter();
    let optional: Vec<String> = optional.map(Operation::action).collect();
    if !optional.is_empty() {
        statements.push(json!({
            "Sid": "PortolanReadsTagsOptional",
            "Effect": "Allow",
            "Action": optional,
            "Resource": "*"
        }));
    }
    // Neither action takes a resource in the account of the caller.
    let mut allow = |sid: &str, action: &str| {
        statements.push(json!({"Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*"}));
    };
    if config.connection.all_regions {
        allow("PortolanListsRegions", "account:ListRegions");
    }
    if config.connection.organization.is_some() {
        allow("PortolanListsAccounts", "organizations:ListAccounts");
    }
    let mut arns: Vec<String> = config
        .connection
        .roles
        .iter()
        .map(|role| role.arn.clone())
        .collect();
    // A policy is written before the partition is known; `*` stands for all.
    arns.extend(
        config
            .connection
            .organization
            .iter()
            .map(|organization| organization.role.arn_in("*", "*")),
    );
    if !arns.is_empty() {
        statements.push(json!({
            "Sid": "PortolanAssumesRoles",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": arns
        }));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn policy(settings: Settings) -> Value {
        least_privilege(&Config::resolve(settings, None).expect("valid"))
    }

    #[test]
    fn only_what_is_called_is_allowed() {
        let policy = policy(Settings {
            objects: Some(vec!["EcsTaskDefinition".into()]),
            ..Settings::default()
        });
        assert_eq!(
            policy["Statement"][0]["Action"],
            json!(["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"])
        );
        assert_eq!(
            policy["Statement"][1]["Action"],
            json!(["tag:GetResources"])
        );
        assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn every_object_together_needs_eight_permissions() {
        let policy = policy(Settings::default());
        assert_eq!(
            policy["Statement"][0]["Action"].as_array().map(Vec::len),
            Some(8)
        );
    }

    #[test]
    fn an_organization_is_listed_and_its_roles_assumed() {
        let policy = policy(Settings {
            organization: Some(true),
            organization_role: Some("team/Read".into()),
            regions: Some(vec!["all".into()]),
            ..Settings::default()
        });
        assert_eq!(policy["Statement"][2]["Action"], "account:ListRegions");
        assert_eq!(
            policy["Statement"][3]["Action"],
            "organizations:ListAccounts"
        );
        assert_eq!(
            policy["Statement"][4]["Resource"],
            json!(["arn:*:iam::*:role/team/Read"])
        );
    }
}
