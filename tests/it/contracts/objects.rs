//! `schemas/objects.md`: every object with its calls, permissions, bucket and attributes, from rows and schemas.

use std::fmt::Write;

use portolan_fetch::Fetching;
use portolan_page::object::{Object, Parent, Way};
use serde_json::Value;

use super::{committed, root};

#[test]
fn objects_are_listed_with_calls_and_attributes() {
    let mut text = String::from(
        "# Objects\n\nPrinted from the rows of objects and their schemas by `make schemas`. `host/docs/objects.md` explains them.\n",
    );
    for object in Object::ALL {
        about(object, &mut text);
    }
    committed("schemas/objects.md", &text);
}

fn way(object: Object) -> String {
    let row = object.row();
    match row.way {
        Way::ListThenDescribe { batch, .. } => {
            let of = match row.parent {
                Parent::Region => "of the Region",
                Parent::Cluster => "of each cluster",
            };
            format!("listed {of}, then described, {batch} at a time")
        }
        Way::DescribeAlone { .. } => {
            "described by pages, for the Region and for clusters that name others".to_owned()
        }
        Way::ListAlone { .. } => "listed by pages".to_owned(),
        Way::PartsOf { object, list, .. } => format!("a part of {object}: `{list}`, without calls"),
        Way::DescribeNamed { batch, .. } => format!("described by key, {batch} at a time"),
    }
}

fn about(object: Object, text: &mut String) {
    let row = object.row();
    let file = root().join(format!("schemas/{object}.schema.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let data_model = schema["x-data-model"].as_str().unwrap();
    let description = schema["description"].as_str().unwrap();
    let way = way(object);
    let operations = object.operations().into_iter();
    let actions: Vec<String> = operations.map(|it| format!("`{}`", it.action())).collect();
    let alone = Fetching {
        objects: vec![object],
        ..Fetching::default()
    };
    let optional = alone.optional_operations().into_iter();
    let optional: String = optional
        .map(|it| format!(", `{}` (optional)", it.action()))
        .collect();
    let bucket = row.group.bucket();
    let includes: Vec<&str> = row.includes.iter().map(|include| include.name).collect();
    let _ = write!(
        text,
        "\n## {object}\n\n{description}\n\n| | |\n| --- | --- |\n| data model | {data_model} |\n| fetched | {way} |\n| permissions | {}{optional} |\n| bucket | `{}`: {} calls at once, {} a second |\n",
        actions.join(", "),
        row.group,
        bucket.burst,
        bucket.refill_per_second,
    );
    if !includes.is_empty() {
        let _ = writeln!(text, "| asked for as well | {} |", includes.join(", "));
    }
    if !row.volatile.is_empty() {
        let _ = writeln!(text, "| changes by itself | {} |", row.volatile.join(", "));
    }
    let _ = writeln!(
        text,
        "\n| attribute | type | meaning | source |\n| --- | --- | --- | --- |"
    );
    for (name, attribute) in schema["properties"].as_object().unwrap() {
        let said = attribute["description"].as_str().unwrap();
        let (meaning, source) = said.split_once("Source: ").unwrap();
        let kind = match attribute["type"].as_str().unwrap() {
            "array" => format!("set of {}s", attribute["items"]["type"].as_str().unwrap()),
            "string" if attribute["format"] == "date-time" => "time".to_owned(),
            other => other.to_owned(),
        };
        let cell = |text: &str| text.trim().replace('\n', " ").replace('|', "\\|");
        let _ = writeln!(
            text,
            "| {name} | {kind} | {} | {} |",
            cell(meaning),
            cell(source.trim_end_matches('.'))
        );
    }
}
