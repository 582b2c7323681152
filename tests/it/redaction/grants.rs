//! An operator may grant environment values to a named module; no other module sees them.

use std::process::Command;

use portolan_tests::simulator::{Rules, World};
use serde_json::Value;

use super::nowhere;
use crate::guests::answers::{data, mapping, words};
use crate::support::{Ended, Site, run};

/// The text in every environment value of the world.
const CANARY: &str = "CANARY-4711";

/// A mapping without records. It gives an issue called `seen` for a page that holds "CANA". `asks` is added
/// to its manifest.
pub(super) fn spy(name: &str, object: &str, asks: &str) -> Vec<u8> {
    let manifest = format!(
        r#"{{"name":"{name}","version":"1.0.0","kind":"mapping","objects":["{object}"],{asks}}}"#
    );
    // An issue: no source index, a warning, then pointer and length of code, path and message.
    let issue = words(&[0, 0, 0, 1100, 4, 1100, 0, 1100, 4]);
    mapping(&format!(
        r#"(module
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 8192)
            (func (export "portolan:mapper/mapping@1.0.0#manifest") (result i32) i32.const 512)
            (func (export "portolan:mapper/mapping@1.0.0#map-page") (param {others}) (param $page i32)
                (param $length i32) (result i32)
                (local $end i32)
                (local.set $end (i32.sub (i32.add (local.get $page) (local.get $length)) (i32.const 4)))
                (loop $next
                    (if (i32.eq (i32.load (local.get $page)) (i32.const {canary}))
                        (then (return (i32.const 2304))))
                    (local.set $page (i32.add (local.get $page) (i32.const 1)))
                    (br_if $next (i32.le_u (local.get $page) (local.get $end))))
                i32.const 2048)
            (data (i32.const 0) "{manifest}")
            (data (i32.const 512) "{manifest_area}")
            (data (i32.const 1100) "seen")
            (data (i32.const 1200) "{issue}")
            (data (i32.const 2304) "{result}"))"#,
        others = "i32 ".repeat(14),
        canary = u32::from_le_bytes(*b"CANA"),
        manifest = data(manifest.as_bytes()),
        manifest_area = words(&[0, manifest.len() as u32]),
        result = words(&[0, 0, 0, 0, 0, 1200, 1]),
    ))
}

/// A site with a mappers folder that holds a module that asks for values and one that does not.
fn site(asking: &str) -> Site {
    let site = Site::new(World::small(1).with_canary(CANARY), Rules::default());
    let folder = site.folder.path().join("mappers");
    std::fs::create_dir(&folder).unwrap();
    let module = spy("asking", "EcsTask", &format!(r#""capabilities":{asking}"#));
    std::fs::write(folder.join("asking.wasm"), module).unwrap();
    let module = spy("other", "EcsTaskDefinition", r#""capabilities":[]"#);
    std::fs::write(folder.join("other.wasm"), module).unwrap();
    site
}

fn sync(site: &Site, config: &str) -> Ended {
    let file = site.folder.path().join("portolan.toml");
    std::fs::write(&file, config).unwrap();
    let recording = site.folder.path().join("pages.jsonl");
    let mut sync: Command = site.sync_command(&["--log", "trace", "--page-size", "5"]);
    sync.arg("--config").arg(&file);
    sync.arg("--mappers")
        .arg(site.folder.path().join("mappers"));
    run(sync.arg("--record").arg(&recording))
}

/// Number of pages in which the module of an object has seen values.
fn seen(site: &Site, object: &str) -> usize {
    let report: Value = site.report();
    let scopes = report["scopes"].as_array().unwrap().iter();
    scopes
        .filter(|scope| scope["object"] == object)
        .filter_map(|scope| scope["warnings"].as_array())
        .flatten()
        .filter(|warning| warning["code"] == "seen")
        .count()
}

const GRANT: &str = "[modules.asking]\ngrant = [\"environment-values\"]\n";

#[test]
fn a_granted_module_sees_values_and_no_other_does() {
    let site = site(r#"["environment-values"]"#);
    let ended = sync(&site, GRANT).with(3);
    assert!(seen(&site, "EcsTask") > 0, "{:#}", site.report());
    assert_eq!(seen(&site, "EcsTaskDefinition"), 0);
    let recording = std::fs::read_to_string(site.folder.path().join("pages.jsonl")).unwrap();
    assert!(recording.contains("environment"));
    nowhere(CANARY, &ended, site.folder.path());
}

#[test]
fn a_checkpoint_is_not_kept_without_values_that_are_granted() {
    let site = site(r#"["environment-values"]"#);
    let file = site.folder.path().join("portolan.toml");
    std::fs::write(&file, GRANT).unwrap();
    let checkpoint = site.folder.path().join("checkpoint");
    let mut sync: Command = site.sync_command(&[]);
    sync.arg("--config").arg(&file);
    sync.arg("--mappers")
        .arg(site.folder.path().join("mappers"));
    let ended = run(sync.arg("--checkpoint").arg(&checkpoint)).with(2);
    assert!(
        ended
            .stderr
            .contains("environment-values, which are not kept"),
        "{}",
        ended.stderr
    );
    assert!(!checkpoint.exists());
}

#[test]
fn a_module_that_does_not_ask_sees_none() {
    let site = site("[]");
    let ended = sync(&site, "").with(3);
    assert_eq!(seen(&site, "EcsTask") + seen(&site, "EcsTaskDefinition"), 0);
    nowhere(CANARY, &ended, site.folder.path());
}

#[test]
fn asking_alone_and_granting_alone_are_refused() {
    for (asking, config, says) in [
        (
            r#"["environment-values"]"#,
            "",
            "set grant = [\"environment-values\"] in [modules.asking]",
        ),
        ("[]", GRANT, "which its manifest does not request"),
        (
            r#"["network"]"#,
            "[modules.asking]\ngrant = [\"environment-values\"]\n",
            "the capability `network`, which this host cannot grant",
        ),
    ] {
        let site = site(asking);
        let ended = sync(&site, config).with(2);
        assert!(ended.stderr.contains(says), "{}", ended.stderr);
        assert_eq!(site.simulator.counts(), []);
    }
}
