use serde_json::{Value, json};

use super::{Shop, alter, replace};
use crate::support::{portolan, read_json, run};

/// `verify` of the overlay with Acme's key.
fn verify(shop: &Shop, status: i32, part: &str) -> String {
    let file = shop.text("overlays/owner.wasm");
    let key = shop.text("acme.key.pub");
    let said = shop
        .mapper(&["verify", &file, "--key", &key])
        .with(status)
        .stdout;
    assert!(said.contains(part), "no `{part}` in {said}");
    said
}

#[test]
fn a_module_is_not_signed_then_verified_then_fails() {
    let shop = Shop::new();
    let module = shop.overlay();
    verify(&shop, 1, ": not signed");
    let ended = shop.sign(&module, "acme.key");
    assert_eq!(ended.stdout.trim(), shop.text("overlays/owner.wasm.sig"));
    let said = verify(&shop, 0, ": verified, signed by ed25519:");
    assert!(said.contains("acme.key.pub"), "{said}");
    alter(&module);
    let said = verify(&shop, 1, ": verification failed: ");
    assert!(said.contains("changed after it was signed"), "{said}");
}

#[test]
fn the_states_are_seen_in_inspect_and_check() {
    let shop = Shop::new();
    let module = shop.overlay();
    let file = module.to_str().unwrap();
    let key = shop.text("acme.key.pub");
    let inspect = || -> Value {
        let ended = shop
            .mapper(&["inspect", "--json", file, "--key", &key])
            .with(0);
        serde_json::from_str(&ended.stdout).unwrap()
    };
    assert_eq!(inspect()["signature"], json!({"state": "not-signed"}));
    let check = shop.mapper(&["check", file]).with(0).stdout;
    assert!(check.contains("signature: not signed"), "{check}");
    shop.sign(&module, "acme.key");
    assert_eq!(inspect()["signature"]["state"], "verified");
    let check = shop.mapper(&["check", file, "--key", &key, "--module-policy", "signed"]);
    assert!(check.with(0).stdout.contains("signature: verified"));
    let text = shop.mapper(&["inspect", file]).with(0).stdout;
    assert!(
        text.contains("signature: verification failed: it is signed by"),
        "{text}"
    );
    let check = shop
        .mapper(&["check", file, "--module-policy", "signed"])
        .with(1)
        .stdout;
    assert!(
        check.contains("fault: module") && check.contains("no key is trusted"),
        "{check}"
    );
}

#[test]
fn the_signature_of_another_module_does_not_count() {
    let shop = Shop::new();
    let (overlay, mapping) = (shop.overlay(), shop.mapping());
    shop.sign(&mapping, "acme.key");
    std::fs::copy(
        shop.path("mappers/task.wasm.sig"),
        shop.path("overlays/owner.wasm.sig"),
    )
    .unwrap();
    verify(&shop, 1, "the signature belongs to another");
    shop.sign(&overlay, "acme.key");
    verify(&shop, 0, "verified");
}

#[test]
fn the_key_of_a_stranger_does_not_count() {
    let shop = Shop::new();
    let module = shop.overlay();
    let stranger = shop.keygen("stranger.key");
    shop.sign(&module, "stranger.key");
    let said = verify(&shop, 1, "which is not one of the trusted keys");
    assert!(said.contains(&stranger), "{said}");
    // Acme's name over the stranger's does not make it a signature of Acme.
    let acme = shop.keygen("acme2.key");
    replace(&shop.path("overlays/owner.wasm.sig"), &stranger, &acme);
    verify(&shop, 1, "does not hold a valid signature of");
}

#[test]
fn a_statement_cannot_be_rewritten() {
    let shop = Shop::new();
    let module = shop.overlay();
    shop.sign(&module, "acme.key");
    let place = shop.path("overlays/owner.wasm.sig");
    let statement = &read_json(&place)["statement"];
    assert_eq!(statement["name"], "portolan-test-owner");
    assert_eq!(statement["wit"], "portolan:mapper@1.0.0");
    let version = statement["version"].as_str().unwrap().to_owned();
    replace(&place, &format!("\"{version}\""), "\"99.0.0\"");
    verify(&shop, 1, "does not hold a valid signature of");
    std::fs::write(&place, "{}").unwrap();
    verify(
        &shop,
        1,
        "is not as `portolan schema signature` describes it",
    );
}

/// A signature may state a wrong name, so the module's own name counts, too.
#[test]
fn a_statement_that_the_module_refutes_does_not_count() {
    use portolan_sandbox::trust::{Identity, PrivateKey, Signature, sha256};
    let shop = Shop::new();
    let module = shop.overlay();
    let key = PrivateKey::read(&shop.path("acme.key")).unwrap();
    let claim = Identity {
        name: "portolan-test-owner".into(),
        version: "99.0.0".into(),
        digest: sha256(&std::fs::read(&module).unwrap()),
        wit: "portolan:mapper@1.0.0".into(),
    };
    Signature::sign(&claim, &key).write(&module).unwrap();
    let said = verify(&shop, 1, "states the version 99.0.0, but the module's is ");
    assert!(said.contains("verification failed"), "{said}");
    let keys = [
        "--module-policy",
        "signed",
        "--trusted-keys",
        &shop.text("acme.key.pub"),
    ];
    shop.refused(&keys, &["states the version 99.0.0", "policy `signed`"]);
}

#[test]
fn keys_are_private_and_never_overwritten() {
    let shop = Shop::new();
    let key = shop.path("acme.key");
    let before = std::fs::read(&key).unwrap();
    let said = shop
        .mapper(&["keygen", key.to_str().unwrap()])
        .with(1)
        .stderr;
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(std::fs::read(&key).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let module = shop.overlay();
    let ended = shop.mapper(&[
        "sign",
        module.to_str().unwrap(),
        "--key",
        &shop.text("acme.key.pub"),
    ]);
    assert!(ended.with(1).stderr.contains("it is a public key"));
}

/// OpenSSL makes keys that Portolan accepts, and verifies signatures that Portolan makes. Long, because it is
/// one story.
#[test]
fn openssl_and_we_understand_each_other() {
    let openssl = |arguments: &[&str]| {
        let output = std::process::Command::new("openssl")
            .args(arguments)
            .output();
        output.map(|output| output.status.success())
    };
    let shop = Shop::new();
    let (key, public) = (shop.text("openssl.key"), shop.text("openssl.pub"));
    if openssl(&["genpkey", "-algorithm", "ed25519", "-out", &key]).is_err() {
        use std::io::Write;
        writeln!(
            std::io::stderr(),
            "SKIPPED: openssl_and_we_understand_each_other: no openssl here"
        )
        .unwrap();
        return;
    }
    assert!(openssl(&["pkey", "-in", &key, "-pubout", "-out", &public]).unwrap());
    let module = shop.overlay();
    shop.sign(&module, "openssl.key");
    shop.mapper(&["verify", module.to_str().unwrap(), "--key", &public])
        .with(0);
    // And a key of Portolan, with the signature over the statement as canonical JSON.
    shop.sign(&module, "acme.key");
    let signature = read_json(&shop.path("overlays/owner.wasm.sig"));
    let (text, raw) = (shop.text("statement"), shop.text("raw"));
    std::fs::write(&text, signature["statement"].to_string()).unwrap();
    std::fs::write(
        shop.path("base64"),
        signature["signature"].as_str().unwrap(),
    )
    .unwrap();
    assert!(
        openssl(&[
            "base64",
            "-d",
            "-A",
            "-in",
            &shop.text("base64"),
            "-out",
            &raw
        ])
        .unwrap()
    );
    let check = |file: &str| {
        openssl(&[
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            &shop.text("acme.key.pub"),
            "-rawin",
            "-in",
            file,
            "-sigfile",
            &raw,
        ])
        .unwrap()
    };
    assert!(check(&text));
    replace(
        &shop.path("statement"),
        "portolan-test-owner",
        "portolan-test-0wner",
    );
    assert!(!check(&text));
    assert!(openssl(&["pkey", "-in", &shop.text("acme.key"), "-noout"]).unwrap());
}

#[test]
fn a_file_that_is_no_module_is_not_signed() {
    let shop = Shop::new();
    std::fs::write(shop.path("text.wasm"), "text").unwrap();
    let mut sign = portolan();
    sign.args(["mapper", "sign"])
        .arg(shop.path("text.wasm"))
        .arg("--key")
        .arg(shop.path("acme.key"));
    assert!(
        run(&mut sign)
            .with(1)
            .stderr
            .contains("it is not a WebAssembly file")
    );
    assert!(!shop.path("text.wasm.sig").exists());
}
