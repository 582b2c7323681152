//! Tables: modules without code.

use std::path::{Path, PathBuf};

use super::WorkbenchError;
use portolan_page::schemas;
use portolan_sandbox::INTERPRETER;

/// Far larger than a table of a thousand attributes.
const TABLE_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// The file of a table in an author's folder.
pub const FILE: &str = "table.toml";

/// The file of the table in an assessor's folder.
pub const CONTROLS: &str = "controls.toml";

/// The table in an author's folder, if it has one.
#[must_use]
pub fn file_in(folder: &Path) -> Option<PathBuf> {
    let mut files = [FILE, CONTROLS].map(|name| folder.join(name)).into_iter();
    files.find(|file| file.is_file())
}

/// The module of a table.
#[derive(Clone, Debug)]
pub struct TableModule {
    /// The name that the table gives it.
    pub name: String,
    /// The component.
    pub component: Vec<u8>,
}

/// Checks a table and makes its component.
///
/// # Errors
/// If the file cannot be read, or the table has faults; the error holds all of them.
pub fn pack(file: &Path) -> Result<TableModule, WorkbenchError> {
    let text = portolan_machine::text::read_file(file, TABLE_LIMIT_BYTES)
        .map_err(WorkbenchError::reading(file))?;
    let stock = |object: &str| {
        let text = schemas::text(object).unwrap_or("null");
        serde_json::from_str(text).unwrap_or_default()
    };
    let packed = portolan_mapper_pack::pack(&text, stock, INTERPRETER);
    let (packed, component) = packed.map_err(|error| WorkbenchError::Table {
        file: file.display().to_string(),
        problems: error.problems,
    })?;
    Ok(TableModule {
        name: packed.name,
        component,
    })
}

/// The source of the table in a component; `None` if it is not a table.
#[must_use]
pub fn source(component: &[u8]) -> Option<String> {
    portolan_mapper_pack::source(component)
}

/// Packs the table of an author's folder into `<folder's name>.wasm` of another folder. It returns path and
/// size in bytes.
///
/// # Errors
/// Like [`pack`], and if the component cannot be written.
pub fn build(folder: &Path, out: &Path) -> Result<(PathBuf, usize), WorkbenchError> {
    let table = pack(&file_in(folder).unwrap_or_else(|| folder.join(FILE)))?;
    std::fs::create_dir_all(out).map_err(WorkbenchError::writing(out))?;
    let whole = std::fs::canonicalize(folder).map_err(WorkbenchError::reading(folder))?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    let file = out.join(format!("{name}.wasm"));
    write(&file, &table.component)?;
    Ok((file, table.component.len()))
}

/// Writes a component whole or not at all.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(file: &Path, component: &[u8]) -> Result<(), WorkbenchError> {
    let put = || {
        let mut aside = portolan_machine::aside::beside(file, ".portolan-")?;
        std::io::Write::write_all(&mut aside, component)?;
        aside.persist(file)?;
        Ok(())
    };
    put().map_err(WorkbenchError::writing(file))
}
