use std::path::PathBuf;

use serde_json::{Value, json};

use super::{overlay, table};
use crate::examples::recorded;
use crate::support::{json_lines, portolan, run};
use crate::trust::{Shop, alter};

/// An overlay with the service of a task.
const ATTRIBUTES: &str =
    "SERVICE = { tag = 'aws:ecs:serviceName', description = 'The service of the task.' }";

/// A shop whose overlay is a table.
fn shop() -> (Shop, PathBuf) {
    let shop = Shop::new();
    let module = shop.path("overlays/owner.wasm");
    std::fs::create_dir_all(module.parent().unwrap()).unwrap();
    std::fs::write(shop.path("acme.toml"), overlay(ATTRIBUTES)).unwrap();
    let out = shop.text("overlays/owner.wasm");
    shop.mapper(&["table", &shop.text("acme.toml"), "--out", &out])
        .with(0);
    (shop, module)
}

#[test]
fn a_signed_and_pinned_table_amends_a_sync_and_a_changed_one_stops_it() {
    let (shop, module) = shop();
    let key = shop.text("acme.key.pub");
    let signed = ["--module-policy", "signed", "--trusted-keys", &key];
    shop.refused(&signed, &["owner.wasm", "it is not signed"]);
    shop.sign(&module, "acme.key");
    let file = shop.text("overlays/owner.wasm");
    let said = shop
        .mapper(&["verify", &file, "--key", &key])
        .with(0)
        .stdout;
    assert!(said.contains(": verified"), "{said}");
    shop.pin("overlays/owner.wasm").with(0);

    shop.sync(&signed).with(0);
    let trust = shop.trust("overlay");
    assert_eq!(
        (&trust["signature"]["state"], &trust["pinned"]),
        (&json!("verified"), &json!(true))
    );
    let tasks = shop.site.records("EcsTask");
    let of_services = tasks
        .values()
        .filter(|task| task["SERVICE"].is_string())
        .count();
    assert!(of_services > 0, "{tasks:?}");

    let (shop, module) = self::shop();
    shop.sign(&module, "acme.key");
    shop.pin("overlays/owner.wasm").with(0);
    alter(&module);
    shop.refused(&[], &["its digest is sha256:", "mappers.lock pins sha256:"]);
}

#[test]
fn what_a_table_changes_is_seen_before_it_ships() {
    let (shop, _) = shop();
    let task = json!({"tasks": [
        {"taskArn": "arn:0", "tags": [{"key": "aws:ecs:serviceName", "value": "web"}]},
        {"taskArn": "arn:1"},
    ]});
    let pages = shop.text("pages.jsonl");
    std::fs::write(&pages, recorded("DescribeTasks", &task.to_string())).unwrap();
    let file = shop.text("overlays/owner.wasm");
    let found = shop
        .mapper(&["diff", "stock", &file, "--pages", &pages, "--json"])
        .with(3)
        .stdout;
    let found: Value = serde_json::from_str(&found).unwrap();
    let gained = &found["objects"]["EcsTask"]["attributes"]["SERVICE"];
    assert_eq!(gained["gained"], 1, "{found}");
    let run = shop
        .mapper(&["run", &file, "--pages", &pages])
        .with(0)
        .stdout;
    assert!(run.contains("\"SERVICE\": \"web\""), "{run}");
    let coverage = shop
        .mapper(&["coverage", &file, "--pages", &pages])
        .with(0)
        .stdout;
    assert!(
        coverage.contains("members, read:\n          1 tasks[].tags"),
        "{coverage}"
    );
    let speed = shop.mapper(&["bench", &file, "--json"]).with(0).stdout;
    let speed: Value = serde_json::from_str(&speed).unwrap();
    assert!(speed.is_object(), "{speed}");
}

/// Maps one task with a table over the stock mapping, under a configuration.
fn configured(attributes: &str, configuration: &str) -> crate::support::Ended {
    let (folder, file) = table(&overlay(attributes));
    run(super::mapper(&["table"]).arg(&file)).with(0);
    let pages = folder.path().join("pages.jsonl");
    let task = json!({"tasks": [{"taskArn": "arn:0", "group": "g".repeat(2_000_000)}]});
    std::fs::write(&pages, recorded("DescribeTasks", &task.to_string())).unwrap();
    let settings = folder.path().join("portolan.toml");
    std::fs::write(&settings, configuration).unwrap();
    run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--config")
        .arg(settings)
        .arg("--overlays")
        .arg(folder.path().join("acme.wasm")))
}

#[test]
fn limits_of_modules_hold_for_tables() {
    let attributes = "PLATFORM_VERSION = \"join('', [group, group, group, group])\"";
    let ended = configured(attributes, "").with(0);
    let length = json_lines(&ended.stdout)[0]["PLATFORM_VERSION"]
        .as_str()
        .unwrap()
        .len();
    assert_eq!(length, 8_000_000, "{}", ended.stderr);
    // By default the record stays as the stock mapping made it; on request it is not written.
    let small = "[modules.acme]\nmemory-mebibytes = 4";
    let ended = configured(attributes, small).with(0);
    let record = &json_lines(&ended.stdout)[0];
    assert_eq!(record.get("PLATFORM_VERSION"), None);
    assert!(
        ended.stderr.contains("mapper-memory-exceeded"),
        "{}",
        ended.stderr
    );
    let reject = format!("{small}\non-failure = 'reject'");
    let ended = configured(attributes, &reject).with(0);
    assert_eq!(ended.stdout, "");
    assert!(
        ended.stderr.contains("mapper-memory-exceeded"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_table_takes_no_settings_and_says_so() {
    let settings = "[modules.acme.settings]\nowner-tag = 'squad'";
    let ended = configured("GROUP = 'startedBy'", settings).with(2);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("acme"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("its manifest does not define any"),
        "{}",
        ended.stderr
    );
}

/// The packer refuses such a table, so that its module has to be forged.
#[test]
fn a_forged_table_cannot_change_what_the_sync_keeps() {
    let honest = "ZID = { value = 'forged', description = 'Nothing yet.' }";
    let (folder, file) = table(&overlay(honest));
    run(super::mapper(&["table"]).arg(&file)).with(0);
    let module = folder.path().join("acme.wasm");
    let mut bytes = std::fs::read(&module).unwrap();
    let places: Vec<usize> = bytes
        .windows(3)
        .enumerate()
        .filter_map(|(place, window)| (window == b"ZID").then_some(place))
        .collect();
    assert!(
        places.len() >= 3,
        "in the plan, its manifest and the source"
    );
    for place in places {
        bytes[place] = b'U';
    }
    std::fs::write(&module, bytes).unwrap();
    let pages = folder.path().join("pages.jsonl");
    std::fs::write(
        &pages,
        recorded("DescribeTasks", r#"{"tasks":[{"taskArn":"arn:0"}]}"#),
    )
    .unwrap();
    let ended = run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--overlays")
        .arg(&module));
    assert!(!ended.stdout.contains("forged"), "{}", ended.stdout);
    assert!(ended.stderr.contains("UID"), "{}", ended.stderr);
}
