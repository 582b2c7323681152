//! The rows that a scan brings, and their ids.

use portolan_machine::fingerprint::fingerprint;
use portolan_sandbox::ControlResult;
use sqlx::{QueryBuilder, Sqlite};

use super::{StoreError, Write};

/// The first bytes of the SHA-256 of what identifies a row.
pub(crate) type Id = [u8; 16];

/// The id of a row, which is the same in every scan of its registration.
pub(crate) fn id(registration_id: &str, object: &str, uid: &str) -> Id {
    fingerprint(format!("{registration_id}\n{object}\n{uid}"))
}

/// Bytes in hexadecimal, as the store has them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An id of the store.
pub(crate) fn id_of(hex: &str) -> Option<Id> {
    let mut id = Id::default();
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    (hex.len() == 32).then_some(id)
}

/// A table whose rows a scan may see no more. The columns `last_seen` and `gone_at` are NULL while the newest scan sees
/// a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    Findings,
    Objects,
    Workloads,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Objects => "objects",
            Self::Workloads => "workloads",
        }
    }

    /// Notes that a scan would have seen a row.
    pub(crate) async fn gone(self, write: &mut Write, id: &str, at: i64) -> Result<(), StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("UPDATE ");
        query
            .push(self.name())
            .push(" SET gone_at = ")
            .push_bind(at);
        query.push(" WHERE id = ").push_bind(id.to_owned());
        query.build().execute(&mut **write).await?;
        Ok(())
    }

    /// Notes when a row was last seen, unless that is known: not by this scan, which was not complete there.
    pub(crate) async fn stale(
        self,
        write: &mut Write,
        id: &str,
        last_seen: i64,
    ) -> Result<(), StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("UPDATE ");
        query
            .push(self.name())
            .push(" SET last_seen = COALESCE(last_seen, ")
            .push_bind(last_seen);
        query.push(") WHERE id = ").push_bind(id.to_owned());
        query.build().execute(&mut **write).await?;
        Ok(())
    }

    /// Rows that went before a time are forgotten; findings with their history.
    pub(crate) async fn forget_gone(
        self,
        write: &mut Write,
        before: i64,
    ) -> Result<(), StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("DELETE FROM ");
        query
            .push(self.name())
            .push(" WHERE gone_at < ")
            .push_bind(before);
        query.build().execute(&mut **write).await?;
        Ok(())
    }
}

/// A record or a finding. LAST_CAPTURED is not part of its body, because it changes with every scan.
#[derive(Debug)]
pub(crate) struct LoadRow {
    pub(crate) id: Id,
    /// The object; of findings, that of the subject.
    pub(crate) object: String,
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) cluster_arn: String,
    /// The name of the service that it is or belongs to; of findings, that of the subject.
    pub(crate) service: String,
    /// Whether it runs; absent if that is not known.
    pub(crate) is_running: Option<bool>,
    pub(crate) body: String,
    pub(crate) digest: String,
    /// When it happened, if it is an audit event.
    pub(crate) event_at: Option<i64>,
    /// What only findings have.
    pub(crate) finding: Option<FindingRow>,
}

#[derive(Debug)]
pub(crate) struct FindingRow {
    pub(crate) control_id: String,
    pub(crate) severity: i64,
    pub(crate) result: ControlResult,
    pub(crate) verdict: String,
    pub(crate) subject_uid: String,
    pub(crate) is_latest: Option<bool>,
    pub(crate) running_tasks: Option<i64>,
    /// Each after a line feed.
    pub(crate) standards: String,
}

/// The place of a row that a scan did not see.
#[derive(Debug)]
pub(crate) struct RowPlace {
    /// The object; of findings, that of the subject.
    pub(crate) object: String,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) cluster_arn: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_were_written() {
        let one = id("registration", "EcsTask", "arn");
        assert_eq!(id_of(&hex(&one)), Some(one));
        assert_eq!(id_of("é"), None);
        assert_eq!(id_of(&"0".repeat(33)), None);
    }
}
