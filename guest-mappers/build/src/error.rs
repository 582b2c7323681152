use std::path::PathBuf;
use std::process::ExitStatus;

/// Why a mapper could not be built, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The request named no crate.
    #[error("no crate folder was given; name at least one")]
    NoCrates,
    /// A folder holds no package that can be a mapper.
    #[error("{path} is no folder of a mapper: {reason}")]
    NotAMapper {
        /// The folder.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// `cargo metadata` failed.
    #[error("cargo cannot read the crate in {path}: {message}")]
    Metadata {
        /// The folder.
        path: PathBuf,
        /// What cargo said.
        message: String,
    },
    /// No compiler can build for the target.
    #[error(
        "no standard library for {target} was found. Do one of:\n  \
         rustup target add {target}\n  \
         apt-get install -y --no-install-recommends rustc-web rust-web-src   (Debian, where rustup cannot download)",
        target = crate::TARGET
    )]
    NoTarget,
    /// The library source is there, but the linker is not.
    #[error(
        "rust-lld was found neither in the toolchain ({sysroot}) nor on PATH, and the target cannot be linked without it. Do one of:\n  \
         rustup target add {target}\n  \
         apt-get install -y --no-install-recommends lld   (and link it as rust-lld on PATH)",
        target = crate::TARGET
    )]
    NoLinker {
        /// The toolchain that was searched.
        sysroot: PathBuf,
    },
    /// Cargo or rustc could not be started.
    #[error("cannot run cargo or rustc; is Rust installed?")]
    RunCargo(#[source] std::io::Error),
    /// Cargo ended with an error, which it has explained itself.
    #[error("cargo failed ({0}); its messages are above")]
    Cargo(ExitStatus),
    /// A stock table cannot be packed.
    #[error("{path}: {source}")]
    Table {
        /// Its file.
        path: PathBuf,
        /// All its problems.
        source: portolan_mapper_pack::TableError,
    },
    /// The tool of another language is not there and could not be installed.
    #[error(
        "{tool} is missing in {path}: {reason}. In that folder, run\n  {steps}\nor set {variable} to a {tool} elsewhere"
    )]
    NoTool {
        /// The tool.
        tool: &'static str,
        /// The environment variable that names it elsewhere.
        variable: &'static str,
        /// The module's folder.
        path: PathBuf,
        /// What is in the way.
        reason: String,
        /// The commands that install it.
        steps: String,
    },
    /// The tool of another language could not be started.
    #[error("cannot run {tool} as {}", program.display())]
    RunTool {
        /// The tool.
        tool: &'static str,
        /// Where it should be.
        program: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The tool of another language ended with an error.
    #[error("{tool} failed ({status}):\n{said}")]
    Tool {
        /// The tool.
        tool: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        said: String,
    },
    /// A file could not be read.
    #[error("cannot read {path}; does the crate have crate-type \"cdylib\"?")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The compiled module is no mapper.
    #[error(
        "{package} does not make a component: {message}. Does it call export_mapping! or export_overlay!?"
    )]
    Encode {
        /// The crate.
        package: String,
        /// What the encoder said.
        message: String,
    },
    /// The module imports something that no host offers to a mapper.
    #[error(
        "{package} imports {import}, but a mapper may import nothing besides {allowed}. \
         Remove the dependency that needs it",
        allowed = crate::DIAGNOSTICS
    )]
    ForbiddenImport {
        /// The crate.
        package: String,
        /// The import as the component names it.
        import: String,
    },
}
