//! Files as users have them: from other editors and shells, and from the AWS CLI; and the program's
//! information about itself.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Site, json_lines, portolan, root, run};

/// Gives every file of a folder a byte order mark and CRLF, as an editor may.
fn mark_all(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("\u{feff}{}", text.replace('\n', "\r\n"))).unwrap();
        }
    }
}

#[test]
fn outputs_with_marks_and_other_line_ends_are_what_they_were() {
    let site = Site::small();
    let recording = site.folder.path().join("pages.jsonl");
    site.sync(&["--record", recording.to_str().unwrap()])
        .with(0);
    let output = site.output();
    let plain = site.folder.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    for name in site.files() {
        std::fs::copy(output.join(&name), plain.join(&name)).unwrap();
    }
    let mapped = |file: &Path| run(portolan().arg("map").arg(file)).with(0);
    let before = mapped(&recording);
    mark_all(&output);
    mark_all(site.folder.path());
    let after = mapped(&recording);
    assert_eq!((before.stdout, after.stderr), (after.stdout, String::new()));
    let files = site.files().into_iter().map(|name| output.join(name));
    run(portolan().arg("validate").args(files)).with(0);
    for (old, new) in [(&plain, &output), (&output, &plain)] {
        let ended = run(portolan().arg("changes").args([old, new])).with(0);
        assert_eq!((ended.stdout, ended.stderr), Default::default());
    }
    // One task less, compared with a file with a mark.
    let tasks = plain.join("EcsTask.jsonl");
    let text = std::fs::read_to_string(&tasks).unwrap();
    std::fs::write(&tasks, text.split_once('\n').unwrap().1).unwrap();
    let ended = run(portolan().arg("changes").args([&output, &plain])).with(0);
    assert_eq!(json_lines(&ended.stdout).len(), 1);
}

#[test]
fn settings_keys_and_tables_with_marks_are_read_and_utf_16_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    run(portolan().args(["mapper", "keygen"]).arg(at("key"))).with(0);
    let table = "name = \"acme-owner\"\nversion = \"1.0.0\"\nkind = \"overlay\"\nobject = \"EcsTask\"\n[attributes]\nOWNER = { tag = \"owner\", description = \"Who.\" }\n";
    std::fs::write(at("owner.toml"), table).unwrap();
    std::fs::write(at("portolan.toml"), "regions = 'us-east-1'\n").unwrap();
    let commands = || -> [(&str, Command); 4] {
        let mut table = portolan();
        table.args(["mapper", "table"]).arg(at("owner.toml"));
        table.arg("--out").arg(at("owner.wasm"));
        let (mut sign, mut verify, mut policy) = (portolan(), portolan(), portolan());
        sign.args(["mapper", "sign", "--key"])
            .arg(at("key"))
            .arg(at("owner.wasm"));
        verify
            .args(["mapper", "verify", "--key"])
            .arg(at("key.pub"))
            .arg(at("owner.wasm"));
        policy
            .arg("iam-policy")
            .arg("--config")
            .arg(at("portolan.toml"));
        [
            ("owner.toml", table),
            ("key", sign),
            ("key.pub", verify),
            ("portolan.toml", policy),
        ]
    };
    mark_all(folder.path());
    for (_, mut command) in commands() {
        run(&mut command).with(0);
    }
    for (name, mut command) in commands() {
        let text = std::fs::read_to_string(at(name)).unwrap();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(at(name), utf16).unwrap();
        let ended = run(&mut command);
        assert_ne!(ended.status, 0, "{name}");
        assert!(ended.stderr.contains("UTF-16"), "{name}: {}", ended.stderr);
    }
}

#[test]
fn what_the_aws_cli_prints_is_mapped() {
    let task = json!({
        "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/app/0123456789abcdef",
        "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/app",
        "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:3",
        "lastStatus": "RUNNING",
        "createdAt": "2026-08-01T18:00:00.123000+02:00",
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tasks.json");
    let map = |answer: &str| {
        std::fs::write(&file, answer).unwrap();
        run(portolan().arg("map").arg(&file))
    };
    let answer = json!({"tasks": [task], "failures": []});
    let pretty = serde_json::to_string_pretty(&answer).unwrap();
    let ended = map(&format!("{pretty}\n{answer}\n{pretty}\n")).with(0);
    let records = json_lines(&ended.stdout);
    assert_eq!((records.len(), ended.stderr.as_str()), (3, ""));
    assert_eq!(
        (
            &records[0]["FIRST_SEEN"],
            &records[0]["REGION"],
            &records[0]["ACCOUNT_ID"]
        ),
        (
            &json!("2026-08-01T16:00:00.123Z"),
            &json!("eu-west-1"),
            &json!("111122223333")
        )
    );
    for (other, says, status) in [
        (
            serde_json::to_string_pretty(&answer["tasks"]).unwrap(),
            "--query",
            3,
        ),
        (
            "{\n    \"taskArns\": [\n        \"a\"\n    ]\n}\n".to_owned(),
            "sync --record",
            3,
        ),
        (
            "tasks:\n- taskArn: a\n  cpu: '1'\n".to_owned(),
            "--output json",
            1,
        ),
        (String::new(), "is empty", 0),
    ] {
        let ended = map(&other).with(status);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
        assert!(ended.stderr.lines().count() == 1 && ended.stdout.is_empty());
    }
}

#[test]
fn a_program_says_what_it_is_made_of() {
    let ended = run(portolan().args(["version", "--json"])).with(0);
    let version: Value = serde_json::from_str(&ended.stdout).unwrap();
    let wit = std::fs::read_to_string(root().join("wit/mapper/mapper.wit")).unwrap();
    let package = version["wit"][0].as_str().unwrap();
    assert!(wit.contains(&format!("package {package};")), "{package}");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let people = run(portolan().arg("version")).with(0).stdout;
    for member in ["version", "commit", "tls"] {
        assert!(
            people.contains(version[member].as_str().unwrap()),
            "{people}"
        );
    }
    let short = run(portolan().arg("--version")).with(0).stdout;
    assert_eq!(short, format!("portolan {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(portolan().args(["completions", shell])).with(0);
        for word in ["iam-policy", "checkpoint", "keygen"] {
            assert!(ended.stdout.contains(word), "{shell}: {word}");
        }
    }
}
