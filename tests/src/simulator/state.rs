//! The state of a running simulator, shared by all requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::bucket::Buckets;
use super::call::Drift;
use super::caller::Sessions;
use super::clock;
use super::count::Ledger;
use super::rules::{Fault, Rules};
use super::token::Tokens;
use super::truth::Truth;
use super::world::World;

/// Ignores poisoning, because a panicking test must not make every later call panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) world: World,
    pub(super) tokens: Tokens,
    started_at: Instant,
    /// Replaced as a whole, so that a request sees the same rules from start to end.
    rules: Mutex<Arc<Rules>>,
    /// For faults only, so that the same calls meet the same faults again.
    random: Mutex<fastrand::Rng>,
    sessions: Mutex<Sessions>,
    buckets: Mutex<Buckets>,
    ledger: Mutex<Ledger>,
    ecs_calls: AtomicU64,
}

impl State {
    pub(super) fn new(world: World, rules: Rules) -> Self {
        Self {
            tokens: Tokens::new(fastrand::u64(..)),
            started_at: Instant::now(),
            rules: Mutex::new(Arc::new(rules)),
            random: Mutex::new(fastrand::Rng::with_seed(world.seed)),
            sessions: Mutex::default(),
            buckets: Mutex::default(),
            ledger: Mutex::default(),
            ecs_calls: AtomicU64::new(0),
            world,
        }
    }

    /// The time since the start.
    pub(super) fn now(&self) -> Duration {
        self.started_at.elapsed()
    }

    /// The time of AWS's clock.
    pub(super) fn time(&self) -> OffsetDateTime {
        clock::now(self.rules().clock_offset_seconds)
    }

    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&lock(&self.rules))
    }

    pub(super) fn change_rules(&self, change: impl FnOnce(&mut Rules)) {
        change(Arc::make_mut(&mut lock(&self.rules)));
    }

    pub(super) fn draw_fault(&self, operation: &str) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        if rules.faults.is_empty() {
            return None;
        }
        Arc::make_mut(&mut rules).draw_fault(operation, &mut lock(&self.random))
    }

    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.sessions)
    }

    pub(super) fn buckets(&self) -> MutexGuard<'_, Buckets> {
        lock(&self.buckets)
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.ledger)
    }

    /// Counts an ECS call. The call may change the world.
    pub(super) fn count_ecs_call(&self) {
        self.ecs_calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn drift(&self) -> Drift {
        let (rules, calls) = (self.rules(), self.ecs_calls.load(Ordering::Relaxed));
        let times = |every: Option<u64>| every.and_then(|every| calls.checked_div(every));
        Drift::after(
            times(rules.calls_per_change).unwrap_or(0),
            times(rules.calls_per_deployment).unwrap_or(0),
        )
    }

    /// Resets counts, requests, changes of the world, and buckets; rules and sessions stay.
    pub(super) fn reset(&self) {
        *self.ledger() = Ledger::default();
        *self.buckets() = Buckets::default();
        self.ecs_calls.store(0, Ordering::Relaxed);
    }

    pub(super) fn truth(&self) -> Vec<Truth> {
        let (rules, drift) = (self.rules(), self.drift());
        let places = self.world.places.values();
        places
            .map(|place| Truth::of(place, &rules, drift))
            .collect()
    }
}
