use std::cell::Cell;
use std::sync::Arc;

use bytes::Bytes;
use portolan_mapper_account_setting::AccountSettings;
use portolan_mapper_audit_event::AuditEvents;
use portolan_mapper_cluster::Clusters;
use portolan_mapper_container_definition::ContainerDefinitions;
use portolan_mapper_sdk::{Context, MappedPage, Mapping, PageError, map_page};
use portolan_mapper_service::Services;
use portolan_mapper_table::plan::Plan;
use portolan_mapper_task::Tasks;
use portolan_mapper_task_definition::TaskDefinitions;
use portolan_page::object::{Object, Shape};
use portolan_page::{Origin, Page};
use portolan_records::from_page;
use portolan_sandbox::{Engine, Limits, Mapped, Mapper, MapperSet};
use portolan_sync::config::Settings;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::fuzz::seed;
use crate::support::{figure, root};

mod events;
/// Random pages: ECS's documented members, with any value in any place.
mod pages;
mod parts;

/// Number of pages for each object, unless PORTOLAN_TEST_FUZZ_CASES sets another one.
const CASES: u64 = 200;

type Native = fn(&Page) -> Result<MappedPage, PageError>;

/// A stock mapper, sandboxed and native.
struct Subject {
    engine: Engine,
    mapper: Arc<Mapper>,
    native: Native,
    /// The part of a record that has to equal the native one.
    shared: fn(&str) -> String,
    records: Cell<usize>,
    rejections: Cell<usize>,
}

impl Subject {
    /// The module of these settings, and the native mapping that it has to agree with.
    fn new(object: Object, settings: Settings, native: Native, shared: fn(&str) -> String) -> Self {
        let engine = Engine::new(1, Limits::default()).unwrap();
        let config = portolan_sync::config::Config::resolve(settings, None).unwrap();
        let mappers = MapperSet::load(&engine, None, &config.mapping, &[object]).unwrap();
        Self {
            mapper: Arc::clone(mappers.get(object).unwrap()),
            engine,
            native,
            shared,
            records: Cell::default(),
            rejections: Cell::default(),
        }
    }

    /// Checks, for any page, that there is no trap, that every object is a record or has a reason, that every
    /// record is valid, and that neither the sandbox nor a second call changes a byte.
    fn survives(&self, body: String) -> Result<(), TestCaseError> {
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: "2026-11-21T01:32:00.123Z".into(),
        };
        let page = Page::read(self.mapper.object, origin, Bytes::from(body))
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let failed = |error: portolan_sandbox::CallError| TestCaseError::fail(error.to_string());
        let native = match (self.native)(&page) {
            Ok(native) => native,
            Err(refusal) => return self.refuses(&page, &refusal),
        };
        let call = || self.mapper.module.map(&self.engine, &page);
        let first = call().map_err(failed)?;
        let second = call().map_err(failed)?;
        prop_assert_eq!(&first.payload, &second.payload);
        prop_assert_eq!(&first.rows, &second.rows);
        prop_assert_eq!(&first.issues, &second.issues);
        self.same_as_native(&native, &first)?;

        let records = from_page(&self.engine, &self.mapper, &page).map_err(failed)?;
        prop_assert_eq!(&records.isolated, &None);
        for rejection in &records.rejections {
            let is_ours = matches!(rejection.code.as_str(), "lost-by-mapper" | "invalid-record");
            prop_assert!(!is_ours, "{:?}", rejection);
        }
        prop_assert_eq!(
            records.len() + records.rejections.len(),
            page.described().count()
        );
        self.records.set(self.records.get() + records.len());
        self.rejections
            .set(self.rejections.get() + records.rejections.len());
        Ok(())
    }

    /// Checks that sandbox and native code refuse a page without objects to map.
    fn refuses(&self, page: &Page, refusal: &PageError) -> Result<(), TestCaseError> {
        prop_assert!(
            matches!(refusal, PageError::MalformedPage(_)),
            "{:?}",
            refusal
        );
        let error = from_page(&self.engine, &self.mapper, page).unwrap_err();
        prop_assert_eq!(error.code(), "mapper-refused-page");
        Ok(())
    }

    /// Checks that the sandbox returns the result of the same code outside.
    fn same_as_native(&self, native: &MappedPage, mapped: &Mapped) -> Result<(), TestCaseError> {
        let record =
            |index: usize, text: &[u8]| (index, (self.shared)(&String::from_utf8_lossy(text)));
        let expected = native.rows.iter();
        let expected = expected.map(|row| record(row.source_index as usize, native.record(row)));
        let made = mapped.rows.iter();
        let made = made.map(|row| record(row.source_index, &mapped.payload[row.span.clone()]));
        prop_assert_eq!(expected.collect::<Vec<_>>(), made.collect::<Vec<_>>());
        let codes = native.issues.iter().map(|issue| issue.code);
        prop_assert!(codes.eq(mapped.issues.iter().map(|issue| issue.code.as_str())));
        Ok(())
    }
}

fn native<M: Mapping>(page: &Page) -> Result<MappedPage, PageError> {
    map_page::<M>(&context(page), page.body())
}

/// Maps a page by the stock table of its object, outside the sandbox.
fn by_table(page: &Page) -> Result<MappedPage, PageError> {
    let folder = root().join("guest-mappers").join(page.object.word());
    let text = std::fs::read_to_string(folder.join("table.toml")).unwrap();
    let packed = portolan_mapper_pack::check_stock(&text).unwrap().packed;
    let plan = Plan::from_bytes(&packed.plan).unwrap();
    portolan_mapper_table::map_page(&plan, &context(page), page.body())
}

fn context(page: &Page) -> Context {
    Context {
        object: page.object.name().into(),
        operation: page.object.describe_operation().action(),
        partition: page.origin.partition.clone(),
        account_id: page.origin.account_id.to_string(),
        region: page.origin.region.to_string(),
        captured_at: page.origin.captured_at.clone(),
        config: "{}".into(),
    }
}

fn survives_any_page<M: Mapping>(object: Object) {
    same_as_in_rust::<M>(object, Settings::default(), str::to_owned);
}

/// On any page, the module that the settings choose survives, and gives what a mapping in Rust gives, of what
/// both are said to have.
pub(crate) fn same_as_in_rust<M: Mapping>(
    object: Object,
    settings: Settings,
    shared: fn(&str) -> String,
) {
    same_as(object, settings, native::<M>, shared);
}

fn same_as(object: Object, settings: Settings, native: Native, shared: fn(&str) -> String) {
    let subject = Subject::new(object, settings, native, shared);
    let (Shape::List(member) | Shape::Single(member)) = object.shape();
    let is_list = matches!(object.shape(), Shape::List(_));
    let pages = pages::body(member, is_list, pages::members(object));
    let (cases, seed) = (figure("PORTOLAN_TEST_FUZZ_CASES", CASES), seed());
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: None,
        ..Config::default()
    };
    let random = [seed.to_le_bytes(); 4];
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, random.as_flattened());
    let outcome =
        TestRunner::new_with_rng(config, random).run(&pages, |body| subject.survives(body));
    outcome.unwrap_or_else(|error| panic!("PORTOLAN_TEST_FUZZ_SEED={seed}: {error}"));
    // Pages that are only refused, or never, would show little.
    let (records, rejections) = (subject.records.get(), subject.rejections.get());
    assert!(
        cases < CASES || records > 20 && rejections > 20,
        "{records} records, {rejections} rejections"
    );
}

#[test]
fn any_page_of_clusters_is_survived() {
    survives_any_page::<Clusters>(Object::EcsCluster);
}

#[test]
fn any_page_of_services_is_survived() {
    survives_any_page::<Services>(Object::EcsService);
}

#[test]
fn any_page_of_tasks_is_survived() {
    survives_any_page::<Tasks>(Object::EcsTask);
}

#[test]
fn any_page_of_a_task_definition_is_survived() {
    survives_any_page::<TaskDefinitions>(Object::EcsTaskDefinition);
}

#[test]
fn any_page_of_account_settings_is_survived() {
    survives_any_page::<AccountSettings>(Object::EcsAccountSetting);
}

#[test]
fn any_page_of_audit_events_is_survived() {
    survives_any_page::<AuditEvents>(Object::EcsAuditEvent);
}

#[test]
fn any_page_of_capacity_providers_is_survived() {
    let object = Object::EcsCapacityProvider;
    same_as(object, Settings::default(), by_table, str::to_owned);
}

#[test]
fn any_page_of_container_definitions_is_survived() {
    survives_any_page::<ContainerDefinitions>(Object::EcsContainerDefinition);
}

#[test]
fn any_page_of_parts_is_survived_by_their_tables() {
    for object in [
        Object::EcsContainer,
        Object::EcsDeployment,
        Object::EcsTaskSet,
    ] {
        same_as(object, Settings::default(), by_table, str::to_owned);
    }
}
