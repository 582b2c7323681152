//! The least-privilege IAM policy of a configuration.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config::RoleArn;
use crate::object::{Object, Operation};

/// The policy that allows exactly what a sync of `objects` calls: for the credentials themselves or, where
/// roles are assumed, for each of the roles. STS GetCallerIdentity needs no permission.
#[must_use]
pub fn least_privilege(objects: &[Object]) -> Value {
    let operations: BTreeSet<Operation> = objects
        .iter()
        .flat_map(|object| object.operations())
        .copied()
        .collect();
    let actions: Vec<String> = operations.into_iter().map(Operation::action).collect();
    policy(&json!({
        "Sid": "PortolanReadsEcs",
        "Effect": "Allow",
        "Action": actions,
        // List operations and DescribeTaskDefinition take no resource, and a cluster that is created
        // tomorrow has to be in the sync too.
        "Resource": "*"
    }))
}

/// The policy that lets credentials assume `roles`, which is all that they need for themselves then.
#[must_use]
pub fn assuming(roles: &[RoleArn]) -> Value {
    let arns: Vec<&str> = roles.iter().map(|role| role.arn.as_str()).collect();
    policy(&json!({
        "Sid": "PortolanAssumesRoles",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": arns
    }))
}

fn policy(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_called_is_allowed() {
        let policy = least_privilege(&[Object::EcsTaskDefinition]);
        assert_eq!(
            policy["Statement"][0]["Action"],
            json!(["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"])
        );
        assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn every_object_together_needs_eight_permissions() {
        let policy = least_privilege(&Object::ALL);
        assert_eq!(
            policy["Statement"][0]["Action"].as_array().map(Vec::len),
            Some(8)
        );
    }
}
