//! Compiled code on disk, so that a second run starts in milliseconds.
//!
//! Compiled code is trusted: any process that can write it can make this program run it. It is read only from
//! a folder that belongs to this user and that other users can neither write to nor replace. Its name
//! contains the module's digest and a hash of everything in wasmtime that it depends on.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;

/// A private folder of compiled modules.
#[derive(Clone, Debug)]
pub struct CompiledCache {
    folder: PathBuf,
}

impl CompiledCache {
    /// Opens `folder`, or creates it.
    ///
    /// # Errors
    /// Fails if the folder cannot be created, or if other users can write to it.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let folder = folder.join("compiled");
        make_private(&folder)?;
        Ok(Self { folder })
    }

    /// Whether the cache holds the module with this digest, compiled for this engine.
    #[must_use]
    pub fn has(&self, engine: &super::Engine, digest: &str) -> bool {
        self.file(&engine.wasmtime, digest).is_file()
    }

    pub(super) fn load(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let file = self.file(engine, digest);
        if !file.is_file() {
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "running compiled code needs trust: the folder is private, see above"
        )]
        // SAFETY: `store` below wrote the file into a folder that only this user can write to, and a file is
        // replaced by renaming, never changed in place.
        let loaded = unsafe { Component::deserialize_file(engine, &file) };
        loaded
            .inspect_err(|error| {
                tracing::warn!("compiled module {digest} is compiled again: {error:#}")
            })
            .ok()
    }

    /// Stores compiled code. A failure is a warning, because it only slows down the next start.
    pub(super) fn store(&self, engine: &Engine, digest: &str, component: &Component) {
        let result = component
            .serialize()
            .map_err(|error| io::Error::other(format!("{error:#}")))
            .and_then(|bytes| {
                let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
                file.write_all(&bytes)?;
                file.persist(self.file(engine, digest))?;
                Ok(())
            });
        if let Err(error) = result {
            tracing::warn!("compiled module {digest} could not be stored: {error}");
        }
    }

    fn file(&self, engine: &Engine, digest: &str) -> PathBuf {
        use std::hash::{Hash, Hasher};
        // Only part of the name: wasmtime checks compatibility itself when it loads the file.
        let mut hasher = std::hash::DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let compatibility = hasher.finish();
        self.folder
            .join(format!("{digest}-{compatibility:016x}.cwasm"))
    }
}

#[cfg(unix)]
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let metadata = fs::metadata(folder)?;
    let own = tempfile::NamedTempFile::new_in(folder)?
        .as_file()
        .metadata()?
        .uid();
    if metadata.uid() != own || metadata.mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            format!(
                "{} must belong to you and be writable only by you (chmod 700)",
                folder.display()
            ),
        ));
    }
    way_is_closed(&std::path::absolute(folder)?, own)
}

#[cfg(unix)]
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// On the path to the folder, a group counts as its user, because many systems give every user a group.
#[cfg(unix)]
const WRITABLE_BY_ALL: u32 = 0o002;
/// In a folder with this bit, only the owner of an entry (or of the folder) can rename it.
#[cfg(unix)]
const STICKY: u32 = 0o1000;

/// Checks that other users cannot replace this folder: all folders and links on the path belong to this user
/// or to root, and other users cannot rename anything in them.
///
/// It checks from the root downwards, so that checked parts stay as they are.
#[cfg(unix)]
fn way_is_closed(folder: &Path, own: u32) -> io::Result<()> {
    let mut place = PathBuf::new();
    let components = |path: &Path| -> Vec<PathBuf> {
        let parts = path.components().rev();
        parts.map(|part| PathBuf::from(part.as_os_str())).collect()
    };
    let mut rest = components(folder);
    while let Some(part) = rest.pop() {
        if part == Path::new("..") {
            place.pop();
            continue;
        }
        let next = place.join(part);
        let metadata = fs::symlink_metadata(&next)?;
        if let Some(problem) = opening(&next, &metadata, own) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("{problem}; close it, or choose another folder with --cache-folder"),
            ));
        }
        if metadata.is_symlink() {
            rest.extend(components(&fs::read_link(&next)?));
        } else {
            place = next;
        }
    }
    Ok(())
}

/// The problem, if other users can replace a folder or link, or its contents.
#[cfg(unix)]
fn opening(path: &Path, metadata: &fs::Metadata, own: u32) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let (name, mode, owner) = (path.display(), metadata.mode(), metadata.uid());
    if owner != own && owner != 0 {
        return Some(format!(
            "{name} belongs to another user (id {owner}), and that user can replace its contents"
        ));
    }
    let is_open = mode & WRITABLE_BY_ALL != 0 && mode & STICKY == 0;
    (is_open && !metadata.is_symlink())
        .then(|| format!("other users can write to {name} and replace its contents (chmod go-w)"))
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        CompiledCache::open(folder.path()).expect("private");
        let open = fs::Permissions::from_mode(0o777);
        fs::set_permissions(folder.path().join("compiled"), open).expect("chmod");
        let error = CompiledCache::open(folder.path()).expect_err("refused");
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }

    #[test]
    fn a_folder_that_others_can_exchange_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let (open, link) = (root.path().join("open"), root.path().join("link"));
        fs::create_dir_all(open.join("inner")).expect("made");
        std::os::unix::fs::symlink("open/../open/inner", &link).expect("linked");
        for (mode, is_open) in [
            (0o777, true),
            (0o770, false),
            (0o772, true),
            (0o1777, false),
            (0o755, false),
        ] {
            fs::set_permissions(&open, fs::Permissions::from_mode(mode)).expect("chmod");
            for folder in [&open.join("inner"), &link] {
                let opened = CompiledCache::open(folder);
                let told = opened.err().map(|error| error.to_string());
                let names_it = |text: &String| text.contains(&format!("{} and", open.display()));
                assert_eq!(told.is_some(), is_open, "{mode:o}: {told:?}");
                assert!(told.as_ref().is_none_or(names_it), "{told:?}");
            }
        }
    }

    /// Runs only as root, because others cannot change the owner of a folder.
    #[test]
    fn a_folder_below_that_of_another_user_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let home = root.path().join("home");
        fs::create_dir_all(home.join("inner/compiled")).expect("made");
        if std::os::unix::fs::chown(&home, Some(65_534), None).is_ok() {
            let error = CompiledCache::open(&home.join("inner")).expect_err("refused");
            assert!(
                error.to_string().contains("another user (id 65534)"),
                "{error}"
            );
        }
    }
}
