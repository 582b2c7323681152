use std::process::Command;

use super::{Registry, mapper};
use crate::support::{Ended, run};
use crate::trust::Shop;

const PASSWORD: &str = "open-sesame";

fn push(shop: &Shop, registry: &Registry, with: impl FnOnce(&mut Command)) -> Ended {
    let reference = registry.reference("acme/owner:1");
    let mut command = mapper(shop, &["push", "overlays/owner.wasm", &reference]);
    with(&mut command);
    let ended = run(&mut command);
    for said in [&ended.stdout, &ended.stderr] {
        assert!(!said.contains(PASSWORD), "{said}");
    }
    ended
}

fn with_variables(command: &mut Command, password: &str) {
    command
        .env("PORTOLAN_REGISTRY_USERNAME", "publisher")
        .env("PORTOLAN_REGISTRY_PASSWORD", password);
}

#[test]
fn a_locked_registry_wants_credentials() {
    let Some(registry) = Registry::locked() else {
        return;
    };
    let shop = Shop::new();
    shop.overlay();
    let said = push(&shop, &registry, |_| {}).with(1).stderr;
    let parts = [
        "refuses to push",
        &registry.address,
        "without credentials",
        "docker login",
        "PORTOLAN_REGISTRY_PASSWORD",
    ];
    for part in parts {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    let said = push(&shop, &registry, |command| with_variables(command, "wrong"))
        .with(1)
        .stderr;
    assert!(said.contains("with PORTOLAN_REGISTRY_USERNAME"), "{said}");
    push(&shop, &registry, |command| {
        with_variables(command, PASSWORD)
    })
    .with(0);
    let reference = registry.reference("acme/owner:1");
    let said = run(&mut mapper(&shop, &["pull", &reference]))
        .with(1)
        .stderr;
    assert!(said.contains("refuses to pull"), "{said}");
    let mut pull = mapper(&shop, &["pull", &reference]);
    with_variables(&mut pull, PASSWORD);
    run(&mut pull).with(0);
}

#[test]
fn what_docker_login_stored_is_used() {
    let Some(registry) = Registry::locked() else {
        return;
    };
    let shop = Shop::new();
    shop.overlay();
    // The base64 of publisher:open-sesame, as `docker login` writes it.
    let stored = |auth: &str| {
        let text = serde_json::json!({"auths": {&registry.address: {"auth": auth}}}).to_string();
        std::fs::write(shop.path("config.json"), text).unwrap();
    };
    stored("cHVibGlzaGVyOm9wZW4tc2VzYW1l");
    push(&shop, &registry, |_| {}).with(0);
    stored("!");
    let said = push(&shop, &registry, |_| {}).with(1).stderr;
    assert!(
        said.contains("cannot be used") && said.contains("docker login"),
        "{said}"
    );
    // Wrapped as `base64` prints it, from a text that ends with a line break.
    stored("cHVibGlzaGVyOm9wZW4t\nc2VzYW1lCg==\n");
    push(&shop, &registry, |_| {}).with(0);
    let utf16 = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes);
    std::fs::write(shop.path("config.json"), utf16.collect::<Vec<_>>()).unwrap();
    let said = push(&shop, &registry, |_| {}).with(1).stderr;
    assert!(said.contains("it is UTF-16"), "{said}");
    std::fs::write(shop.path("config.json"), "no JSON").unwrap();
    let said = push(&shop, &registry, |_| {}).with(1).stderr;
    assert!(said.contains("configuration file cannot be read"), "{said}");
}

#[test]
fn half_of_the_credentials_is_none() {
    let shop = Shop::new();
    shop.overlay();
    let mut push = mapper(
        &shop,
        &["push", "overlays/owner.wasm", "localhost:1/owner:1"],
    );
    push.env("PORTOLAN_REGISTRY_USERNAME", "publisher");
    let said = run(&mut push).with(1).stderr;
    assert!(said.contains("belong together"), "{said}");
}
