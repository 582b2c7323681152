//! `--shard`: the parts together are the whole, and no two parts overlap.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{fleet, pairs, places};
use crate::support::{OBJECTS, Site};

fn sync(site: &Site, shard: Option<&str>) -> (BTreeSet<(String, String)>, BTreeMap<String, Value>) {
    let mut arguments = vec![
        "--organization",
        "--organization-role",
        "PortolanRead",
        "--regions",
        "all",
    ];
    arguments.extend(shard.iter().flat_map(|shard| ["--shard", shard]));
    site.sync(&arguments).with(0);
    assert_eq!(site.report().get("shard").and_then(Value::as_str), shard);
    (places(&site.report(), true), site.all_records())
}

#[test]
fn five_shards_are_the_whole_and_share_nothing() {
    let site = fleet(10);
    let (all, records) = sync(&site, None);
    assert_eq!(all, pairs(1..=10));
    let (mut places, mut found) = (BTreeSet::new(), BTreeMap::new());
    for number in 1..=5 {
        let (part, records) = sync(&site, Some(&format!("{number}/5")));
        assert!(
            !part.is_empty() && part.len() < 15,
            "{number}: {}",
            part.len()
        );
        for place in part {
            assert!(places.insert(place.clone()), "twice: {place:?}");
        }
        for (uid, record) in records {
            assert!(found.insert(uid.clone(), record).is_none(), "twice: {uid}");
        }
    }
    assert_eq!(places, all);
    assert_eq!(found, records);
    assert!(!OBJECTS.is_empty() && found.len() == 30 * 8);
}

#[test]
fn failing_accounts_are_in_one_shard_too() {
    let site = fleet(2);
    let nobody = "arn:aws:iam::000000000009:role/Nobody";
    let regions = super::REGIONS.join(",");
    let mut failing = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        site.sync(&[
            "--assume-role-arn",
            nobody,
            "--regions",
            &regions,
            "--shard",
            shard,
        ]);
        let name = if site.files().contains(&"report.failed.json".to_owned()) {
            "report.failed.json"
        } else {
            "report.json"
        };
        let report = crate::support::read_json(&site.output().join(name));
        if report["shard"] == shard {
            failing.extend(places(&report, false));
        }
    }
    failing.sort();
    assert_eq!(failing, pairs([9]).into_iter().collect::<Vec<_>>());
}
