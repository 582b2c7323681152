//! Tests of a checkpoint without a sync: pages that are kept, taken out and refused.

use bytes::Bytes;

use super::*;
use portolan_page::ledger::EntryKey;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};

const CAPTURED_AT: &str = "2026-11-21T01:32:00.123Z";

fn task_arn(number: usize) -> String {
    format!("arn:aws:ecs:us-east-1:123456789012:task/prod/{number:032}")
}

fn key() -> EntryKey {
    EntryKey {
        account_id: "123456789012".into(),
        region: "us-east-1".into(),
        object: Object::EcsTask,
        cluster: Some("arn:aws:ecs:us-east-1:123456789012:cluster/prod".into()),
    }
}

/// The page of one task, which has an environment value.
fn fetched(number: usize) -> FetchedPage {
    let arn = task_arn(number);
    let body = format!(
        r#"{{"tasks":[{{"taskArn":"{arn}","overrides":{{"containerOverrides":[{{"environment":[{{"name":"K","value":"CANARY"}}]}}]}}}}],"failures":[]}}"#
    );
    let origin = Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-east-1".into(),
        captured_at: CAPTURED_AT.into(),
    };
    FetchedPage {
        key: key(),
        page: Page::read(Object::EcsTask, origin, Bytes::from(body)).expect("a page"),
        asked: vec![arn],
        is_new: true,
        unread: Vec::new(),
        is_untagged: false,
        is_unscanned: false,
    }
}

fn settings(objects: &str) -> SettingDigests {
    digests([("objects", objects.to_owned()), ("shard", String::new())])
}

fn place(regions: &str) -> SettingDigests {
    digests([("regions", regions.to_owned())])
}

fn open(folder: &Path, objects: &str) -> Result<Checkpoint, CheckpointError> {
    Checkpoint::open(folder, settings(objects), &Options::default())
}

/// A checkpoint that holds the pages of this number of tasks.
fn with_pages(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let checkpoint = open(folder.path(), "all").expect("new");
    checkpoint
        .begin(place("here"), CAPTURED_AT, &Ledger::default())
        .expect("written");
    (0..count).for_each(|number| checkpoint.keep(&fetched(number)));
    folder
}

/// The ARNs of the replayed pages.
fn replayed(checkpoint: &Checkpoint) -> Vec<String> {
    let mut arns = Vec::new();
    checkpoint
        .replay(|fetched| {
            assert_eq!(fetched.page.origin.captured_at, CAPTURED_AT);
            assert!(!fetched.is_new && !fetched.page.text().contains("CANARY"));
            arns.extend(fetched.page.arn(0));
            true
        })
        .expect("readable");
    arns
}

#[test]
fn what_is_kept_comes_back_and_is_not_asked_for() {
    let folder = with_pages(3);
    let checkpoint = Checkpoint::open(folder.path(), settings("all"), &Options::default())
        .expect("the same sync");
    assert_eq!(checkpoint.captured_at(), Some(CAPTURED_AT));
    assert_eq!(checkpoint.resumed(), Some(Resumed { objects: 3 }));
    checkpoint
        .begin(place("here"), CAPTURED_AT, &Ledger::default())
        .expect("the same place");
    // Pages that are kept meanwhile are not replayed.
    checkpoint.keep(&fetched(3));
    assert_eq!(replayed(&checkpoint), [0, 1, 2].map(task_arn));
    let mut kept = checkpoint.take(&key().account_id, &key().region);
    let kept = kept.scopes.remove(&key()).expect("a scope");
    let expected =
        [0, 1, 2].map(|number| portolan_machine::fingerprint::fingerprint(task_arn(number)));
    assert_eq!((kept.objects, kept.asked), (3, expected.into()));
    drop(checkpoint);
    let checkpoint = open(folder.path(), "all").expect("the same sync");
    assert_eq!(replayed(&checkpoint).len(), 4);
    checkpoint.remove();
    drop(checkpoint);
    assert_eq!(open(folder.path(), "all").expect("new").resumed(), None);
}

#[test]
fn what_is_kept_has_no_environment_value() {
    let kept = entry::pack(&fetched(0)).expect("packed");
    let text = zstd::bulk::decompress(&kept, 1 << 20).expect("compressed");
    let text = String::from_utf8(text).expect("text");
    assert!(text.contains(r#""name":"K","value":"""#), "{text}");
    assert!(!text.contains("CANARY"), "{text}");
}

#[test]
fn another_sync_is_refused_by_the_name_of_what_differs() {
    let folder = with_pages(1);
    let before = std::fs::read(folder.path().join(PAGES)).expect("pages");
    let error = open(folder.path(), "tasks").expect_err("other objects");
    assert!(error.to_string().contains(": objects differ"), "{error}");
    let checkpoint = open(folder.path(), "all").expect("the same settings");
    let error = checkpoint
        .begin(place("elsewhere"), CAPTURED_AT, &Ledger::default())
        .expect_err("other Regions");
    assert!(error.to_string().contains(": regions differ"), "{error}");
    let after = std::fs::read(folder.path().join(PAGES)).expect("pages");
    assert_eq!(before, after);
}

#[test]
fn a_file_that_is_something_else_is_left_alone() {
    for text in ["mine", "portolan checkpoint 2\n"] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(PAGES), text.repeat(9)).expect("written");
        let error = open(folder.path(), "all").expect_err("refused");
        assert!(error.to_string().contains("is not a checkpoint"), "{error}");
    }
}

#[test]
fn only_one_sync_has_it() {
    let folder = with_pages(1);
    let first = open(folder.path(), "all").expect("free");
    let error = open(folder.path(), "all").expect_err("in use");
    assert!(matches!(error, CheckpointError::Busy(_)), "{error}");
    drop(first);
    open(folder.path(), "all").expect("free again");
}

/// Wherever a kill cuts the file, the frames before the cut are good, and new frames are written after them.
#[test]
fn every_cut_leaves_a_checkpoint_that_goes_on() {
    let folder = with_pages(2);
    let path = folder.path().join(PAGES);
    let whole = std::fs::read(&path).expect("pages");
    // Not every cut, because each waits for the disk; steps of five bytes meet every kind of position.
    for length in (0..whole.len()).step_by(5) {
        std::fs::write(&path, &whole[..length]).expect("cut");
        let checkpoint = open(folder.path(), "all").expect("cut, not spoilt");
        let before = replayed(&checkpoint);
        assert!(before.len() < 2, "cut at {length}");
        checkpoint
            .begin(place("here"), CAPTURED_AT, &Ledger::default())
            .expect("written");
        checkpoint.keep(&fetched(7));
        drop(checkpoint);
        let after = replayed(&open(folder.path(), "all").expect("the same sync"));
        assert_eq!(
            after,
            [before, vec![task_arn(7)]].concat(),
            "cut at {length}"
        );
    }
}

#[test]
fn what_comes_after_damage_is_not_trusted() {
    let folder = with_pages(3);
    let path = folder.path().join(PAGES);
    let mut bytes = std::fs::read(&path).expect("pages");
    let place_in_last_but_one = bytes.len() / 2 + bytes.len() / 6;
    bytes[place_in_last_but_one] ^= 1;
    std::fs::write(&path, bytes).expect("spoilt");
    let checkpoint = open(folder.path(), "all").expect("damaged, not lost");
    let left = replayed(&checkpoint);
    assert!(!left.is_empty() && left.len() < 3, "{left:?}");
    assert_eq!(left[0], task_arn(0));
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().expect("a folder");
    let folder = parent.path().join("a/b");
    drop(open(&folder, "all").expect("new"));
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join(PAGES)), 0o600);
    assert_eq!(mode(&folder.join(LOCK)), 0o600);
}
