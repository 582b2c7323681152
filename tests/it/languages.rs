//! Modules in Python and JavaScript: from nothing to a tested component, and the same records as in Rust.
//! tests/setup.sh installs their tools under target/. A language without its tool is skipped, except if
//! PORTOLAN_TEST_LANGUAGES=required is set, as in continuous integration.

mod values;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use portolan_tests::pages::describe_tasks_page;
use serde_json::{Value, json};

use crate::examples::recorded;
use crate::support::{Ended, json_lines, portolan, root, run};

/// Languages, each with the variable that names its tool and the tool's path in the set-up.
const LANGUAGES: [(&str, &str, &str); 2] = [
    (
        "python",
        "PORTOLAN_COMPONENTIZE_PY",
        "target/venv-languages/bin/componentize-py",
    ),
    (
        "javascript",
        "PORTOLAN_COMPONENTIZE_QJS",
        "target/node-languages/componentize-qjs",
    ),
];

/// The languages with a tool.
fn languages() -> Vec<(&'static str, &'static str, PathBuf)> {
    let there = |(language, variable, tool): (&'static str, &'static str, &str)| {
        let tool = root().join(tool);
        if tool.is_file() {
            return Some((language, variable, tool));
        }
        missing(language, &tool);
        None
    };
    LANGUAGES.into_iter().filter_map(there).collect()
}

/// Skips a language without its tool, but not in continuous integration.
pub(crate) fn missing(language: &str, tool: &Path) {
    let why = format!("{} is not there; run `make setup`", tool.display());
    assert!(
        std::env::var_os("PORTOLAN_TEST_LANGUAGES").is_none_or(|value| value != "required"),
        "{why}"
    );
    // Bypasses the test's output capture, so that the line is visible.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {language}: {why}");
}

/// A new module, built.
struct Made {
    _folder: tempfile::TempDir,
    place: PathBuf,
    variable: &'static str,
    tool: PathBuf,
}

impl Made {
    fn new(language: &(&'static str, &'static str, PathBuf), object: &str, kind: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(portolan()
            .args([
                "mapper", "new", "acme", "--object", object, "--kind", kind, "--lang", language.0,
            ])
            .current_dir(folder.path()))
        .with(0);
        let made = Self {
            place: folder.path().join("acme"),
            _folder: folder,
            variable: language.1,
            tool: language.2.clone(),
        };
        made.run(&["build", "--offline"]).with(0);
        made
    }

    /// `portolan mapper …` in the module's folder.
    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = portolan();
        command
            .arg("mapper")
            .args(arguments)
            .current_dir(&self.place);
        run(command.env(self.variable, &self.tool))
    }

    fn module(&self) -> PathBuf {
        self.place.join("built/acme.wasm")
    }
}

/// A new overlay of tasks in each language. Compiling a Python interpreter takes long, so tests without
/// changes share it.
fn overlays() -> &'static [(&'static str, Made)] {
    static OVERLAYS: LazyLock<Vec<(&str, Made)>> = LazyLock::new(|| {
        let languages = languages().into_iter();
        languages
            .map(|language| (language.0, Made::new(&language, "EcsTask", "overlay")))
            .collect()
    });
    &OVERLAYS
}

#[test]
fn new_overlays_build_and_pass_their_own_tests() {
    for (language, made) in overlays() {
        let tested = made.run(&["test"]);
        assert_eq!(tested.status, 0, "{language}: {tested:#?}");
    }
}

#[test]
fn new_mappings_build_and_pass_their_own_tests() {
    for language in languages() {
        let made = Made::new(&language, "EcsService", "mapping");
        let tested = made.run(&["test"]);
        assert_eq!(tested.status, 0, "{}: {tested:#?}", language.0);
    }
}

/// AWS puts the tags of task definitions beside them, and the helpers of every language move them in.
#[test]
fn new_overlays_of_task_definitions_read_their_tags() {
    let rust = ("rust", "CARGO_TARGET_DIR", root().join("target"));
    let mut languages = languages();
    languages.push(rust);
    languages.push(("table", "UNUSED", PathBuf::new()));
    for language in languages {
        let made = Made::new(&language, "EcsTaskDefinition", "overlay");
        let tested = made.run(&["test"]);
        assert_eq!(tested.status, 0, "{}: {tested:#?}", language.0);
        let expected = std::fs::read_to_string(made.place.join("expected/sample.jsonl")).unwrap();
        assert!(expected.contains("\"OWNER\":\"payments\""), "{expected}");
        owners_are_those_beside(language.0, &made);
    }
}

/// Tags in another place than AWS's, or not only there.
fn owners_are_those_beside(language: &str, made: &Made) {
    let owner = |name: &str| json!([{"key": "owner", "value": name}]).to_string();
    let (inside, beside) = (owner("inside"), owner("beside"));
    let bodies = [
        format!(r#"{{"taskDefinition":{{ARN}},"tags":{beside}}}"#),
        format!(r#"{{"tags":{beside},"taskDefinition":{{ARN,"placementConstraints":["a\q"]}}}}"#),
        format!(r#"{{"taskDefinition":{{ARN,"tags":{inside}}},"tags":{beside}}}"#),
        format!(r#"{{"taskDefinition":{{"tags":null,ARN}},"tags":{beside}}}"#),
        format!(r#"{{"tags":{inside},"taskDefinition":{{ARN}},"tags":{beside}}}"#),
        format!(r#"{{"taskDefinition":{{ARN,"tags":{inside}}}}}"#),
        format!(r#"{{"taskDefinition":{{ARN,"tags":{inside}}},"tags":null}}"#),
        r#"{"taskDefinition":{ARN},"tags":[]}"#.to_owned(),
    ];
    let arn = r#""taskDefinitionArn":"arn:aws:ecs:us-west-2:123456789012:task-definition/a:1""#;
    let pages = bodies.map(|body| recorded("DescribeTaskDefinition", &body.replace("ARN", arn)));
    let file = made.place.join("odd.jsonl");
    std::fs::write(&file, pages.join("\n")).unwrap();
    let ended = run(portolan()
        .arg("map")
        .arg(&file)
        .arg("--overlays")
        .arg(made.module()))
    .with(0);
    let owners: Vec<Value> = json_lines(&ended.stdout)
        .iter()
        .map(|record| record["OWNER"].clone())
        .collect();
    let expected = json!([
        "beside", "beside", "beside", "beside", "beside", "inside", "inside", null
    ]);
    assert_eq!(json!(owners), expected, "{language}: {}", ended.stderr);
}

#[test]
fn they_import_nothing_but_ours_and_say_where_they_come_from() {
    for (language, made) in overlays() {
        let checked = made.run(&["check", "built/acme.wasm"]).with(0);
        let sdk = format!("portolan-mapper-{language} 0.");
        assert!(checked.stdout.contains(&sdk), "{}", checked.stdout);
        assert!(
            checked.stdout.contains("portolan:mapper 1.0.0"),
            "{}",
            checked.stdout
        );
        let seen = made.run(&["inspect", "--json", "built/acme.wasm"]).with(0);
        let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
        let imports = seen["imports"].as_array().unwrap();
        let foreign = |name: &&Value| !name.as_str().unwrap().starts_with("portolan:mapper/");
        assert_eq!(imports.iter().find(foreign), None, "{language}");
    }
}

/// Pages that a customer could have, and invalid ones.
fn pages() -> String {
    let owner = |value: Value| json!([{"key": "owner", "value": value}]);
    let odd = json!({"tasks": [
        {"taskArn": "arn:0", "tags": owner(json!("\u{2028}é\u{1f600}\t\"x\""))},
        {"taskArn": "arn:1", "tags": owner(Value::Null)},
        {"taskArn": "arn:2", "tags": Value::Null},
        null,
        {"taskArn": "arn:4", "tags": [{"key": "owner", "value": "a"}, {"key": "owner", "value": "b"}]},
        {"taskArn": "arn:5", "tags": [null, {"value": "nobody"}, {"key": "owner", "value": ""}]},
    ]});
    let wrong = json!({"tasks": [
        {"taskArn": "arn:0", "unread": 7, "tags": owner(json!("a"))},
        {"taskArn": "arn:1", "tags": []},
    ]});
    [
        describe_tasks_page(100),
        odd.to_string(),
        wrong.to_string(),
        json!({"tasks": []}).to_string(),
        json!({}).to_string(),
    ]
    .map(|body| recorded("DescribeTasks", &body))
    .join("\n")
}

/// The records of `portolan map` for the pages, with an overlay that takes OWNER from the tag `key`.
fn mapped(folder: &Path, overlay: &Path, key: &str) -> Vec<Value> {
    let config = folder.join("portolan.toml");
    let text = format!(
        "overlays = [{:?}]\n[modules.acme]\nsettings = {{ owner-tag = {key:?} }}\n",
        overlay.to_str().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    let file = folder.join("pages.jsonl");
    std::fs::write(&file, pages()).unwrap();
    let ended = run(portolan()
        .arg("map")
        .arg(&file)
        .arg("--config")
        .arg(&config))
    .with(0);
    json_lines(&ended.stdout)
}

#[test]
fn they_make_the_records_that_the_rust_overlay_makes() {
    let rust = ("rust", "CARGO_TARGET_DIR", root().join("target"));
    let rust = Made::new(&rust, "EcsTask", "overlay");
    let folder = tempfile::tempdir().unwrap();
    for (key, owners) in [("Owner", 100), ("owner", 3)] {
        let expected = mapped(folder.path(), &rust.module(), key);
        let has_owner = |record: &&Value| record.get("OWNER").is_some();
        let owned = expected.iter().filter(has_owner).count();
        assert!(owned >= owners, "{key}: {owned}");
        for (language, made) in overlays() {
            let ours = mapped(folder.path(), &made.module(), key);
            assert_eq!(ours.len(), expected.len(), "{language} {key}");
            for (ours, expected) in ours.iter().zip(&expected) {
                assert_eq!(ours, expected, "{language} {key}");
            }
        }
    }
}

/// The messages of `portolan map` for an overlay's sample page with a setting that is too small for it. The
/// stock records are there all the same.
fn limited(made: &Made, setting: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("limits.toml");
    let text = format!(
        "overlays = [{:?}]\n[modules.acme]\n{setting}\n",
        made.module().to_str().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    let ended = run(portolan()
        .arg("map")
        .arg(made.place.join("pages/sample.jsonl"))
        .arg("--config")
        .arg(&config));
    assert_eq!(ended.stdout.lines().count(), 2, "{setting}: {ended:#?}");
    ended.stderr
}

#[test]
fn a_memory_limit_that_is_too_small_is_named_with_its_setting() {
    for (language, made) in overlays() {
        let said = limited(made, "memory-mebibytes = 1");
        assert!(said.contains("memory-mebibytes"), "{language}: {said}");
    }
}

#[test]
fn a_time_limit_that_is_too_small_is_named_with_its_setting() {
    let is_quick = |language: &(&str, &str, PathBuf)| language.0 == "javascript";
    for language in languages().into_iter().filter(is_quick) {
        let made = Made::new(&language, "EcsTask", "overlay");
        let file = made.place.join("src/overlay.js");
        let text = std::fs::read_to_string(&file).unwrap();
        let endless = text.replace("    const owner = ", "    for (;;);\n    const owner = ");
        assert_ne!(endless, text);
        std::fs::write(&file, endless).unwrap();
        made.run(&["build", "--offline"]).with(0);
        let said = limited(&made, "time-milliseconds = 10");
        assert!(said.contains("time-milliseconds"), "{said}");
    }
}

/// Without a message, the attribute of a member that `reads` lacks would be empty without a reason.
#[test]
fn reading_what_is_not_named_in_reads_is_told() {
    for language in languages() {
        let made = Made::new(&language, "EcsTask", "overlay");
        let (file, before, after) = match language.0 {
            "python" => ("src/overlay.py", "reads=[\"tags\"]", "reads=[\"tags.key\"]"),
            _ => (
                "src/overlay.js",
                "reads: [\"tags\"]",
                "reads: [\"tags.key\"]",
            ),
        };
        let file = made.place.join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        let forgetful = text.replace(before, after);
        assert_ne!(forgetful, text);
        std::fs::write(&file, forgetful).unwrap();
        made.run(&["build", "--offline"]).with(0);
        let said = limited(&made, "").replace('\n', " ");
        assert!(said.contains("tags[0].value"), "{}: {said}", language.0);
        assert!(said.contains("add it to `reads`"), "{}: {said}", language.0);
    }
}

#[test]
fn a_missing_tool_is_named_with_the_way_to_have_it() {
    for (language, steps) in [
        ("python", "python3 -m venv .venv"),
        ("javascript", "npm ci"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        run(portolan()
            .args([
                "mapper", "new", "acme", "--object", "EcsTask", "--kind", "overlay", "--lang",
                language,
            ])
            .current_dir(folder.path()))
        .with(0);
        let ended = run(portolan()
            .args(["mapper", "build", "--offline"])
            .current_dir(folder.path().join("acme")))
        .with(1);
        assert!(ended.stderr.contains(steps), "{}", ended.stderr);
    }
}
