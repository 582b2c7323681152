use super::*;
use secrecy::ExposeSecret;

fn secrets(key: &str) -> Secrets {
    Secrets {
        secret_access_key: Some(key.into()),
        ..Secrets::default()
    }
}

fn plain(vault: &Vault, id: &str, sealed: &Sealed) -> Option<String> {
    let secrets = vault.unseal(id, sealed).ok()?;
    Some(secrets.secret_access_key?.expose_secret().to_owned())
}

#[test]
fn a_row_decrypts_only_in_its_place_and_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let vault = Vault::open(folder.path(), None, true).expect("a vault");
    let sealed = vault.seal("one", 1, &secrets("canary")).expect("sealed");
    assert_eq!(plain(&vault, "one", &sealed).as_deref(), Some("canary"));
    assert_eq!(plain(&vault, "two", &sealed), None);
    let other = vault.seal("one", 2, &secrets("later")).expect("sealed");
    let mixed = Sealed {
        version: 2,
        ..sealed.clone()
    };
    assert_eq!(plain(&vault, "one", &mixed), None);
    let mixed = Sealed {
        secrets: sealed.secrets.clone(),
        ..other
    };
    assert_eq!(plain(&vault, "one", &mixed), None);
    let mut damaged = sealed.clone();
    damaged.secrets[20] ^= 1;
    assert_eq!(plain(&vault, "one", &damaged), None);
    let stored = [sealed.secrets, sealed.wrapped_key].concat();
    assert!(!stored.windows(6).any(|window| window == b"canary"));
}

#[test]
fn keys_are_rotated_beside_a_vault_that_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Vault::open(folder.path(), None, true).expect("a vault");
    let sealed = service.seal("one", 1, &secrets("canary")).expect("sealed");
    let command = Vault::open(folder.path(), None, false).expect("a vault");
    let id = command.rotate().expect("rotated");
    let renewed = command
        .rewrap("one", &sealed)
        .expect("rewrapped")
        .expect("anew");
    assert_eq!(renewed.key_id, id);
    assert_eq!(
        command.rewrap("one", &renewed).expect("nothing to do"),
        None
    );
    for row in [&sealed, &renewed] {
        assert_eq!(plain(&service, "one", row).as_deref(), Some("canary"));
    }
}

#[test]
fn another_key_and_a_file_for_everybody_are_refused_with_a_sentence() {
    let (one, two) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let vault = Vault::open(one.path(), None, true).expect("a vault");
    let sealed = vault.seal("one", 1, &secrets("canary")).expect("sealed");
    let other = Vault::open(two.path(), None, true).expect("a vault");
    let error = other
        .unseal("one", &sealed)
        .expect_err("refused")
        .to_string();
    assert!(error.contains("does not hold; restore"), "{error}");
    assert!(Vault::open(&two.path().join("none"), None, false).is_err());
    let text = std::fs::read_to_string(one.path().join(FILE)).expect("the file");
    let key = text.trim().split(' ').nth(1).expect("a key");
    let by_variable = Vault::open(two.path(), Some(key.into()), false).expect("a vault");
    assert_eq!(
        plain(&by_variable, "one", &sealed).as_deref(),
        Some("canary")
    );
    assert!(Vault::open(two.path(), Some("c2hvcnQ=".into()), false).is_err());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |file: &Path| file.metadata().expect("data").permissions().mode() & 0o777;
        let file = one.path().join(FILE);
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("set");
        let error = Vault::open(one.path(), None, false)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
