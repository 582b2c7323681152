use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, TARGET};

/// The compiler of Debian's package `rustc-web`.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A toolchain that has, or can build, a standard library for the target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The default compiler has the library.
    Installed,
    /// Debian's compiler builds the library from Debian's source of it. Debian's package has no linker for
    /// the target, so the build uses `rust-lld` of the default toolchain, or the one on PATH.
    DebianSource {
        /// The folder of the default toolchain's `rust-lld`; `None` if only PATH has one.
        linker_dir: Option<PathBuf>,
    },
}

impl Toolchain {
    /// Finds a toolchain: the default compiler if it has the library, else Debian's. The default compiler is
    /// `RUSTC`, else the `rustc` that a `rust-toolchain.toml` in `dir` selects.
    pub(crate) fn find(dir: &Path) -> Result<Self, BuildError> {
        let usual = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let libdir = print(
            &usual,
            dir,
            &["--print", "target-libdir", "--target", TARGET],
        );
        if libdir.is_some_and(|libdir| libdir.is_dir()) {
            return Ok(Self::Installed);
        }
        let debian = print(DEBIAN_RUSTC.as_ref(), dir, &["--print", "sysroot"]);
        let source = debian.map(|sysroot| sysroot.join("lib/rustlib/src/rust/library"));
        if !source.is_some_and(|source| source.is_dir()) {
            return Err(BuildError::NoTarget);
        }
        let sysroot = print(&usual, dir, &["--print", "sysroot"]).unwrap_or_default();
        Ok(Self::DebianSource {
            linker_dir: linker_dir(&sysroot)?,
        })
    }

    /// Makes a cargo command use this toolchain.
    pub(crate) fn apply(&self, cargo: &mut Command) -> Result<(), BuildError> {
        let Self::DebianSource { linker_dir } = self else {
            return Ok(());
        };
        cargo
            .env("RUSTC", DEBIAN_RUSTC)
            // These variables could select another compiler, or wrap this one.
            .env_remove("CARGO_BUILD_RUSTC")
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            // Building the standard library is an unstable feature of cargo and rustc.
            .env("RUSTC_BOOTSTRAP", "1")
            .arg("-Zbuild-std=std,panic_abort");
        if let Some(linker_dir) = linker_dir {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let dirs = std::iter::once(linker_dir.clone()).chain(std::env::split_paths(&path));
            let path = std::env::join_paths(dirs).map_err(|_| BuildError::NoLinker {
                sysroot: linker_dir.clone(),
            })?;
            cargo.env("PATH", path);
        }
        Ok(())
    }
}

/// Finds the folder of `rust-lld` in a sysroot. Returns `None` if only PATH has `rust-lld`.
fn linker_dir(sysroot: &Path) -> Result<Option<PathBuf>, BuildError> {
    let hosts = std::fs::read_dir(sysroot.join("lib/rustlib"))
        .into_iter()
        .flatten()
        .flatten();
    let in_sysroot = hosts
        .map(|host| host.path().join("bin"))
        .find(|bin| bin.join("rust-lld").is_file());
    if in_sysroot.is_some() {
        return Ok(in_sysroot);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|dir| dir.join("rust-lld").is_file()) {
        return Ok(None);
    }
    Err(BuildError::NoLinker {
        sysroot: sysroot.to_owned(),
    })
}

/// Runs a compiler and returns the path that it prints. Returns `None` if it fails or prints nothing.
fn print(rustc: &OsStr, dir: &Path, arguments: &[&str]) -> Option<PathBuf> {
    let output = Command::new(rustc)
        .current_dir(dir)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}
