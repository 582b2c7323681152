//! A task definition with and without the scan of its environment values for secrets.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use portolan_page::object::Object;
use portolan_page::{Page, with_secret_suspects};
use serde_json::{Value, json};

use crate::page::{origin, time};
use crate::{median, microseconds, note, row};

const ROUNDS: usize = 1_000;
const CONTAINERS: usize = 3;
/// The time of a sync's own work for one definition (calls, mapping, writing) is about 100 µs.
const GOAL: f64 = 150e-6;

pub(crate) fn measure() {
    let cases = include_str!("../../secrets/values.jsonl").lines();
    let cases: Vec<Value> = cases
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let ordinary = cases.iter().filter(|it| it["detectors"] == json!([]));
    let values: Vec<&str> = ordinary
        .map(|it| it["value"][0].as_str().unwrap())
        .collect();
    let body = definition(&values);
    let [without, scanned] = median_of(&body);
    note(
        "A definition with 114 variables, in bytes",
        &body.len().to_string(),
    );
    note("Read, environment values withheld", &microseconds(without));
    row(
        "Scanned for secrets before",
        &microseconds(scanned),
        "at most 150 µs",
        scanned.as_secs_f64() <= GOAL,
    );
    let ratio = (without + scanned).as_secs_f64() / without.as_secs_f64();
    note("  both, to without", &format!("{ratio:.1}"));
    for (what, text) in [
        (
            "128 KiB of ordinary values, the most",
            "the quick brown fox 12 https://a.b/c?d=e ",
        ),
        (
            "128 KiB of values that are nearly suspects",
            "eyJabcdefghijk.eyJ SG.aaaaaaaaaaaaaaaa password= https://a:",
        ),
    ] {
        let value = text.repeat(60_000 / text.len());
        let body = definition(&[value.as_str(); 3]);
        let scan = time(|| with_secret_suspects(black_box(body.clone())));
        note(what, &microseconds(scan));
    }
}

fn definition(values: &[&str]) -> Bytes {
    let containers = values
        .chunks(values.len().div_ceil(CONTAINERS))
        .map(|values| {
            let variables = values.iter().enumerate();
            let variables = variables
                .map(|(place, value)| json!({"name": format!("SETTING_{place}"), "value": value}));
            json!({"name": "web", "image": "nginx", "environment": Value::from_iter(variables)})
        });
    let containers = Value::from_iter(containers);
    Bytes::from(json!({"taskDefinition": {"containerDefinitions": containers}}).to_string())
}

fn median_of(body: &Bytes) -> [Duration; 2] {
    let (mut without, mut scanned) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let read = || Page::read(Object::EcsTaskDefinition, origin(), body.clone()).unwrap();
        without.push(time(read));
        scanned.push(time(|| with_secret_suspects(black_box(body.clone()))));
    }
    [median(without), median(scanned)]
}
