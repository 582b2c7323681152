use serde_json::{Value, json};

use super::{example, mapper, overlay, packed};
use crate::examples::recorded;
use crate::support::{json_lines, portolan, root, run};

/// The records of tasks with a table over the stock mapping, and the messages.
fn amended(text: &str, tasks: &Value) -> (Vec<Value>, String) {
    let (folder, module) = packed(text);
    let pages = folder.path().join("pages.jsonl");
    let body = json!({ "tasks": tasks }).to_string();
    std::fs::write(&pages, recorded("DescribeTasks", &body)).unwrap();
    let ended = run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--overlays")
        .arg(&module));
    (json_lines(&ended.stdout), ended.stderr)
}

#[test]
fn a_table_is_an_ordinary_component_and_always_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (
        folder.path().join("one.wasm"),
        folder.path().join("other.wasm"),
    );
    for out in [&one, &other] {
        run(mapper(&["table"])
            .arg(example("owner"))
            .arg("--out")
            .arg(out))
        .with(0);
    }
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());

    let checked = run(mapper(&["check"]).arg(&one)).with(0).stdout;
    assert!(
        checked.contains("overlay acme-owner 1.0.0 for EcsTask"),
        "{checked}"
    );
    assert!(
        checked.contains("overlay-module@1.0.0, and a sync would take it"),
        "{checked}"
    );
    let seen = run(mapper(&["inspect", "--json"]).arg(&one)).with(0);
    let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
    assert_eq!(
        seen["table"],
        std::fs::read_to_string(example("owner")).unwrap()
    );
    assert_eq!(
        seen["imports"],
        json!([
            "portolan:mapper/diagnostics@1.0.0",
            "portolan:mapper/types@1.0.0"
        ])
    );
    assert_eq!(seen["exports"], json!(["portolan:mapper/overlay@1.0.0"]));
    assert_eq!(
        seen["manifest"]["attributes"]["COST_CENTER"],
        json!({"type": "string", "description": "The cost center that pays for the task."})
    );
    let plain = run(mapper(&["inspect"]).arg(&one)).with(0).stdout;
    assert!(plain.contains("    OWNER = { tag = \"owner\""), "{plain}");
    let stock = root().join("guest-mappers/built/task.wasm");
    let stock = run(mapper(&["inspect", "--json"]).arg(stock))
        .with(0)
        .stdout;
    assert!(serde_json::from_str::<Value>(&stock).unwrap()["table"].is_null());
}

#[test]
fn the_interpreter_alone_is_no_module() {
    let interpreter = root().join("guest-mappers/built/table.wasm");
    let said = run(mapper(&["check"]).arg(interpreter)).with(1).stdout;
    assert!(said.contains("fault: its manifest"), "{said}");
}

#[test]
fn the_example_overlay_sets_looks_up_stands_in_and_removes() {
    let tasks = json!([
        {"taskArn": "arn:0", "lastStatus": "RUNNING", "availabilityZone": "z", "capacityProviderName": "FARGATE_SPOT",
         "tags": [{"key": "owner", "value": "team-a"}, {"key": "env", "value": "prd"}, {"key": "cost-center", "value": "4711"}]},
        {"taskArn": "arn:1", "lastStatus": "STOPPED", "availabilityZone": "z", "tags": [{"key": "env", "value": "lab"}]},
    ]);
    let text = std::fs::read_to_string(example("owner")).unwrap();
    let (records, said) = amended(&text, &tasks);
    assert_eq!(said, "");
    assert_eq!(
        [
            &records[0]["OWNER"],
            &records[0]["COST_CENTER"],
            &records[0]["ENVIRONMENT"],
            &records[0]["IS_SPOT"],
            &records[0]["AVAILABILITY_ZONE"]
        ],
        [
            &json!("team-a"),
            &json!("4711"),
            &json!("production"),
            &json!(true),
            &json!("z")
        ]
    );
    assert_eq!(records[1]["COST_CENTER"], "0000");
    for absent in ["OWNER", "ENVIRONMENT", "IS_SPOT", "AVAILABILITY_ZONE"] {
        assert_eq!(records[1].get(absent), None, "{absent}");
    }
}

#[test]
fn a_task_definition_has_its_tags_beside_it() {
    let text = overlay("OWNER = { tag = 'owner', description = 'Who.' }\nLABELS = { page = 'tags', type = 'tags', description = 'All of them.' }")
        .replace("EcsTask", "EcsTaskDefinition");
    let (folder, module) = packed(&text);
    let map = |body: &str| {
        let pages = folder.path().join("pages.jsonl");
        std::fs::write(&pages, recorded("DescribeTaskDefinition", body)).unwrap();
        run(portolan()
            .arg("map")
            .arg(&pages)
            .arg("--overlays")
            .arg(&module))
    };
    let ended = map(
        r#"{"tags":[{"key":"owner","value":"a"},{"key":"owner","value":"b"}],"taskDefinition":{"taskDefinitionArn":"arn:1"}}"#,
    );
    let record = &json_lines(&ended.stdout)[0];
    assert_eq!(
        (&record["OWNER"], &record["LABELS"]),
        (&json!("b"), &json!({"owner": "b"}))
    );
    let ended = map(r#"{"taskDefinition":{"taskDefinitionArn":"arn:1"},"tags":[{"key":7}]}"#);
    // The stock mapping reads them too.
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("tags[0].key"), "{}", ended.stderr);
}

#[test]
fn what_comes_out_wrong_names_the_attribute_and_leaves_the_record() {
    let tasks = json!([{"taskArn": "arn:0", "containers": [{"name": "a"}]}, {"taskArn": "arn:1"}]);
    let (records, said) = amended(
        &overlay("GROUP = 'merge(containers[0], containers[0])'"),
        &tasks,
    );
    assert_eq!(records.len(), 2);
    assert!(said.contains("`GROUP` gives a JSON object"), "{said}");
    let (_, said) = amended(
        &overlay("GROUP = 'to_string(sum(containers[].name))'"),
        &tasks,
    );
    assert!(said.contains("the function sum cannot take"), "{said}");
}

/// Each attribute doubles the result of the one before it.
#[test]
fn a_wild_expression_on_a_huge_page_has_its_own_error() {
    let doubling = format!("GROUP = '[@, @]{} | [0].group'", " | [@, @][]".repeat(60));
    let tasks: Vec<Value> = (0..100)
        .map(|number| json!({"taskArn": format!("arn:{number}"), "group": "x".repeat(50_000), "containers": vec![json!({"image": "i"}); 500]}))
        .collect();
    let (records, said) = amended(&overlay(&doubling), &json!(tasks));
    assert_eq!(records.len(), 100, "no record is lost");
    assert!(said.contains("expression-too-costly"), "{said}");
    assert!(
        !said.contains("memory"),
        "the sandbox's limits were met: {said}"
    );
    assert!(
        said.contains("an expression of `GROUP` takes more steps"),
        "{said}"
    );
    let pairs = "GROUP = 'containers[?length(containers[?image != `null`]) > `0`] | [0].image'";
    let squared = "GROUP = 'map(&[@, @, @, @][].image, containers[*].[@, @, @, @][] | [*].[@, @, @, @][] | [*].[@, @, @, @][])[0][0]'";
    for attributes in [pairs, squared] {
        let (records, _) = amended(&overlay(attributes), &json!(tasks));
        assert_eq!(records.len(), 100, "{attributes}");
    }
}

/// Their cost is charged in advance, so that no limit of the sandbox ends them.
#[test]
fn large_literals_and_long_glue_have_the_error_of_costly_expressions() {
    let numbers = vec!["0"; 420].join(",");
    let literal = format!("length(l[*].[`[{numbers}]`][])");
    let glue = format!("length(join('{}', l))", "x".repeat(900));
    let task = json!([{"taskArn": "arn:0", "group": "g", "l": vec!["a"; 60_000]}]);
    for expression in [literal, glue] {
        let attribute = format!(
            "COUNT = {{ from = \"{expression}\", type = 'integer', description = 'How many.' }}"
        );
        let (records, said) = amended(&overlay(&attribute), &task);
        assert_eq!(records[0]["GROUP"], "g");
        assert!(said.contains("expression-too-costly"), "{said}");
        assert!(said.contains("an expression of `COUNT`"), "{said}");
    }
}

#[test]
fn a_new_table_builds_and_passes_its_own_test() {
    for object in ["EcsCluster", "EcsService", "EcsTask", "EcsTaskDefinition"] {
        for kind in ["mapping", "overlay"] {
            let folder = tempfile::tempdir().unwrap();
            run(mapper(&[
                "new", "acme", "--object", object, "--kind", kind, "--lang", "table",
            ])
            .current_dir(folder.path()))
            .with(0);
            let here = |arguments: &[&str]| {
                let mut command = mapper(arguments);
                // The module runs without a compiler: this PATH has none.
                command
                    .current_dir(folder.path().join("acme"))
                    .env("PATH", "/nonexistent");
                run(&mut command)
            };
            here(&["build"]).with(0);
            here(&["check", "built/acme.wasm"]).with(0);
            let tested = here(&["test"]);
            assert_eq!(tested.status, 0, "{object} {kind}: {tested:#?}");
        }
    }
}
