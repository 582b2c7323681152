#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::write;

/// Compares the output of both writers, errors included.
fn assert_same(value: &(impl Serialize + ?Sized)) {
    let mut output = b"before".to_vec();
    let ours = write(&mut output, value).map_err(|error| error.to_string());
    let theirs = serde_json::to_vec(value).map_err(|error| error.to_string());
    let ours = ours.map(|()| String::from_utf8(output.split_off(6)).unwrap());
    assert_eq!(ours, theirs.map(|json| String::from_utf8(json).unwrap()));
    assert_eq!(output.get(..6), Some(&b"before"[..]));
}

#[derive(Serialize)]
enum Shape {
    Unit,
    Newtype(u8),
    Tuple(u8, char),
    Struct { text: &'static str },
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Pair(i128, f32);

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Record<'s> {
    text: &'s str,
    none: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<bool>,
    list: Vec<&'s str>,
    map: BTreeMap<&'s str, &'s str>,
    value: &'s Value,
    #[serde(flatten)]
    rest: BTreeMap<&'s str, i64>,
}

#[test]
fn every_kind_of_value_is_written_alike() {
    assert_same(&(Shape::Unit, Shape::Newtype(1), Shape::Tuple(2, '"')));
    assert_same(&Shape::Struct { text: "a\nb" });
    assert_same(&(Unit, (), Pair(i128::MIN, 0.1), Empty {}, [(); 0], "\u{7f}"));
    assert_same(&[f64::NAN, f64::INFINITY, -0.0, 1e300]);
    assert_same(&(u64::MAX, i64::MIN, true, Some(1_u8), 'é', u128::MAX));
    assert_same(&RawValue::from_string(r#"{ "a" : "\u0041" }"#.to_owned()).unwrap());
    assert_same(&json!({ "a": [{}, [], null, { "\"": 1.5 }], "": "" }));
}

#[test]
fn every_kind_of_key_is_written_alike() {
    assert_same(&BTreeMap::from([(-1, "a"), (7, "b")]));
    assert_same(&BTreeMap::from([(true, 1)]));
    assert_same(&BTreeMap::from([('\\', 1), ('}', 2)]));
    assert_same(&BTreeMap::from([(Some("some"), 1)]));
    assert_same(&BTreeMap::from([(None::<&str>, 1)]));
    assert_same(&BTreeMap::from([((1, 2), 1)]));
}

#[test]
fn each_byte_at_each_place_is_seen() {
    for character in (0..=0x7f_u8).map(char::from).chain(['\u{2028}', '😀']) {
        for length in 0..70 {
            for place in [0, 1, 6, 7, 8, 15, 31, 32, 39, length] {
                let mut text = "x".repeat(length);
                text.insert(place.min(length), character);
                assert_same(text.as_str());
            }
        }
    }
}

proptest! {
    #[test]
    fn records_are_written_alike(
        texts in prop::collection::vec("[ -~]{0,80}|[\u{0}-\u{2f}\\\\]{0,12}|\\PC{0,40}|(?s:.){0,90}", 1..12),
        number in any::<i64>(),
    ) {
        let value = json!({ "list": texts, "number": number });
        assert_same(&Record {
            text: &texts[0],
            none: None,
            skipped: None,
            list: texts.iter().map(String::as_str).collect(),
            map: texts.iter().map(|text| (text.as_str(), text.as_str())).collect(),
            value: &value,
            rest: BTreeMap::from([("rest", number)]),
        });
    }
}
