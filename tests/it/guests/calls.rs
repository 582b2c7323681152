use std::time::{Duration, Instant};

use portolan_records::from_page;
use portolan_sandbox::{CallError, Engine, Limits};

use super::{arns, assert_recovered, body, engine, evil, page, read, uids};

/// Checks that a behaviour of one task costs only that task, under its own code and sentence.
fn costs_one_task(behaviour: &str, code: &str, sentence: &str) {
    let engine = engine();
    let mapper = evil(&engine);
    let page = page(&["", "null", behaviour, "", ""]);
    let records = from_page(&engine, &mapper, &page).unwrap();
    assert_eq!(uids(&records), arns(&[0, 3, 4]), "{behaviour}");
    let [rejection] = &records.rejections[..] else {
        panic!("{behaviour}: {:?}", records.rejections);
    };
    assert_eq!(
        (rejection.source_index, rejection.code.as_str()),
        (2, code),
        "{behaviour}"
    );
    assert_eq!(rejection.arn, page.arn(2), "{behaviour}");
    assert!(
        rejection.message.contains(sentence),
        "{behaviour}: {}",
        rejection.message
    );
    assert!(
        rejection.message.contains("portolan-test-evil 0.1.0"),
        "{behaviour}: {}",
        rejection.message
    );
    let isolated = records.isolated.as_ref().map(CallError::code);
    assert_eq!(isolated, Some(code), "{behaviour}");
    assert_recovered(&engine, &mapper);
}

#[test]
fn crashes_cost_one_task() {
    costs_one_task("panic", "mapper-crashed", "cannot bear task");
    costs_one_task("recursion", "mapper-crashed", "call stack exhausted");
}

#[test]
fn bombs_cost_one_task() {
    costs_one_task(
        "memory-bomb",
        "mapper-memory-exceeded",
        "limit of 167772160 bytes",
    );
    costs_one_task(
        "output-bomb",
        "mapper-output-exceeded",
        "its answer is larger than 41",
    );
    costs_one_task(
        "issue-bomb",
        "mapper-output-exceeded",
        "its answer is larger than 41",
    );
    costs_one_task("log-bomb", "mapper-output-exceeded", "larger than 41");
}

#[test]
fn lies_cost_one_task() {
    costs_one_task(
        "row-past-end",
        "mapper-bad-answer",
        "spans bytes 0 to 4294967295",
    );
    costs_one_task(
        "row-overflow",
        "mapper-bad-answer",
        "spans bytes 4294967295 to 8589934590",
    );
    costs_one_task(
        "row-of-no-object",
        "mapper-bad-answer",
        "names object 1000000",
    );
    costs_one_task("two-rows", "mapper-bad-answer", "has more than one row");
    costs_one_task("issue-not-utf8", "mapper-bad-answer", "utf-8");
    costs_one_task("log-not-utf8", "mapper-bad-answer", "utf-8");
}

/// Time limit for a page, short enough to reach it many times.
const BUDGET: Duration = Duration::from_millis(300);

fn hasty_engine() -> Engine {
    Engine::new(
        1,
        Limits {
            time_base: BUDGET,
            ..Limits::default()
        },
    )
    .unwrap()
}

#[test]
fn an_endless_loop_costs_one_task_and_its_budget_per_step_of_the_search() {
    let engine = hasty_engine();
    let mapper = evil(&engine);
    let mut behaviours = ["", "", "", "", "", "", "", ""];
    behaviours[5] = "endless-loop";
    let start = Instant::now();
    let records = from_page(&engine, &mapper, &page(&behaviours)).unwrap();
    // The page, the page again, and one part on each of three levels.
    assert!(
        start.elapsed() < 5 * BUDGET + Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(uids(&records), arns(&[0, 1, 2, 3, 4, 6, 7]));
    assert_eq!(records.rejections[0].code, "mapper-time-exceeded");
    assert!(
        records.rejections[0]
            .message
            .contains("ran longer than 300 ms"),
        "{}",
        records.rejections[0].message
    );
    assert_recovered(&engine, &mapper);
}

#[test]
fn a_page_that_fails_only_whole_is_mapped_in_parts() {
    let engine = engine();
    let mapper = evil(&engine);
    for (behaviour, code) in [
        ("endless-loop", "mapper-time-exceeded"),
        ("panic", "mapper-crashed"),
        ("memory-bomb", "mapper-memory-exceeded"),
        ("output-bomb", "mapper-output-exceeded"),
    ] {
        let mut body = body(&["", "null", "", ""]);
        body["behaviour"] = behaviour.into();
        let records = from_page(&engine, &mapper, &read(&body)).unwrap();
        assert_eq!(uids(&records), arns(&[0, 2, 3]), "{behaviour}");
        assert_eq!(
            records.isolated.as_ref().map(CallError::code),
            Some(code),
            "{behaviour}"
        );
        assert_eq!(records.rejections, [], "{behaviour}");
    }
}

#[test]
fn a_refusal_is_believed_and_says_why() {
    let engine = engine();
    let mapper = evil(&engine);
    for (behaviour, sentence) in [
        ("refuse-unsupported", "unsupported object: not mine"),
        ("refuse-malformed", "malformed page: cannot read it"),
        ("refuse-internal", "internal error: out of order"),
    ] {
        let error = from_page(&engine, &mapper, &page(&["", behaviour])).unwrap_err();
        assert_eq!(error.code(), "mapper-refused-page");
        assert!(error.to_string().ends_with(sentence), "{error}");
        assert_recovered(&engine, &mapper);
    }
}

/// The answers to the same page, repeated.
fn repeated(behaviours: &[&str]) -> Vec<&'static str> {
    let engine = engine();
    let mapper = evil(&engine);
    let page = page(behaviours);
    let code = |_| match from_page(&engine, &mapper, &page) {
        Err(error) => error.code(),
        Ok(records) => records.isolated.as_ref().map_or("none", CallError::code),
    };
    (0..7).map(code).collect()
}

#[test]
fn a_module_that_maps_nothing_is_switched_off() {
    let expected = [
        ["mapper-crashed"; 5].as_slice(),
        &["mapper-switched-off"; 2],
    ]
    .concat();
    assert_eq!(repeated(&["panic", "panic"]), expected);
}

#[test]
fn pages_of_one_bad_object_do_not_switch_a_module_off() {
    // Task definitions come one by one: five bad ones in a row must not cost all later ones.
    assert_eq!(repeated(&["panic"]), ["mapper-crashed"; 7]);
}

#[test]
fn a_module_that_maps_some_objects_stays_on() {
    assert_eq!(repeated(&["panic", ""]), ["mapper-crashed"; 7]);
}
