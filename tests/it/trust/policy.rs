use serde_json::json;

use super::{Shop, alter};
use crate::support::{portolan, run};

#[test]
fn the_policy_signed_takes_what_a_trusted_key_has_signed() {
    let shop = Shop::new();
    let (mapping, overlay) = (shop.mapping(), shop.overlay());
    let key = shop.text("acme.key.pub");
    let signed = ["--module-policy", "signed", "--trusted-keys", &key];
    shop.refused(
        &signed,
        &[
            "task.wasm",
            "policy `signed`: it is not signed",
            "portolan mapper sign",
        ],
    );
    shop.sign(&mapping, "acme.key");
    shop.refused(&signed, &["owner.wasm", "it is not signed"]);
    shop.sign(&overlay, "acme.key");
    shop.refused(
        &["--module-policy", "signed"],
        &["no key is trusted", "trusted-keys"],
    );
    shop.sync(&signed).with(0);
    for kind in ["mapping", "overlay"] {
        let trust = shop.trust(kind);
        assert_eq!(trust["signature"]["state"], "verified", "{kind}");
        assert_eq!(trust["signature"]["key"], key, "{kind}");
        assert_eq!(trust["pinned"], false, "{kind}");
    }
}

#[test]
fn the_policy_signed_refuses_a_changed_byte_and_a_stranger() {
    let shop = Shop::new();
    let module = shop.overlay();
    let key = shop.text("acme.key.pub");
    let signed = ["--module-policy", "signed", "--trusted-keys", &key];
    shop.keygen("stranger.key");
    shop.sign(&module, "stranger.key");
    shop.refused(
        &signed,
        &["verification failed", "not one of the trusted keys"],
    );
    shop.sign(&module, "acme.key");
    alter(&module);
    shop.refused(
        &signed,
        &["verification failed", "changed after it was signed"],
    );
}

#[test]
fn the_policy_signed_keeps_to_a_lock_too() {
    let shop = Shop::new();
    let module = shop.overlay();
    let key = shop.text("acme.key.pub");
    let signed = ["--module-policy", "signed", "--trusted-keys", &key];
    shop.pin("overlays").with(0);
    shop.sign(&module, "acme.key");
    std::fs::rename(shop.path("overlays/mappers.lock"), shop.path("kept.lock")).unwrap();
    std::fs::write(
        shop.path("overlays/mappers.lock"),
        "format = 'portolan-mappers-lock/1'\n",
    )
    .unwrap();
    shop.refused(&signed, &["mappers.lock does not pin it"]);
    std::fs::rename(shop.path("kept.lock"), shop.path("overlays/mappers.lock")).unwrap();
    shop.sync(&signed).with(0);
}

#[test]
fn the_policy_pinned_wants_a_lock_and_any_looks_at_none() {
    let shop = Shop::new();
    let module = shop.overlay();
    shop.refused(
        &["--module-policy", "pinned"],
        &["there is no ", "mappers.lock", "portolan mapper pin"],
    );
    shop.pin("overlays").with(0);
    shop.sign(&module, "acme.key");
    std::fs::write(shop.path("overlays/mappers.lock"), "no lock").unwrap();
    let ended = shop.sync(&["--module-policy", "any"]).with(0);
    // A signature without effect on the policy is reported all the same.
    assert!(
        ended.stderr.contains("verification failed"),
        "{}",
        ended.stderr
    );
    assert_eq!(
        shop.trust("overlay")["signature"]["state"],
        "verification-failed"
    );
}

#[test]
fn without_lock_and_policy_any_module_runs() {
    let shop = Shop::new();
    shop.overlay();
    shop.sync(&[]).with(0);
    let trust = json!({"signature": {"state": "not-signed"}, "pinned": false});
    assert_eq!(shop.trust("overlay"), trust);
    assert_eq!(shop.trust("mapping"), json!(null), "stock");
}

#[test]
fn stock_modules_satisfy_every_policy() {
    let shop = Shop::new();
    shop.sync(&["--module-policy", "signed"]).with(0);
    shop.sync(&["--module-policy", "pinned"]).with(0);
}

#[test]
fn a_flag_wins_over_the_variable_and_the_variable_over_the_file() {
    let shop = Shop::new();
    shop.overlay();
    let file = shop.path("portolan.toml");
    std::fs::write(&file, "module-policy = 'signed'\n").unwrap();
    let file = file.to_str().unwrap();
    shop.refused(&["--config", file], &["policy `signed`"]);
    let with_variable = |arguments: &[&str]| {
        let mut sync = shop.site.sync_command(arguments);
        sync.args(["--config", file])
            .env("PORTOLAN_MODULE_POLICY", "pinned")
            .arg("--overlay")
            .arg(shop.path("overlays/owner.wasm"));
        run(&mut sync)
    };
    let said = with_variable(&[]).with(2).stderr;
    assert!(said.contains("policy `pinned`"), "{said}");
    with_variable(&["--module-policy", "any"]).with(0);
}

#[test]
fn map_and_validate_keep_to_the_policy() {
    let shop = Shop::new();
    let module = shop.overlay();
    let pages = crate::support::root().join("tests/pages/aws-examples/describe-tasks-1.json");
    for command in ["map", "validate"] {
        let mut run_it = portolan();
        run_it
            .arg(command)
            .arg(&pages)
            .arg("--overlay")
            .arg(&module);
        let said = run(run_it.args(["--module-policy", "pinned"])).with(2);
        assert!(said.stderr.contains("policy `pinned`"), "{}", said.stderr);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn a_key_that_cannot_be_read_is_named() {
    let shop = Shop::new();
    shop.overlay();
    let missing = shop.text("none.pub");
    shop.refused(
        &["--trusted-keys", &missing],
        &["cannot read the key", "none.pub"],
    );
    let private = shop.text("acme.key");
    shop.refused(
        &["--trusted-keys", &private],
        &["acme.key cannot be used: it is a private key"],
    );
}
