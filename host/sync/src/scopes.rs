//! Fetches accounts and Regions in parallel, under one bound for all. Each is reached and fetched separately,
//! so one that is slow or fails does not delay the others.

use portolan_page::{AccountId, RegionName};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use crate::SyncError;
use crate::checkpoint::{Checkpoint, digests};
use crate::config::{Config, ConfigError};
use portolan_aws::{AccountError, AccountRoute, Accounts};
use portolan_fetch::{
    EventSeries, FetchedPage, Fetching, KeptEvent, Known, KnownEvents, KnownRevisions,
};
use portolan_machine::clock::Moment;
use portolan_page::ledger::{EntryKey, Failure, Ledger};
use portolan_page::object::Operation;
use portolan_revisions::{EventStore, RevisionCache};

/// The stores of data that was fetched before this sync began.
#[derive(Clone, Debug)]
pub(super) struct Stores {
    /// The revisions that earlier syncs described.
    pub(super) revisions: Option<Arc<RevisionCache>>,
    /// The audit events that earlier syncs read.
    pub(super) events: Option<Arc<EventStore>>,
    /// Whether a module that is not stock needs the tags of every revision.
    pub(super) needs_tags: bool,
    /// The pages that a killed sync and this one keep.
    pub(super) checkpoint: Option<Arc<Checkpoint>>,
}

impl Stores {
    /// The data of an account and Region that need not be fetched. The checkpoint's part is taken out.
    fn known(&self, account_id: &AccountId, region: &RegionName) -> Known {
        let take = |checkpoint: &Arc<Checkpoint>| checkpoint.take(account_id, region);
        Known {
            needs_tags: self.needs_tags,
            events: self.events.as_ref().map(known_events),
            revisions: self.revisions.as_ref().map(known),
            kept: self.checkpoint.as_ref().map(take).unwrap_or_default(),
        }
    }
}

/// The revision cache, with the functions that a fetcher uses.
pub(super) fn known(cache: &Arc<RevisionCache>) -> KnownRevisions {
    let [first, second, third] = [(); 3].map(|()| Arc::clone(cache));
    KnownRevisions {
        has: Arc::new(move |endpoint, arn| first.has(endpoint, arn)),
        get: Arc::new(move |endpoint, arn, status| second.get(endpoint, arn, status)),
        put: Arc::new(move |endpoint, arn, body, is_scanned| {
            third.put(endpoint, arn, body, is_scanned);
        }),
    }
}

/// The store of audit events, with the functions that a fetcher uses.
fn known_events(store: &Arc<EventStore>) -> KnownEvents {
    let [first, second, third, fourth] = [(); 4].map(|()| Arc::clone(store));
    KnownEvents {
        read: Arc::new(move |series| first.interval(&name_of(series))),
        events: Arc::new(move |series, interval, after, limit| {
            let found = second.events(&name_of(series), interval, after, limit)?;
            let last = found.last().map(|(place, _)| *place);
            let events =
                found
                    .into_iter()
                    .map(|((time_ms, id), json)| KeptEvent { time_ms, id, json });
            Some((events.collect(), last))
        }),
        put: Arc::new(move |series, events| {
            let events = events
                .iter()
                .map(|it| ((it.time_ms, it.id), it.json.as_str()));
            third.put(&name_of(series), events);
        }),
        note_read: Arc::new(move |series, interval| fourth.note_read(&name_of(series), interval)),
    }
}

/// The name of a series in the store. No part contains a newline.
fn name_of(series: &EventSeries) -> String {
    let EventSeries {
        endpoint,
        account_id,
        region,
        name,
    } = series;
    format!("{endpoint}\n{account_id}\n{region}\n{name}")
}

/// The data that all scopes share.
struct Fleet {
    accounts: Accounts,
    config: Arc<Fetching>,
    moment: Moment,
    ledger: Arc<Ledger>,
    stores: Stores,
    /// Bounds the accounts being reached. They do not take the places of Regions being fetched.
    reaching: Semaphore,
    /// Bounds the Regions being fetched.
    places: Semaphore,
}

/// Fetches every account and Region. Failures are noted in the ledger.
pub(super) async fn fetch_all(
    config: Config,
    moment: &Moment,
    ledger: &Arc<Ledger>,
    pages: async_channel::Sender<FetchedPage>,
    stores: Stores,
) -> Result<(), SyncError> {
    let accounts = Accounts::find(&config.connection, config.fetching.quotas(), &moment.clock)
        .await
        .map_err(ConfigError::from)?;
    for error in &accounts.errors {
        failed(&config.fetching, ledger, error);
    }
    for warning in &accounts.warnings {
        ledger.warn(warning.clone());
    }
    if let Some(checkpoint) = &stores.checkpoint {
        match checkpoint.captured_at() {
            // The clock has not been read so far.
            Some(captured_at) => moment.set(captured_at),
            None => accounts.correct_clock().await,
        }
    }
    let replay = match (&stores.checkpoint, accounts.place()) {
        // Otherwise the kept objects would neither be requested nor replayed.
        (Some(checkpoint), None) if !accounts.routes.is_empty() => {
            return Err(checkpoint.of_unknown_place().into());
        }
        (Some(checkpoint), Some(place)) => {
            checkpoint.begin(digests(place), moment.captured_at(), ledger)?;
            Some(replay(Arc::clone(checkpoint), pages.clone()))
        }
        _ => None,
    };
    let routes = accounts.routes.clone();
    let fleet = Arc::new(Fleet {
        accounts,
        moment: moment.clone(),
        ledger: Arc::clone(ledger),
        stores,
        reaching: Semaphore::new(config.fetching.parallel_scopes),
        places: Semaphore::new(config.fetching.parallel_scopes),
        config: Arc::new(config.fetching),
    });
    let mut tasks = JoinSet::new();
    for route in routes {
        tasks.spawn(account(Arc::clone(&fleet), route, pages.clone()));
    }
    drop(pages);
    tasks.join_all().await;
    match replay {
        Some(replay) => replay.await.unwrap_or(Err(SyncError::ThreadLost)),
        None => Ok(()),
    }
}

/// Sends kept pages of an earlier sync to the mapping threads, while new pages are fetched.
fn replay(
    checkpoint: Arc<Checkpoint>,
    pages: async_channel::Sender<FetchedPage>,
) -> JoinHandle<Result<(), SyncError>> {
    tokio::task::spawn_blocking(move || {
        // The receivers are gone only when the sync is being stopped.
        checkpoint.replay(|page| pages.send_blocking(page).is_ok())?;
        Ok(())
    })
}

async fn account(
    fleet: Arc<Fleet>,
    route: AccountRoute,
    pages: async_channel::Sender<FetchedPage>,
) {
    let reached = {
        // The semaphores are never closed.
        let _turn = fleet.reaching.acquire().await.ok();
        fleet.accounts.reach(&route).await
    };
    for error in &reached.errors {
        failed(&fleet.config, &fleet.ledger, error);
    }
    for warning in reached.warnings {
        fleet.ledger.warn(warning);
    }
    let Some((account, regions)) = reached.account else {
        return;
    };
    let mut scopes = JoinSet::new();
    for region in regions {
        let (fleet, account, pages) = (Arc::clone(&fleet), account.clone(), pages.clone());
        scopes.spawn(async move {
            let _place = fleet.places.acquire().await.ok();
            let (config, ledger) = (Arc::clone(&fleet.config), Arc::clone(&fleet.ledger));
            portolan_fetch::region(
                &account,
                &region,
                &fleet.moment,
                config,
                ledger,
                pages,
                fleet.stores.known(&account.account_id, &region),
            )
            .await;
        });
    }
    drop(pages);
    scopes.join_all().await;
}

/// Notes an account error as a failure of every scope that it affects.
fn failed(config: &Fetching, ledger: &Ledger, error: &AccountError) {
    for region in &error.regions {
        for object in &config.objects {
            let key = EntryKey {
                account_id: error.account_id.clone().unwrap_or_default(),
                region: region.clone(),
                object: *object,
                cluster: None,
            };
            let operation = object
                .operations()
                .first()
                .copied()
                .unwrap_or(Operation::ListClusters);
            let failure = Failure {
                operation,
                code: error.code.to_owned(),
                message: error.message.clone(),
                request_id: None,
            };
            ledger.failure(&key, failure, 0);
        }
    }
}
