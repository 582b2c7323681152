//! Filters of findings and records. Values of one column mean or, columns mean and.

use sqlx::{QueryBuilder, Sqlite};

/// What a list is narrowed to. An empty list leaves a column free.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// Names of registrations.
    pub(crate) names: Vec<String>,
    pub(crate) registrations: Vec<String>,
    pub(crate) accounts: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) clusters: Vec<String>,
    /// Names of services.
    pub(crate) services: Vec<String>,
    /// Whether what runs is listed, or what does not; what is not known is in neither.
    pub(crate) running: Option<bool>,
    pub(crate) objects: Vec<String>,
    pub(crate) uids: Vec<String>,
    /// Whether what is gone is listed, and nothing else.
    pub(crate) gone: bool,
    // Of findings only.
    pub(crate) controls: Vec<String>,
    pub(crate) severities: Vec<i64>,
    pub(crate) results: Vec<String>,
    pub(crate) changes: Vec<String>,
    /// Beginnings of standards' names.
    pub(crate) standards: Vec<&'static str>,
    pub(crate) muted: Option<bool>,
    /// The time at which mutes are valid.
    pub(crate) now: i64,
}

impl Filter {
    /// Adds the conditions for findings, which the query calls `f`.
    pub(super) fn push_findings(&self, query: &mut QueryBuilder<Sqlite>) {
        let columns: [(&str, &[String]); 10] = [
            ("f.registration_id", &self.registrations),
            ("f.account_id", &self.accounts),
            ("f.region", &self.regions),
            ("f.cluster_arn", &self.clusters),
            ("f.service", &self.services),
            ("f.subject_object", &self.objects),
            ("f.subject_uid", &self.uids),
            ("f.control_id", &self.controls),
            ("f.result", &self.results),
            ("f.change", &self.changes),
        ];
        push_columns(query, &columns);
        push_names(query, "f.registration_id", &self.names);
        if !self.standards.is_empty() {
            query.push(" AND (");
            let mut list = query.separated(" OR ");
            for standard in &self.standards {
                list.push("f.standards LIKE ")
                    .push_bind_unseparated(format!("%\n{standard}%"));
            }
            query.push(")");
        }
        if let Some(running) = self.running {
            query.push(" AND f.is_running = ").push_bind(running);
        }
        if !self.severities.is_empty() {
            query.push(" AND f.severity IN (");
            let mut list = query.separated(", ");
            for severity in &self.severities {
                list.push_bind(*severity);
            }
            query.push(")");
        }
        query.push(match self.gone {
            // With the sign no index is chosen for this alone, which most rows fit.
            true => " AND f.gone_at IS NOT NULL",
            false => " AND f.gone_at IS NULL",
        });
        if let Some(muted) = self.muted {
            query.push(if muted {
                " AND EXISTS ("
            } else {
                " AND NOT EXISTS ("
            });
            push_mutes(query, self.now);
            query.push(")");
        }
    }

    /// Adds the conditions for records, which the query calls `o`.
    pub(super) fn push_objects(&self, query: &mut QueryBuilder<Sqlite>) {
        let columns: [(&str, &[String]); 7] = [
            ("o.registration_id", &self.registrations),
            ("o.account_id", &self.accounts),
            ("o.region", &self.regions),
            ("o.cluster_arn", &self.clusters),
            ("o.service", &self.services),
            ("o.object", &self.objects),
            ("o.uid", &self.uids),
        ];
        push_columns(query, &columns);
        push_names(query, "o.registration_id", &self.names);
        if let Some(running) = self.running {
            query.push(" AND o.is_running = ").push_bind(running);
        }
        query.push(match self.gone {
            true => " AND o.gone_at IS NOT NULL",
            false => " AND o.gone_at IS NULL",
        });
    }
}

/// Adds the condition for rows of the registrations with these names.
fn push_names(query: &mut QueryBuilder<Sqlite>, column: &'static str, names: &[String]) {
    if names.is_empty() {
        return;
    }
    query
        .push(" AND ")
        .push(column)
        .push(" IN (SELECT id FROM registrations WHERE name IN (");
    let mut list = query.separated(", ");
    for name in names {
        list.push_bind(name.clone());
    }
    query.push("))");
}

/// Adds a query for the ids of the mutes that cover the finding `f`.
pub(super) fn push_mutes(query: &mut QueryBuilder<Sqlite>, now: i64) {
    query
        .push("SELECT m.id FROM mutes m WHERE m.revoked_at IS NULL AND m.ends_at > ")
        .push_bind(now)
        .push(
            " AND (m.control_id = '*' OR m.control_id = f.control_id) AND (m.subject = f.subject_uid \
             OR (m.subject_like IS NOT NULL AND f.subject_uid LIKE m.subject_like ESCAPE '\\'))",
        );
}

pub(super) fn push_columns(query: &mut QueryBuilder<Sqlite>, columns: &[(&str, &[String])]) {
    for (column, values) in columns.iter().filter(|(_, values)| !values.is_empty()) {
        query.push(" AND ").push(column).push(" IN (");
        let mut list = query.separated(", ");
        for value in *values {
            list.push_bind(value.clone());
        }
        query.push(")");
    }
}
