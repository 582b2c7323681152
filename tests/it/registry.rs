//! `portolan mapper push` and `pull` against a real registry: Debian's docker-registry on loopback.
//!
//! Where there is none, these tests say that they were skipped; `tests/setup.sh tests` gets one where it
//! can, and continuous integration sets PORTOLAN_TEST_REGISTRY=required, so that they cannot be
//! skipped there without a word.

use std::process::Command;

use crate::support::{Ended, portolan, run};
use crate::trust::Shop;

/// Plain HTTP, as any other tool would speak it.
mod http;
/// Who may push and pull.
mod login;
/// What is pulled, and what is refused.
mod pulling;
/// What is pushed, as others see it.
mod pushing;
/// Registries without time or sense, and proxies in between.
mod refusals;
/// A registry that says what a test wants.
mod scripted;
/// The registry under test.
mod server;
/// Tokens, helpers and proxies, with a registry that wants a token.
mod tokens;

pub(crate) use server::Registry;

/// `portolan mapper …` without anybody's own credentials.
fn mapper(shop: &Shop, arguments: &[&str]) -> Command {
    let mut command = portolan();
    command
        .arg("mapper")
        .args(arguments)
        .env("DOCKER_CONFIG", shop.site.folder.path())
        .current_dir(shop.site.folder.path());
    command
}

/// Pushes the overlay, and gives the line that says where it is.
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

/// A pull that takes what nobody trusted has signed.
fn pull_unverified(shop: &Shop, reference: &str, out: &str) -> Ended {
    run(&mut mapper(shop, &["pull", reference, "--out", out]))
}

/// A pull that fails, and leaves nothing behind.
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
