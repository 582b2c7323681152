//! Files that are written aside and renamed into place, so that they appear whole or not at all.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Starts a file in the folder of `place`, with the permissions that any new file gets from the process's
/// mask. Temporary files are for their owner alone, and would stay so under their final name.
///
/// # Errors
/// If the folder cannot be written to.
pub fn beside(place: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let folder = place
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
