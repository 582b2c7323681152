//! Contracts are printed from the code and compared with the committed files; `make schemas` writes them
//! anew, so that a change shows up as a difference in the review.

use std::path::PathBuf;

use portolan::object::{Object, Shape};

use crate::support::{portolan, root};

/// Compares, or writes if BLESS is set.
fn committed(path: &str, printed: &str) {
    let file: PathBuf = root().join(path);
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    // What is the same stays as old as it is: programs are made of some of these files.
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

fn schema(name: &str, schema: &schemars::Schema) {
    let text = format!("{}\n", serde_json::to_string_pretty(schema).unwrap());
    committed(&format!("schemas/{name}.schema.json"), &text);
}

#[test]
fn schemas_are_printed_from_types() {
    schema("EcsCluster", &portolan_mapper_cluster::schema());
    schema("EcsService", &portolan_mapper_service::schema());
    schema(
        "EcsContainerInstance",
        &portolan_mapper_container_instance::schema(),
    );
    schema("EcsTask", &portolan_mapper_task::schema());
    schema(
        "EcsTaskDefinition",
        &portolan_mapper_task_definition::schema(),
    );
    schema(
        "changes",
        &schemars::schema_for!(portolan::changes::ChangeLine<'static>),
    );
    schema("config", &schemars::schema_for!(portolan::config::Settings));
    schema(
        "manifest",
        &schemars::schema_for!(portolan::mapper::Manifest),
    );
    schema("lock", &schemars::schema_for!(portolan::trust::Lock));
    schema(
        "signature",
        &schemars::schema_for!(portolan::trust::Signature),
    );
    schema("table", &schemars::schema_for!(portolan_mapper_pack::Table));
    schema("plan", &schemars::schema_for!(portolan::plan::Plan));
    schema("report", &schemars::schema_for!(portolan::report::Report));
}

/// What guests in other languages, and the documents, repeat of the objects' rows.
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

/// Compares what stands between two texts of a file, or writes it if BLESS is set.
fn between(path: &str, before: &str, after: &str, printed: &str) {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let (head, rest) = text.split_once(before).unwrap();
    let (_, tail) = rest.split_once(after).unwrap();
    committed(path, &[head, before, printed, after, tail].concat());
}

#[test]
fn help_is_what_it_was() {
    let mut text = String::new();
    help(&mut Vec::new(), &mut text);
    committed("tests/contracts/help.txt", &text);
}

/// Prints the help of a command and of those below it, which it lists itself.
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
