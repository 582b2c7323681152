use serde_json::json;

use super::{Shop, alter, replace};
use crate::support::read_json;

/// A shop whose mapping and overlay are pinned, each in its folder.
fn pinned() -> Shop {
    let shop = Shop::new();
    shop.mapping();
    shop.overlay();
    shop.pin("mappers").with(0);
    shop.pin("overlays/owner.wasm").with(0);
    shop
}

#[test]
fn pinned_modules_run_and_the_report_says_so() {
    let shop = pinned();
    shop.sync(&[]).with(0);
    for kind in ["mapping", "overlay"] {
        let trust = json!({"signature": {"state": "not-signed"}, "pinned": true});
        assert_eq!(shop.trust(kind), trust, "{kind}");
    }
}

#[test]
fn a_lock_refuses_another_digest() {
    for file in ["mappers/task.wasm", "overlays/owner.wasm"] {
        let shop = pinned();
        alter(&shop.path(file));
        let path = shop.text(file);
        shop.refused(
            &[],
            &[
                &path,
                "its digest is sha256:",
                "mappers.lock pins sha256:",
                "portolan mapper pin",
                "policy `pinned`",
            ],
        );
    }
}

#[test]
fn a_lock_refuses_another_name_or_version() {
    let shop = pinned();
    let lock = shop.path("overlays/mappers.lock");
    replace(&lock, "version = \"0.1.0\"", "version = \"0.2.0\"");
    shop.refused(
        &[],
        &["mappers.lock pins the version 0.2.0, but the module's is 0.1.0"],
    );
    replace(&lock, "version = \"0.2.0\"", "version = \"0.1.0\"");
    replace(&lock, "name = \"portolan-test-owner\"", "name = \"acme\"");
    shop.refused(
        &[],
        &["mappers.lock pins the name acme, but the module's is portolan-test-owner"],
    );
}

#[test]
fn a_lock_refuses_a_folder_with_more_or_less() {
    let shop = pinned();
    std::fs::copy(
        shop.path("mappers/task.wasm"),
        shop.path("mappers/also.wasm"),
    )
    .unwrap();
    shop.refused(
        &[],
        &[
            "also.wasm",
            "mappers.lock does not pin it",
            "portolan mapper pin",
        ],
    );
    std::fs::rename(
        shop.path("mappers/also.wasm"),
        shop.path("mappers/other.wasm"),
    )
    .unwrap();
    std::fs::remove_file(shop.path("mappers/task.wasm")).unwrap();
    shop.refused(
        &[],
        &[
            "mappers.lock pins task.wasm (portolan-mapper-task",
            "which does not exist",
        ],
    );
}

#[test]
fn a_lock_that_cannot_be_read_refuses_everything() {
    let shop = pinned();
    std::fs::write(shop.path("mappers/mappers.lock"), "format = [").unwrap();
    shop.refused(&[], &["mappers.lock cannot be used", "line 1", "pin anew"]);
    std::fs::remove_file(shop.path("mappers/mappers.lock")).unwrap();
    std::fs::create_dir(shop.path("mappers/mappers.lock")).unwrap();
    shop.refused(&[], &["mappers.lock cannot be used"]);
}

#[test]
fn a_module_that_was_signed_when_pinned_has_to_stay_signed() {
    let shop = Shop::new();
    let module = shop.overlay();
    let signature = shop.path("overlays/owner.wasm.sig");
    shop.sign(&module, "acme.key");
    shop.pin("overlays").with(0);
    // The lock names the key itself, so it needs no trusted key.
    shop.sync(&[]).with(0);
    let shop = Shop { site: shop.site };
    std::fs::remove_dir_all(shop.site.output()).unwrap();
    shop.site.simulator.reset();
    std::fs::remove_file(&signature).unwrap();
    shop.refused(
        &[],
        &["pins it as signed by ed25519:", "but it is not signed"],
    );
    shop.keygen("stranger.key");
    shop.sign(&module, "stranger.key");
    shop.refused(
        &[],
        &[
            "pins it as signed by ed25519:",
            "but it is signed by ed25519:",
        ],
    );
}

#[test]
fn pinning_says_what_changes() {
    let shop = Shop::new();
    let module = shop.mapping();
    let said = shop.pin("mappers").with(0).stdout;
    assert!(
        said.starts_with("added    task.wasm: portolan-mapper-task 0.1.0, sha256:"),
        "{said}"
    );
    assert!(said.contains("not signed"), "{said}");
    let said = shop.pin("mappers").with(0).stdout;
    assert!(said.starts_with("kept     task.wasm"), "{said}");
    shop.sign(&module, "acme.key");
    let said = shop.pin("mappers").with(0).stdout;
    assert!(
        said.starts_with("changed  task.wasm") && said.contains("\n      to task.wasm"),
        "{said}"
    );
    assert!(said.contains("signed by ed25519:"), "{said}");
    std::fs::rename(&module, shop.path("mappers/tasks.wasm")).unwrap();
    let said = shop.pin("mappers").with(0).stdout;
    assert!(
        said.contains("added    tasks.wasm") && said.contains("removed  task.wasm"),
        "{said}"
    );
}

#[test]
fn pinning_one_file_keeps_what_is_pinned_of_others() {
    let shop = pinned();
    std::fs::copy(
        shop.path("overlays/owner.wasm"),
        shop.path("overlays/second.wasm"),
    )
    .unwrap();
    let said = shop.pin("overlays/second.wasm").with(0).stdout;
    assert!(said.starts_with("added    second.wasm"), "{said}");
    let lock = std::fs::read_to_string(shop.path("overlays/mappers.lock")).unwrap();
    assert!(
        lock.contains("\"owner.wasm\"") && lock.contains("\"second.wasm\""),
        "{lock}"
    );
    let both = [
        shop.text("overlays/owner.wasm"),
        shop.text("mappers/task.wasm"),
    ];
    let ended = shop.mapper(&["pin", &both[0], &both[1]]).with(1);
    assert!(
        ended.stderr.contains("each folder has a lock of its own"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_is_broken_is_not_pinned() {
    let shop = Shop::new();
    let module = shop.overlay();
    shop.sign(&module, "acme.key");
    let place = shop.path("overlays/owner.wasm.sig");
    let version = read_json(&place)["statement"]["version"].to_string();
    replace(&place, &version, "\"99.0.0\"");
    let ended = shop.pin("overlays").with(1);
    assert!(
        ended.stderr.contains("nothing was pinned"),
        "{}",
        ended.stderr
    );
    assert!(!shop.path("overlays/mappers.lock").exists());
    std::fs::create_dir(shop.path("empty")).unwrap();
    let ended = shop.pin("empty").with(1);
    assert!(ended.stderr.contains("no .wasm file"), "{}", ended.stderr);
}
