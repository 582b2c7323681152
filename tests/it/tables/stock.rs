use std::path::Path;

use portolan::config::Settings;
use portolan::object::Object;
use portolan::workbench::table::{pack, write};
use portolan_mapper_cluster::Clusters;
use portolan_mapper_sdk::Mapping;
use portolan_mapper_service::Services;
use portolan_mapper_task::Tasks;
use portolan_mapper_task_definition::TaskDefinitions;

use super::example;
use crate::hostile::same_as_in_rust;
use crate::support::{Site, portolan, run};

/// Packs an example into a folder of mappers.
fn packed(name: &str, folder: &Path) {
    let module = pack(&example(name)).unwrap();
    write(&folder.join(format!("{name}.wasm")), &module.component).unwrap();
}

/// The table in its sandbox and the mapping in Rust outside agree on random pages, byte for byte.
fn agrees<M: Mapping>(object: Object) {
    let folder = tempfile::tempdir().unwrap();
    packed(object.word(), folder.path());
    let settings = Settings {
        mappers: Some(folder.path().to_owned()),
        ..Settings::default()
    };
    same_as_in_rust::<M>(object, settings);
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

/// Everything that a simulated ECS answers, by the stock mappers and by the tables.
#[test]
fn a_recorded_sync_gives_the_same_bytes_by_tables() {
    let site = Site::small();
    let pages = site.folder.path().join("pages.jsonl");
    site.sync(&["--record", pages.to_str().unwrap()]).with(0);
    let tables = tempfile::tempdir().unwrap();
    for object in Object::ALL {
        packed(object.word(), tables.path());
    }
    let stock = run(portolan().arg("map").arg(&pages)).with(0);
    let by_tables = run(portolan()
        .arg("map")
        .arg(&pages)
        .arg("--mappers")
        .arg(tables.path()))
    .with(0);
    assert!(stock.stdout.lines().count() > 20, "{}", stock.stdout);
    assert_eq!(stock.stdout, by_tables.stdout);
}
