//! Fetches pages from an account and a Region.
//!
//! An object's row defines the method of fetching it; `operations` builds its calls from the row. This module
//! has the common part: listers name ARNs, describers turn batches of them into pages, and `described`
//! accounts for every listed ARN.

mod alone;
mod answer;
mod batch;
mod clusters;
mod described;
mod events;
mod in_use;
mod known;
mod listing;
mod members;
mod operations;
mod paging;
mod settings;
mod survey;
mod tags;

use futures_util::future::BoxFuture;
use portolan_page::RegionName;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;

pub use alone::{Count, providers_of_clusters};
use batch::Batch;
use clusters::{cluster_objects, clusters_and_below};
pub use in_use::revisions_in_use;
pub use known::{
    EventPlace, EventSeries, KeptEvent, KeptRegion, KeptScope, Known, KnownEvents, KnownRevisions,
};
use listing::Listing;
pub use listing::revision;
pub use operations::probe;
use portolan_aws::{Account, Caller};
use portolan_machine::clock::Moment;
use portolan_page::ledger::{EntryKey, Ledger, SecretsScan};
use portolan_page::object::{Object, Parent, Row, Way};
use portolan_page::{Origin, Page};
pub use settings::{
    AUDIT_EVENT_SINCE_LIMIT, Fetching, Options, RevisionTags, TaskDefinitionScope,
    TaskDefinitionStatus,
};
pub use survey::Survey;
pub use survey::survey;

/// A page, and the scope that it belongs to.
#[derive(Debug)]
pub struct FetchedPage {
    /// The scope in the report.
    pub key: EntryKey,
    /// The page.
    pub page: Page,
    /// The listed ARNs of the objects that it describes.
    pub asked: Vec<String>,
    /// Whether AWS returned it in this sync; if not, an earlier sync kept it.
    pub is_new: bool,
    /// The `include` values that AWS refused.
    pub unread: Vec<String>,
    /// Whether the tags of its objects are not known, because no call could read them.
    pub is_untagged: bool,
    /// Whether environment values of its objects were not scanned for secrets, though they should be.
    pub is_unscanned: bool,
}

/// The state of fetching one account and Region.
pub(crate) struct RegionFetch {
    caller: Caller,
    config: Arc<Fetching>,
    /// The objects that are fetched, for themselves or for their parts.
    objects: BTreeSet<Object>,
    /// The origin of pages, without the time, which is set with the first page.
    origin: Origin,
    moment: Moment,
    ledger: Arc<Ledger>,
    pages: async_channel::Sender<FetchedPage>,
    /// Bodies of revisions that an earlier sync described, and the endpoint that they came from.
    revisions: Option<(KnownRevisions, String)>,
    /// Audit events that earlier syncs read, and the endpoint that they came from.
    events: Option<(KnownEvents, String)>,
    /// The objects that this sync need not request, because it resumes an earlier one.
    kept: Mutex<BTreeMap<EntryKey, KeptScope>>,
    /// The scopes with kept objects.
    kept_scopes: Vec<EntryKey>,
    /// Revisions that services, task sets and tasks refer to, if only those are fetched.
    in_use: Option<Mutex<BTreeSet<String>>>,
    /// By ARN, the capacity providers that clusters name.
    providers: Mutex<BTreeMap<String, Vec<String>>>,
    /// Whether revisions are described again if their tags cannot be read otherwise.
    needs_tags: bool,
    /// The tags of ACTIVE revisions.
    tags: watch::Sender<tags::Reading>,
    /// Scopes in which a call was denied; further calls would be denied too.
    stopped: Mutex<HashSet<EntryKey>>,
    /// Objects that AWS describes here only without `include`.
    untagged: Mutex<HashSet<Object>>,
    /// For scopes in which a Describe call was denied: whether it is allowed without `include`.
    denied: Mutex<HashMap<EntryKey, Arc<OnceCell<bool>>>>,
}

/// The reason that an object is not complete if its `Way` is not implemented.
const NO_WAY: &str = "this version of portolan cannot fetch it";

/// Fetches the configured objects of one account and Region. Failures are noted in the ledger.
pub fn region<'a>(
    account: &'a Account,
    region: &'a RegionName,
    moment: &'a Moment,
    config: Arc<Fetching>,
    ledger: Arc<Ledger>,
    pages: async_channel::Sender<FetchedPage>,
    known: Known,
) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        let is_in_use = config.options.needs_revisions_in_use();
        let scope = Arc::new(RegionFetch {
            revisions: known.revisions.map(|known| (known, account.endpoint())),
            events: known.events.map(|known| (known, account.endpoint())),
            kept_scopes: known.kept.scopes.keys().cloned().collect(),
            kept: Mutex::new(known.kept.scopes),
            in_use: is_in_use.then(|| Mutex::new(known.kept.in_use)),
            providers: Mutex::new(known.kept.providers),
            needs_tags: known.needs_tags,
            ..RegionFetch::new(account, region, moment, config, ledger, pages)
        });
        scope.note_scan_for_secrets();
        let (mut first, mut last) = (JoinSet::new(), Vec::new());
        for object in scope.objects.iter().copied() {
            scope.ledger.open(&scope.key(object, None));
            let Row { way, parent, .. } = object.row();
            match (way, parent) {
                // `clusters_and_below` fetches them.
                (Way::ListThenDescribe { .. }, _)
                    if cluster_objects(&scope).any(|it| it == object) => {}
                // The revisions in use are known only after all other objects are fetched.
                (Way::ListThenDescribe { .. }, Parent::Region)
                    if object == Object::EcsTaskDefinition && is_in_use =>
                {
                    last.push(object);
                }
                (Way::ListThenDescribe { .. }, Parent::Region) | (Way::ListAlone { .. }, _) => {
                    first.spawn(whole_region(Arc::clone(&scope), object));
                }
                // Clusters name the providers of managed instances.
                (Way::DescribeAlone { .. }, _) => last.push(object),
                // An object that is not fetched must not look like one that does not exist.
                _ => scope.ledger.lost(&scope.key(object, None), NO_WAY, 0),
            }
        }
        if cluster_objects(&scope).next().is_some() {
            first.spawn(clusters_and_below(Arc::clone(&scope)));
        }
        first.join_all().await;
        let mut rest = JoinSet::new();
        for object in last {
            rest.spawn(whole_region(Arc::clone(&scope), object));
        }
        rest.join_all().await;
    })
}

/// Fetches an object of a whole Region.
async fn whole_region(scope: Arc<RegionFetch>, object: Object) {
    match object {
        Object::EcsCapacityProvider => return alone::capacity_providers(scope).await,
        Object::EcsAccountSetting => return alone::account_settings(scope).await,
        Object::EcsAuditEvent => return events::audit_events(scope).await,
        _ => {}
    }
    let (whole_region, listings) = async_channel::bounded(1);
    // The channel has room for one.
    let _ = whole_region.try_send(None);
    drop(whole_region);
    match object {
        Object::EcsTaskDefinition => {
            let fetched = pipeline(Arc::clone(&scope), object, listings);
            tokio::join!(fetched, scope.read_tags());
        }
        _ => pipeline(scope, object, listings).await,
    }
}

/// Lists objects (once per cluster, or once for the Region) and describes them at the same time.
async fn pipeline(
    scope: Arc<RegionFetch>,
    object: Object,
    listings: async_channel::Receiver<Option<String>>,
) {
    // Two List pages of batches, so that describers have work while a lister waits for its next page.
    let pages = 2 * usize::from(scope.config.page_size) / scope.describe_batch(object);
    let parallel = scope.config.parallel_requests;
    let (batches, described) = async_channel::bounded(pages.max(parallel));
    let mut tasks = JoinSet::new();
    for _ in 0..parallel {
        let (scope, listings, batches) = (Arc::clone(&scope), listings.clone(), batches.clone());
        tasks.spawn(async move {
            while let Ok(cluster) = listings.recv().await {
                Listing::new(&scope, object, cluster).run(&batches).await;
            }
        });
    }
    drop(batches);
    describers(&scope, object, &described, &mut tasks);
    tasks.join_all().await;
}

/// Starts twice as many describers as requests may be in flight: while some describers read their answers,
/// the others send the next requests.
fn describers(
    scope: &Arc<RegionFetch>,
    object: Object,
    batches: &async_channel::Receiver<Batch>,
    tasks: &mut JoinSet<()>,
) {
    for _ in 0..2 * scope.config.parallel_requests {
        let (scope, batches) = (Arc::clone(scope), batches.clone());
        tasks.spawn(async move {
            while let Ok(batch) = batches.recv().await {
                scope.describe(object, batch).await;
            }
        });
    }
}

impl RegionFetch {
    fn new(
        account: &Account,
        region: &RegionName,
        moment: &Moment,
        config: Arc<Fetching>,
        ledger: Arc<Ledger>,
        pages: async_channel::Sender<FetchedPage>,
    ) -> Self {
        Self {
            caller: account.caller(region, config.maximum_retries, Arc::clone(&ledger)),
            origin: Origin {
                partition: account.partition.clone(),
                account_id: account.account_id.clone(),
                region: region.to_owned(),
                captured_at: String::new(),
            },
            moment: moment.clone(),
            objects: config.fetched(),
            config,
            ledger,
            pages,
            revisions: None,
            events: None,
            kept: Mutex::default(),
            kept_scopes: Vec::new(),
            in_use: None,
            providers: Mutex::default(),
            needs_tags: false,
            tags: watch::Sender::default(),
            stopped: Mutex::default(),
            untagged: Mutex::default(),
            denied: Mutex::default(),
        }
    }

    /// Notes whether environment values are scanned for secrets, where container definitions are wanted.
    fn note_scan_for_secrets(&self) {
        let object = Object::EcsContainerDefinition;
        if self.config.objects.contains(&object) {
            let secrets = match self.config.detect_secrets {
                true => SecretsScan::Scanned,
                false => SecretsScan::NotScanned,
            };
            self.ledger.secrets(&self.key(object, None), secrets);
        }
    }

    fn wants(&self, object: Object) -> bool {
        self.objects.contains(&object)
    }

    fn key(&self, object: Object, cluster: Option<String>) -> EntryKey {
        EntryKey {
            account_id: self.origin.account_id.clone(),
            region: self.origin.region.clone(),
            object,
            cluster,
        }
    }

    /// Takes out the objects of a scope that an earlier sync kept. Later calls for the scope return none.
    fn kept(&self, key: &EntryKey) -> KeptScope {
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.remove(key).unwrap_or_default()
    }

    /// The most objects per Describe call: the API's limit or the page size, whichever is less.
    fn describe_batch(&self, object: Object) -> usize {
        object
            .describe_batch()
            .min(usize::from(self.config.page_size))
    }

    /// Reads a raw body as a page of an object.
    fn page(&self, object: Object, body: Bytes) -> Result<Page, String> {
        let read = if self.config.keeps_values {
            Page::read_with_values
        } else {
            Page::read
        };
        let origin = Origin {
            captured_at: self.moment.captured_at().to_owned(),
            ..self.origin.clone()
        };
        read(object, origin, body).map_err(|error| error.to_string())
    }

    /// Whether objects of these kinds are already known to be missing here.
    fn is_incomplete(&self, objects: &[Object]) -> bool {
        self.ledger
            .is_incomplete(&self.origin.account_id, &self.origin.region, objects)
    }

    fn stop(&self, key: &EntryKey) {
        self.stopped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert(key.clone());
    }

    fn is_stopped(&self, key: &EntryKey) -> bool {
        self.stopped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(key)
    }
}
