//! Compiles crates to core modules, with one run of cargo.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::crates::{MapperCrate, Workspace};
use crate::toolchain::Toolchain;
use crate::{BuildError, Request, TARGET};

/// The core modules that cargo compiled for a workspace. Its target folder stays locked until this is
/// dropped, because another build could replace a module of the same name.
#[derive(Debug)]
pub(crate) struct Compiled {
    modules: PathBuf,
    _lock: File,
}

impl Compiled {
    /// The core module of a crate.
    pub(crate) fn module(&self, mapper: &MapperCrate) -> Result<Vec<u8>, BuildError> {
        let path = self.modules.join(&mapper.module_file);
        std::fs::read(&path).map_err(|source| BuildError::Read { path, source })
    }
}

/// Compiles the crates of a workspace.
pub(crate) fn compile(workspace: &Workspace, request: &Request) -> Result<Compiled, BuildError> {
    let target_dir = target_dir(workspace, request);
    let lock = lock(&target_dir)?;
    for mapper in &workspace.crates {
        let path = target_dir.join(TARGET).join("mapper");
        own(&path, &mapper.package, &workspace.root)
            .map_err(|source| BuildError::Write { path, source })?;
    }
    run(workspace, &target_dir, request.offline)?;
    Ok(Compiled {
        modules: target_dir.join(TARGET).join("mapper"),
        _lock: lock,
    })
}

/// The target folder that cargo uses. A crate outside a workspace uses the shared folder, which holds the
/// compiled standard library and SDK dependencies; a workspace with its own settings uses its own folder.
fn target_dir(workspace: &Workspace, request: &Request) -> PathBuf {
    if let Some(chosen) = &request.target_dir {
        return chosen.clone();
    }
    let is_plain =
        !workspace.defines_profile && workspace.target_dir == workspace.root.join("target");
    match &request.shared_dir {
        Some(shared) if is_plain => shared.clone(),
        _ => workspace.target_dir.join("mappers"),
    }
}

fn lock(target_dir: &Path) -> Result<File, BuildError> {
    let path = target_dir.join(".portolan-lock");
    let take = || {
        std::fs::create_dir_all(target_dir)?;
        let file = File::create(&path)?;
        file.lock()?;
        Ok(file)
    };
    take().map_err(|source| BuildError::Write {
        path: path.clone(),
        source,
    })
}

/// Makes cargo rebuild a package if the folder last built one of that name for another workspace. Cargo
/// identifies a package by its path below the workspace. Both have the same path, so cargo would report the
/// old one as fresh.
fn own(profile_dir: &Path, package: &str, root: &Path) -> std::io::Result<()> {
    let stamp = profile_dir.join(format!(".portolan-{package}"));
    let root = root.as_os_str().as_encoded_bytes();
    if std::fs::read(&stamp).is_ok_and(|built| built == root) {
        return Ok(());
    }
    let prints = profile_dir.join(".fingerprint");
    let names = std::fs::read_dir(&prints).into_iter().flatten();
    for name in names.map(|entry| entry.map(|it| it.file_name())) {
        let name = name?;
        let hash = name.to_str().and_then(|it| it.strip_prefix(package));
        if hash.is_some_and(|it| it.starts_with('-') && !it[1..].contains('-')) {
            std::fs::remove_dir_all(prints.join(name))?;
        }
    }
    std::fs::create_dir_all(profile_dir)?;
    std::fs::write(&stamp, root)
}

fn run(workspace: &Workspace, target_dir: &Path, offline: bool) -> Result<(), BuildError> {
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
        // Stdout lists the components' paths; cargo's progress must not mix with them.
        .stdout(Stdio::null());
    cargo.args(["--config", &flags()]);
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

/// The compiler flags beside the profile.
///
/// Every function call in the sandbox checks whether the module's time is up. More inlining makes the mapping
/// of a page 10 to 16 % faster, and the code a quarter larger.
///
/// Panics name files of dependencies. Without cargo's folder in these names, a module has the same bytes on every
/// machine, and reveals nothing of its author's.
fn flags() -> String {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sources = cargo_home.map(|home| home.join("registry/src"));
    let sources = sources.as_deref().and_then(Path::to_str);
    // A quote would end TOML's string.
    let remap = sources.filter(|path| !path.contains('\''));
    let remap = remap.map(|path| format!(", '--remap-path-prefix={path}=/crates'"));
    format!(
        "target.{TARGET}.rustflags=['-Cllvm-args=-inline-threshold=800'{}]",
        remap.unwrap_or_default()
    )
}

/// The profile `mapper` for a workspace that does not define it: optimized for speed; a panic is a trap.
const PROFILE: [&str; 6] = [
    "profile.mapper.inherits='release'",
    "profile.mapper.opt-level=3",
    "profile.mapper.lto='fat'",
    "profile.mapper.codegen-units=1",
    "profile.mapper.panic='abort'",
    "profile.mapper.strip='debuginfo'",
];
