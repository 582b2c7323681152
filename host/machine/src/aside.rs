//! Files that are written under a temporary name and then renamed, so that they appear whole or not at all.

use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

/// Creates a file in the folder of `place`, with the permissions that the process's umask gives to a new
/// file. By default, temporary files are readable only by their owner, even after they are renamed.
///
/// Fails if the folder is not writable.
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
