//! Builds mapper crates into WebAssembly components.
//!
//! A mapper is compiled for `wasm32-unknown-unknown` and wrapped by `wit-component`, so that it
//! imports exactly what its code calls. [`build`] does both for any number of crates with a single
//! run of cargo, which compiles the standard library once at most.

mod component;
mod crates;
mod error;
mod toolchain;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::crates::{MapperCrate, Workspace};
use crate::toolchain::Toolchain;

pub use component::encode;
pub use error::BuildError;

/// The only target that promises nothing beyond what the WIT says.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What to build, and where to put it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folders of the mapper crates, all of one workspace.
    pub crate_dirs: Vec<PathBuf>,
    /// The folder that takes `<name of the crate's folder>.wasm`.
    pub out_dir: PathBuf,
    /// Where cargo keeps its work; by default `mappers` inside the workspace's target folder, so
    /// that the host's build is never invalidated.
    pub target_dir: Option<PathBuf>,
    /// Whether cargo may use nothing but what this machine has already.
    pub offline: bool,
}

/// One finished component.
#[derive(Clone, Debug)]
pub struct Built {
    /// Where it is.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub size_bytes: usize,
}

/// Builds every crate of the request.
///
/// # Errors
///
/// Fails if a folder is no mapper crate, if no compiler for the target is there, if cargo fails, or
/// if a module imports more than a mapper may.
pub fn build(request: &Request) -> Result<Vec<Built>, BuildError> {
    let workspace = Workspace::of(&request.crate_dirs)?;
    let target_dir = request
        .target_dir
        .clone()
        .unwrap_or_else(|| workspace.target_dir.join("mappers"));
    run_cargo(&workspace, &target_dir, request.offline)?;

    std::fs::create_dir_all(&request.out_dir).map_err(|source| BuildError::Write {
        path: request.out_dir.clone(),
        source,
    })?;
    let modules = target_dir.join(TARGET).join("mapper");
    workspace
        .crates
        .iter()
        .map(|mapper| finish(mapper, &modules, &request.out_dir))
        .collect()
}

fn run_cargo(workspace: &Workspace, target_dir: &Path, offline: bool) -> Result<(), BuildError> {
    let toolchain = Toolchain::find(&workspace.root)?;
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&workspace.root)
        .args([
            "build",
            "--lib",
            "--profile",
            "mapper",
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(target_dir)
        // Its progress is no output of ours: stdout belongs to the paths of the components.
        .stdout(Stdio::null());
    cargo.args(["--config", INLINE_MORE]);
    for mapper in &workspace.crates {
        cargo.args(["--package", &mapper.package]);
    }
    if offline {
        cargo.arg("--offline");
    }
    if !workspace.defines_profile {
        for setting in PROFILE {
            cargo.args(["--config", setting]);
        }
    }
    toolchain.apply(&mut cargo)?;

    let status = cargo.status().map_err(BuildError::RunCargo)?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::Cargo(status))
    }
}

/// In the sandbox every call of a function costs a check whether the module's time is up. Inlining
/// more than usual takes 10 to 16 % off the mapping of a page, for a quarter more code.
const INLINE_MORE: &str =
    "target.wasm32-unknown-unknown.rustflags=['-Cllvm-args=-inline-threshold=800']";

/// The profile `mapper` for a workspace that has none: fast code, and a panic is a trap.
const PROFILE: [&str; 6] = [
    "profile.mapper.inherits='release'",
    "profile.mapper.opt-level=3",
    "profile.mapper.lto='fat'",
    "profile.mapper.codegen-units=1",
    "profile.mapper.panic='abort'",
    "profile.mapper.strip='debuginfo'",
];

/// Wraps a compiled module, and puts the component in place whole or not at all.
fn finish(mapper: &MapperCrate, modules: &Path, out_dir: &Path) -> Result<Built, BuildError> {
    let module_path = modules.join(&mapper.module_file);
    let module = std::fs::read(&module_path).map_err(|source| BuildError::Read {
        path: module_path,
        source,
    })?;
    let component = encode(&mapper.package, &module)?;

    let path = out_dir.join(format!("{}.wasm", mapper.folder));
    let mut builder = tempfile::Builder::new();
    // A module is for everyone to read; the process's mask still counts.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let write = || {
        let mut aside = builder.tempfile_in(out_dir)?;
        std::io::Write::write_all(&mut aside, &component)?;
        aside.persist(&path)?;
        Ok(())
    };
    write().map_err(|source| BuildError::Write {
        path: path.clone(),
        source,
    })?;
    Ok(Built {
        path,
        size_bytes: component.len(),
    })
}
