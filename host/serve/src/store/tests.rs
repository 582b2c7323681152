use super::*;
use sqlx::sqlite::SqlitePoolOptions;

/// Every table, column and index, as the database tells them.
async fn shape(pool: &SqlitePool) -> Vec<(String, String)> {
    sqlx::query_as("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        .fetch_all(pool)
        .await
        .expect("the schema")
}

async fn at_step(folder: &Path, step: i64) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(folder.join(FILE))
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new()
        .connect_with(options)
        .await
        .expect("a store");
    if step > 0 {
        migrations::run_to(step, &pool).await.expect("migrated");
    }
    pool
}

#[tokio::test]
async fn every_earlier_version_is_brought_to_this_one_and_keeps_its_rows() {
    let newest = tempfile::tempdir().expect("a folder");
    let store = Store::open(newest.path()).await.expect("a store");
    let expected = shape(store.read()).await;
    for step in 0..=migrations::STEPS.len() {
        let folder = tempfile::tempdir().expect("a folder");
        let pool = at_step(folder.path(), i64::try_from(step).expect("small")).await;
        if step > 0 {
            let text = "INSERT INTO tokens (id, name, hash, role, created_at) VALUES ('1', 'n', 'h', 'admin', 1)";
            sqlx::query(text).execute(&pool).await.expect("inserted");
        }
        pool.close().await;
        let store = Store::open(folder.path()).await.expect("migrated");
        assert_eq!(shape(store.read()).await, expected, "from step {step}");
        let known = tokens::by_hash(&store, "h").await.expect("read");
        assert_eq!(known.is_some(), step > 0, "from step {step}");
    }
}

#[tokio::test]
async fn a_later_version_is_refused_and_readers_cannot_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    let text = "DELETE FROM tokens";
    assert!(sqlx::query(text).execute(store.read()).await.is_err());
    let later =
        "INSERT INTO _sqlx_migrations VALUES (999, 'later', CURRENT_TIMESTAMP, TRUE, x'00', 0)";
    let mut write = store.write().await.expect("a transaction");
    sqlx::query(later)
        .execute(&mut *write)
        .await
        .expect("inserted");
    write.commit().await.expect("committed");
    store.close().await;
    let error = Store::open(folder.path()).await.expect_err("refused");
    assert!(error.to_string().contains("later version"), "{error}");
}

/// Leases do not depend on the clock; plans do.
#[tokio::test]
async fn a_clock_that_jumps_plans_anew_and_missed_runs_are_one() {
    const HOUR_MS: i64 = 60 * 60 * 1000;
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).await.expect("a store");
    let now = 1_000 * HOUR_MS;
    let registration = registrations::Registration {
        id: "r".into(),
        name: "it".into(),
        credential_id: None,
        wishes: crate::registration::Wishes::default(),
        schedule: crate::schedule::Schedule::default(),
        places: Vec::new(),
        state: registrations::State::Active,
        state_reason: None,
        next_run_at: Some(now + HOUR_MS),
        planned_at: now,
        loaded_scan: None,
        captured_at: None,
        created_at: now,
        updated_at: now,
    };
    let mut write = store.write().await.expect("a transaction");
    registrations::put(&mut write, &registration)
        .await
        .expect("stored");
    for (clock, is_due, is_run) in [
        (now + HOUR_MS / 2, false, false),
        (now + HOUR_MS, true, true),
        (now + 50 * HOUR_MS, true, true),
        // Set back: what was planned is hours away, and is planned anew without a run.
        (now - HOUR_MS, true, false),
    ] {
        let due = registrations::due(&mut *write, clock, 10)
            .await
            .expect("read");
        assert_eq!(due.len(), usize::from(is_due), "{}", clock - now);
        let runs = due.iter().filter(|it| it.next_run_at <= Some(clock));
        assert_eq!(runs.count(), usize::from(is_run), "{}", clock - now);
        if is_due {
            let next = registration.schedule.next(clock, 0.0).expect("a schedule");
            assert_eq!(next, Some(clock + HOUR_MS));
        }
    }
}
