use portolan_mapper_sdk::testing::context;
use portolan_mapper_sdk::{MappedPage, Row};
use portolan_mapper_table::plan::Plan;
use serde_json::{Value, json};

use super::overlay;
use crate::support::root;

/// The blocks of the manual: language and text.
fn blocks() -> Vec<(String, String)> {
    let manual = std::fs::read_to_string(root().join("guest-mappers/table/README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut parts = manual.split("\n```");
    parts.next();
    while let Some(block) = parts.next() {
        let (language, text) = block.split_once('\n').unwrap();
        blocks.push((language.to_owned(), text.to_owned()));
        parts.next();
    }
    blocks
}

/// The result of a table for a page.
fn result(table: &str, page: &str) -> Value {
    let stock =
        |object: &str| serde_json::from_str(portolan_page::schemas::text(object).unwrap()).unwrap();
    let packed = portolan_mapper_pack::check(table, stock)
        .unwrap_or_else(|error| panic!("{error}\n{table}"));
    let plan = Plan::from_bytes(&packed.plan).unwrap();
    let context = context(packed.object);
    let answer = if plan.uid.is_some() {
        portolan_mapper_table::map_page(&plan, &context, page.as_bytes())
    } else {
        let row = Row {
            source_index: 0,
            offset: 0,
            length: 2,
        };
        let mapped = MappedPage {
            payload: b"{}".to_vec(),
            rows: vec![row],
            issues: Vec::new(),
        };
        portolan_mapper_table::amend_page(&plan, &context, page.as_bytes(), &mapped)
    };
    let answer = answer.unwrap();
    assert_eq!(answer.issues, [], "{table}\n{page}");
    let row = answer.rows.first().unwrap();
    serde_json::from_slice(answer.record(row)).unwrap()
}

/// A block of TOML, then an object or a page in JSON, then the result of the table.
#[test]
fn every_example_of_the_manual_gives_what_it_says() {
    let blocks = blocks();
    let mut examples = 0;
    for (place, (language, text)) in blocks.iter().enumerate() {
        if language != "toml" {
            continue;
        }
        let table = match text.contains("name = ") && text.contains("[attributes]") {
            true => text.clone(),
            false => overlay(text),
        };
        let json = |place: usize| {
            let (language, text) = &blocks[place];
            assert_eq!(
                language, "json",
                "a table without its page or result: {table}"
            );
            serde_json::from_str::<Value>(text).unwrap()
        };
        let (object, expected) = (json(place + 1), json(place + 2));
        let page = match object.get("taskDefinition").is_some() {
            true => object,
            false => json!({ "tasks": [object] }),
        };
        assert_eq!(result(&table, &page.to_string()), expected, "{table}");
        examples += 1;
    }
    assert!(examples >= 7, "only {examples} examples");
}

#[test]
fn the_manual_knows_every_key_and_function() {
    let manual = std::fs::read_to_string(root().join("guest-mappers/table/README.md")).unwrap();
    let schema: Value =
        serde_json::from_str(portolan_page::schemas::text("table").unwrap()).unwrap();
    let attribute = &schema["$defs"]["Attribute"]["properties"];
    let keys = [&schema["properties"], attribute];
    let keys = keys
        .iter()
        .flat_map(|keys| keys.as_object().unwrap().keys());
    let functions = portolan_mapper_table::Function::names().map(str::to_owned);
    for name in keys.cloned().chain(functions) {
        assert!(manual.contains(&format!("`{name}`")), "{name}");
    }
}
