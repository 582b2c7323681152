use super::*;
use ControlResult::{NotEvaluated, Pass};

/// The verdicts on three clusters, of which the middle one misbehaves.
fn judged(engine: &Engine, name: &str) -> Judged {
    let subject = |uid: &str| json!({"UID": uid, "CPU": "hidden"});
    let mut bad = subject("bad");
    bad["NAME"] = json!(name);
    liar(engine).judge(
        engine,
        &batch(Object::EcsCluster, &[subject("a"), bad, subject("b")]),
    )
}

#[test]
fn a_failing_call_costs_only_its_subject() {
    let engine = engine();
    for (name, says) in [
        ("endless", "ran longer than"),
        ("trap", "cannot bear subject"),
        ("memory", "more than its limit"),
        ("bomb", "larger than"),
        ("twice", "more than one row"),
        ("stranger", "which the page does not have"),
        ("past-end", "spans bytes"),
        ("silence", "neither verdicts nor a reason"),
    ] {
        let judged = judged(&engine, name);
        for control in ["L.1", "L.2"] {
            assert_eq!(
                results(&judged, control),
                [(0, Pass), (1, NotEvaluated), (2, Pass)],
                "{name}"
            );
        }
        let reason = &judged.subjects[1].1.verdicts[0].reasons[0];
        assert!(reason.contains(says), "{name}: {reason}");
    }
}

#[test]
fn a_lie_costs_only_its_control() {
    let engine = engine();
    for (name, first, second, says) in [
        (
            "undeclared",
            Pass,
            Pass,
            "`L.9`, which its manifest does not declare",
        ),
        ("repeated", NotEvaluated, Pass, "more than one verdict"),
        ("maybe", NotEvaluated, Pass, "`MAYBE`"),
        ("wordy", NotEvaluated, Pass, "1024 characters"),
        ("flood", Pass, Pass, "`L.9`"),
        ("missing", Pass, NotEvaluated, "gave no verdict"),
    ] {
        let judged = judged(&engine, name);
        let found = |control| results(&judged, control)[1].1;
        assert_eq!([found("L.1"), found("L.2")], [first, second], "{name}");
        let problems = &judged.subjects[1].1.problems;
        assert!(
            problems[0].contains(says) && problems.len() <= 16,
            "{problems:?}"
        );
        assert_eq!(judged.subjects[0].1.problems, [""; 0]);
    }
}

#[test]
fn a_refused_batch_has_verdicts_too() {
    let engine = engine();
    let judged = judged(&engine, "refuse");
    assert_eq!(
        results(&judged, "L.1"),
        [(0, NotEvaluated), (1, NotEvaluated), (2, NotEvaluated)]
    );
    let reason = &judged.subjects[0].1.verdicts[0].reasons[0];
    assert!(reason.contains("out of order"), "{reason}");
}

#[test]
fn an_assessor_that_always_fails_is_not_called_any_more() {
    let engine = engine();
    let assessor = liar(&engine);
    let page = batch(
        Object::EcsCluster,
        &[json!({"NAME": "trap"}), json!({"NAME": "trap"})],
    );
    let failures = (0..7).map(|_| assessor.judge(&engine, &page).failure.unwrap().code());
    assert_eq!(failures.last(), Some("mapper-switched-off"));
}

#[test]
fn an_assessor_sees_only_what_it_reads() {
    let engine = engine();
    let judged = judged(&engine, "sees-more");
    let seen = &judged.subjects[1].1.verdicts[0].reasons[0];
    assert!(
        seen.contains("\"UID\":\"bad\"") && !seen.contains("hidden"),
        "{seen}"
    );
}
