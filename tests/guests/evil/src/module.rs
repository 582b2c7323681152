//! The exports, and the honest mapping.

use portolan_mapper_sdk::guest::{mapping, mapping_world, report_panics, types};
use serde_json::{Value, json};

use crate::behaviour;

struct Module;

mapping_world::export_mapping_module!(
    Module with_types_in portolan_mapper_sdk::guest::mapping_world
);

impl mapping::Guest for Module {
    fn manifest() -> String {
        json!({
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "kind": "mapping",
            "objects": ["EcsTask"],
        })
        .to_string()
    }

    fn map_page(
        context: types::PageContext,
        page: Vec<u8>,
    ) -> Result<types::MappedPage, types::PageError> {
        report_panics();
        let body: Value = serde_json::from_slice(&page)
            .map_err(|error| types::PageError::MalformedPage(error.to_string()))?;
        let mut mapped = types::MappedPage {
            payload: Vec::new(),
            rows: Vec::new(),
            issues: Vec::new(),
        };
        if let Some(name) = body["behaviour"].as_str() {
            behaviour::perform(name, 0, &mut mapped)?;
        }
        let tasks = body["tasks"].as_array().map(Vec::as_slice);
        for (index, task) in (0_u32..).zip(tasks.unwrap_or_default()) {
            if task.is_null() {
                continue;
            }
            let record = record(task, &context);
            match task["behaviour"].as_str() {
                None => push(&mut mapped, index, record.to_string().as_bytes()),
                Some(name) => behaviour::misbehave(name, index, record, &mut mapped)?,
            }
        }
        Ok(mapped)
    }
}

/// The smallest record that the schema of a task allows.
fn record(task: &Value, context: &types::PageContext) -> Value {
    json!({
        "UID": task["taskArn"],
        "TASK_ARN": task["taskArn"],
        "NAME": task["taskArn"],
        "CLOUD_PROVIDER": "AWS",
        "ACCOUNT_ID": context.account_id,
        "REGION": context.region,
        "LAST_CAPTURED": context.captured_at,
    })
}

/// Appends a record and the row that names it.
pub(crate) fn push(mapped: &mut types::MappedPage, source_index: u32, record: &[u8]) {
    mapped.rows.push(types::Row {
        source_index,
        offset: mapped.payload.len() as u32,
        length: record.len() as u32,
    });
    mapped.payload.extend_from_slice(record);
}
