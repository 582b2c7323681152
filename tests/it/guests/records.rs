use portolan_records::{Records, from_page};

use super::{arn, arns, assert_recovered, engine, evil, page, uids};

fn map(behaviour: &str) -> Records {
    let engine = engine();
    let mapper = evil(&engine);
    let records = from_page(&engine, &mapper, &page(&["", behaviour, ""])).unwrap();
    assert_recovered(&engine, &mapper);
    records
}

#[test]
fn records_that_break_the_schema_or_json_are_rejected_alone() {
    for (behaviour, path, sentence) in [
        ("not-json", "", "not JSON"),
        ("empty-row", "", "not JSON"),
        ("two-records-in-one-row", "", "not JSON"),
        ("record-not-utf8", "", "not JSON"),
        ("deep-record", "", "the record is not"),
        ("not-an-object", "", "flat JSON object"),
        ("duplicate-attribute", "", "each attribute once"),
        ("raw-newline", "", "one line"),
        ("against-schema", "/CLOUD_PROVIDER", "string"),
        ("null-attribute", "/GROUP", "string"),
        ("unknown-attribute", "", "OWNER"),
    ] {
        let records = map(behaviour);
        assert_eq!(uids(&records), arns(&[0, 2]), "{behaviour}");
        assert_eq!(records.isolated, None, "{behaviour}");
        let [rejection] = &records.rejections[..] else {
            panic!("{behaviour}: {:?}", records.rejections);
        };
        assert_eq!(
            (rejection.source_index, rejection.code.as_str()),
            (1, "invalid-record"),
            "{behaviour}"
        );
        assert_eq!(rejection.arn, Some(arn(1)), "{behaviour}");
        assert_eq!(rejection.path, path, "{behaviour}");
        assert!(
            rejection.message.contains(sentence),
            "{behaviour}: {}",
            rejection.message
        );
    }
}

#[test]
fn an_object_that_the_mapper_drops_is_lost_by_the_mapper() {
    for behaviour in ["silence", "warning-without-record", "issue-of-another-page"] {
        let records = map(behaviour);
        assert_eq!(uids(&records), arns(&[0, 2]), "{behaviour}");
        let [rejection] = &records.rejections[..] else {
            panic!("{behaviour}: {:?}", records.rejections);
        };
        assert_eq!(
            (rejection.source_index, rejection.code.as_str()),
            (1, "lost-by-mapper"),
            "{behaviour}"
        );
        assert!(
            rejection.message.contains("portolan-test-evil"),
            "{behaviour}: {}",
            rejection.message
        );
    }
}

#[test]
fn an_object_with_a_record_and_a_rejection_counts_once() {
    let records = map("record-and-rejection");
    assert_eq!(uids(&records), arns(&[0, 1, 2]));
    assert_eq!(records.rejections, []);
    assert_eq!(records.warnings.len(), 1);
    assert_eq!(records.warnings[0].code, "torn");
}

#[test]
fn a_flood_of_issues_is_cut() {
    let records = map("issue-flood");
    assert_eq!(uids(&records), arns(&[0, 2]));
    assert_eq!(
        records.warnings.len(),
        130,
        "100, and 10 for each of three tasks"
    );
}

#[test]
fn what_a_mapper_says_is_cut_and_printable() {
    let records = map("huge-issue");
    let said = &records.rejections[0];
    assert_eq!(said.code, "huge");
    assert!(
        said.message.chars().count() <= 1025,
        "{} characters",
        said.message.chars().count()
    );
    assert!(
        !said.message.contains(char::is_control),
        "{:?}",
        said.message
    );
}
