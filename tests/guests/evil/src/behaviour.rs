//! Every misbehaviour of a mapper, by name.

use std::hint::black_box;

use portolan_mapper_sdk::guest::mapping_world::portolan::mapper::diagnostics::{Level, log};
use portolan_mapper_sdk::guest::types::{Issue, MappedPage, PageError, Row, Severity};
use serde_json::Value;

use crate::module::push;

const MEBIBYTE: usize = 1024 * 1024;

/// Misbehaves with the record of one task. If an answer remains possible, it returns one.
pub(crate) fn misbehave(
    name: &str,
    index: u32,
    record: Value,
    mapped: &mut MappedPage,
) -> Result<(), PageError> {
    let text = record.to_string();
    match name {
        "silence" => {}
        "warning-without-record" => mapped.issues.push(issue(index, Severity::Warning, "odd")),
        "two-rows" => {
            push(mapped, index, text.as_bytes());
            push(mapped, index, text.as_bytes());
        }
        "record-and-rejection" => {
            push(mapped, index, text.as_bytes());
            mapped.issues.push(issue(index, Severity::Rejected, "torn"));
        }
        "not-json" => push(mapped, index, b"{UID:1}"),
        "not-an-object" => push(mapped, index, br#"["UID"]"#),
        "empty-row" => push(mapped, index, b""),
        "two-records-in-one-row" => push(mapped, index, format!("{text}{text}").as_bytes()),
        "duplicate-attribute" => push(
            mapped,
            index,
            text.replacen('{', r#"{"UID":"x","#, 1).as_bytes(),
        ),
        "raw-newline" => push(mapped, index, text.replacen('{', "{\n", 1).as_bytes()),
        "against-schema" => push(mapped, index, text.replacen(r#""AWS""#, "7", 1).as_bytes()),
        "unknown-attribute" => push(
            mapped,
            index,
            text.replacen('{', r#"{"OWNER":"me","#, 1).as_bytes(),
        ),
        "null-attribute" => push(
            mapped,
            index,
            text.replacen('{', r#"{"GROUP":null,"#, 1).as_bytes(),
        ),
        "record-not-utf8" => push(mapped, index, b"{\"UID\":\"\xff\xfe\"}"),
        "deep-record" => push(
            mapped,
            index,
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes(),
        ),
        _ => return perform(name, index, mapped),
    }
    Ok(())
}

/// Misbehaves without a record.
pub(crate) fn perform(name: &str, index: u32, mapped: &mut MappedPage) -> Result<(), PageError> {
    match name {
        "endless-loop" => endless(),
        "recursion" => _ = descend(0),
        "panic" => panic!("cannot bear task {index}"),
        "memory-bomb" => eat_memory(),
        "output-bomb" => mapped.payload.resize(20 * MEBIBYTE, b' '),
        "issue-flood" => flood_issues(index, 20_000, mapped),
        "issue-bomb" => flood_issues(index, 1_000_000, mapped),
        "huge-issue" => mapped.issues.push(Issue {
            message: "\u{1b}[31m\n".repeat(100_000),
            ..issue(index, Severity::Rejected, "huge")
        }),
        "issue-not-utf8" => mapped.issues.push(Issue {
            message: invalid_text(),
            ..issue(index, Severity::Rejected, "odd")
        }),
        "issue-of-another-page" => mapped
            .issues
            .push(issue(u32::MAX, Severity::Rejected, "lost")),
        "log-flood" => (0..100_000)
            .for_each(|line| log(Level::Warn, &format!("\u{1b}[2J\r\nline {line}\u{7}"))),
        "log-bomb" => log(Level::Warn, &"x".repeat(20 * MEBIBYTE)),
        "log-not-utf8" => log(Level::Warn, &invalid_text()),
        "row-past-end" => row(index, 0, u32::MAX, mapped),
        "row-overflow" => row(index, u32::MAX, u32::MAX, mapped),
        "row-of-no-object" => row(1_000_000, 0, 0, mapped),
        "refuse-unsupported" => return Err(PageError::UnsupportedObject("not mine".to_owned())),
        "refuse-malformed" => return Err(PageError::MalformedPage("cannot read it".to_owned())),
        "refuse-internal" => return Err(PageError::Internal("out of order".to_owned())),
        unknown => panic!("no behaviour is called {unknown}"),
    }
    Ok(())
}

fn endless() -> ! {
    loop {
        black_box(());
    }
}

fn descend(depth: u64) -> u64 {
    match black_box(depth) {
        u64::MAX => 0,
        depth => black_box(descend(depth + 1)) + 1,
    }
}

fn eat_memory() {
    let mut eaten = Vec::new();
    loop {
        eaten.push(black_box(vec![1_u8; MEBIBYTE]));
    }
}

fn flood_issues(index: u32, count: usize, mapped: &mut MappedPage) {
    let flood = (0..count).map(|_| issue(index, Severity::Warning, "flood"));
    mapped.issues.extend(flood);
}

fn issue(index: u32, severity: Severity, code: &str) -> Issue {
    Issue {
        source_index: Some(index),
        severity,
        code: code.to_owned(),
        path: format!("tasks[{index}]"),
        message: "said by the mapper".to_owned(),
    }
}

fn row(source_index: u32, offset: u32, length: u32, mapped: &mut MappedPage) {
    mapped.rows.push(Row {
        source_index,
        offset,
        length,
    });
}

#[expect(
    unsafe_code,
    reason = "the host has to survive text that the type forbids"
)]
fn invalid_text() -> String {
    // SAFETY: undefined by the letter, but nothing in this module reads the text: it is only handed to the
    // host, which must not trust it to be UTF-8.
    unsafe { String::from_utf8_unchecked(vec![b'a', 0xff, 0xfe]) }
}
