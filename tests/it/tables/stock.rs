use std::path::Path;

use portolan_mapper_cluster::Clusters;
use portolan_mapper_sdk::Mapping;
use portolan_mapper_service::Services;
use portolan_mapper_task::Tasks;
use portolan_mapper_task_definition::TaskDefinitions;
use portolan_page::object::Object;
use portolan_sync::config::Settings;
use portolan_workbench::table::{pack, write};

use super::beyond::{BEYOND_TABLES, without_them};
use super::example;
use crate::examples::documented_pages_give_the_expected_records;
use crate::hostile::same_as_in_rust;
use crate::oracle::follows_the_conventions;
use crate::support::{Site, portolan, run};

/// Packs an example into a folder of mappers.
fn packed(name: &str, folder: &Path) {
    let module = pack(&example(name)).unwrap();
    write(&folder.join(format!("{name}.wasm")), &module.component).unwrap();
}

/// The table in its sandbox and the mapping in Rust outside agree on random pages, byte for byte but for what
/// no table can say.
fn agrees<M: Mapping>(object: Object) {
    let folder = tempfile::tempdir().unwrap();
    packed(object.word(), folder.path());
    let settings = Settings {
        mappers: Some(folder.path().to_owned()),
        ..Settings::default()
    };
    same_as_in_rust::<M>(object, settings, without_them);
}

#[test]
fn a_table_of_clusters_gives_the_same_bytes_on_any_page() {
    agrees::<Clusters>(Object::EcsCluster);
}

#[test]
fn a_table_of_services_gives_the_same_bytes_on_any_page() {
    agrees::<Services>(Object::EcsService);
}

#[test]
fn a_table_of_tasks_gives_the_same_bytes_on_any_page() {
    agrees::<Tasks>(Object::EcsTask);
}

#[test]
fn a_table_of_task_definitions_gives_the_same_bytes_on_any_page() {
    agrees::<TaskDefinitions>(Object::EcsTaskDefinition);
}

/// A folder with the four tables as mappers.
fn all_packed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for object in Object::defaults() {
        packed(object.word(), folder.path());
    }
    folder
}

#[test]
fn tables_give_the_expected_records_of_every_documented_page() {
    let tables = all_packed();
    let folder = tables.path().to_str().unwrap();
    documented_pages_give_the_expected_records(&["--mappers", folder], without_them);
}

/// For the reference reader in another language, tables and mappings in Rust give the same records,
/// rejections and warnings.
#[test]
fn tables_map_random_pages_as_the_conventions_say() {
    let tables = all_packed();
    let mut product = portolan();
    product.env("PORTOLAN_MAPPERS", tables.path());
    let beyond = BEYOND_TABLES.map(|(arn, attribute, _)| format!("{arn}/{attribute}"));
    product.env("PORTOLAN_TEST_WITHOUT", beyond.join(","));
    follows_the_conventions(&product);
}

/// All answers of a simulated ECS, through the stock mappers and through the tables.
#[test]
fn a_recorded_sync_gives_the_same_bytes_by_tables() {
    let site = Site::small();
    let pages = site.folder.path().join("pages.jsonl");
    site.sync(&["--record", pages.to_str().unwrap()]).with(0);
    let tables = all_packed();
    let stock = run(portolan().arg("map").arg(&pages)).with(0);
    let by_tables = run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--mappers")
        .arg(tables.path()))
    .with(0);
    assert!(stock.stdout.lines().count() > 20, "{}", stock.stdout);
    let shared = |lines: &str| lines.lines().map(without_them).collect::<Vec<_>>();
    assert_eq!(shared(&stock.stdout), shared(&by_tables.stdout));
}
