use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{file, guest, mapper, stock};
use crate::examples::recorded;
use crate::support::{Ended, json_lines, root, run};

/// Two pages: a cluster, and a misbehaving task beside an honest one.
fn pages(behaviour: &str) -> String {
    let cluster = json!({"clusters": [{"clusterArn": "arn:c"}]}).to_string();
    let tags = json!([{"key": "owner", "value": "team-a"}]);
    let task = json!({"tasks": [
        {"taskArn": "arn:0", "tags": tags},
        {"taskArn": "arn:1", "behaviour": behaviour},
        {"group": "without an ARN"},
    ]});
    [
        recorded("DescribeClusters", &cluster),
        recorded("DescribeTasks", &task.to_string()),
    ]
    .join("\n")
}

#[test]
fn run_maps_one_page_with_one_module() {
    let (_folder, file) = file("pages.jsonl", pages("").as_bytes());
    let over = |module: PathBuf, more: &[&str]| {
        run(mapper(&["run"])
            .arg(module)
            .arg("--pages")
            .arg(&file)
            .args(more))
    };
    let ended = over(guest("owner.wasm"), &[]).with(3);
    let first: Value = serde_json::Deserializer::from_str(&ended.stdout)
        .into_iter()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(
        (&first["UID"], &first["OWNER"]),
        (&json!("arn:0"), &json!("team-a"))
    );
    assert!(
        ended.stderr.contains("rejected [no-arn] object 2"),
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("line 2, a page of EcsTask: 2 records"),
        "{}",
        ended.stderr
    );
    over(stock("cluster"), &["--line", "1"]).with(0);
    for (module, line, reason) in [
        (stock("cluster"), "2", "line 2 of"),
        (stock("cluster"), "3", "has no line 3"),
    ] {
        let ended = over(module, &["--line", line]).with(1);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
    let ended = over(stock("service"), &[]).with(1);
    assert!(
        ended.stderr.contains("only of EcsCluster, EcsTask"),
        "{}",
        ended.stderr
    );
}

/// A folder as authors have it, with tasks of which one has this behaviour.
fn suite(behaviour: &str) -> tempfile::TempDir {
    let task = json!({"tasks": [
        {"taskArn": "arn:0", "behaviour": behaviour},
        {"taskArn": "arn:1", "tags": [{"key": "owner", "value": "team-a"}]},
    ]});
    let page = recorded("DescribeTasks", &task.to_string());
    file("pages/tasks.jsonl", page.as_bytes()).0
}

fn test(folder: &Path, module: &Path, more: &[&str]) -> Ended {
    run(mapper(&["test"])
        .arg(folder)
        .arg("--module")
        .arg(module)
        .args(more))
}

#[test]
fn test_compares_with_what_was_blessed() {
    let (folder, module) = (suite(""), guest("owner.wasm"));
    let expected = folder.path().join("expected/tasks.jsonl");
    let ended = test(folder.path(), &module, &[]).with(1);
    assert!(
        ended.stdout.contains("expected/tasks.jsonl is missing"),
        "{}",
        ended.stdout
    );
    assert!(!expected.exists());
    test(folder.path(), &module, &["--bless"]).with(0);
    let records = json_lines(&std::fs::read_to_string(&expected).unwrap());
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["OWNER"], "team-a");
    let ended = test(folder.path(), &module, &[]).with(0);
    for part in [
        " instructions",
        " MiB",
        " bytes of output",
        "damaged pages tried\nok\n",
    ] {
        assert!(
            ended.stdout.contains(part),
            "no `{part}` in {}",
            ended.stdout
        );
    }
    let other = std::fs::read_to_string(&expected)
        .unwrap()
        .replace("team-a", "team-b");
    std::fs::write(&expected, other).unwrap();
    let ended = test(folder.path(), &module, &[]).with(1);
    let difference = r#"difference: arn:1: OWNER: expected "team-b", found "team-a""#;
    assert!(ended.stdout.contains(difference), "{}", ended.stdout);
}

#[test]
fn test_finds_what_a_module_cannot_bear() {
    for (behaviour, problem) in [
        ("panic", "crashed"),
        ("against-schema", "a record is not valid"),
        ("silence", "returned neither a record nor a reason"),
    ] {
        let folder = suite(behaviour);
        let module = guest("evil.wasm");
        let ended = test(folder.path(), &module, &["--bless"]).with(1);
        let line = ended
            .stdout
            .lines()
            .find(|line| line.contains("problem: line 1"));
        assert!(
            line.is_some_and(|line| line.contains(problem)),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn test_leaves_out_pages_that_the_module_is_not_for() {
    let (folder, _) = file("pages/all.jsonl", pages("").as_bytes());
    let ended = test(folder.path(), &stock("cluster"), &["--bless"]).with(0);
    assert!(
        ended.stdout.contains("remark: line 2 is left out"),
        "{}",
        ended.stdout
    );
    let ended = test(folder.path(), &stock("service"), &["--bless"]).with(1);
    assert!(
        ended.stdout.contains("nothing was tried"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_stock_mappers_bear_every_damage() {
    for (word, operation) in [
        ("cluster", "DescribeClusters"),
        ("service", "DescribeServices"),
        ("task", "DescribeTasks"),
        ("task-definition", "DescribeTaskDefinition"),
    ] {
        let name = match operation {
            "DescribeTaskDefinition" => "describe-task-definition-1".to_owned(),
            _ => format!("describe-{word}s-1"),
        };
        let body = root().join(format!("tests/pages/aws-examples/{name}.json"));
        let page = recorded(operation, &std::fs::read_to_string(body).unwrap());
        let (folder, _) = file("pages/page.jsonl", page.as_bytes());
        let ended = test(folder.path(), &stock(word), &["--bless"]);
        assert_eq!(ended.status, 0, "{}", ended.stdout);
    }
}
