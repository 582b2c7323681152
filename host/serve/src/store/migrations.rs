//! The versions of the store: a file for each step, which never changes after its release.

use std::sync::LazyLock;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{SqlSafeStr, SqlitePool};

/// The steps in order. Their numbers are their positions, from 1.
pub(super) const STEPS: [(&str, &str); 13] = [
    ("tokens", include_str!("migrations/0001_tokens.sql")),
    ("audit", include_str!("migrations/0002_audit.sql")),
    (
        "credentials",
        include_str!("migrations/0003_credentials.sql"),
    ),
    (
        "registrations",
        include_str!("migrations/0004_registrations.sql"),
    ),
    ("scans", include_str!("migrations/0005_scans.sql")),
    (
        "idempotency",
        include_str!("migrations/0006_idempotency.sql"),
    ),
    ("objects", include_str!("migrations/0007_objects.sql")),
    ("findings", include_str!("migrations/0008_findings.sql")),
    ("mutes", include_str!("migrations/0009_mutes.sql")),
    ("coverage", include_str!("migrations/0010_coverage.sql")),
    ("filters", include_str!("migrations/0011_filters.sql")),
    ("sessions", include_str!("migrations/0012_sessions.sql")),
    ("workloads", include_str!("migrations/0013_workloads.sql")),
];

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let steps = (1..).zip(STEPS).map(|(number, (name, text))| {
        let text = text.into_sql_str();
        Migration::new(number, name.into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(steps.collect())
});

/// Takes the steps that the store has not taken yet.
pub(super) async fn run(pool: &SqlitePool) -> Result<(), MigrateError> {
    MIGRATOR.run(pool).await
}

#[cfg(test)]
pub(super) async fn run_to(step: i64, pool: &SqlitePool) -> Result<(), MigrateError> {
    MIGRATOR.run_to(step, pool).await
}
