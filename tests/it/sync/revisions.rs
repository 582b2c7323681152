//! Revisions of task definitions: known from an earlier sync, and fewer than all.

use std::collections::BTreeSet;
use std::path::PathBuf;

use portolan_tests::simulator::{Rules, Shape, World};
use serde_json::Value;

use crate::support::{Site, portolan, run};
use crate::tables::packed;

const ALL: [&str; 2] = ["--option", "EcsTaskDefinition.status=ALL"];

pub(super) fn cache(site: &Site) -> PathBuf {
    site.folder.path().join("revisions.redb")
}

pub(super) fn sync(site: &Site, arguments: &[&str]) -> Value {
    let cache = cache(site);
    let mut with_cache = vec!["--revision-cache", cache.to_str().unwrap()];
    with_cache.extend(arguments);
    site.sync(&with_cache).with(0);
    site.report()
}

#[test]
fn a_second_sync_describes_no_revision_again_and_gives_the_same_records() {
    let site = Site::small();
    site.sync(&ALL).with(0);
    let plain = site.all_records();
    let first = sync(&site, &ALL);
    assert_eq!(site.all_records(), plain);
    let revisions = site.records("EcsTaskDefinition").len() as u64;
    assert_eq!(first["revision_cache"]["stored"], revisions);
    assert_eq!(first["revision_cache"]["hits"], 0);

    let before = site.calls("DescribeTaskDefinition");
    let second = sync(&site, &ALL);
    assert_eq!(site.calls("DescribeTaskDefinition"), before);
    assert_eq!(site.all_records(), plain);
    assert_eq!(second["revision_cache"]["hits"], revisions);
    assert_eq!(second["complete"], true);
}

#[test]
fn pages_from_the_cache_hold_no_environment_value() {
    let site = Site::small();
    sync(&site, &[]);
    let recording = site.folder.path().join("pages.jsonl");
    // Pages are recorded with present tags, unless the user wants no tags.
    let file = recording.to_str().unwrap();
    let report = sync(&site, &["--revision-tags", "never", "--record", file]);
    assert_ne!(report["revision_cache"]["hits"], 0);
    let pages = std::fs::read_to_string(recording).unwrap();
    assert!(
        pages.contains("environment"),
        "the world has none to withhold"
    );
    assert!(!pages.contains(site.simulator.canary()));
}

#[test]
fn always_fresh_tags_cost_a_call_for_each_revision() {
    let site = Site::small();
    sync(&site, &[]);
    let before = site.calls("DescribeTaskDefinition");
    sync(&site, &["--revision-tags", "always"]);
    let revisions = site.records("EcsTaskDefinition").len() as u64;
    assert_eq!(site.calls("DescribeTaskDefinition"), before + revisions);
}

/// A table over the stock mapping of task definitions.
pub(super) fn amending(attribute: &str) -> (tempfile::TempDir, PathBuf) {
    packed(&format!(
        "name = \"acme\"\nversion = \"1.0.0\"\nkind = \"overlay\"\nobject = \"EcsTaskDefinition\"\n\n\
         [attributes]\nTEAM = {{ description = \"Of whom.\", {attribute} }}\n"
    ))
}

/// All values of the attribute TEAM, without the empty text.
pub(super) fn teams(site: &Site) -> BTreeSet<String> {
    let records = site.records("EcsTaskDefinition").into_values();
    records
        .filter_map(|record| Some(record["TEAM"].as_str()?.to_owned()))
        .filter(|team| !team.is_empty())
        .collect()
}

pub(super) fn rename_the_team(site: &Site, name: &str) {
    site.simulator
        .change_rules(|rules| rules.team = Some(name.to_owned()));
}

#[test]
fn by_default_tags_are_as_new_as_the_sync_if_a_module_reads_them() {
    let (_folder, module) = amending("tag = \"team\"");
    let arguments = ["--overlays", module.to_str().unwrap()];
    let site = Site::small();
    sync(&site, &[]);
    for team in ["first", "second"] {
        rename_the_team(&site, team);
        sync(&site, &arguments);
        assert_eq!(teams(&site), BTreeSet::from([team.to_owned()]));
    }
}

#[test]
fn a_module_that_reads_no_tags_costs_no_calls() {
    let (_folder, module) = amending("from = \"family\"");
    let arguments = ["--overlays", module.to_str().unwrap()];
    let site = Site::small();
    sync(&site, &arguments);
    let (before, records) = (site.calls("DescribeTaskDefinition"), site.all_records());
    let report = sync(&site, &arguments);
    assert_eq!(site.calls("DescribeTaskDefinition"), before);
    assert_eq!(site.all_records(), records);
    assert_ne!(report["revision_cache"]["hits"], 0);
}

#[test]
fn a_schedule_is_for_those_who_read_tags() {
    let site = Site::small();
    sync(&site, &[]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let before = site.calls("DescribeTaskDefinition");
    sync(&site, &["--revision-tags", "1s"]);
    assert_eq!(site.calls("DescribeTaskDefinition"), before);
}

#[test]
fn tags_are_read_again_once_they_are_older_than_the_schedule() {
    let (_folder, module) = amending("tag = \"team\"");
    let site = Site::small();
    let after = |age: &str| {
        let overlays = ["--overlays", module.to_str().unwrap()];
        let report = sync(&site, &[&overlays[..], &["--revision-tags", age]].concat());
        let of = |count: &str| report["revision_cache"][count].as_u64().unwrap();
        (of("hits"), of("refreshed"), teams(&site))
    };
    rename_the_team(&site, "first");
    let first = BTreeSet::from(["first".to_owned()]);
    assert_eq!(after("1h"), (0, 0, first.clone()));
    let revisions = site.records("EcsTaskDefinition").len() as u64;
    assert_eq!(revisions, site.calls("DescribeTaskDefinition"));

    rename_the_team(&site, "second");
    assert_eq!(after("1h"), (revisions, 0, first));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let second = BTreeSet::from(["second".to_owned()]);
    assert_eq!(after("1s"), (0, revisions, second.clone()));
    assert_eq!(after("never"), (revisions, 0, second));
    assert_eq!(2 * revisions, site.calls("DescribeTaskDefinition"));
}

#[test]
fn a_damaged_cache_costs_a_warning_and_nothing_else() {
    let site = Site::small();
    std::fs::write(cache(&site), "this is not a database, whatever its name").unwrap();
    let ended = site
        .sync(&["--revision-cache", cache(&site).to_str().unwrap()])
        .with(0);
    assert!(ended.stderr.contains("something else"), "{}", ended.stderr);
    assert_eq!(site.report()["complete"], true);
}

/// Some damage makes the store's own code panic.
#[test]
fn damage_anywhere_in_the_cache_costs_calls_and_nothing_else() {
    const PAGE_BYTES: usize = 4096;
    let site = Site::small();
    sync(&site, &[]);
    let records = site.all_records();
    let whole = std::fs::read(cache(&site)).unwrap();
    let file = cache(&site).to_str().unwrap().to_owned();
    let mut warned = 0;
    for (place, page) in whole.chunks(PAGE_BYTES).enumerate() {
        if page.iter().all(|byte| *byte == 0) {
            continue;
        }
        let mut damaged = whole.clone();
        let from = place * PAGE_BYTES;
        for byte in &mut damaged[from..from + page.len()] {
            *byte ^= 0xff;
        }
        std::fs::write(&file, damaged).unwrap();
        let ended = site.sync(&["--revision-cache", &file]).with(0);
        warned += usize::from(ended.stderr.contains("the sync goes on"));
        assert_eq!(site.all_records(), records, "page {place}");
        let ended = run(portolan().args(["cache", "verify", "--revision-cache", &file]));
        assert!([0, 1, 3].contains(&ended.status), "{place}: {ended:#?}");
        assert!(!ended.stderr.contains("panicked"), "{place}: {ended:#?}");
    }
    assert_ne!(warned, 0);
}

#[test]
fn only_a_cache_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("important.txt");
    std::fs::write(&file, "hello").unwrap();
    let clear = |file: &str| run(portolan().args(["cache", "clear", "--revision-cache", file]));
    let ended = clear(file.to_str().unwrap()).with(1);
    assert!(
        ended.stderr.contains("not a revision cache"),
        "{}",
        ended.stderr
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"hello");
    let ended = clear("off").with(1);
    assert!(ended.stderr.contains("is off"), "{}", ended.stderr);
}

#[test]
fn latest_takes_one_revision_of_each_family() {
    let site = Site::small();
    site.sync(&[]).with(0);
    let mut newest = std::collections::BTreeMap::new();
    for record in site.records("EcsTaskDefinition").into_values() {
        let family = record["FAMILY"].as_str().unwrap().to_owned();
        let revision = record["REVISION"].as_u64().unwrap();
        let known = newest.entry(family).or_insert(revision);
        *known = revision.max(*known);
    }
    site.sync(&["--option", "EcsTaskDefinition.scope=latest"])
        .with(0);
    let latest: std::collections::BTreeMap<_, _> = site
        .records("EcsTaskDefinition")
        .into_values()
        .map(|record| {
            let family = record["FAMILY"].as_str().unwrap().to_owned();
            (family, record["REVISION"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(latest, newest);
    assert_eq!(site.records("EcsTaskDefinition").len(), newest.len());
}

#[test]
fn in_use_takes_what_services_and_tasks_refer_to() {
    let site = Site::small();
    site.sync(&["--option", "EcsTaskDefinition.scope=in-use"])
        .with(0);
    let referred = |object: &str, attribute: &str| -> BTreeSet<String> {
        site.records(object)
            .into_values()
            .filter_map(|record| record[attribute].as_str().map(str::to_owned))
            .collect()
    };
    let mut used = referred("EcsService", "TASK_DEFINITION");
    used.extend(referred("EcsTask", "TASK_DEFINITION_ARN"));
    let written: BTreeSet<String> = site.records("EcsTaskDefinition").into_keys().collect();
    assert!(!used.is_empty());
    assert!(written.is_superset(&used), "{used:?} in {written:?}");
    assert_eq!(site.report()["complete"], true);
}

/// Simulated services use the newest revision, which is ACTIVE in one world and INACTIVE in the other.
#[test]
fn current_takes_the_newest_of_each_family_and_what_is_in_use() {
    for (active, only_newest, only_used) in [(3, true, false), (0, false, true)] {
        let shape = Shape {
            clusters: 1,
            services: 3,
            running_tasks: 3,
            families: 9,
            active_revisions: active,
            inactive_revisions: 2,
            ..Shape::default()
        };
        let site = Site::new(World::single(5, shape), Rules::default());
        let written = |scope: &str| -> BTreeSet<String> {
            let option = format!("EcsTaskDefinition.scope={scope}");
            site.sync(&["--option", &option]).with(0);
            let counts = &site.report()["objects"]["EcsTaskDefinition"];
            assert_eq!(counts["listed"], counts["written"], "{scope}");
            site.records("EcsTaskDefinition").into_keys().collect()
        };
        let [latest, in_use, current] = ["latest", "in-use", "current"].map(written);
        assert_eq!(current, latest.union(&in_use).cloned().collect());
        assert_eq!(!latest.is_subset(&in_use), only_newest);
        assert_eq!(!in_use.is_subset(&latest), only_used);
    }
}

#[test]
fn current_needs_the_objects_that_use_revisions() {
    let alone = ["--objects", "EcsTaskDefinition"];
    let current = ["--option", "EcsTaskDefinition.scope=current"];
    let ended = Site::small().sync(&[alone, current].concat()).with(2);
    let told = "EcsService and EcsTask";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
}

#[test]
fn the_cache_can_be_looked_into_and_removed() {
    let site = Site::small();
    sync(&site, &[]);
    let command = |word: &str| {
        let mut command = portolan();
        command
            .args(["cache", word, "--revision-cache"])
            .arg(cache(&site));
        run(&mut command)
    };
    let revisions = site.records("EcsTaskDefinition").len();
    for word in ["stats", "verify"] {
        let shown: Value = serde_json::from_str(&command(word).with(0).stdout).unwrap();
        assert_eq!(shown["revisions"], revisions);
        assert_eq!(shown["damaged"], 0);
    }
    command("clear").with(0);
    assert!(!cache(&site).exists());
    let ended = command("stats").with(1);
    assert!(ended.stderr.contains("no such file"), "{}", ended.stderr);
}
