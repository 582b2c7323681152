//! Numbers and times, which each language reads differently.

use super::*;

/// The result of an overlay with these lines in its patch function, for the tasks of a page.
fn amended(language: &(&'static str, &'static str, PathBuf), lines: &str, tasks: &Value) -> Ended {
    let made = Made::new(language, "EcsTask", "overlay");
    let (file, attributes, function) = match language.0 {
        "python" => ("src/overlay.py", "attributes={", "    owner ="),
        _ => ("src/overlay.js", "attributes: {", "    const owner ="),
    };
    let file = made.place.join(file);
    let text = std::fs::read_to_string(&file).unwrap();
    let number = r#""N": {"type": "integer", "description": "n"}, "#;
    let time = r#""T": {"type": "string", "description": "t"}, "#;
    let text = text
        .replace(attributes, &format!("{attributes}{number}{time}"))
        .replace("\"tags\"", "\"n\", \"t\"")
        .replacen(function, &format!("    {lines}\n{function}"), 1);
    std::fs::write(&file, text).unwrap();
    made.run(&["build", "--offline"]).with(0);
    let pages = made.place.join("numbers.jsonl");
    let body = json!({"tasks": "TASKS"}).to_string();
    let body = body.replace("\"TASKS\"", tasks.as_str().unwrap());
    std::fs::write(&pages, recorded("DescribeTasks", &body)).unwrap();
    run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--overlays")
        .arg(made.module()))
}

/// Numbers are read as in the Rust SDK, as far as the language's numbers allow.
#[test]
fn numbers_and_times_are_read_as_they_are_written() {
    let tasks = json!(
        r#"[{"taskArn":"a","n":3.0,"t":1466801808.595},{"taskArn":"b","n":1E2,"t":-0.0005},
            {"taskArn":"c","n":9223372036854775808},{"taskArn":"d","n":1e300},{"taskArn":"e","n":3.5},
            {"taskArn":"f","n":7,"t":1e999},{"taskArn":"g","t":1466801808.5959999}]"#
    );
    for language in languages() {
        let lines = match language.0 {
            "python" => "return {\"N\": task.integer(\"n\"), \"T\": task.time(\"t\")}",
            _ => "return { N: task.integer(\"n\"), T: task.time(\"t\") };",
        };
        let ended = amended(&language, lines, &tasks);
        let seen: Vec<(Value, Value)> = json_lines(&ended.stdout)
            .iter()
            .map(|record| (record["N"].clone(), record["T"].clone()))
            .collect();
        let none = || (Value::Null, Value::Null);
        // A double loses the original text, and JavaScript has no other numbers.
        let (far, fine) = match language.0 {
            "python" => ((json!(7), Value::Null), json!("2016-06-24T20:56:48.595Z")),
            _ => (none(), json!("2016-06-24T20:56:48.596Z")),
        };
        let expected = [
            (json!(3), json!("2016-06-24T20:56:48.595Z")),
            (json!(100), json!("1969-12-31T23:59:59.999Z")),
            none(),
            none(),
            none(),
            far,
            (Value::Null, fine),
        ];
        assert_eq!(seen, expected, "{}: {}", language.0, ended.stderr);
    }
}
