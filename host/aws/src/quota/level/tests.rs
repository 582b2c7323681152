//! Tests a level against a simulated bucket of AWS, in simulated time.

use std::collections::BTreeMap;

use super::*;
use portolan_page::object::ActionGroup;

/// The number of calls in flight at once.
const WORKERS: usize = 8;

/// AWS's side: a bucket that starts full, independent of the client's level.
struct Aws {
    bucket: Bucket,
    tokens: f64,
    at: Duration,
    /// The part of the refill that other clients take.
    others: f64,
}

impl Aws {
    fn admits(&mut self, now: Duration) -> bool {
        let elapsed = (now - self.at).as_secs_f64();
        self.at = now;
        let refill = elapsed * self.bucket.refill_per_second * (1.0 - self.others);
        self.tokens = (self.tokens + refill).min(self.bucket.burst);
        let admitted = self.tokens >= 1.0;
        if admitted {
            self.tokens -= 1.0;
        }
        admitted
    }
}

enum Event {
    /// A worker may request a token.
    Ready,
    /// A request reaches AWS; the number is the count of cuts.
    Arrives(u64),
    /// An answer reaches the client.
    Answered { cuts: u64, admitted: bool },
}

struct Outcome {
    seconds: f64,
    throttles: u32,
}

/// Makes `calls` calls. Each request and each answer takes 1 to `latency_ms`.
fn run(calls: u32, share: f64, others: f64, latency_ms: u64) -> Outcome {
    let bucket = ActionGroup::TaskDefinitionRead.bucket();
    let mut level = Level::new(bucket.share(share));
    let mut aws = Aws {
        bucket,
        tokens: bucket.burst,
        at: Duration::ZERO,
        others,
    };
    let mut random = fastrand::Rng::with_seed(latency_ms);
    let mut way = || Duration::from_micros(random.u64(1_000..=latency_ms * 1_000));
    let (mut done, mut throttles, mut serial) = (0, 0, 0);
    let mut events: BTreeMap<(Duration, u64), Event> = BTreeMap::new();
    let mut schedule = |events: &mut BTreeMap<_, _>, at, event| {
        serial += 1;
        events.insert((at, serial), event);
    };
    for _ in 0..WORKERS {
        schedule(&mut events, Duration::ZERO, Event::Ready);
    }
    while let Some(((now, _), event)) = events.pop_first() {
        match event {
            Event::Ready => match level.take(now) {
                Ok(cuts) => schedule(&mut events, now + way(), Event::Arrives(cuts)),
                Err(pause) => schedule(&mut events, now + pause, Event::Ready),
            },
            Event::Arrives(cuts) => {
                let admitted = aws.admits(now);
                schedule(&mut events, now + way(), Event::Answered { cuts, admitted });
            }
            Event::Answered { cuts, admitted } => {
                if admitted {
                    done += 1;
                } else {
                    throttles += 1;
                    level.throttled(now, cuts);
                }
                level.answered(now);
                if done == calls {
                    return Outcome {
                        seconds: now.as_secs_f64(),
                        throttles,
                    };
                }
                schedule(&mut events, now, Event::Ready);
            }
        }
    }
    unreachable!("workers go on until all calls are done")
}

#[test]
fn alone_it_runs_at_the_floor_and_is_never_throttled() {
    for latency_ms in [2, 40, 150] {
        for share in [1.0, 0.9, 0.5] {
            let outcome = run(2_000, share, 0.0, latency_ms);
            assert_eq!(outcome.throttles, 0, "{latency_ms} ms, share {share}");
            let bucket = ActionGroup::TaskDefinitionRead.bucket().share(share);
            let ratio = outcome.seconds / bucket.floor(2_000).as_secs_f64();
            assert!(
                (0.99..1.03).contains(&ratio),
                "{ratio} of the floor at {latency_ms} ms, share {share}"
            );
        }
    }
}

#[test]
fn with_half_of_the_bucket_it_is_seldom_throttled_and_uses_the_half() {
    for share in [1.0, 0.9] {
        let outcome = run(2_000, share, 0.5, 40);
        assert!(outcome.throttles > 0, "the other client had no effect");
        assert!(outcome.throttles <= 2_000 / 50, "{}", outcome.throttles);
        let ratio = outcome.seconds / (1_950.0 / 10.0);
        assert!(ratio < 1.05, "{ratio} of what is possible");
    }
}

fn throttled_times(times: u32) -> Level {
    let mut level = Level::new(ActionGroup::ServiceRead.bucket());
    for _ in 0..times {
        let cuts = level.cuts;
        level.throttled(Duration::ZERO, cuts);
    }
    level
}

#[test]
fn the_rate_recovers_when_the_others_are_gone() {
    let mut level = throttled_times(3);
    assert!(level.refill_per_second < 7.0, "{level:?}");
    level.advance(Duration::from_secs(70));
    assert!((level.refill_per_second - 20.0).abs() < 1e-9, "{level:?}");
}

#[test]
fn calls_that_were_on_their_way_together_cut_the_rate_once() {
    let mut level = Level::new(ActionGroup::ServiceRead.bucket());
    let cuts: Vec<u64> = (0..8)
        .filter_map(|_| level.take(Duration::ZERO).ok())
        .collect();
    cuts.iter()
        .for_each(|&cuts| level.throttled(Duration::ZERO, cuts));
    assert!(
        (level.refill_per_second - CUT * 20.0).abs() < 1e-9,
        "{level:?}"
    );
    assert!(level.take(Duration::ZERO).is_err(), "the bucket is empty");
}

#[test]
fn who_never_stops_throttling_is_still_asked_once_a_second() {
    let level = throttled_times(30);
    assert!((level.refill_per_second - 1.0).abs() < 1e-9, "{level:?}");
}
