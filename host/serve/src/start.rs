//! The start and the end of a service.

use std::net::SocketAddr;
use std::path::PathBuf;

use portolan_sync::config::Settings;
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::error::ServeError;
use crate::folder::DataFolder;
use crate::scan::queue;
use crate::shared::{Parts, Retention, Service, Shared};
use crate::store::{Store, credentials};
use crate::vault::Vault;
use crate::{api, page, retention, server};

/// The settings that are a matter of the process, by their keys in the configuration file.
pub const PROCESS_SETTINGS: [&str; 13] = [
    "endpoint-url",
    "ca-bundle",
    "quotas",
    "module-policy",
    "trusted-keys",
    "mappers",
    "overlays",
    "modules",
    "detect-secrets",
    "assess",
    "cache-folder",
    "revision-cache",
    "parallel-scopes",
];

/// What a service is started with.
#[derive(Debug)]
pub struct Start {
    /// The data folder, which no other service uses.
    pub folder: DataFolder,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The settings of the process.
    pub settings: Settings,
    /// Whether roles may be assumed with the credentials of this host.
    pub allows_host_credentials: bool,
    /// The folder of the modules that registrations may name.
    pub modules: Option<PathBuf>,
    /// How long to keep what is over.
    pub retention: Retention,
    /// The scans that run at once.
    pub parallel_scans: usize,
    /// Master keys in place of those of the data folder.
    pub master_key: Option<SecretString>,
}

/// A service that listens and does not answer yet.
#[derive(Debug)]
pub struct Listening {
    service: Shared,
    listener: TcpListener,
    parallel_scans: usize,
    // Unlocked when the service has ended.
    folder: DataFolder,
}

/// Opens the data folder, checks that its secrets decrypt, and listens.
///
/// # Errors
/// Fails with the sentence of what cannot be used.
pub async fn start(start: Start) -> Result<Listening, ServeError> {
    let data = start.folder.path().to_owned();
    let store = Store::open(&data).await?;
    let vault = open_vault(&store, &start.folder, start.master_key).await?;
    let mut settings = start.settings;
    if settings.cache_folder.is_none() {
        settings.cache_folder = Some(data.join("cache"));
    }
    let listener = TcpListener::bind(start.listen).await;
    let listener = listener.map_err(|source| ServeError::Listen {
        address: start.listen,
        source,
    })?;
    let service = Service::new(Parts {
        store,
        vault,
        data,
        settings,
        allows_host_credentials: start.allows_host_credentials,
        modules: start.modules,
        retention: start.retention,
    });
    queue::take_over(&service).await?;
    Ok(Listening {
        service,
        listener,
        parallel_scans: start.parallel_scans,
        folder: start.folder,
    })
}

/// Opens the vault of a store, and decrypts every stored credential once: a wrong key is told at the start, not in
/// the night.
pub(crate) async fn open_vault(
    store: &Store,
    folder: &DataFolder,
    master_key: Option<SecretString>,
) -> Result<Vault, ServeError> {
    let stored = credentials::sealed(store.read()).await?;
    let vault = Vault::open(folder.path(), master_key, stored.is_empty())?;
    for (id, sealed) in &stored {
        vault.unseal(id, sealed)?;
    }
    Ok(vault)
}

impl Listening {
    /// The address.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// The path of the page that logs in once as admin, for a terminal to print; `None` if the system gives no random
    /// numbers.
    #[must_use]
    pub fn login_link(&self) -> Option<String> {
        let text = self.service.links.make(crate::moment::now())?;
        Some(format!("/login?link={text}"))
    }

    /// Registers the simulator's world `demo`, unless something is registered already.
    ///
    /// # Errors
    /// Fails if the simulator does not answer.
    pub async fn register_demo(&self) -> Result<(), ServeError> {
        let registered = api::demo::register(&self.service).await;
        registered.map_err(|problem| ServeError::Demo(problem.into_detail()))
    }

    /// Answers and scans until `stop` completes. Then requests finish, and scans go back into the queue.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let service = self.service;
        let router = page::router(&service, api::router(Shared::clone(&service)));
        let serving = server::serve(Shared::clone(&service), self.listener, router);
        let queue = queue::run(Shared::clone(&service), self.parallel_scans);
        let tidying = retention::run(Shared::clone(&service));
        let all = async {
            tokio::join!(serving, queue, tidying);
        };
        let mut all = std::pin::pin!(all);
        tokio::select! {
            () = stop => {}
            () = &mut all => {}
        }
        service.stopping.send_replace(true);
        all.await;
        service.store.close().await;
        drop(self.folder);
    }
}
