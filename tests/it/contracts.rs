//! Prints contracts from the code and compares them with the committed files; `make schemas` writes them
//! again, so that a change shows up as a difference in the review.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use portolan_page::object::{Object, Shape};
use serde_json::{Value, json};

use crate::support::{portolan, root};

mod objects;

/// Compares a file with the printed text, or writes it if BLESS is set.
pub(crate) fn committed(path: &str, printed: &str) {
    let file: PathBuf = root().join(path);
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    // An unchanged file keeps its time, because programs are built from some of these files.
    if std::env::var_os("BLESS").is_some() && committed != printed {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, printed).unwrap();
        return;
    }
    assert_eq!(
        committed, printed,
        "{path} is not what the code prints; run `make schemas` and look at the difference"
    );
}

/// The stock mappings that are tables, by the word of their object.
fn stock_tables() -> impl Iterator<Item = (String, String)> {
    let folders = std::fs::read_dir(root().join("guest-mappers")).unwrap();
    folders.filter_map(|folder| {
        let folder = folder.unwrap();
        let text = std::fs::read_to_string(folder.path().join("table.toml")).ok()?;
        Some((folder.file_name().into_string().unwrap(), text))
    })
}

fn schema(name: &str, schema: &impl serde::Serialize) {
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    committed(&format!("schemas/{name}.schema.json"), &text);
}

#[test]
fn schemas_are_printed_from_types() {
    schema(
        "EcsAccountSetting",
        &portolan_mapper_account_setting::schema(),
    );
    schema("EcsAuditEvent", &portolan_mapper_audit_event::schema());
    schema("EcsCluster", &portolan_mapper_cluster::schema());
    schema("EcsService", &portolan_mapper_service::schema());
    schema(
        "EcsContainerDefinition",
        &portolan_mapper_container_definition::schema(),
    );
    schema(
        "EcsContainerInstance",
        &portolan_mapper_container_instance::schema(),
    );
    schema("EcsTask", &portolan_mapper_task::schema());
    schema(
        "EcsTaskDefinition",
        &portolan_mapper_task_definition::schema(),
    );
    for (word, text) in stock_tables() {
        let table = portolan_mapper_pack::check_stock(&text);
        let table = table.unwrap_or_else(|error| panic!("{word}: {error}"));
        assert_eq!(table.version, env!("CARGO_PKG_VERSION"), "{word}");
        schema(table.packed.object, &table.schema);
    }
}

#[test]
fn schemas_of_other_files_are_printed_from_types() {
    schema(
        "changes",
        &schemars::schema_for!(portolan_records::changes::ChangeLine<'static>),
    );
    schema(
        "config",
        &schemars::schema_for!(portolan_sync::config::Settings),
    );
    schema(
        "manifest",
        &schemars::schema_for!(portolan_sandbox::Manifest),
    );
    schema(
        "lock",
        &schemars::schema_for!(portolan_sandbox::trust::Lock),
    );
    schema(
        "signature",
        &schemars::schema_for!(portolan_sandbox::trust::Signature),
    );
    schema("table", &schemars::schema_for!(portolan_mapper_pack::Table));
    schema(
        "controls",
        &schemars::schema_for!(portolan_mapper_pack::ControlTable),
    );
    schema("Finding", &schemars::schema_for!(portolan_assess::Finding));
    schema(
        "assessment",
        &schemars::schema_for!(portolan_assess::Assessment),
    );
    schema("mutes", &schemars::schema_for!(portolan_assess::MuteFile));
    schema("plan", &schemars::schema_for!(portolan_sync::plan::Plan));
    schema(
        "report",
        &schemars::schema_for!(portolan_records::report::Report),
    );
}

/// A schema allows only its attributes, and names the source of each.
#[test]
fn schemas_of_objects_are_strict_and_explain_every_attribute() {
    for object in Object::ALL {
        let file = root().join(format!("schemas/{object}.schema.json"));
        let schema: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(schema["title"], object.name());
        assert_eq!(schema["additionalProperties"], false, "{object}");
        let is = schema["x-data-model"].as_str();
        let known = ["Cloud Resource", "Container", "Setting", "Event"];
        assert!(is.is_some_and(|is| known.contains(&is)), "{object}: {is:?}");
        let required = schema["required"].as_array().unwrap();
        // Some have no ARN of their own, or are known by that of their whole.
        let own = object.row().arn_attribute;
        for always in [
            "UID",
            own,
            "NAME",
            "CLOUD_PROVIDER",
            "ACCOUNT_ID",
            "REGION",
            "LAST_CAPTURED",
        ] {
            assert!(required.contains(&json!(always)), "{object}.{always}");
        }
        let attributes = schema["properties"].as_object().unwrap();
        assert_eq!(attributes["UID"]["minLength"], 1, "{object}");
        assert_eq!(attributes["LAST_CAPTURED"]["format"], "date-time");
        for (name, attribute) in attributes {
            assert!(attribute["type"].is_string(), "{object}.{name} may be null");
            let description = attribute["description"].as_str().unwrap();
            assert!(description.contains("Source: "), "{object}.{name}");
        }
    }
}

/// The parts of the objects' rows that guests in other languages, and the documents, repeat.
#[test]
fn objects_are_printed_from_rows() {
    let printed = |line: &dyn Fn(Object, &str, bool) -> String| {
        let lines = Object::ALL.map(|object| match object.shape() {
            Shape::List(member) => line(object, member, true),
            Shape::Single(member) => line(object, member, false),
        });
        lines.concat()
    };
    let rust = printed(&|object, member, is_list| {
        let body = if is_list { "List" } else { "One" };
        format!("    (\"{object}\", Body::{body}(\"{member}\")),\n")
    });
    between("guest-mappers/sdk/src/objects.rs", "= &[\n", "];\n", &rust);
    let python = printed(&|object, member, is_list| {
        let is_list = if is_list { "True" } else { "False" };
        format!("    \"{object}\": (\"{member}\", {is_list}),\n")
    });
    let file = "guest-mappers/python/portolan_mapper.py";
    between(file, "_BODIES = {\n", "}\n", &python);
    let javascript = printed(&|object, member, is_list| {
        format!("  {object}: {{ member: \"{member}\", isList: {is_list} }},\n")
    });
    let file = "guest-mappers/javascript/portolan-mapper.js";
    between(file, "BODIES = {\n", "};\n", &javascript);
}

/// Compares the text between two marks of a file, or writes it if BLESS is set.
fn between(path: &str, before: &str, after: &str, printed: &str) {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let (head, rest) = text.split_once(before).unwrap();
    let (_, tail) = rest.split_once(after).unwrap();
    committed(path, &[head, before, printed, after, tail].concat());
}

/// The graph of the host's crates, from cargo.
#[test]
fn crates_of_the_host_are_drawn() {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--format-version",
        "1",
    ]);
    let metadata = metadata.current_dir(root()).output().unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let host = root().join("host");
    let mut crates = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        let text = |member: &Value| member.as_str().unwrap().to_owned();
        if !Path::new(&text(&package["manifest_path"])).starts_with(&host) {
            continue;
        }
        let below = package["dependencies"].as_array().unwrap().iter();
        let below = below
            .filter(|it| it["kind"].is_null())
            .map(|it| text(&it["name"]));
        let below = below.filter_map(|name| Some(name.strip_prefix("portolan-")?.to_owned()));
        let below: Vec<String> = below.filter(|name| !name.starts_with("mapper-")).collect();
        let name = text(&package["name"]);
        let name = name.strip_prefix("portolan-").unwrap_or(&name).to_owned();
        crates.insert(name, (below, text(&package["description"])));
    }
    // From the ground up: each crate comes after those that it uses.
    let (mut drawn, mut placed) = (String::new(), Vec::new());
    while placed.len() < crates.len() {
        let (name, (below, about)) = crates
            .iter()
            .find(|(name, (below, _))| {
                !placed.contains(*name) && below.iter().all(|it| placed.contains(it))
            })
            .unwrap();
        let uses = if below.is_empty() {
            "nothing"
        } else {
            &below.join(", ")
        };
        drawn.push_str(&format!("| `host/{name}` | {about} | {uses} |\n"));
        placed.push(name.clone());
    }
    between(
        "ARCHITECTURE.md",
        "| --- | --- | --- |\n",
        "\n\n",
        drawn.trim_end(),
    );
}

#[test]
fn the_api_is_printed_from_its_handlers() {
    committed("schemas/openapi.json", &portolan_serve::openapi());
}

#[test]
fn help_is_what_it_was() {
    let mut text = String::new();
    help(&mut Vec::new(), &mut text);
    committed("tests/contracts/help.txt", &text);
}

#[test]
fn controls_are_printed_from_manifests() {
    let output = portolan()
        .args(["controls", "--markdown"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    committed("schemas/controls.md", &text);
}

/// Prints the help of a command and of its subcommands, which the help lists.
fn help(command: &mut Vec<String>, text: &mut String) {
    let mut run = portolan();
    run.args(&*command).arg("--help").env("COLUMNS", "100");
    let output = run.output().unwrap();
    let name = command.join(" ");
    assert!(output.status.success(), "{name} --help fails");
    let help = String::from_utf8(output.stdout).unwrap();
    text.push_str(&format!("$ portolan {name} --help\n{help}\n"));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for below in names.filter(|name| !name.is_empty() && *name != "help") {
        command.push(below.to_owned());
        self::help(command, text);
        command.pop();
    }
}
