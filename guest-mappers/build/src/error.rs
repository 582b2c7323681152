use std::path::PathBuf;
use std::process::ExitStatus;

/// The reason that a mapper cannot be built, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The request named no crate.
    #[error("no crate folder was given; name at least one")]
    NoCrates,
    /// A folder does not hold a package that can be a mapper.
    #[error("{path} is not the folder of a mapper: {reason}")]
    NotAMapper {
        /// The folder that was given.
        path: PathBuf,
        /// The part that is missing.
        reason: String,
    },
    /// `cargo metadata` failed.
    #[error("cargo cannot read the crate in {path}: {message}")]
    Metadata {
        /// The folder of the crate.
        path: PathBuf,
        /// Cargo's message.
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
    /// The library source is installed, but the linker is not.
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
    /// Cargo or rustc does not start.
    #[error("cannot run cargo or rustc; is Rust installed?")]
    RunCargo(#[source] std::io::Error),
    /// Cargo failed, and printed why.
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
    /// The tool of another language is missing and cannot be installed.
    #[error(
        "{tool} is missing in {path}: {reason}. In that folder, run\n  {steps}\nor set {variable} to a {tool} elsewhere"
    )]
    NoTool {
        /// The tool's name.
        tool: &'static str,
        /// The environment variable that can name another copy of it.
        variable: &'static str,
        /// The module's folder.
        path: PathBuf,
        /// The reason that it cannot be installed.
        reason: String,
        /// The commands that install it, one a line.
        steps: String,
    },
    /// The tool of another language does not start.
    #[error("cannot run {tool} as {}", program.display())]
    RunTool {
        /// The tool's name.
        tool: &'static str,
        /// The program that does not start.
        program: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The tool of another language failed.
    #[error("{tool} failed ({status}):\n{said}")]
    Tool {
        /// The tool's name.
        tool: &'static str,
        /// The exit code or signal.
        status: ExitStatus,
        /// The tool's output.
        said: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}; does the crate have crate-type \"cdylib\"?")]
    Read {
        /// The file that cannot be read.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file or folder that cannot be written.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The compiled module is not a mapper.
    #[error(
        "{package} does not make a component: {message}. Does it call export_mapping! or export_overlay!?"
    )]
    Encode {
        /// The crate's package name, or the folder's name.
        package: String,
        /// The encoder's message.
        message: String,
    },
    /// The module imports something that hosts do not offer to a mapper.
    #[error(
        "{package} imports {import}, but a mapper may import only {allowed}. \
         Remove the dependency that needs it",
        allowed = crate::DIAGNOSTICS.join(" or ")
    )]
    ForbiddenImport {
        /// The crate's package name, or the folder's name.
        package: String,
        /// The import, as the component names it.
        import: String,
    },
}
