use super::{mapper, overlay, table};
use crate::support::run;

/// The errors of `portolan mapper table` for a table with faults.
fn problems(text: &str) -> String {
    let (folder, file) = table(text);
    let ended = run(mapper(&["table"]).arg(&file)).with(1);
    assert_eq!(ended.stdout, "");
    assert!(
        !folder.path().join("acme.wasm").exists(),
        "a bad table is not packed"
    );
    ended.stderr
}

/// Long, because it is a table of cases.
#[test]
fn each_problem_of_an_attribute_is_a_sentence_with_its_name() {
    let cases = [
        (
            "OWNER = { tga = 'owner', description = 'x' }",
            "OWNER: there is no key `tga`; did you mean `tag`?",
        ),
        (
            "OWNER = { tag = 7, description = 'x' }",
            "OWNER: `tag` does not take an integer",
        ),
        (
            "OWNER = { tag = 'owner' }",
            "OWNER: the stock schema of EcsTask has no such attribute",
        ),
        ("GRUOP = 'group'", "did you mean GROUP?"),
        (
            "GROUP = 'group.'",
            "GROUP: `group.` is not a JMESPath expression at column 7",
        ),
        ("GROUP = 'tags[?key==`owner`].value | [0'", "GROUP: `tags"),
        (
            "GROUP = 'lenght(tags)'",
            "there is no function lenght; did you mean length?",
        ),
        ("GROUP = 'join(group)'", "join takes 2 arguments, not 1"),
        (
            "GROUP = 'sort_by(tags, key)'",
            "sort_by takes an expression that begins with `&`",
        ),
        (
            "FIRST_SEEN = { from = 'createdAt', type = 'text' }",
            "the stock schema says time, and the table says text",
        ),
        (
            "FIRST_SEEN = 'max(containers[].startedAt)'",
            "FIRST_SEEN: `max(containers[].startedAt)` is a time that comes out of the function max",
        ),
        (
            "GROUP = 'createdAt'\nFIRST_SEEN = 'createdAt'",
            "FIRST_SEEN: `createdAt` is read as a text and as a time",
        ),
        (
            "GROUP = { from = 'group', tag = 'x' }",
            "GROUP: it has both `from` and `tag`",
        ),
        ("GROUP = { when = 'group' }", "GROUP: it has no source"),
        (
            "GROUP = { from = 'group', default = 7 }",
            "GROUP: its default is not of its type, text",
        ),
        (
            "GROUP = { from = 'group', lookup = 'stages' }",
            "GROUP: there is no [lookups.stages]",
        ),
        (
            "GROUP = { format = '{group' }",
            "GROUP: its format has a `{` without `}`",
        ),
        (
            "GROUP = { page = 'tasks[0].group' }",
            "`page` reads members beside `tasks`",
        ),
        ("group = 'group'", "group: its name is not UPPER_SNAKE"),
        (
            "UID = 'taskArn'",
            "UID: an overlay cannot change what identifies a record",
        ),
        (
            "ACCOUNT_ID = 'taskArn'",
            "ACCOUNT_ID: it is filled by the sync",
        ),
        (
            "REGION = { context = 'region' }",
            "REGION: it is filled by the sync",
        ),
        (
            "LAST_CAPTURED = { context = 'captured' }",
            "LAST_CAPTURED: it is filled by the sync",
        ),
    ];
    for (attributes, expected) in cases {
        let said = problems(&overlay(attributes));
        assert!(said.contains(expected), "{attributes}\n{said}");
    }
}

/// Long, because it is a table of cases.
#[test]
fn what_can_never_work_is_refused() {
    let cases = [
        (
            "FIRST_SEEN = 'createdAt || `5`'",
            "FIRST_SEEN: `createdAt || `5`` has a literal number where it needs a time",
        ),
        (
            "FIRST_SEEN = \"not_null(createdAt, 'never')\"",
            "has a literal string where it needs a time",
        ),
        (
            "CONTAINER_IMAGES = 'containers[*].image || `[\"a\", 7]`'",
            "has a literal number where it needs a text",
        ),
        (
            "N = { from = 'n || `2.5`', type = 'integer', description = 'x' }",
            "has a literal number where it needs an integer",
        ),
        (
            "FIRST_SEEN = 'sort_by(containers, &name)[0].startedAt'",
            "is a time that comes out of the function sort_by",
        ),
        (
            "FIRST_SEEN = '[startedAt, [createdAt]][] | [0]'",
            "is a time that comes out of `[]` of something computed",
        ),
        (
            "GROUP = '&group'",
            "GROUP: `&group`, column 1: `&` makes an argument",
        ),
        ("GROUP = 'group || &a'", "`&` makes an argument"),
        (
            "GROUP = { value = 'a', fallback = 'group' }",
            "GROUP: `fallback` has no effect beside `value`",
        ),
        (
            "GROUP = { value = 'a', default = 'b' }",
            "GROUP: `default` has no effect beside `value`",
        ),
        (
            "GROUP = { context = 'region', fallback = 'group' }",
            "GROUP: `fallback` has no effect beside `context`",
        ),
        (
            "GROUP = { remove = true, default = 'a' }",
            "GROUP: `default` has no effect beside `remove`",
        ),
        (
            "GROUP = { remove = true, type = 'text' }",
            "GROUP: `type` has no effect beside `remove`",
        ),
        (
            "GROUP = { value = 2026-01-01 }",
            "GROUP: a date of TOML is not supported; write a text in quotes",
        ),
        (
            "GROUP = { from = 'group', lookup = 'l' }\n[lookups.l]\na = 2026-01-01",
            "l: a date of TOML is not supported",
        ),
    ];
    for (attributes, expected) in cases {
        let said = problems(&overlay(attributes));
        assert!(said.contains(expected), "{attributes}\n{said}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let said = problems(&overlay("GROUP = 'a.'\nCPU = 'b.'\nUID = 'c'"));
    for name in ["GROUP:", "CPU:", "UID:"] {
        assert!(said.contains(name), "{said}");
    }
}

#[test]
fn a_table_as_a_whole_is_checked() {
    let cases = [
        ("name = ", "line 1 is not TOML"),
        ("nmae = 'a'", "there is no key `nmae`; did you mean `name`?"),
        (
            "name = 'a'\nversion = '1'\nkind = 'mapping'\nobject = 'EcsTsak'\n[attributes]",
            "`object`: unknown variant",
        ),
        (
            "name = 'a'\nversion = '1'\nkind = 'mapping'\nobject = 'EcsTask'\n[attributes]",
            "uid: a mapping needs one",
        ),
        (
            "name = 'a'\nversion = '1'\nkind = 'mapping'\nobject = 'EcsTask'\nuid = 'taskArn'\n[attributes]\nTASK_ARN = 'taskArn'",
            "NAME: every record of EcsTask needs it",
        ),
        (
            "name = 'a'\nversion = '1'\nkind = 'overlay'\nobject = 'EcsTask'\nuid = 'taskArn'\n[attributes]",
            "uid: an overlay cannot change",
        ),
        (
            "name = ''\nversion = '1'\nkind = 'overlay'\nobject = 'EcsTask'\n[attributes]",
            "name: it is empty",
        ),
    ];
    for (text, expected) in cases {
        let said = problems(text);
        assert!(said.contains(expected), "{text}\n{said}");
    }
}

#[test]
fn expressions_are_bounded() {
    let long = format!("GROUP = 'group{}'", " || group".repeat(200));
    assert!(problems(&overlay(&long)).contains("more than 1000"));
    let deep = format!("GROUP = '{}group'", "!".repeat(200));
    assert!(problems(&overlay(&deep)).contains("more than 64 levels deep"));
    let (brackets, ends) = ("[".repeat(400), "]".repeat(400));
    let nested = format!("GROUP = 'a{brackets}{ends}'");
    assert!(problems(&overlay(&nested)).contains("GROUP:"));
}

#[test]
fn a_table_has_no_more_expressions_than_a_page_should_read() {
    let fallbacks = vec!["'group'"; 1_999].join(", ");
    let said = problems(&overlay(&format!(
        "CPU = 'cpu'\nGROUP = {{ from = 'group', fallback = [{fallbacks}] }}"
    )));
    assert!(
        said.contains("at most 2000 expressions, and this one 2001; GROUP has the most, 2000"),
        "{said}"
    );
}

#[test]
fn a_table_that_has_no_room_is_refused() {
    let entries: Vec<String> = (0..4_000)
        .map(|number| format!("\"{number:012}\" = \"{}\"", "x".repeat(60)))
        .collect();
    let text = format!(
        "{}\n[lookups.accounts]\n{}\n",
        overlay("GROUP = { from = 'group', lookup = 'accounts' }"),
        entries.join("\n")
    );
    assert!(problems(&text).contains("bytes, more than"));
}
