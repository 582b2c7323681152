use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::sha256;
use super::{Registry, mapper, pull, pull_unverified, push, refused};
use crate::support::run;
use crate::trust::{Shop, alter};

const CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// A signed overlay in a registry, as `acme/owner:1`.
fn shipped() -> Option<(Registry, Shop, String)> {
    let registry = Registry::start()?;
    let shop = Shop::new();
    let module = shop.overlay();
    shop.sign(&module, "acme.key");
    let reference = registry.reference("acme/owner:1");
    let printed = push(&shop, &reference);
    let (_, digest) = printed.split_once('@').unwrap();
    let exact = registry.reference(&format!("acme/owner@{digest}"));
    Some((registry, shop, exact))
}

/// A manifest with one layer, as in a Wasm artifact.
fn manifest(config: &Value, layer: &Value) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": super::server::MANIFEST,
        "config": config,
        "layers": [layer],
    })
}

#[test]
fn what_was_pushed_is_pulled_verified_pinned_and_used() {
    let Some((_registry, shop, exact)) = shipped() else {
        return;
    };
    let ended = pull(&shop, &exact, "pulled/owner.wasm").with(0);
    assert!(
        ended.stderr.contains("verified, signed by ed25519:"),
        "{}",
        ended.stderr
    );
    for name in ["owner.wasm", "owner.wasm.sig"] {
        let read = |folder: &str| std::fs::read(shop.path(&format!("{folder}/{name}"))).unwrap();
        assert!(read("pulled") == read("overlays"), "{name}");
    }
    let module = std::fs::read(shop.path("pulled/owner.wasm")).unwrap();
    assert_eq!(
        ended.stdout,
        format!("pulled/owner.wasm\t{}\t{}\n", module.len(), sha256(&module))
    );
    assert_eq!(
        crate::support::names_in(&shop.path("pulled")),
        ["owner.wasm", "owner.wasm.sig"]
    );
    shop.pin("pulled").with(0);
    std::fs::remove_dir_all(shop.path("overlays")).unwrap();
    let (key, overlay) = (shop.text("acme.key.pub"), shop.text("pulled/owner.wasm"));
    shop.sync(&[
        "--overlay",
        &overlay,
        "--module-policy",
        "signed",
        "--trusted-keys",
        &key,
    ])
    .with(0);
    let trust = shop.trust("overlay");
    assert_eq!(
        (&trust["signature"]["state"], &trust["pinned"]),
        (&json!("verified"), &json!(true))
    );
}

#[test]
fn a_pull_replaces_module_and_signature() {
    let Some((registry, shop, _)) = shipped() else {
        return;
    };
    pull(&shop, &registry.reference("acme/owner:1"), "owner.wasm").with(0);
    assert!(shop.path("owner.wasm.sig").exists());
    std::fs::remove_file(shop.path("overlays/owner.wasm.sig")).unwrap();
    push(&shop, &registry.reference("acme/owner:2"));
    let unsigned = registry.reference("acme/owner:2");
    // With a key, a module without its signature is refused, and the existing file stays.
    refused(&shop, &unsigned, &["not signed", "nothing was written"]);
    pull(&shop, &unsigned, "owner.wasm").with(1);
    assert!(shop.path("owner.wasm.sig").exists());
    let ended = pull_unverified(&shop, &unsigned, "owner.wasm").with(0);
    assert!(ended.stderr.contains("not signed"), "{}", ended.stderr);
    assert!(
        !shop.path("owner.wasm.sig").exists(),
        "the signature of another version"
    );
    // The default file name is the name of the repository.
    run(&mut mapper(
        &shop,
        &["pull", &registry.reference("acme/owner:2")],
    ))
    .with(0);
}

#[test]
fn a_digest_is_enforced() {
    let Some((registry, shop, exact)) = shipped() else {
        return;
    };
    let (_, _, manifest) = registry.manifest("acme/owner", "1");
    let other = format!("{}@{}", registry.reference("acme/owner"), sha256(b"other"));
    refused(&shop, &other, &["has no", "are repository and tag right?"]);
    // A compromised registry serves other bytes under the digest of the layer.
    alter(&registry.stored(&manifest["layers"][0]["digest"]));
    refused(&shop, &exact, &["does not match its digest", &exact]);
    // And it serves another manifest under the digest of the reference.
    let digest = exact.split_once('@').unwrap().1;
    let stored = registry.stored(&json!(digest));
    let text = std::fs::read_to_string(&stored).unwrap();
    std::fs::write(&stored, text.replace("owner.wasm", "0wner.wasm")).unwrap();
    let said = pull(&shop, &exact, "refused.wasm").with(1).stderr;
    assert!(said.contains(&exact), "{said}");
    assert!(!shop.path("refused.wasm").exists());
}

#[test]
fn what_is_no_module_is_refused() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    let (text, wasm) = (b"no module".as_slice(), "application/wasm");
    let config = registry.put_blob("x", CONFIG, b"{}");
    let put = |tag: &str, manifest: &Value| {
        registry.put_manifest("x", tag, manifest);
        registry.reference(&format!("x:{tag}"))
    };

    let image = registry.put_blob("x", "application/vnd.oci.image.config.v1+json", b"{}");
    let layer = registry.put_blob("x", "application/vnd.oci.image.layer.v1.tar+gzip", text);
    let reference = put("image", &manifest(&image, &layer));
    refused(
        &shop,
        &reference,
        &[
            &reference,
            "is not a mapper module",
            "application/vnd.oci.image.config.v1+json",
        ],
    );

    let reference = put("layer", &manifest(&config, &layer));
    refused(
        &shop,
        &reference,
        &["none of its layers is a module: application/vnd.oci.image.layer.v1.tar+gzip"],
    );

    let layer = registry.put_blob("x", wasm, text);
    refused(
        &shop,
        &put("text", &manifest(&config, &layer)),
        &["it is not a WebAssembly file", "application/wasm, is text"],
    );

    let layer = registry.put_blob("x", wasm, b"\0asm\x01\0\0\0");
    refused(
        &shop,
        &put("core", &manifest(&config, &layer)),
        &["it is a core module"],
    );

    let mut two = manifest(&config, &layer);
    two["layers"].as_array_mut().unwrap().push(layer);
    refused(&shop, &put("two", &two), &["more than one of its layers"]);
}

#[test]
fn what_other_tools_push_is_pulled() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    let module = std::fs::read(shop.overlay()).unwrap();
    let titled = |media_type: &str, title: &str, bytes: &[u8]| {
        let mut layer = registry.put_blob("x", media_type, bytes);
        layer["annotations"] = json!({"org.opencontainers.image.title": title});
        layer
    };
    let (empty, wasm) = ("application/vnd.oci.empty.v1+json", "application/wasm");
    let archive = "application/vnd.oci.image.layer.v1.tar";
    let read_me = titled("text/markdown", "README.md", b"Tags.");
    let signature = titled(wasm, "owner.wasm.sig", b"{}");
    for (tag, config, layers) in [
        ("oras", empty, vec![titled(wasm, "owner.wasm", &module)]),
        (
            "untyped",
            empty,
            vec![titled(archive, "owner.wasm", &module)],
        ),
        (
            "beside",
            empty,
            vec![read_me, titled(wasm, "owner", &module)],
        ),
        (
            "named",
            empty,
            vec![signature, titled(wasm, "owner.wasm", &module)],
        ),
        (
            "wasm-to-oci",
            "application/vnd.wasm.config.v1+json",
            vec![registry.put_blob("x", "application/vnd.wasm.content.layer.v1+wasm", &module)],
        ),
    ] {
        let config = registry.put_blob("x", config, b"{}");
        let mut pushed = manifest(&config, &json!(null));
        pushed["layers"] = json!(layers);
        pushed["artifactType"] = json!("application/vnd.unknown.artifact.v1");
        registry.put_manifest("x", tag, &pushed);
        let reference = registry.reference(&format!("x:{tag}"));
        pull_unverified(&shop, &reference, "pulled.wasm").with(0);
        assert!(
            std::fs::read(shop.path("pulled.wasm")).unwrap() == module,
            "{tag}"
        );
    }
}

#[test]
fn sizes_are_limits() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    let config = registry.put_blob("x", CONFIG, b"{}");
    let module = std::fs::read(shop.overlay()).unwrap();
    let mut layer = registry.put_blob("x", "application/wasm", &module);
    layer["size"] = json!(64 * 1024 * 1024 + 1);
    registry.put_manifest("x", "huge", &manifest(&config, &layer));
    refused(&shop, &registry.reference("x:huge"), &["67108865 bytes"]);
    layer["size"] = json!(8);
    registry.put_manifest("x", "liar", &manifest(&config, &layer));
    refused(
        &shop,
        &registry.reference("x:liar"),
        &["more than the 8 bytes"],
    );
}

#[test]
fn an_assessor_takes_the_same_way() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    let module = shop.put("tests/guests/built/liar.wasm", "assessors/liar.wasm");
    shop.sign(&module, "acme.key");
    let reference = registry.reference("acme/liar:1");
    run(&mut mapper(
        &shop,
        &["push", "assessors/liar.wasm", &reference],
    ))
    .with(0);
    let (_, _, manifest) = registry.manifest("acme/liar", "1");
    let config: Value =
        serde_json::from_slice(&registry.blob("acme/liar", &manifest["config"]["digest"])).unwrap();
    assert_eq!(
        config["component"]["target"],
        "portolan:assessor/assessor-module@0.1.0"
    );
    pull(&shop, &reference, "pulled/liar.wasm").with(0);
    shop.pin("pulled").with(0);
    let (key, pulled) = (shop.text("acme.key.pub"), shop.text("pulled/liar.wasm"));
    let trusted = ["--module-policy", "signed", "--trusted-keys", &key];
    shop.site
        .sync(
            &[
                &["--assess", "--results", "all", "--assessors", &pulled],
                &trusted[..],
            ]
            .concat(),
        )
        .with(3);
    // It ran: no cluster has the name of a behaviour.
    let findings: BTreeMap<String, Value> = shop.site.records("Finding");
    let judged = |it: &&Value| it["CONTROL_ID"] == "L.1";
    let reason = findings.values().find(judged).unwrap()["REASONS"][0].to_string();
    assert!(reason.contains("no behaviour is called"), "{reason}");
}

#[test]
fn a_component_that_is_no_mapper_is_kept_with_a_note() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    let config = registry.put_blob("x", CONFIG, b"{}");
    let layer = registry.put_blob("x", "application/wasm", b"\0asm\x0d\0\x01\0");
    registry.put_manifest("x", "other", &manifest(&config, &layer));
    let ended = pull_unverified(&shop, &registry.reference("x:other"), "other.wasm").with(0);
    assert!(
        ended.stderr.contains("note: a sync would refuse it"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_signature_that_contradicts_its_module_is_refused() {
    let Some((registry, shop, _)) = shipped() else {
        return;
    };
    let (_, _, mut manifest) = registry.manifest("acme/owner", "1");
    let mapping = shop.mapping();
    shop.sign(&mapping, "acme.key");
    let signature = std::fs::read_to_string(shop.path("mappers/task.wasm.sig")).unwrap();
    manifest["annotations"]["portolan.mapper.signature"] = json!(signature);
    registry.put_manifest("acme/owner", "swapped", &manifest);
    let reference = registry.reference("acme/owner:swapped");
    refused(
        &shop,
        &reference,
        &["belongs to another", "nothing was written"],
    );
    manifest["annotations"]["portolan.mapper.signature"] = json!("nonsense");
    registry.put_manifest("acme/owner", "nonsense", &manifest);
    refused(
        &shop,
        &registry.reference("acme/owner:nonsense"),
        &["portolan schema signature"],
    );
}
