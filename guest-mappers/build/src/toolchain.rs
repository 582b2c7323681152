use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, TARGET};

/// The compiler of Debian's package `rustc-web`.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// A toolchain that has, or can build, a standard library for the target.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The compiler that cargo uses by default has it.
    Installed,
    /// Debian's compiler builds it from Debian's library source. Debian's package lacks a linker for the
    /// target, so the linker of the default toolchain is used.
    DebianSource {
        /// The folder of `rust-lld`; `None` if it is on PATH.
        linker_dir: Option<PathBuf>,
    },
}

impl Toolchain {
    /// Finds the first toolchain that works on this machine. A `rust-toolchain.toml` in `dir` decides which
    /// compiler is the default one.
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
            // These variables take precedence over RUSTC.
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

/// Finds the folder of `rust-lld`: inside the sysroot's host folder, or `None` if it is on PATH.
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

/// The path that a compiler prints, or `None` if it does not run or fails.
fn print(rustc: &OsStr, dir: &Path, arguments: &[&str]) -> Option<PathBuf> {
    let output = Command::new(rustc)
        .current_dir(dir)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| PathBuf::from(text.trim()))
}
