//! Numbers for Prometheus. No label has a value from outside, so that there are few series and no secrets.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::space::Space;

/// From the fastest read to the limit of a request, in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// One label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Label {
    /// A status of HTTP, or the state of scans.
    state: String,
}

/// A part of the data folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PartLabel {
    part: String,
}

/// The numbers of a service.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Label, Counter>,
    request_seconds: Histogram,
    refused_tokens: Counter,
    scans: Family<Label, Counter>,
    open_scans: Family<Label, Gauge>,
    space: Family<PartLabel, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("portolan");
        let metrics = (
            Family::default(),
            Histogram::new(BUCKETS),
            Counter::default(),
            Family::default(),
            Family::default(),
            Family::default(),
        );
        let (requests, request_seconds, refused_tokens, scans, open_scans, space) = metrics;
        registry.register("requests", "Answered requests by status", requests.clone());
        registry.register(
            "request_seconds",
            "Time to the head of an answer",
            request_seconds.clone(),
        );
        registry.register(
            "refused_tokens",
            "Requests without a valid token",
            refused_tokens.clone(),
        );
        registry.register("scans", "Tries of scans by their end", scans.clone());
        registry.register(
            "open_scans",
            "Scans that are queued or running",
            open_scans.clone(),
        );
        registry.register(
            "data_bytes",
            "Space that the data folder takes by part",
            space.clone(),
        );
        Self {
            registry,
            requests,
            request_seconds,
            refused_tokens,
            scans,
            open_scans,
            space,
        }
    }
}

fn label(state: impl ToString) -> Label {
    Label {
        state: state.to_string(),
    }
}

impl Metrics {
    pub(crate) fn answered(&self, status: u16, seconds: f64) {
        self.requests.get_or_create(&label(status)).inc();
        self.request_seconds.observe(seconds);
    }

    pub(crate) fn refused_token(&self) {
        self.refused_tokens.inc();
    }

    pub(crate) fn scan_ended(&self, state: &str) {
        self.scans.get_or_create(&label(state)).inc();
    }

    /// The text for a scrape. `scans` are the numbers of scans by state.
    pub(crate) fn text(&self, scans: &[(String, i64)], space: Space) -> String {
        for (part, bytes) in [
            ("store", space.store_bytes),
            ("log", space.log_bytes),
            ("scans", space.scans_bytes),
            ("cache", space.cache_bytes),
        ] {
            let part = PartLabel { part: part.into() };
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            self.space.get_or_create(&part).set(bytes);
        }
        for state in ["queued", "running"] {
            let count = scans.iter().find(|(name, _)| name == state);
            let count = count.map_or(0, |(_, count)| *count);
            self.open_scans.get_or_create(&label(state)).set(count);
        }
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}
