//! Builds mappers into WebAssembly components.
//!
//! A crate is compiled for `wasm32-unknown-unknown` and wrapped by `wit-component`, so that it imports
//! exactly what its code calls. [`build`] does both for any number of crates with a single run of cargo,
//! which compiles the standard library at most once. For a folder in Python or JavaScript, the tool that the
//! folder pins puts the source and an interpreter into one component; a stock mapping table is packed. In every language, a component that
//! imports more than a mapper may is refused; all others get a `producers` section that names their origin.

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

/// The compilation target. It adds no imports beyond the WIT's.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The only interfaces that a module may call, one of each contract.
const DIAGNOSTICS: [&str; 2] = [
    "portolan:mapper/diagnostics@1.0.0",
    "portolan:assessor/diagnostics@0.1.0",
];

/// The mappers to build, and the folder that takes the components.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folders of the mappers. All crates among them belong to one workspace.
    pub crate_dirs: Vec<PathBuf>,
    /// The folder that takes `<name of the mapper's folder>.wasm`.
    pub out_dir: PathBuf,
    /// Cargo's target folder. By default it is `shared_dir`, or `mappers` inside the workspace's target
    /// folder, so that the host's build stays valid.
    pub target_dir: Option<PathBuf>,
    /// The target folder that crates outside a workspace share, so that only the first build compiles their
    /// common dependencies.
    pub shared_dir: Option<PathBuf>,
    /// Whether the build may use only what this machine already has.
    pub offline: bool,
    /// Called with each line of progress.
    pub say: fn(&str),
}

/// One finished component.
#[derive(Clone, Debug)]
pub struct Built {
    /// The component's file.
    pub path: PathBuf,
    /// The component's size in bytes.
    pub size_bytes: usize,
}

/// Builds every folder of the request. The result lists crates first.
///
/// # Errors
///
/// Fails if a folder is not a mapper's, if its compiler or tool is missing or fails, or if a module imports
/// more than a mapper may.
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
            Language::Controls => build_controls(&dir, request)?,
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
    let path = dir.join("table.toml");
    let text = read_text(path.clone())?;
    let interpreter = read(request.out_dir.join(INTERPRETER))?;
    let component = portolan_mapper_pack::pack_stock(&text, &interpreter)
        .map_err(|source| BuildError::Table { path, source })?;
    let name = crates::folder_name(dir);
    finish(&name, &component, &Origin::default(), &request.out_dir)
}

/// Packs a stock table of controls, as a module that is named after its folder, into the interpreter that was
/// built before. The schemas of its records are in this repository.
fn build_controls(dir: &Path, request: &Request) -> Result<Built, BuildError> {
    let path = dir.join("controls.toml");
    let text = read_text(path.clone())?;
    let interpreter = read(request.out_dir.join(INTERPRETER))?;
    let schema = |object: &str| {
        let file = format!("../../schemas/{object}.schema.json");
        let text = read_text(dir.join(file)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    };
    let (_, component) = portolan_mapper_pack::pack(&text, schema, &interpreter)
        .map_err(|source| BuildError::Table { path, source })?;
    let name = format!("controls-{}", crates::folder_name(dir));
    finish(&name, &component, &Origin::default(), &request.out_dir)
}

/// The module that tables are packed into, in the folder of built modules.
const INTERPRETER: &str = "table.wasm";

fn read(path: PathBuf) -> Result<Vec<u8>, BuildError> {
    std::fs::read(&path).map_err(|source| BuildError::Read { path, source })
}

fn read_text(path: PathBuf) -> Result<String, BuildError> {
    Ok(String::from_utf8_lossy(&read(path)?).into_owned())
}

fn build_script(language: Language, dir: &Path, request: &Request) -> Result<Built, BuildError> {
    let unreadable = |source| BuildError::Read {
        path: dir.to_owned(),
        source,
    };
    // Tools run inside the folder, so a path relative to this program's folder would be wrong there.
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

/// Checks and stamps a component, and moves it to its path in one step.
fn finish(
    name: &str,
    component: &[u8],
    origin: &Origin,
    out_dir: &Path,
) -> Result<Built, BuildError> {
    let wit = component::check(name, component)?;
    let component = stamp::stamp(name, component, origin, wit)?;
    let path = out_dir.join(format!("{name}.wasm"));
    let mut builder = tempfile::Builder::new();
    // A module is world-readable, within the process's umask.
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
