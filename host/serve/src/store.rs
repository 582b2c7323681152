//! The store: an embedded SQLite database, one file of statements for each table.
//!
//! Statements are portable SQL. Times are milliseconds since 1970 in UTC, ids are UUIDs as text, lists and
//! records are JSON.

pub(crate) mod audit;
pub(crate) mod coverage;
pub(crate) mod credentials;
pub(crate) mod facets;
pub(crate) mod filter;
pub(crate) mod findings;
pub(crate) mod idempotency;
pub(crate) mod migrations;
pub(crate) mod mutes;
pub(crate) mod objects;
pub(crate) mod registrations;
pub(crate) mod rows;
pub(crate) mod scans;
pub(crate) mod sessions;
pub(crate) mod sort;
pub(crate) mod tokens;
pub(crate) mod trend;
pub(crate) mod workloads;

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};

/// The database's file in the data folder.
pub(crate) const FILE: &str = "portolan.db";
/// `portolan token` and `portolan key` write beside a running service. Its longest transaction is the load of a
/// scan, which takes seconds.
const BUSY_LIMIT: Duration = Duration::from_secs(30);
/// Reads wait for the disk at most, so a few are enough for any number of clients.
const READERS: u32 = 4;

/// A transaction that may write.
pub(crate) type Write = Transaction<'static, Sqlite>;

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A later version has written it.
    #[error(
        "the store {file} was written by a later version of portolan; start that version, or restore a backup of this one"
    )]
    Later {
        /// The file.
        file: String,
    },
    /// A migration has failed, and changed nothing.
    #[error("the store {file} cannot be brought to this version: {source}; it is as it was")]
    Migration {
        /// The file.
        file: String,
        /// The reason.
        source: MigrateError,
    },
    /// A statement has failed.
    #[error("the store failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds something that this version did not write.
    #[error("the store holds {0} that cannot be read; restore a backup")]
    Row(&'static str),
}

impl StoreError {
    /// Whether a unique column has the value already.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// The database. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Store {
    /// Opens the database in a data folder, and brings it to this version.
    ///
    /// # Errors
    /// Fails if it cannot be opened, or was written by a later version.
    pub(crate) async fn open(data: &Path) -> Result<Self, StoreError> {
        let file = data.join(FILE);
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A credential that was stored has to survive a power cut.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_LIMIT)
            // The load of a first scan makes the log large. It shrinks again.
            .pragma("journal_size_limit", "67108864")
            // Deleted ciphertext does not stay in free pages.
            .pragma("secure_delete", "ON");
        // `token create` may open a new store at the same moment as `serve`. SQLite does not keep two processes from
        // making the same migration; a lock on the folder does, until this function ends.
        let folder = std::fs::File::open(data).map_err(sqlx::Error::Io)?;
        folder.lock().map_err(sqlx::Error::Io)?;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_LIMIT)
            .connect_with(options.clone())
            .await?;
        migrations::run(&writer)
            .await
            .map_err(|source| match source {
                MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
                    StoreError::Later {
                        file: file.display().to_string(),
                    }
                }
                source => StoreError::Migration {
                    file: file.display().to_string(),
                    source,
                },
            })?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_LIMIT)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { writer, readers })
    }

    /// The connections that read.
    pub(crate) const fn read(&self) -> &SqlitePool {
        &self.readers
    }

    /// Begins a transaction that writes, and waits until no other one runs.
    pub(crate) async fn write(&self) -> Result<Write, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes the connections, so that the write-ahead log is merged.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The JSON of a value for a column.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Row("a value"))
}

/// The value of a JSON column.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(
    text: &str,
    what: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row(what))
}

#[cfg(test)]
mod tests;
