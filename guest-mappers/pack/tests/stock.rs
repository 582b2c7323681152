//! The four stock mappings as tables give the same bytes as the mappings in Rust, on every page.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../../tests/it/tables/beyond.rs"]
mod beyond;

use std::path::Path;

use portolan_mapper_cluster::Clusters;
use portolan_mapper_pack::check;
use portolan_mapper_sdk::testing::context;
use portolan_mapper_sdk::{MappedPage, Mapping, PageError, map_page};
use portolan_mapper_service::Services;
use portolan_mapper_table::plan::Plan;
use portolan_mapper_task::Tasks;
use portolan_mapper_task_definition::TaskDefinitions;
use serde_json::Value;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn stock(object: &str) -> Value {
    let file = root().join(format!("schemas/{object}.schema.json"));
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Maps a page with the Rust mapping and the table, compares them, and returns the number of records.
fn same<M: Mapping>(table: &str, page: &str) -> usize {
    let file = root().join(format!("guest-mappers/table/examples/{table}.toml"));
    let packed = check(&std::fs::read_to_string(file).unwrap(), stock).unwrap();
    let plan = Plan::from_bytes(&packed.plan).unwrap();
    let context = context(M::OBJECT);
    let rust = map_page::<M>(&context, page.as_bytes());
    let table = portolan_mapper_table::map_page(&plan, &context, page.as_bytes());
    assert_eq!(shared(&rust), shared(&table), "{page}");
    rust.map_or(0, |page| page.rows.len())
}

/// The records that both make of a page.
fn shared(mapped: &Result<MappedPage, PageError>) -> Result<String, &PageError> {
    mapped.as_ref().map(|page| {
        let records = page.rows.iter().map(|row| {
            let record = std::str::from_utf8(page.record(row)).unwrap();
            (row.source_index, beyond::without_them(record))
        });
        format!("{:#?} {:#?}", records.collect::<Vec<_>>(), page.issues)
    })
}

fn each(page: &str) -> usize {
    same::<Clusters>("cluster", page)
        + same::<Services>("service", page)
        + same::<Tasks>("task", page)
        + same::<TaskDefinitions>("task-definition", page)
}

#[test]
fn on_every_documented_page() {
    let mut records = 0;
    for entry in std::fs::read_dir(root().join("tests/pages/aws-examples")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            records += each(&std::fs::read_to_string(path).unwrap());
        }
    }
    assert!(records > 8, "only {records} records");
}

#[test]
fn on_pages_that_hurt() {
    let pages = [
        "",
        "{}",
        "[]",
        "{\"tasks\":null}",
        "{\"tasks\":{}}",
        "{\"tasks\":[null,7,[],{\"taskArn\":\"\"},{\"taskArn\":null},{}]}",
        "{\"tasks\":[{\"taskArn\":\"a\",\"createdAt\":1466801808.5959,\"startedAt\":-0.0005,\"stoppedAt\":1e99}]}",
        "{\"tasks\":[{\"taskArn\":\"a\",\"createdAt\":\"x\"},{\"taskArn\":\"b\",\"cpu\":5}]}",
        "{\"tasks\":[{\"taskArn\":\"a\",\"attachments\":[{\"details\":{}}]},{\"taskArn\":\"b\",\"attachments\":[null,{\"details\":[null,{\"name\":7}]}]}]}",
        "{\"tasks\":[{\"taskArn\":\"a\",\"taskArn\":\"b\"},{\"taskArn\":\"a\\qb\"},{\"taskArn\":\"c\",\"tags\":[{\"key\":\"k\",\"value\":null},{\"value\":\"x\"},{\"key\":\"k\",\"value\":\"\\u2028\"}]}]}",
        "{\"tasks\":[{\"taskArn\":\"a\",\"containers\":[{\"image\":\"i\"},{\"image\":\"i\"},{},null,{\"image\":\"\"}]}]}",
        "{\"tasks\":[{\"taskArn\":\"a\",\"tags\":[[\"k\",\"v\"]]}],\"tasks\":[]}",
        "{\"clusters\":[{\"clusterArn\":\"a\",\"clusterName\":\"\",\"pendingTasksCount\":1E2,\"runningTasksCount\":-0}]}",
        "{\"clusters\":[{\"clusterArn\":\"a\",\"pendingTasksCount\":1.5},{\"clusterArn\":\"b\",\"pendingTasksCount\":99999999999999999999}]}",
        "{\"services\":[{\"serviceArn\":\"a\",\"networkConfiguration\":{\"awsvpcConfiguration\":{\"assignPublicIp\":\"enabled\",\"subnets\":[\"s\",null,\"s\"]}}}]}",
        "{\"services\":[{\"serviceArn\":\"a\",\"networkConfiguration\":[]},{\"serviceArn\":\"b\",\"networkConfiguration\":{\"awsvpcConfiguration\":null}}]}",
        "{\"taskDefinition\":{\"taskDefinitionArn\":\"a\",\"family\":\"f\",\"revision\":0,\"registeredAt\":1.5E9}}",
        "{\"taskDefinition\":{\"taskDefinitionArn\":\"a\",\"family\":\"\",\"revision\":3,\"containerDefinitions\":[{\"environment\":[{\"name\":\"A\"}],\"secrets\":[{\"valueFrom\":\"s\"}]},{\"environment\":null}]}}",
        "{\"taskDefinition\":{\"taskDefinitionArn\":\"a\",\"containerDefinitions\":[{\"environment\":{\"name\":\"A\"}}]}}",
        "{\"taskDefinition\":null,\"tags\":7}",
        "{\"taskDefinition\":{\"taskDefinitionArn\":\"a\"},\"tags\":[{\"key\":\"k\"}]}",
        "{\"taskDefinition\":{\"taskDefinitionArn\":\"a\",\"volumes\":[{\"host\":{\"sourcePath\":\"\"}},{\"host\":{\"sourcePath\":\"/\"}},{\"name\":1}]}}",
    ];
    let records: usize = pages.iter().map(|page| each(page)).sum();
    assert!(records >= 8, "only {records} records");
}
