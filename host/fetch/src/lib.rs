//! Fetching: from an account and a Region to pages.
//!
//! An object's row says in which way it is fetched; `operations` makes its calls of it.
//! What they have in common is here: a few listers name ARNs, a few describers turn batches of them into
//! pages, and every ARN that was named is accounted for (`described`).

mod answer;
mod batch;
mod clusters;
mod described;
mod in_use;
mod known;
mod listing;
mod operations;
mod settings;
mod survey;

use futures_util::future::BoxFuture;
use portolan_page::RegionName;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use batch::Batch;
use clusters::{cluster_objects, clusters_and_below};
pub use in_use::revisions_in_use;
pub use known::{KeptRegion, KeptScope, Known, KnownRevisions};
use listing::Listing;
pub use listing::revision;
pub use operations::probe;
use portolan_aws::{Account, Caller};
use portolan_machine::clock::Moment;
use portolan_page::ledger::{EntryKey, Ledger};
use portolan_page::object::{Object, Parent, Row, Way};
use portolan_page::{Origin, Page};
pub use settings::{Fetching, Options, RevisionTags, TaskDefinitionScope, TaskDefinitionStatus};
pub use survey::Survey;
pub use survey::survey;

/// A page, and the part of the report that it belongs to.
#[derive(Debug)]
pub struct FetchedPage {
    /// The scope.
    pub key: EntryKey,
    /// The page.
    pub page: Page,
    /// The ARNs, as they were listed, whose objects it describes.
    pub asked: Vec<String>,
    /// Whether AWS was asked for it now; else it was kept by an earlier sync.
    pub is_new: bool,
    /// What AWS refused to include in it.
    pub unread: Vec<String>,
}

/// One account and Region at work.
pub(crate) struct RegionFetch {
    caller: Caller,
    config: Arc<Fetching>,
    /// The objects that are fetched, for themselves or for their parts.
    objects: BTreeSet<Object>,
    /// Without the time, which is read with the first page.
    origin: Origin,
    moment: Moment,
    ledger: Arc<Ledger>,
    pages: async_channel::Sender<FetchedPage>,
    /// Bodies of revisions that an earlier sync described, and the endpoint that they came from.
    revisions: Option<(KnownRevisions, String)>,
    /// What this sync need not ask for again, because it is going on with an earlier one.
    kept: Mutex<BTreeMap<EntryKey, KeptScope>>,
    /// Scopes of which something was kept.
    kept_scopes: Vec<EntryKey>,
    /// Revisions that services, task sets and tasks refer to, if those are all that is asked for.
    in_use: Option<Mutex<BTreeSet<String>>>,
    /// Scopes in which a call was denied: more calls would only be denied too.
    stopped: Mutex<HashSet<EntryKey>>,
    /// Objects that AWS describes here only without what they include.
    untagged: Mutex<HashSet<Object>>,
    /// Of scopes in which a Describe was denied: whether it is allowed without what it includes.
    denied: Mutex<HashMap<EntryKey, Arc<OnceCell<bool>>>>,
}

/// Why an object is not complete whose way of fetching is not built.
const NO_WAY: &str = "this version of portolan cannot fetch it";

/// Fetches the configured objects of one account and Region. Whatever fails is in the ledger afterwards.
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
        let is_in_use = config.options.task_definition_scope == TaskDefinitionScope::InUse;
        let scope = Arc::new(RegionFetch {
            revisions: known.revisions.map(|known| (known, account.endpoint())),
            kept_scopes: known.kept.scopes.keys().cloned().collect(),
            kept: Mutex::new(known.kept.scopes),
            in_use: is_in_use.then(|| Mutex::new(known.kept.in_use)),
            ..RegionFetch::new(account, region, moment, config, ledger, pages)
        });
        let (mut first, mut last) = (JoinSet::new(), Vec::new());
        for object in scope.objects.iter().copied() {
            scope.ledger.open(&scope.key(object, None));
            let Row { way, parent, .. } = object.row();
            match (way, parent) {
                // `clusters_and_below` fetches them.
                (Way::ListThenDescribe { .. }, _)
                    if cluster_objects(&scope).any(|it| it == object) => {}
                // Only when all others are fetched it is known what is in use.
                (Way::ListThenDescribe { .. }, Parent::Region)
                    if object == Object::EcsTaskDefinition && is_in_use =>
                {
                    last.push(object);
                }
                (Way::ListThenDescribe { .. }, Parent::Region) => {
                    first.spawn(whole_region(Arc::clone(&scope), object));
                }
                // What is not fetched must not pass for something that is not there.
                _ => scope.ledger.lost(&scope.key(object, None), NO_WAY, 0),
            }
        }
        if cluster_objects(&scope).next().is_some() {
            first.spawn(clusters_and_below(Arc::clone(&scope)));
        }
        first.join_all().await;
        for object in last {
            whole_region(Arc::clone(&scope), object).await;
        }
    })
}

/// Lists and describes an object of a whole Region.
async fn whole_region(scope: Arc<RegionFetch>, object: Object) {
    let (whole_region, listings) = async_channel::bounded(1);
    // There is room for one.
    let _ = whole_region.try_send(None);
    drop(whole_region);
    pipeline(scope, object, listings).await;
}

/// Lists (once for every cluster, or once for the Region) and describes at the same time.
async fn pipeline(
    scope: Arc<RegionFetch>,
    object: Object,
    listings: async_channel::Receiver<Option<String>>,
) {
    // Two List pages of batches, so that describers do not run dry while a lister waits for its next page.
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

/// Starts twice as many describers as there may be requests in flight: answers tend to come together, and
/// while some describers read theirs, the next requests are on their way.
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
            kept: Mutex::default(),
            kept_scopes: Vec::new(),
            in_use: None,
            stopped: Mutex::default(),
            untagged: Mutex::default(),
            denied: Mutex::default(),
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

    /// What an earlier sync kept of a part of the report, which is then up to the caller.
    fn kept(&self, key: &EntryKey) -> KeptScope {
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.remove(key).unwrap_or_default()
    }

    /// How many objects one Describe call takes: what the API allows, within the page size.
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

    /// Whether something of these objects is already known to be missing here.
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
