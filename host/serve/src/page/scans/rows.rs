//! The rows of registrations, scans and credentials.

use std::collections::HashMap;

use serde_json::Value;

use crate::page::words::{Time, count, number, shown, span};
use crate::place::ScanPlace;
use crate::shared::Shared;
use crate::store::StoreError;
use crate::store::credentials::{self, Credential};
use crate::store::registrations::{self, Registration, State as RegistrationState};
use crate::store::scans::{self, Scan, ScanState};

/// The registrations that a page lists; the API has all.
const REGISTRATIONS: i64 = 500;

/// A registration with its newest scan.
pub(in crate::page) struct RegistrationRow {
    pub(in crate::page) id: String,
    pub(in crate::page) name: String,
    pub(in crate::page) places: String,
    pub(in crate::page) glyph: String,
    pub(in crate::page) word: &'static str,
    pub(in crate::page) detail: String,
    /// The newest scan; empty if there is none.
    pub(in crate::page) scan: String,
    /// Whether it is queued or running.
    pub(in crate::page) is_open: bool,
    pub(in crate::page) captured: Option<Time>,
    pub(in crate::page) next: String,
    pub(in crate::page) schedule: String,
    /// What failed or is missing, and what to do.
    pub(in crate::page) reason: String,
    pub(in crate::page) is_failed: bool,
    pub(in crate::page) is_paused: bool,
    pub(in crate::page) is_stopped: bool,
}

/// A scan of the list.
pub(super) struct ScanRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) at: Time,
    pub(super) by: String,
    pub(super) glyph: String,
    pub(super) word: &'static str,
    pub(super) took: String,
    pub(super) fail: String,
    pub(super) unknown: String,
    pub(super) is_open: bool,
    pub(super) reason: String,
}

pub(super) struct CredentialRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) account: String,
    pub(super) used_by: String,
    pub(super) last_used: Option<Time>,
    pub(super) created: Time,
}

pub(in crate::page) fn state_word(state: ScanState) -> (&'static str, &'static str) {
    match state {
        ScanState::Queued => ("Queued", "st-wait"),
        ScanState::Running => ("Running", "st-run"),
        ScanState::Complete => ("Complete", "res-pass"),
        ScanState::Partial => ("Incomplete", "st-part"),
        ScanState::Failed => ("Failed", "res-fail"),
        ScanState::Cancelled => ("Cancelled", "res-muted"),
    }
}

fn glyph(name: &str) -> String {
    format!("<svg aria-hidden=\"true\"><use href=\"#{name}\"/></svg>")
}

/// How far a scan is, in words.
pub(in crate::page) fn progress(scan: &Scan) -> String {
    let tries = match scan.attempt {
        0 | 1 => String::new(),
        attempt => format!(", try {attempt} of 3"),
    };
    if scan.state == ScanState::Queued {
        let reason = scan.reason.as_deref().unwrap_or("waits for its turn");
        return format!("{}{tries}", shown(reason));
    }
    let value: Value = scan
        .progress
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let phase = value["phase"].as_str().unwrap_or_default();
    let (listed, done) = (
        value["listed"].as_i64().unwrap_or_default(),
        value["done"].as_i64().unwrap_or_default(),
    );
    let text = match (phase, listed) {
        ("assessing", _) => "everything was read, and is assessed now".to_owned(),
        ("reading", listed) if listed > 0 => {
            let left = match value["etaSeconds"].as_i64() {
                Some(seconds) => format!("about {} left", span(seconds.max(1) * 1000)),
                None => "no estimate yet".to_owned(),
            };
            format!(
                "read {} of {} objects so far, {left}",
                number(done),
                number(listed)
            )
        }
        _ => "it begins to read".to_owned(),
    };
    format!("{text}{tries}")
}

fn took(scan: &Scan) -> String {
    match (scan.started_at, scan.finished_at) {
        (Some(began), Some(ended)) if ended - began < 60_000 => {
            count((ended - began) / 1000, "second")
        }
        (Some(began), Some(ended)) => {
            let seconds = (ended - began) / 1000;
            format!("{} min {} s", seconds / 60, seconds % 60)
        }
        (Some(_), None) => "runs".into(),
        _ => String::new(),
    }
}

fn places(places: &[ScanPlace]) -> String {
    let any = |text: &str, what: &str| match text {
        ScanPlace::ANY => format!("any {what}"),
        text => text.to_owned(),
    };
    let unique = |texts: Vec<String>, noun: &str| {
        let mut texts = texts;
        texts.sort();
        texts.dedup();
        match texts.len() {
            0..=3 => texts.join(", "),
            many => count(i64::try_from(many).unwrap_or(i64::MAX), noun),
        }
    };
    let accounts = places
        .iter()
        .map(|it| any(&it.account_id, "account"))
        .collect();
    let regions = places.iter().map(|it| any(&it.region, "Region")).collect();
    format!(
        "{} in {}",
        unique(accounts, "account"),
        unique(regions, "Region")
    )
}

/// What failed or is missing, and what to do; empty if nothing is.
fn reason(it: &Registration, scan: Option<&Scan>, is_failed: bool) -> String {
    let mut reason = match (scan, &it.state_reason) {
        (_, Some(reason)) => format!(
            "Stopped: {}. Register it anew, or give it another credential by the API.",
            shown(reason)
        ),
        (Some(scan), None) if is_failed || scan.state == ScanState::Partial => {
            let tries = match scan.attempt {
                0 | 1 => String::new(),
                tries => format!(" It was tried {tries} times."),
            };
            format!(
                "{}.{tries}",
                shown(
                    scan.reason
                        .as_deref()
                        .unwrap_or("no reason is known")
                        .trim_end_matches('.')
                )
            )
        }
        _ => String::new(),
    };
    if is_failed && let Some(at) = it.captured_at {
        reason.push_str(&format!(
            " What it found is shown as it was on {} UTC.",
            Time(at).exact()
        ));
    }
    reason
}

// Long, because it names every cell of a row.
fn registration_row(it: Registration, scan: Option<&Scan>) -> RegistrationRow {
    let (word, icon) = scan.map_or(("Never scanned", "res-unknown"), |scan| {
        state_word(scan.state)
    });
    let is_open = scan.is_some_and(|it| matches!(it.state, ScanState::Queued | ScanState::Running));
    let is_failed = scan.is_some_and(|it| it.state == ScanState::Failed);
    let detail = match scan {
        Some(scan) if is_open => progress(scan),
        Some(scan) => scan
            .finished_at
            .map_or_else(String::new, |at| Time(at).relative()),
        None => String::new(),
    };
    let is_stopped = it.state == RegistrationState::Stopped;
    let reason = reason(&it, scan, is_failed);
    let schedule = &it.schedule;
    RegistrationRow {
        name: shown(&it.name),
        places: places(&it.places),
        glyph: glyph(icon),
        word,
        detail,
        scan: scan.map_or_else(String::new, |scan| scan.id.clone()),
        is_open,
        captured: it.captured_at.map(Time),
        next: match (it.state, it.next_run_at) {
            (RegistrationState::Paused, _) => "paused".into(),
            (RegistrationState::Stopped, _) => "stopped".into(),
            (_, Some(at)) => format!("{} UTC", Time(at).exact()),
            (_, None) => String::new(),
        },
        schedule: match (&schedule.cron, &schedule.interval) {
            (Some(cron), _) => {
                format!("{cron}, {}", schedule.time_zone.as_deref().unwrap_or("UTC"))
            }
            (None, Some(interval)) => format!("every {interval}"),
            (None, None) => "every hour".into(),
        },
        reason,
        is_failed,
        is_paused: it.state == RegistrationState::Paused,
        is_stopped,
        id: it.id,
    }
}

/// Registrations with their newest scans; trouble comes first.
pub(in crate::page) async fn registration_rows(
    service: &Shared,
) -> Result<Vec<RegistrationRow>, StoreError> {
    let store = service.store.read();
    let all = registrations::page(store, None, REGISTRATIONS).await?;
    let newest = scans::newest(store).await?;
    let newest: HashMap<&str, &Scan> = newest
        .iter()
        .map(|scan| (scan.registration_id.as_str(), scan))
        .collect();
    let mut rows: Vec<RegistrationRow> = all
        .into_iter()
        .map(|it| {
            let scan = newest.get(it.id.as_str()).copied();
            registration_row(it, scan)
        })
        .collect();
    rows.sort_by_key(|row| {
        (
            row.reason.is_empty(),
            !row.is_failed,
            !row.is_open,
            row.name.clone(),
        )
    });
    Ok(rows)
}

pub(super) fn scan_row(scan: &Scan, names: &HashMap<String, String>) -> ScanRow {
    let (word, icon) = state_word(scan.state);
    let counts: Value = scan
        .counts
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let sum = |result: &str| match counts[result].as_object() {
        _ if scan.counts.is_none() => "n/a".to_owned(),
        None => "0".to_owned(),
        Some(counts) => number(counts.values().filter_map(Value::as_i64).sum::<i64>()),
    };
    ScanRow {
        id: scan.id.clone(),
        name: names
            .get(&scan.registration_id)
            .map_or_else(String::new, |name| shown(name)),
        at: Time(scan.started_at.unwrap_or(scan.created_at)),
        by: match (scan.trigger.as_str(), scan.attempt) {
            ("asked", 0 | 1) => "somebody".to_owned(),
            (trigger, 0 | 1) => trigger.to_owned(),
            (trigger, tries) => format!("{trigger}, {tries} tries"),
        },
        glyph: glyph(icon),
        word,
        took: took(scan),
        fail: sum("FAIL"),
        unknown: sum("NOT_EVALUATED"),
        is_open: matches!(scan.state, ScanState::Queued | ScanState::Running),
        reason: shown(scan.reason.as_deref().unwrap_or_default()),
    }
}

pub(super) async fn credential_rows(service: &Shared) -> Result<Vec<CredentialRow>, StoreError> {
    let store = service.store.read();
    let mut rows = Vec::new();
    for it in credentials::page(store, None, REGISTRATIONS).await? {
        let users = registrations::of_credential(store, &it.id).await?;
        let users: Vec<String> = users.iter().map(|it| shown(&it.name)).collect();
        rows.push(CredentialRow {
            name: shown(&it.name),
            kind: credential_kind(&it),
            account: it
                .identity
                .as_ref()
                .map_or_else(|| "not checked".into(), |it| it.account_id.clone()),
            used_by: users.join(", "),
            last_used: it.last_used_at.map(Time),
            created: Time(it.rotated_at.unwrap_or(it.created_at)),
            id: it.id,
        });
    }
    Ok(rows)
}

fn credential_kind(it: &Credential) -> String {
    let roles = i64::try_from(it.roles.len()).unwrap_or(i64::MAX);
    let roles = if roles > 0 {
        format!(", {}", count(roles, "role"))
    } else {
        String::new()
    };
    match &it.access_key_id {
        Some(id) => {
            let end = id.len().saturating_sub(4);
            format!("Access key …{}{roles}", id.get(end..).unwrap_or_default())
        }
        None => format!("This host's own{roles}"),
    }
}
