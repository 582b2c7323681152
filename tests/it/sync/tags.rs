//! Tags of revisions: from the Resource Groups Tagging API, or from Describe calls.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use portolan_tests::simulator::{Denial, Fault, FaultRule, Rules, Shape, World};

use super::revisions::{amending, cache, rename_the_team, sync, teams};
use crate::support::{Ended, Site, wait_until};
use crate::tables::{example, packed};

/// Whoever reads them, and however long ago the revisions were described.
#[test]
fn tags_are_those_of_today_and_cost_no_call_for_each_revision() {
    let (chosen, _) = packed(&std::fs::read_to_string(example("task-definition")).unwrap());
    let mappers = ["--mappers", chosen.path().to_str().unwrap()];
    let site = Site::small();
    rename_the_team(&site, "first");
    let revisions = described_with(&site, &[], "first");
    assert_eq!(revisions, 16);
    for (team, arguments) in [("second", &[][..]), ("third", &mappers), ("fourth", &[])] {
        rename_the_team(&site, team);
        assert_eq!(described_with(&site, arguments, team), 0);
    }
    rename_the_team(&site, "fifth");
    // Of the last sync that described the revisions.
    assert_eq!(
        described_with(&site, &["--revision-tags", "never"], "first"),
        0
    );
}

/// Calls of a sync for single revisions. All teams in TAGS have to be this one, which may be nobody's.
#[track_caller]
fn described_with(site: &Site, arguments: &[&str], team: &str) -> u64 {
    let before = site.calls("DescribeTaskDefinition");
    sync(site, arguments);
    let records = site.records("EcsTaskDefinition").into_values();
    let teams: BTreeSet<String> = records
        .filter_map(|record| Some(record["TAGS"]["team"].as_str()?.to_owned()))
        .collect();
    let expected = Some(team.to_owned()).filter(|team| !team.is_empty());
    assert_eq!(teams, expected.into_iter().collect(), "{arguments:?}");
    site.calls("DescribeTaskDefinition") - before
}

/// What the report says of the only scope of task definitions.
fn tags_read(site: &Site) -> String {
    let report = site.report();
    let scopes = report["scopes"].as_array().unwrap().iter();
    let mut scopes = scopes.filter(|scope| scope["object"] == "EcsTaskDefinition");
    let tags = scopes.next().unwrap()["tags"].as_str().unwrap().to_owned();
    assert!(scopes.next().is_none());
    tags
}

fn deny_the_tagging_api(site: &Site) {
    site.simulator.change_rules(|rules| {
        rules.denials = vec![Denial {
            operation: Some("GetResources".into()),
            ..Denial::default()
        }];
    });
}

/// Only modules that are not stock make a sync describe revisions again, and what it learns is kept.
#[test]
fn without_the_tagging_api_a_chosen_mapping_gets_tags_from_describe_calls() {
    let (chosen, _) = packed(&std::fs::read_to_string(example("task-definition")).unwrap());
    let mappers = ["--mappers", chosen.path().to_str().unwrap()];
    let site = Site::small();
    rename_the_team(&site, "first");
    let revisions = described_with(&site, &[], "first");
    deny_the_tagging_api(&site);
    rename_the_team(&site, "second");
    assert_eq!(described_with(&site, &[], ""), 0, "they are unknown");
    assert_eq!(described_with(&site, &mappers, "second"), revisions);
    assert_eq!(tags_read(&site), "describe");
    rename_the_team(&site, "third");
    assert_eq!(
        described_with(&site, &["--revision-tags", "never"], "second"),
        0
    );
}

/// Modules that make no records of the output may read tags, too.
#[test]
fn a_recording_and_a_candidate_get_the_tags_of_today() {
    let (_folder, tags) = amending("tag = \"team\"");
    let (_other, family) = amending("from = \"family\"");
    let (tags, family) = (tags.to_str().unwrap(), family.to_str().unwrap());
    let site = Site::small();
    let recording = site.folder.path().join("pages.jsonl");
    let recorded = ["--record", recording.to_str().unwrap()];
    sync(&site, &[]);
    let revisions = site.records("EcsTaskDefinition").len() as u64;
    let calls = |arguments: &[&str]| {
        let before = site.calls("DescribeTaskDefinition");
        sync(&site, arguments);
        site.calls("DescribeTaskDefinition") - before
    };
    rename_the_team(&site, "second");
    assert_eq!(calls(&recorded), 0);
    let pages = std::fs::read_to_string(&recording).unwrap();
    assert!(pages.contains("second") && !pages.contains("\"value\":\"platform\""));
    assert_eq!(calls(&["--shadow", tags]), 0);
    deny_the_tagging_api(&site);
    assert_eq!(calls(&recorded), revisions);
    assert_eq!(calls(&["--shadow", tags]), revisions);
    assert_eq!(calls(&["--shadow", family]), 0);
}

/// A revision that is described again for its tags is stored, because otherwise a later sync would show older
/// tags.
#[test]
fn tags_never_go_back() {
    let (_folder, module) = amending("tag = \"team\"");
    let site = Site::small();
    deny_the_tagging_api(&site);
    let overlays = ["--overlays", module.to_str().unwrap()];
    for (team, when) in [("first", "never"), ("second", "auto"), ("third", "always")] {
        rename_the_team(&site, team);
        sync(&site, &[&overlays[..], &["--revision-tags", when]].concat());
        rename_the_team(&site, "later");
        for when in ["1h", "never"] {
            sync(&site, &[&overlays[..], &["--revision-tags", when]].concat());
            assert_eq!(teams(&site), BTreeSet::from([team.to_owned()]), "{when}");
        }
    }
}

/// A world whose tags take two pages.
fn large() -> Site {
    let shape = Shape {
        clusters: 1,
        families: 14,
        active_revisions: 12,
        ..Shape::default()
    };
    Site::new(World::single(2, shape), Rules::default())
}

const REVISIONS: [&str; 2] = ["--objects", "EcsTaskDefinition"];

fn with_tags(site: &Site) -> usize {
    let records = site.records("EcsTaskDefinition").into_values();
    records
        .filter(|record| record.get("TAGS").is_some())
        .count()
}

#[test]
fn a_second_sync_reads_pages_of_tags_and_describes_nothing() {
    let site = large();
    sync(&site, &REVISIONS);
    let tagged = site.simulator.truth()[0].tagged_revisions;
    assert!((101..=200).contains(&tagged), "{tagged} have tags");
    assert_eq!(with_tags(&site) as u64, tagged);
    let records = site.records("EcsTaskDefinition");
    site.simulator.reset();
    sync(&site, &REVISIONS);
    let calls = ["DescribeTaskDefinition", "GetResources"].map(|it| site.calls(it));
    assert_eq!(calls, [0, 2]);
    assert_eq!(tags_read(&site), "tagging-api");
    for (uid, record) in site.records("EcsTaskDefinition") {
        assert_eq!(record.get("TAGS"), records[&uid].get("TAGS"), "{uid}");
    }
}

/// The API may not know a revision's tags at once. Those that came with its description count then.
#[test]
fn tags_that_lag_are_there_again_once_the_api_knows_them() {
    let site = large();
    let lag = |share: f64| site.simulator.change_rules(|rules| rules.tag_lag = share);
    let all = site.simulator.truth()[0].tagged_revisions;
    lag(0.5);
    let known = site.simulator.truth()[0].tagged_revisions;
    assert!((20..all - 20).contains(&known), "{known} of {all}");
    sync(&site, &REVISIONS);
    assert_eq!(with_tags(&site) as u64, all, "described in this sync");
    sync(&site, &REVISIONS);
    assert_eq!(with_tags(&site) as u64, known);
    lag(0.0);
    sync(&site, &REVISIONS);
    assert_eq!(with_tags(&site) as u64, all);
}

/// What was read is kept, and what was not is unknown.
#[test]
fn a_list_of_tags_that_breaks_off_keeps_its_first_page() {
    let site = large();
    sync(&site, &REVISIONS);
    let all = with_tags(&site);
    rename_the_team(&site, "second");
    site.simulator.reset();
    site.simulator
        .change_rules(|rules| rules.latency = Duration::from_millis(200));
    let cache = cache(&site);
    let arguments = ["--revision-cache", cache.to_str().unwrap()];
    let mut command = site.sync_command(&[&REVISIONS[..], &arguments].concat());
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first page of tags", || site.calls("GetResources") > 0);
    deny_the_tagging_api(&site);
    let ended: Ended = child.wait_with_output().unwrap().into();
    let ended = ended.with(0);
    assert!(
        ended.stderr.contains("Allow tag:GetResources"),
        "{}",
        ended.stderr
    );
    assert_eq!(site.calls("GetResources"), 2);
    assert_eq!(
        (tags_read(&site).as_str(), site.report()["complete"] == true),
        ("not-read", true)
    );
    assert_eq!((with_tags(&site), all > 100), (100, true));
    let records = site.records("EcsTaskDefinition").into_values();
    let teams: BTreeSet<_> = records
        .filter_map(|it| Some(it["TAGS"]["team"].as_str()?.to_owned()))
        .collect();
    assert_eq!(teams, BTreeSet::from(["second".to_owned()]));
}

/// An answer that is none is not an answer without tags.
#[test]
fn tags_that_cannot_be_read_are_not_called_missing() {
    for fault in [
        Fault::CutJson,
        Fault::EmptyObject,
        Fault::RepeatedToken,
        Fault::InternalFailure,
    ] {
        let site = Site::small();
        let faults = vec![FaultRule::next("GetResources", fault.clone(), 50)];
        site.simulator.change_rules(|rules| rules.faults = faults);
        sync(&site, &["--maximum-retries", "1"]);
        assert_eq!(tags_read(&site), "not-read", "{fault:?}");
        assert_eq!(site.report()["status"], "complete", "{fault:?}");
    }
}

/// Between a sync that read tags and one that did not, they are not compared.
#[test]
fn tags_that_one_side_did_not_read_did_not_change() {
    let site = Site::small();
    let output = site.output().to_str().unwrap().to_owned();
    let changed = |team: &str, is_allowed: bool| {
        rename_the_team(&site, team);
        match is_allowed {
            true => site.simulator.change_rules(|rules| rules.denials.clear()),
            false => deny_the_tagging_api(&site),
        }
        sync(&site, &["--changes-since", &output]);
        let counts = &site.report()["changes"]["objects"]["EcsTaskDefinition"];
        assert_eq!(counts["removed"], 0);
        counts["changed"].as_u64().unwrap()
    };
    assert_eq!(changed("first", true), 0, "all are new");
    assert_ne!(changed("second", true), 0);
    assert_eq!(changed("third", false), 0);
    assert_eq!(changed("fourth", false), 0);
    assert_eq!(changed("fifth", true), 0);
    assert_ne!(changed("sixth", true), 0);
}
