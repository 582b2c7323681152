//! Builds mappers into WebAssembly components.
//!
//! A crate is compiled for `wasm32-unknown-unknown` and wrapped by `wit-component`, so that it imports
//! exactly what its code calls; [`build`] does both for any number of crates with a single run of cargo,
//! which compiles the standard library once at most. A folder in Python or JavaScript is put into one
//! component with its interpreter, by the tool that the folder pins, and a stock mapping table by its packer.
//! Whatever the language, a component that imports more than a mapper may is refused, and the others are told
//! apart by a `producers` section.

mod cargo;
mod component;
mod crates;
mod error;
mod javascript;
mod language;
mod python;
mod stamp;
mod tool;
mod toolchain;

use std::path::{Path, PathBuf};

use crate::crates::Workspace;
use crate::language::Language;
use crate::stamp::Origin;

pub use component::encode;
pub use error::BuildError;

/// The only target that promises nothing beyond what the WIT says.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The one interface that a mapper may call.
const DIAGNOSTICS: &str = "portolan:mapper/diagnostics@1.0.0";

/// What to build, and where to put it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folders of the mappers; crates among them are all of one workspace.
    pub crate_dirs: Vec<PathBuf>,
    /// The folder that takes `<name of the mapper's folder>.wasm`.
    pub out_dir: PathBuf,
    /// Where cargo keeps its work; by default `shared_dir`, or `mappers` inside the workspace's target
    /// folder, so that the host's build is never invalidated.
    pub target_dir: Option<PathBuf>,
    /// Where crates that are their own workspace keep cargo's work together, so that only the first one
    /// compiles what all of them depend on.
    pub shared_dir: Option<PathBuf>,
    /// Whether nothing may be used but what this machine has already.
    pub offline: bool,
    /// Takes a line for whoever waits.
    pub say: fn(&str),
}

/// One finished component.
#[derive(Clone, Debug)]
pub struct Built {
    /// Where it is.
    pub path: PathBuf,
    /// How large it is, in bytes.
    pub size_bytes: usize,
}

/// Builds every folder of the request; crates come first in what it gives.
///
/// # Errors
///
/// Fails if a folder is no mapper, if no compiler or tool for it is there, if that fails, or if a
/// module imports more than a mapper may.
pub fn build(request: &Request) -> Result<Vec<Built>, BuildError> {
    if request.crate_dirs.is_empty() {
        return Err(BuildError::NoCrates);
    }
    std::fs::create_dir_all(&request.out_dir).map_err(|source| BuildError::Write {
        path: request.out_dir.clone(),
        source,
    })?;
    let languages: Vec<(Language, PathBuf)> = request
        .crate_dirs
        .iter()
        .map(|dir| Ok((Language::of(dir)?, dir.clone())))
        .collect::<Result<_, BuildError>>()?;
    let (crates, others): (Vec<_>, Vec<_>) = languages
        .into_iter()
        .partition(|(language, _)| *language == Language::Rust);
    let mut built = Vec::new();
    if !crates.is_empty() {
        let dirs: Vec<PathBuf> = crates.into_iter().map(|(_, dir)| dir).collect();
        built.extend(build_crates(&dirs, request)?);
    }
    for (language, dir) in others {
        built.push(match language {
            Language::Table => build_table(&dir, request)?,
            _ => build_script(language, &dir, request)?,
        });
    }
    Ok(built)
}

fn build_crates(dirs: &[PathBuf], request: &Request) -> Result<Vec<Built>, BuildError> {
    let workspace = Workspace::of(dirs)?;
    let compiled = cargo::compile(&workspace, request)?;
    let sdk_version = workspace.locked_version("portolan-mapper-sdk");
    workspace
        .crates
        .iter()
        .map(|mapper| {
            let module = compiled.module(mapper)?;
            let component = encode(&mapper.package, &module)?;
            let origin = Origin::rust(&module, sdk_version.clone());
            finish(&mapper.folder, &component, &origin, &request.out_dir)
        })
        .collect()
}

/// Packs a stock table into the interpreter, which this or an earlier request has built into the same folder.
fn build_table(dir: &Path, request: &Request) -> Result<Built, BuildError> {
    let read =
        |path: PathBuf| std::fs::read(&path).map_err(|source| BuildError::Read { path, source });
    let path = dir.join("table.toml");
    let text = String::from_utf8_lossy(&read(path.clone())?).into_owned();
    let interpreter = read(request.out_dir.join("table.wasm"))?;
    let component = portolan_mapper_pack::pack_stock(&text, &interpreter)
        .map_err(|source| BuildError::Table { path, source })?;
    let name = crates::folder_name(dir);
    finish(&name, &component, &Origin::default(), &request.out_dir)
}

fn build_script(language: Language, dir: &Path, request: &Request) -> Result<Built, BuildError> {
    let unreadable = |source| BuildError::Read {
        path: dir.to_owned(),
        source,
    };
    // Tools run in the folder, so that paths must not depend on where this program runs.
    let dir = std::fs::canonicalize(dir).map_err(unreadable)?;
    let aside = tempfile::tempdir().map_err(unreadable)?;
    let raw = aside.path().join("component.wasm");
    let (offline, say) = (request.offline, request.say);
    let origin = match language {
        Language::Python => {
            python::componentize(&dir, &raw, offline, say)?;
            Origin::python(&dir)
        }
        _ => {
            javascript::componentize(&dir, &raw, offline, say)?;
            Origin::javascript(&dir)
        }
    };
    let component = std::fs::read(&raw).map_err(|source| BuildError::Read {
        path: raw.clone(),
        source,
    })?;
    finish(
        &crates::folder_name(&dir),
        &component,
        &origin,
        &request.out_dir,
    )
}

/// Checks and stamps a component, and puts it in place whole or not at all.
fn finish(
    name: &str,
    component: &[u8],
    origin: &Origin,
    out_dir: &Path,
) -> Result<Built, BuildError> {
    let wit_version = component::check(name, component)?;
    let component = stamp::stamp(name, component, origin, wit_version)?;
    let path = out_dir.join(format!("{name}.wasm"));
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
