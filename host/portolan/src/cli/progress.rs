//! Progress of a sync on a terminal: a line for each object of each account and Region. A pipe gets no
//! progress.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use portolan_page::ledger::{self, Ledger};
use portolan_page::object::Object;
use portolan_page::{AccountId, RegionName};

use crate::talk;

const INTERVAL: Duration = Duration::from_millis(200);
/// Half of the smallest terminal in use, which has 24 lines, so that earlier output stays visible.
const LINES: usize = 12;
/// Time that a rate covers: long enough for a steady figure, short enough to follow a quota.
const RATE_PERIOD: Duration = Duration::from_secs(5);

/// Lines that are drawn over and over.
pub(super) struct Progress {
    lines: Option<MultiProgress>,
    drawing: Option<tokio::task::JoinHandle<()>>,
}

impl Progress {
    pub(super) fn start(runtime: &tokio::runtime::Runtime, ledger: Arc<Ledger>) -> Self {
        if !talk::is_watched() {
            return Self {
                lines: None,
                drawing: None,
            };
        }
        let lines = MultiProgress::new();
        let drawing = runtime.spawn(draw(lines.clone(), ledger));
        Self {
            lines: Some(lines),
            drawing: Some(drawing),
        }
    }

    pub(super) fn stop(self) {
        if let Some(drawing) = self.drawing {
            drawing.abort();
        }
        if let Some(lines) = self.lines {
            // A terminal that cannot be cleared keeps its lines.
            let _ = lines.clear();
        }
    }
}

async fn draw(lines: MultiProgress, ledger: Arc<Ledger>) {
    let style =
        ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let mut bars: Vec<ProgressBar> = Vec::new();
    let mut rates = Rates::default();
    loop {
        let texts = rates.lines(&ledger.progress(), Instant::now());
        while bars.len() < texts.len() {
            bars.push(lines.add(ProgressBar::new_spinner().with_style(style.clone())));
        }
        for (index, bar) in bars.iter().enumerate() {
            bar.set_message(texts.get(index).cloned().unwrap_or_default());
            bar.tick();
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// The rate of each line.
#[derive(Default)]
struct Rates(HashMap<(AccountId, RegionName, Object), Rate>);

struct Rate {
    per_second: f64,
    done: u64,
    at: Instant,
}

impl Rates {
    /// The current lines; unfinished ones come first.
    fn lines(&mut self, progress: &[ledger::EntryProgress], now: Instant) -> Vec<String> {
        if progress.is_empty() {
            return vec!["asking AWS for the identity of the credentials".into()];
        }
        let mut lines: Vec<(bool, String)> = progress
            .iter()
            .map(|line| {
                let is_done = line.counts.done() == line.counts.listed;
                (is_done, self.line(line, now))
            })
            .collect();
        lines.sort_by_key(|(is_done, _)| *is_done);
        let mut texts: Vec<String> = lines.into_iter().map(|(_, text)| text).collect();
        if texts.len() > LINES {
            let more = texts.len() - (LINES - 1);
            texts.truncate(LINES - 1);
            texts.push(format!("… and {more} more"));
        }
        texts
    }

    fn line(&mut self, line: &ledger::EntryProgress, now: Instant) -> String {
        let (done, listed) = (line.counts.done(), line.counts.listed);
        let key = (line.account_id.clone(), line.region.clone(), line.object);
        let rate = self.0.entry(key).or_insert(Rate {
            per_second: 0.0,
            done,
            at: now,
        });
        rate.follow(done, now);
        let mut text = format!(
            "{} {} {:<15} {done}/{listed}  {:.0}/s",
            line.account_id,
            line.region,
            line.object.word(),
            rate.per_second
        );
        if !line.quota_wait.is_zero() {
            text.push_str(&format!(
                "  {} s waiting for quota",
                line.quota_wait.as_secs()
            ));
        }
        // Objects that are not listed yet come on top of it.
        if let Some(seconds) = rate.seconds_for(listed.saturating_sub(done)) {
            text.push_str(&format!("  at least {seconds} s left"));
        }
        text
    }
}

impl Rate {
    #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
    fn follow(&mut self, done: u64, now: Instant) {
        let elapsed = now.duration_since(self.at).as_secs_f64();
        if elapsed <= 0.0 {
            return;
        }
        let latest = done.saturating_sub(self.done) as f64 / elapsed;
        let weight = (elapsed / RATE_PERIOD.as_secs_f64()).min(1.0);
        self.per_second += (latest - self.per_second) * weight;
        (self.done, self.at) = (done, now);
    }

    #[expect(clippy::cast_precision_loss, reason = "an estimate for a person")]
    fn seconds_for(&self, objects: u64) -> Option<u64> {
        // At lower rates the estimate would be hours without meaning.
        (objects > 0 && self.per_second >= 0.1)
            .then(|| Duration::from_secs_f64(objects as f64 / self.per_second).as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portolan_page::ledger::Counts;

    fn progress(region: &str, written: u64, listed: u64) -> ledger::EntryProgress {
        ledger::EntryProgress {
            account_id: "111111111111".into(),
            region: region.into(),
            object: Object::EcsTask,
            counts: Counts {
                listed,
                written,
                ..Counts::default()
            },
            quota_wait: Duration::from_secs(7),
        }
    }

    #[test]
    fn a_line_says_rate_waiting_and_what_is_left() {
        let mut rates = Rates::default();
        let start = Instant::now();
        rates.lines(&[progress("us-east-1", 0, 1_000)], start);
        let later = start + Duration::from_secs(10);
        let lines = rates.lines(&[progress("us-east-1", 500, 1_000)], later);
        assert_eq!(
            lines,
            [
                "111111111111 us-east-1 task            500/1000  50/s  7 s waiting for quota  at least 10 s left"
            ]
        );
    }

    #[test]
    fn there_are_only_so_many_lines_and_the_busy_come_first() {
        let mut all: Vec<_> = (0..30)
            .map(|number| progress(&format!("region-{number}"), 1, 1))
            .collect();
        all.push(progress("busy", 1, 2));
        let lines = Rates::default().lines(&all, Instant::now());
        assert_eq!(lines.len(), LINES);
        assert!(lines[0].contains("busy"), "{lines:?}");
        assert_eq!(lines[LINES - 1], "… and 20 more");
    }
}
