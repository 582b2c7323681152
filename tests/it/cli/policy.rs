//! `portolan iam-policy`: the required permissions, and no others.

use serde_json::{Value, json};

use crate::support::{portolan, run};

fn policy(arguments: &[&str]) -> Value {
    let ended = run(portolan().arg("iam-policy").args(arguments)).with(0);
    assert_eq!(ended.stderr, "");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn all_objects_need_eight_permissions() {
    let policy = policy(&[]);
    assert_eq!(policy["Version"], "2012-10-17");
    let mut actions: Vec<&str> = policy["Statement"][0]["Action"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    actions.sort_unstable();
    let expected = [
        "ecs:DescribeClusters",
        "ecs:DescribeServices",
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeTasks",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:ListTaskDefinitions",
        "ecs:ListTasks",
    ];
    assert_eq!(actions, expected);
    assert_eq!(policy["Statement"][0]["Effect"], "Allow");
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
    let optional = json!({
        "Sid": "PortolanReadsTagsOptional",
        "Effect": "Allow",
        "Action": ["tag:GetResources"],
        "Resource": "*",
    });
    assert_eq!(policy["Statement"][1], optional);
}

#[test]
fn tags_need_a_permission_where_they_are_read() {
    let revisions = ["--objects", "EcsTaskDefinition"];
    for (arguments, statements) in [
        (&[][..], 2),
        (&["--revision-tags", "always"], 1),
        (&["--revision-tags", "never"], 1),
        (&["--revision-tags", "1h"], 1),
        (&["--option", "EcsTaskDefinition.status=ALL"], 2),
        (&["--option", "EcsTaskDefinition.status=INACTIVE"], 1),
    ] {
        let policy = policy(&[&revisions[..], arguments].concat());
        let found = policy["Statement"].as_array().unwrap().len();
        assert_eq!(found, statements, "{arguments:?}");
    }
}

#[test]
fn one_object_needs_its_own_only() {
    let actions = |object| policy(&["--objects", object])["Statement"][0]["Action"].clone();
    assert_eq!(
        actions("EcsCluster"),
        json!(["ecs:ListClusters", "ecs:DescribeClusters"])
    );
    assert_eq!(
        actions("EcsTask"),
        json!(["ecs:ListClusters", "ecs:ListTasks", "ecs:DescribeTasks"])
    );
    assert_eq!(
        actions("EcsTaskDefinition"),
        json!(["ecs:ListTaskDefinitions", "ecs:DescribeTaskDefinition"])
    );
}

#[test]
fn roles_have_to_be_assumed() {
    let roles = [
        "arn:aws:iam::111111111111:role/Read",
        "arn:aws-us-gov:iam::222222222222:role/path/Read",
    ];
    let policy = policy(&[
        "--assume-role-arn",
        &roles.join(","),
        "--objects",
        "EcsCluster",
    ]);
    assert_eq!(policy["Statement"][1]["Action"], "sts:AssumeRole");
    assert_eq!(policy["Statement"][1]["Resource"], json!(roles));
}
