use super::*;

fn kept(body: &str) -> KeptBody {
    KeptBody {
        described_at_s: 1_700_000_000,
        body: body.into(),
    }
}

fn bodies(body: &str) -> HashMap<String, NewBody> {
    let kept = kept(body);
    let is_scanned = body == "scanned";
    HashMap::from([("key".to_owned(), NewBody { kept, is_scanned })])
}

#[test]
fn a_scan_counts_for_the_body_that_was_scanned_with_the_current_rules() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("r.redb")).expect("a store");
    let at = kept("").described_at_s;
    for (body, is_scanned) in [("plain", false), ("scanned", true), ("plain", false)] {
        store.put(&bodies(body)).expect("kept");
        assert_eq!(store.is_scanned("key", at).expect("read"), is_scanned);
    }
    store.put(&bodies("scanned")).expect("kept");
    assert!(
        !store.is_scanned("key", at + 1).expect("read"),
        "another body"
    );
    let transaction = store.begin_write().expect("a transaction");
    let mut scanned = transaction.open_table(SCANNED).expect("a table");
    scanned.insert("key", (SECRET_RULES + 1, at)).expect("set");
    drop(scanned);
    transaction.commit().expect("committed");
    assert!(!store.is_scanned("key", at).expect("read"), "other rules");
}

#[test]
fn damage_is_seen_and_gives_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("r.redb")).expect("a store");
    store.put(&bodies("body")).expect("kept");
    assert_eq!(store.get("key").expect("read"), Some(kept("body")));
    let described_at_s = store.described_at_s("key").expect("read");
    assert_eq!(described_at_s, Some(kept("body").described_at_s));
    let transaction = store.begin_write().expect("a transaction");
    {
        let mut table = transaction.open_table(BODIES).expect("a table");
        let mut packed = pack(&kept("body")).expect("packed");
        *packed.last_mut().expect("a byte") ^= 1;
        table.insert("key", packed.as_slice()).expect("replaced");
    }
    transaction.commit().expect("committed");
    assert_eq!(store.get("key").expect("read"), None);
    let stats = store.verify().expect("read");
    assert_eq!((stats.revisions, stats.damaged), (1, 1));
}

fn set(file: &Path, name: &str, value: u64) {
    let database = Database::create(file).expect("a database");
    let transaction = database.begin_write().expect("a transaction");
    transaction
        .open_table(ABOUT)
        .expect("a table")
        .insert(name, value)
        .expect("set");
    transaction.commit().expect("committed");
}

#[test]
fn a_later_format_is_refused_and_an_earlier_one_or_other_rules_empty_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("r.redb");
    let store = Store::open(&file).expect("a store");
    store.put(&bodies("body")).expect("kept");
    drop(store);
    for (name, other) in [("withholding", WITHHOLDING + 1), ("format", FORMAT - 1)] {
        set(&file, name, other);
        let error = Store::open_existing(&file).expect_err("of others");
        assert!(error.to_string().contains("anew"), "{error}");
        let store = Store::open(&file).expect("a store");
        assert_eq!(store.get("key").expect("read"), None, "{name}");
        store.put(&bodies("body")).expect("kept");
        drop(store);
        let store = Store::open(&file).expect("a store");
        assert_eq!(
            store.get("key").expect("read"),
            Some(kept("body")),
            "{name}"
        );
    }
    set(&file, "format", FORMAT + 1);
    let error = Store::open(&file).expect_err("refused");
    assert!(error.to_string().contains("later version"), "{error}");
}

#[test]
fn a_file_in_use_or_of_another_kind_is_refused_with_the_way_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("r.redb");
    let open = Store::open(&file).expect("a store");
    let error = Store::open(&file).expect_err("in use");
    assert!(error.to_string().contains("another process"), "{error}");
    drop(open);
    std::fs::write(&file, "no database, but long enough to look like one").expect("written");
    let error = Store::open(&file).expect_err("no database");
    assert!(error.to_string().contains("something else"), "{error}");
}
