//! Progress of a sync on a terminal; silence in a pipe.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use portolan::object::Object;
use portolan::report::Ledger;

use crate::talk;

/// One line that is drawn over and over.
pub(super) struct Progress {
    line: Option<ProgressBar>,
}

const INTERVAL: Duration = Duration::from_millis(200);

impl Progress {
    pub(super) fn start(runtime: &tokio::runtime::Runtime, ledger: Arc<Ledger>) -> Self {
        if !talk::is_watched() {
            return Self { line: None };
        }
        let line = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            line.set_style(style);
        }
        line.enable_steady_tick(INTERVAL);
        let shown = line.clone();
        runtime.spawn(async move {
            while !shown.is_finished() {
                shown.set_message(message(&ledger));
                tokio::time::sleep(INTERVAL).await;
            }
        });
        Self { line: Some(line) }
    }

    pub(super) fn stop(self) {
        if let Some(line) = self.line {
            line.finish_and_clear();
        }
    }
}

fn message(ledger: &Ledger) -> String {
    let totals = ledger.totals();
    let part = |object: &Object| {
        let counts = totals.get(object)?;
        Some(format!(
            "{} {}/{}",
            object.word(),
            counts.written,
            counts.listed
        ))
    };
    let parts: Vec<String> = Object::ALL.iter().filter_map(part).collect();
    if parts.is_empty() {
        return "asking AWS who we are".into();
    }
    parts.join("  ")
}
