//! `portolan mapper push` and `pull` against a real registry: Debian's docker-registry on loopback.
//!
//! Without docker-registry, these tests report that they were skipped; `tests/setup.sh tests` installs it if
//! possible, and continuous integration sets PORTOLAN_TEST_REGISTRY=required, so that they cannot be skipped
//! there silently.

use std::process::Command;

use crate::support::{Ended, portolan, run};
use crate::trust::Shop;

/// Plain HTTP, independent of Portolan.
mod http;
/// Credentials for push and pull.
mod login;
/// Pulled and refused modules.
mod pulling;
/// Pushed modules, as other tools see them.
mod pushing;
/// Registries that are busy or answer nonsense, and proxies in between.
mod refusals;
/// A registry with the answers of a test.
mod scripted;
/// The registry under test.
mod server;
/// Tokens, helpers and proxies, with a registry that requires a token.
mod tokens;

pub(crate) use server::Registry;

/// `portolan mapper …` without the user's own credentials.
fn mapper(shop: &Shop, arguments: &[&str]) -> Command {
    let mut command = portolan();
    command
        .arg("mapper")
        .args(arguments)
        .env("DOCKER_CONFIG", shop.site.folder.path())
        .current_dir(shop.site.folder.path());
    command
}

/// Pushes the overlay, and returns the line with its reference.
fn push(shop: &Shop, reference: &str) -> String {
    let ended = run(&mut mapper(
        shop,
        &["push", "overlays/owner.wasm", reference],
    ))
    .with(0);
    ended.stdout.trim().to_owned()
}

fn pull(shop: &Shop, reference: &str, out: &str) -> Ended {
    let arguments = ["pull", reference, "--out", out, "--key", "acme.key.pub"];
    run(&mut mapper(shop, &arguments))
}

/// A pull that accepts modules without a trusted signature.
fn pull_unverified(shop: &Shop, reference: &str, out: &str) -> Ended {
    run(&mut mapper(shop, &["pull", reference, "--out", out]))
}

/// Checks that a pull fails and leaves no file.
#[track_caller]
fn refused(shop: &Shop, reference: &str, parts: &[&str]) {
    let said = pull(shop, reference, "refused.wasm").with(1).stderr;
    for part in parts {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    for name in crate::support::names_in(shop.site.folder.path()) {
        assert!(
            !name.starts_with("refused") && !name.starts_with(".portolan"),
            "{name}"
        );
    }
}
