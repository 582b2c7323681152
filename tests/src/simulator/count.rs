//! Counters per account, Region and operation, and a bounded log of requests.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

/// Number of requests in the log; older ones are dropped.
const LOGGED_REQUESTS: usize = 20_000;

/// Calls of one operation in one account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The caller's account.
    pub account: String,
    /// The Region of the credential scope.
    pub region: String,
    /// The operation, such as `ListTasks`.
    pub operation: String,
    /// Number of calls, whatever the answer.
    pub calls: u64,
    /// Calls answered with `ThrottlingException`.
    pub throttled: u64,
    /// Objects or ARNs in the answers; `failures` are not counted.
    pub items: u64,
}

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// Milliseconds since the simulator started.
    pub offset_ms: u64,
    /// The caller's account; empty if the credentials were not known.
    pub account: String,
    /// The Region of the credential scope; empty if there was none.
    pub region: String,
    /// The operation, such as `ListTasks`.
    pub operation: String,
    /// The parameters: the JSON body, or the form's fields as an object; null if unreadable.
    pub body: serde_json::Value,
    /// `OK`, the error's code, or the fault's name.
    pub answer: String,
}

/// A stored [`Request`]. Its body is parsed when it is read.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) offset_ms: u64,
    pub(super) account: String,
    pub(super) region: String,
    pub(super) operation: String,
    pub(super) body: String,
    pub(super) answer: String,
    pub(super) items: u64,
}

/// The counters and the log.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    counts: BTreeMap<(String, String, String), Count>,
    requests: VecDeque<Entry>,
}

impl Ledger {
    pub(super) fn note(&mut self, entry: Entry) {
        let Entry {
            account,
            region,
            operation,
            ..
        } = &entry;
        let key = (account.clone(), region.clone(), operation.clone());
        let count = self.counts.entry(key).or_insert_with(|| Count {
            account: account.clone(),
            region: region.clone(),
            operation: operation.clone(),
            ..Count::default()
        });
        count.calls += 1;
        count.items += entry.items;
        count.throttled += u64::from(entry.answer == "ThrottlingException");
        if self.requests.len() == LOGGED_REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(entry);
    }

    pub(super) fn counts(&self) -> Vec<Count> {
        self.counts.values().cloned().collect()
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        let request = |entry: &Entry| Request {
            offset_ms: entry.offset_ms,
            account: entry.account.clone(),
            region: entry.region.clone(),
            operation: entry.operation.clone(),
            body: serde_json::from_str(&entry.body).unwrap_or_default(),
            answer: entry.answer.clone(),
        };
        self.requests.iter().map(request).collect()
    }
}
