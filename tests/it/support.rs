//! Finding the programs under test, and running them.

use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A program of this workspace, built in the same profile as this test.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join(name);
    assert!(
        program.is_file(),
        "{} is not built; run `make test`, or `cargo build --release --workspace` first",
        program.display()
    );
    program
}

/// The `portolan` program in an environment without AWS settings of the machine it runs on.
pub(crate) fn portolan() -> std::process::Command {
    let mut command = std::process::Command::new(program("portolan"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("AWS_") || name_text.starts_with("PORTOLAN_") {
            command.env_remove(&name);
        }
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("NO_PROXY", "127.0.0.1")
        .stdin(std::process::Stdio::null());
    command
}
