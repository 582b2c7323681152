//! The space that the data folder takes.

use std::path::{Path, PathBuf};

use crate::store::FILE;

/// A cache holds a few hundred files, a scan a few dozen. More are not counted, so that an answer stays quick.
const FILES_LIMIT: usize = 100_000;

/// Bytes of the data folder by what they hold.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Space {
    /// The store: inventory, findings, history, scans, audit log. What is forgotten leaves room in it for new rows.
    pub(crate) store_bytes: u64,
    /// What the store has not merged yet.
    pub(crate) log_bytes: u64,
    /// The folders of scans that have not ended.
    pub(crate) scans_bytes: u64,
    /// Compiled modules, and task-definition revisions that are not requested again.
    pub(crate) cache_bytes: u64,
}

/// Measures a data folder, and a cache that may lie elsewhere.
pub(crate) async fn measure(data: PathBuf, cache: PathBuf) -> Space {
    let measured = tokio::task::spawn_blocking(move || {
        let length = |name: String| data.join(name).metadata().map_or(0, |it| it.len());
        Space {
            store_bytes: length(FILE.to_owned()),
            log_bytes: length(format!("{FILE}-wal")),
            scans_bytes: of_folder(&data.join("scans")),
            cache_bytes: of_folder(&cache),
        }
    });
    measured.await.unwrap_or_default()
}

fn of_folder(folder: &Path) -> u64 {
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    let (mut bytes, mut files) = (0, 0);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            files += 1;
            // The file may have gone meanwhile. Links are not followed.
            match entry.metadata() {
                Ok(it) if it.is_dir() => open.push(entry.path()),
                Ok(it) => bytes += it.len(),
                Err(_) => {}
            }
        }
        if files > FILES_LIMIT {
            break;
        }
    }
    bytes
}
