//! Tags of revisions: from the Resource Groups Tagging API, or from Describe calls.

use std::collections::BTreeSet;

use portolan_tests::simulator::Denial;

use super::revisions::{amending, rename_the_team, sync, teams};
use crate::support::Site;
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
