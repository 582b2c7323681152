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

/// A stock table, then the descriptions of its attributes in the schema.
#[test]
fn a_stock_table_of_the_manual_defines_its_schema() {
    let blocks = blocks();
    let place = blocks.iter().position(|block| block.0 == "toml stock");
    let place = place.unwrap();
    let text = &blocks[place].1;
    let schema = portolan_mapper_pack::check_stock(text).unwrap().schema;
    let expected: Value = serde_json::from_str(&blocks[place + 1].1).unwrap();
    for (name, description) in expected.as_object().unwrap() {
        assert_eq!(&schema["properties"][name]["description"], description);
    }
    assert_eq!(schema["x-data-model"], "Cloud Resource");
    assert_eq!(schema["required"].as_array().unwrap().len(), 7);
    assert_eq!(schema["properties"]["LAST_CAPTURED"]["format"], "date-time");

    let stock = |_: &str| panic!("nobody asks for a schema");
    let said = portolan_mapper_pack::check(text, stock)
        .unwrap_err()
        .to_string();
    assert!(said.contains("only a stock table"), "{said}");
    let problems = |from: &str, to: &str| {
        let table = portolan_mapper_pack::check_stock(&text.replace(from, to));
        table.unwrap_err().to_string()
    };
    for (from, to, problem) in [
        (
            "description = \"A task.\"",
            "",
            "needs `data-model` and `description`",
        ),
        (
            ", description = \"The ARN of the task.\"",
            "",
            "TASK_ARN: an attribute of a stock table needs a `description`",
        ),
        (
            "\nNAME",
            "\nOTHER",
            "NAME: every record of EcsTask needs it",
        ),
        ("Cloud Resource", "Cloud", "unknown variant `Cloud`"),
    ] {
        let said = problems(from, to);
        assert!(said.contains(problem), "{said}");
    }
    let required = overlay("GROUP = { from = 'group', required = true }");
    let stock = |_: &str| json!({"properties": {"GROUP": {"type": "string"}}});
    let said = portolan_mapper_pack::check(&required, stock)
        .unwrap_err()
        .to_string();
    assert!(said.contains("`required` is for stock tables"), "{said}");
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
