use serde_json::{Value, json};

use super::mapper;
use crate::support::{json_lines, portolan, root, run};

/// The templates' samples: checks that need no build.
#[test]
fn samples_of_new_modules_fit_the_stock_schemas() {
    for object in [
        "EcsCluster",
        "EcsService",
        "EcsTask",
        "EcsTaskDefinition",
        "EcsCapacityProvider",
    ] {
        for kind in ["mapping", "overlay"] {
            let folder = tempfile::tempdir().unwrap();
            run(mapper(&["new", "acme", "--object", object, "--kind", kind])
                .current_dir(folder.path()))
            .with(0);
            let crate_folder = folder.path().join("acme");
            let expected =
                std::fs::read_to_string(crate_folder.join("expected/sample.jsonl")).unwrap();
            let mut expected = json_lines(&expected);
            assert_eq!(expected.len(), 2, "{object} {kind}");
            assert!(expected[0].get("OWNER").is_some(), "{object} {kind}");
            for record in &mut expected {
                record.as_object_mut().unwrap().remove("OWNER");
            }
            let lines: Vec<String> = expected.iter().map(Value::to_string).collect();
            let records = folder.path().join("records.jsonl");
            std::fs::write(&records, lines.join("\n")).unwrap();
            run(portolan()
                .args(["validate", "--object", object])
                .arg(&records))
            .with(0);
            if kind == "overlay" {
                let pages = crate_folder.join("pages/sample.jsonl");
                let only = ["map", "--objects", object];
                let stock = run(portolan().args(only).arg(pages)).with(0);
                assert_eq!(json_lines(&stock.stdout), expected, "{object}");
            }
        }
    }
}

/// What has no ARN has templates of overlays only. AWS gives it no tags, so that they change no record.
#[test]
fn samples_without_an_arn_are_those_of_the_stock_mapping() {
    for object in ["EcsAccountSetting", "EcsAuditEvent"] {
        let folder = tempfile::tempdir().unwrap();
        let new = |kind: &str| {
            run(mapper(&["new", kind, "--object", object, "--kind", kind])
                .current_dir(folder.path()))
        };
        let ended = new("mapping").with(1);
        assert!(ended.stderr.contains("has none"), "{}", ended.stderr);
        new("overlay").with(0);
        let module = folder.path().join("overlay");
        let expected = std::fs::read_to_string(module.join("expected/sample.jsonl")).unwrap();
        let expected = json_lines(&expected);
        assert_eq!(expected.len(), 2, "{object}");
        let only = ["map", "--objects", object];
        let pages = module.join("pages/sample.jsonl");
        let stock = run(portolan().args(only).arg(pages)).with(0);
        assert_eq!(json_lines(&stock.stdout), expected, "{object}");
    }
}

/// From nothing to a tested module, in the steps of its author.
fn new_build_test(name: &str, object: &str, kind: &str, sdk: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    run(mapper(&["new", name, "--object", object, "--kind", kind])
        .args(sdk)
        .current_dir(folder.path()))
    .with(0);
    let place = folder.path().join(name);
    // The versions of this repository, which are on this machine already, so that no network is needed.
    std::fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    let here = |arguments: &[&str]| {
        let mut command = mapper(arguments);
        command
            .current_dir(&place)
            // The code of the stock mappers is compiled already.
            .env("CARGO_TARGET_DIR", root().join("target"));
        run(&mut command)
    };
    here(&["build", "--offline"]).with(0);
    let module = place.join(format!("built/{name}.wasm"));
    assert!(module.is_file());
    here(&["check", &format!("built/{name}.wasm")]).with(0);
    here(&["test"]).with(0);
    let seen = here(&["inspect", "--json", &format!("built/{name}.wasm")]).with(0);
    let seen: Value = serde_json::from_str(&seen.stdout).unwrap();
    let version =
        |field: &str, tool: &str| seen["producers"][field][tool].as_str().map(str::to_owned);
    let (wit, wit_version) = match kind {
        "assessor" => ("portolan:assessor", "0.1.0"),
        _ => ("portolan:mapper", "1.0.0"),
    };
    assert_eq!(version("sdk", wit).as_deref(), Some(wit_version));
    assert_eq!(
        version("sdk", "portolan-mapper-sdk").as_deref(),
        Some("0.1.0")
    );
    assert!(version("processed-by", "rustc").is_some(), "{seen}");
    assert_eq!(
        (&seen["manifest"]["name"], &seen["kind"]),
        (&json!(name), &json!(kind))
    );
}

#[test]
fn a_new_mapping_builds_and_passes_its_own_test() {
    let sdk = root().join("guest-mappers/sdk");
    let from_here = ["--sdk-path", sdk.to_str().unwrap()];
    new_build_test("acme-services", "EcsService", "mapping", &from_here);
}

#[test]
fn a_new_overlay_builds_and_passes_its_own_test() {
    // With the copy of the SDK in the program, which every author has.
    new_build_test("acme-tags", "EcsTask", "overlay", &[]);
}

#[test]
fn a_new_assessor_builds_and_passes_its_own_test() {
    new_build_test("acme-controls", "EcsService", "assessor", &[]);
}

#[test]
fn a_module_of_the_same_name_elsewhere_is_built_anew() {
    // One folder for compiled code, as all modules of a user share the cache.
    let shared = tempfile::tempdir().unwrap();
    let build = |owner: &str| {
        let folder = tempfile::tempdir().unwrap();
        run(
            mapper(&["new", "acme", "--object", "EcsTask", "--kind", "overlay"])
                .current_dir(folder.path()),
        )
        .with(0);
        let place = folder.path().join("acme");
        std::fs::copy(root().join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
        let source = place.join("src/lib.rs");
        let code = std::fs::read_to_string(&source).unwrap();
        std::fs::write(&source, code.replace("\"owner\"", owner)).unwrap();
        run(mapper(&["build", "--offline"])
            .current_dir(&place)
            .env("CARGO_TARGET_DIR", shared.path()))
        .with(0);
        std::fs::read(place.join("built/acme.wasm")).unwrap()
    };
    let has =
        |module: &[u8], text: &str| module.windows(text.len()).any(|it| it == text.as_bytes());
    let (first, second) = (build("\"first-owner\""), build("\"second-owner\""));
    assert!(has(&first, "first-owner") && !has(&first, "second-owner"));
    assert!(has(&second, "second-owner") && !has(&second, "first-owner"));
}

#[test]
fn new_and_build_name_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let new = |arguments: &[&str]| {
        run(mapper(&["new"])
            .args(arguments)
            .args(["--object", "EcsTask", "--kind", "overlay"])
            .current_dir(folder.path()))
    };
    for (arguments, reason) in [
        (&["Acme"][..], "lower-case letters"),
        (&["acme", "--sdk-path", "/nowhere"], "guest-mappers/sdk"),
    ] {
        let ended = new(arguments).with(1);
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
    new(&["acme", "--sdk", "published"]).with(0);
    let ended = new(&["acme"]).with(1);
    assert!(ended.stderr.contains("already exists"), "{}", ended.stderr);
    let ended = run(mapper(&["test"]).arg(folder.path().join("acme"))).with(1);
    assert!(
        ended.stderr.contains("portolan mapper build"),
        "{}",
        ended.stderr
    );
    let ended = run(mapper(&["build"]).arg(folder.path())).with(1);
    assert!(
        ended.stderr.contains("it has no Cargo.toml (Rust)"),
        "{}",
        ended.stderr
    );
    let manifest = std::fs::read_to_string(folder.path().join("acme/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("portolan-mapper-sdk = \"0."),
        "{manifest}"
    );
}
