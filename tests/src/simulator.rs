//! An Amazon ECS on loopback, with its events in CloudTrail and the tagging API, that refuses calls as AWS does, and misbehaves on demand.
//!
//! [`World`] holds the existing objects, [`Rules`] the faults. No object is stored: each is computed from its
//! index when it is listed or described, so that a million tasks cost no memory. The same seed and shape
//! always give the same objects, whereas tokens and credentials differ per run.
//!
//! A request goes through `server` (HTTP), `dispatch` (operation, caller and permissions), the function that
//! `operation` names (parameters, pages, failures) and `render` (JSON).

mod bucket;
mod call;
mod caller;
mod capacity_provider;
mod clock;
mod connection;
mod container_instance;
mod count;
mod describe;
mod dispatch;
mod error;
mod event;
mod kind;
mod list;
mod operation;
mod organization;
mod page;
mod place;
mod relation;
mod render;
mod rules;
mod server;
mod setting;
mod spoil;
mod state;
mod sts;
mod tagging;
#[cfg(test)]
mod testing;
mod token;
mod truth;
mod world;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};

pub use count::{Count, Request};
pub use event::{DEFAULT_EVENT_NAMES, Event};
pub use rules::{
    Denial, Fault, FaultRule, Frequency, Rules, Scope, Throttling, VanishRule, Vanishing,
};
pub use truth::Truth;
pub use world::{BASE_ACCESS_KEY, BASE_ACCOUNT, SINGLE_ACCOUNT, Shape, World};

use connection::{Listener, Scissors};
use state::State;

/// A running simulator. Dropping it stops it.
#[derive(Debug)]
pub struct Simulator {
    url: String,
    state: Arc<State>,
    /// `None` only while it is being dropped.
    runtime: Option<Runtime>,
}

impl Simulator {
    /// Starts a simulator on a free port of 127.0.0.1; it answers as soon as this returns.
    ///
    /// # Errors
    /// If no port can be opened or no thread can be started.
    pub fn start(world: World, rules: Rules) -> anyhow::Result<Self> {
        Self::start_on(0, world, rules)
    }

    /// Starts a simulator on `port` of 127.0.0.1; 0 is any free port.
    ///
    /// # Errors
    /// If the port cannot be opened or no thread can be started.
    pub fn start_on(port: u16, world: World, rules: Rules) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}; is the port taken?"))?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}", listener.local_addr()?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("ecs-simulator")
            .enable_all()
            .build()
            .context("cannot start the simulator's thread")?;
        let listener = {
            let _entered = runtime.enter();
            Listener(tokio::net::TcpListener::from_std(listener)?)
        };
        let state = Arc::new(State::new(world, rules));
        let service =
            server::router(Arc::clone(&state)).into_make_service_with_connect_info::<Scissors>();
        runtime.spawn(axum::serve(listener, service).into_future());
        Ok(Self {
            url,
            state,
            runtime: Some(runtime),
        })
    }

    /// The endpoint URL of every service, such as `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The text in every environment value. It must never leave the host.
    pub fn canary(&self) -> &str {
        self.state.world.canary()
    }

    /// Changes the rules for later requests.
    pub fn change_rules(&self, change: impl FnOnce(&mut Rules)) {
        self.state.change_rules(change);
    }

    /// The present rules; "the next N calls" shows the calls that are left.
    pub fn rules(&self) -> Rules {
        Rules::clone(&self.state.rules())
    }

    /// Calls per account, Region and operation since the start or the last reset.
    pub fn counts(&self) -> Vec<Count> {
        self.state.ledger().counts()
    }

    /// The latest 20,000 requests, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.state.ledger().requests()
    }

    /// The objects that a perfect client would find now, per account and Region.
    pub fn truth(&self) -> Vec<Truth> {
        self.state.truth()
    }

    /// The time of AWS's clock, in seconds since 1970.
    pub fn time(&self) -> u64 {
        clock::seconds(self.state.time())
    }

    /// The events called `name` in a window of seconds since 1970, both ends included, newest first. They may be
    /// of other services, delivered later than now, or older than the 90 days that CloudTrail keeps.
    pub fn events(
        &self,
        (account, region): (&str, &str),
        name: &str,
        window: RangeInclusive<u64>,
    ) -> Vec<Event> {
        event::events(&self.state.world.place(account, region), name, window)
    }

    /// Resets counts, requests, changes of the world, and buckets.
    pub fn reset(&self) {
        self.state.reset();
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting here would forbid to drop it inside an async test.
            runtime.shutdown_background();
        }
    }
}
