//! What the rooms of a running service share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portolan_sync::config::Settings;
use tokio::sync::{Notify, watch};

use crate::controls::Controls;
use crate::limits::Limits;
use crate::login::Links;
use crate::metrics::Metrics;
use crate::space::{Space, measure};
use crate::store::Store;
use crate::vault::Vault;

/// The service, shared by requests and scans.
pub(crate) type Shared = Arc<Service>;

/// How long to keep what is over.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Stopped tasks, and other objects that are gone.
    pub gone_objects: Duration,
    /// Scans, and findings of subjects that are gone.
    pub scans: Duration,
    /// Entries of the audit log.
    pub audit: Duration,
}

/// The state of a running service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) data: PathBuf,
    /// The settings that are a matter of the process.
    pub(crate) settings: Settings,
    /// Whether roles may be assumed with the credentials of this host.
    pub(crate) allows_host_credentials: bool,
    /// The folder of the modules that registrations may name.
    pub(crate) modules: Option<PathBuf>,
    pub(crate) retention: Retention,
    /// Held by a plan, so that no scan begins beside it: both use the buckets of an account, and its revision cache.
    pub(crate) planning: tokio::sync::Mutex<()>,
    /// When the process started.
    pub(crate) started_at: i64,
    /// The id of this process in leases.
    pub(crate) owner: String,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
    /// The controls, once somebody has asked for them.
    pub(crate) controls: Controls,
    /// The links that log in once.
    pub(crate) links: Links,
    /// True once the service ends.
    pub(crate) stopping: watch::Sender<bool>,
    /// Wakes the queue.
    pub(crate) queued: Notify,
    /// By id, what cancels a running scan, with the reason.
    running: Mutex<HashMap<String, watch::Sender<Option<String>>>>,
}

/// The parts of a service that come from its start.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) vault: Vault,
    pub(crate) data: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) allows_host_credentials: bool,
    pub(crate) modules: Option<PathBuf>,
    pub(crate) retention: Retention,
}

impl Service {
    pub(crate) fn new(parts: Parts) -> Shared {
        Arc::new(Self {
            store: parts.store,
            vault: parts.vault,
            data: parts.data,
            settings: parts.settings,
            allows_host_credentials: parts.allows_host_credentials,
            modules: parts.modules,
            retention: parts.retention,
            planning: tokio::sync::Mutex::default(),
            started_at: crate::moment::now(),
            owner: crate::moment::id(),
            limits: Limits::default(),
            metrics: Metrics::default(),
            controls: Controls::default(),
            links: Links::default(),
            stopping: watch::Sender::new(false),
            queued: Notify::new(),
            running: Mutex::default(),
        })
    }

    /// The space that its data take.
    pub(crate) async fn space(&self) -> Space {
        let cache = self.settings.cache_folder.clone();
        let cache = cache.unwrap_or_else(|| self.data.join("cache"));
        measure(self.data.clone(), cache).await
    }

    /// Waits until the service ends.
    pub(crate) async fn stopped(&self) {
        let _ = self
            .stopping
            .subscribe()
            .wait_for(|is_stopping| *is_stopping)
            .await;
    }

    /// Lets a running scan be cancelled, until the guard is dropped.
    pub(crate) fn cancellable(
        self: &Arc<Self>,
        scan_id: &str,
    ) -> (Cancellable, watch::Receiver<Option<String>>) {
        let (sender, receiver) = watch::channel(None);
        self.running().insert(scan_id.to_owned(), sender);
        let guard = Cancellable {
            service: Arc::clone(self),
            scan_id: scan_id.to_owned(),
        };
        (guard, receiver)
    }

    /// Asks a running scan to end as cancelled. `false` if it does not run here.
    pub(crate) fn cancel(&self, scan_id: &str, reason: &str) -> bool {
        let running = self.running();
        let sender = running.get(scan_id);
        sender.is_some_and(|sender| {
            sender.send_replace(Some(reason.to_owned()));
            true
        })
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, watch::Sender<Option<String>>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running scan that can be cancelled.
pub(crate) struct Cancellable {
    service: Arc<Service>,
    scan_id: String,
}

impl Drop for Cancellable {
    fn drop(&mut self) {
        self.service.running().remove(&self.scan_id);
    }
}
