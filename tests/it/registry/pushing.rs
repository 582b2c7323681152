use serde_json::{Value, json};

use super::server::{MANIFEST, sha256};
use super::{Registry, mapper, push};
use crate::support::{read_json, run};
use crate::trust::{Shop, alter};

/// Long, because it is one story.
#[test]
fn others_read_what_is_pushed() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    let module = shop.overlay();
    shop.sign(&module, "acme.key");
    let printed = push(&shop, &registry.reference("acme/owner:dev"));
    let bytes = std::fs::read(&module).unwrap();

    let (media_type, manifest_bytes, manifest) = registry.manifest("acme/owner", "dev");
    assert_eq!(media_type, MANIFEST);
    assert_eq!(manifest["mediaType"], MANIFEST);
    let digest = sha256(&manifest_bytes);
    assert_eq!(
        printed,
        format!("{}@{digest}", registry.reference("acme/owner:dev"))
    );
    let (_, by_digest, _) = registry.manifest("acme/owner", &digest);
    assert_eq!(by_digest, manifest_bytes);

    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1, "the layout knows one layer");
    assert_eq!(layers[0]["mediaType"], "application/wasm");
    assert_eq!(layers[0]["size"], bytes.len());
    assert_eq!(layers[0]["digest"], sha256(&bytes));
    assert_eq!(
        layers[0]["annotations"]["org.opencontainers.image.title"],
        "owner.wasm"
    );
    assert!(registry.blob("acme/owner", &layers[0]["digest"]) == bytes);

    let config = &manifest["config"];
    assert_eq!(config["mediaType"], "application/vnd.wasm.config.v0+json");
    let config_bytes = registry.blob("acme/owner", &config["digest"]);
    assert_eq!(config["digest"], sha256(&config_bytes));
    assert_eq!(config["size"], config_bytes.len());
    let config: Value = serde_json::from_slice(&config_bytes).unwrap();
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "wasip2");
    assert_eq!(config["layerDigests"], json!([sha256(&bytes)]));
    assert_eq!(
        config["component"]["target"],
        "portolan:mapper/overlay-module@1.0.0"
    );
    assert_eq!(
        config["component"]["exports"],
        json!(["portolan:mapper/overlay@1.0.0"])
    );
    let imports = config["component"]["imports"].as_array().unwrap();
    assert!(
        imports.contains(&json!("portolan:mapper/diagnostics@1.0.0")),
        "{imports:?}"
    );
    assert!(config["created"].as_str().unwrap().ends_with('Z'));

    let annotations = &manifest["annotations"];
    assert_eq!(
        annotations["org.opencontainers.image.title"],
        "portolan-test-owner"
    );
    let signature = annotations["portolan.mapper.signature"].as_str().unwrap();
    let signature: Value = serde_json::from_str(signature).unwrap();
    assert_eq!(signature, read_json(&shop.path("overlays/owner.wasm.sig")));
}

#[test]
fn a_module_without_tag_goes_under_its_version_and_always_gives_the_same() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    shop.overlay();
    let first = push(&shop, &registry.reference("acme/owner"));
    assert!(
        first.starts_with(&registry.reference("acme/owner:0.1.0@sha256:")),
        "{first}"
    );
    assert_eq!(push(&shop, &registry.reference("acme/owner")), first);
    let (_, _, manifest) = registry.manifest("acme/owner", "0.1.0");
    assert_eq!(
        manifest["annotations"].get("portolan.mapper.signature"),
        None
    );
}

#[test]
fn a_tag_that_moves_to_another_module_is_told() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let shop = Shop::new();
    shop.overlay();
    let reference = registry.reference("acme/owner:1");
    let push = |file: &str| run(&mut mapper(&shop, &["push", file, &reference])).with(0);
    let said = push("overlays/owner.wasm").stderr;
    assert!(!said.contains("pointed to another artifact"), "{said}");
    let said = push("overlays/owner.wasm").stderr;
    assert!(!said.contains("pointed to another artifact"), "{said}");
    shop.mapping();
    let said = push("mappers/task.wasm").stderr;
    assert!(said.contains("pointed to another artifact"), "{said}");
}

#[test]
fn a_module_with_a_broken_signature_is_not_pushed() {
    let shop = Shop::new();
    let module = shop.overlay();
    let mapping = shop.mapping();
    shop.sign(&mapping, "acme.key");
    std::fs::copy(
        shop.path("mappers/task.wasm.sig"),
        shop.path("overlays/owner.wasm.sig"),
    )
    .unwrap();
    let said = run(&mut mapper(
        &shop,
        &["push", "overlays/owner.wasm", "localhost:1/owner:1"],
    ))
    .with(1)
    .stderr;
    assert!(
        said.contains("belongs to another") && said.contains("nothing was pushed"),
        "{said}"
    );
    std::fs::remove_file(shop.path("overlays/owner.wasm.sig")).unwrap();
    alter(&module);
    std::fs::write(&module, "text").unwrap();
    let said = run(&mut mapper(
        &shop,
        &["push", "overlays/owner.wasm", "localhost:1/owner:1"],
    ))
    .with(1)
    .stderr;
    assert!(said.contains("not a WebAssembly file"), "{said}");
}

#[test]
fn a_registry_that_is_not_there_is_named_with_the_way_out() {
    let shop = Shop::new();
    shop.overlay();
    let said = |reference: &str, exit: i32| {
        run(&mut mapper(
            &shop,
            &["push", "overlays/owner.wasm", reference],
        ))
        .with(exit)
        .stderr
    };
    let local = said("localhost:1/owner:1", 1);
    for part in [
        "cannot reach the registry localhost:1 for localhost:1/owner:1",
        "refused",
        "does it speak HTTP",
    ] {
        assert!(local.contains(part), "no `{part}` in {local}");
    }
    let far = said("registry.invalid/owner:1", 1);
    assert!(
        far.contains("registry registry.invalid") && far.contains("--plain-http"),
        "{far}"
    );
    let none = said("acme/owner", 2);
    assert!(none.contains("has to begin with the registry"), "{none}");
}
