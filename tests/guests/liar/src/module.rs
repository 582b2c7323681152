//! The exports, and every misbehaviour by name.

use std::hint::black_box;

use portolan_mapper_sdk::guest::assessor::{assessing, report_panics, types, world};
use serde_json::{Value, json};

struct Module;

world::export_assessor_module!(Module with_types_in portolan_mapper_sdk::guest::assessor::world);

impl assessing::Guest for Module {
    fn manifest() -> String {
        let control = |id: &str| {
            json!({
                "id": id, "title": "t", "question": "q", "condition": "c", "severity": "low",
                "remediation": "r",
            })
        };
        json!({
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "kind": "assessor",
            "objects": ["EcsCluster"],
            "reads": {"members": ["subject.NAME"]},
            "controls": [control("L.1"), control("L.2")],
        })
        .to_string()
    }

    fn assess_batch(
        _: types::BatchContext,
        batch: Vec<u8>,
    ) -> Result<types::AssessedBatch, types::BatchError> {
        report_panics();
        let body: Value = serde_json::from_slice(&batch)
            .map_err(|error| types::BatchError::MalformedBatch(error.to_string()))?;
        let mut answer = types::AssessedBatch {
            payload: Vec::new(),
            rows: Vec::new(),
            issues: Vec::new(),
        };
        let subjects = body["subjects"].as_array().map(Vec::as_slice);
        for (index, element) in (0_u32..).zip(subjects.unwrap_or_default()) {
            if !element.is_null() {
                let name = element["subject"]["NAME"].as_str().unwrap_or_default();
                judge(name, index, element, &mut answer)?;
            }
        }
        Ok(answer)
    }
}

fn judge(
    name: &str,
    index: u32,
    element: &Value,
    answer: &mut types::AssessedBatch,
) -> Result<(), types::BatchError> {
    let verdict = |id: &str, result: &str| json!({"control": id, "result": result});
    let honest = || vec![verdict("L.1", "PASS"), verdict("L.2", "PASS")];
    let mut verdicts = honest();
    match name {
        "" => {}
        "endless" => loop {
            black_box(());
        },
        "trap" => panic!("cannot bear subject {index}"),
        "memory" => {
            let mut eaten = Vec::new();
            loop {
                eaten.push(black_box(vec![1_u8; 1024 * 1024]));
            }
        }
        "bomb" => answer.payload.resize(20 * 1024 * 1024, b' '),
        "silence" => return Ok(()),
        "twice" => push(answer, index, &honest()),
        "stranger" => push(answer, index + 1_000, &honest()),
        "past-end" => {
            answer.rows.push(types::Row {
                subject_index: index,
                offset: 0,
                length: u32::MAX,
            });
            return Ok(());
        }
        "refuse" => return Err(types::BatchError::Internal("out of order".to_owned())),
        "undeclared" => verdicts.push(verdict("L.9", "PASS")),
        "repeated" => verdicts.push(verdict("L.1", "FAIL")),
        "maybe" => verdicts[0] = verdict("L.1", "MAYBE"),
        "wordy" => verdicts[0]["reasons"] = json!(["x".repeat(2_000)]),
        "flood" => verdicts.resize(100_000, verdict("L.9", "FAIL")),
        "missing" => verdicts.truncate(1),
        "sees-more" => verdicts[0]["reasons"] = json!([element.to_string()]),
        unknown => panic!("no behaviour is called {unknown}"),
    }
    push(answer, index, &verdicts);
    Ok(())
}

/// Appends verdicts and the row that names them.
fn push(answer: &mut types::AssessedBatch, subject_index: u32, verdicts: &[Value]) {
    let text = json!({ "verdicts": verdicts }).to_string();
    answer.rows.push(types::Row {
        subject_index,
        offset: answer.payload.len() as u32,
        length: text.len() as u32,
    });
    answer.payload.extend_from_slice(text.as_bytes());
}
