//! Copies of a page's body without the members that no module reads.

use std::borrow::Cow;
use std::ops::Range;

use super::Page;
use super::scan::Member;
use super::wanted::{Part, Wanted};

impl Page {
    /// The body with only the wanted members of its objects. The text around the objects stays, except the
    /// tags of a task definition, which count as one of its members. The text is not parsed: the scan has
    /// found the positions of members. A member whose name has escapes stays, because its name is not
    /// decoded.
    #[must_use]
    pub fn body_with(&self, wanted: &Wanted) -> Cow<'_, [u8]> {
        if self.members.is_empty() {
            return Cow::Borrowed(&self.body);
        }
        let mut copy = Copy {
            body: &self.body,
            members: &self.members,
            // Half of a page is more than most modules read.
            output: Vec::with_capacity(self.body.len() / 2),
            copied: 0,
        };
        copy.without_others(0..self.members.len(), wanted);
        copy.output.extend_from_slice(&self.body[copy.copied..]);
        Cow::Owned(copy.output)
    }
}

/// Appends a value with only the wanted members of its objects, whose places are known.
pub(super) fn append(
    (body, members): (&[u8], &[Member]),
    span: Range<usize>,
    places: Range<usize>,
    wanted: &Wanted,
    output: &mut Vec<u8>,
) {
    let mut copy = Copy {
        body,
        members,
        output: std::mem::take(output),
        copied: span.start,
    };
    copy.without_others(places, wanted);
    copy.output.extend_from_slice(&body[copy.copied..span.end]);
    *output = copy.output;
}

/// A body that is copied piece by piece.
struct Copy<'p> {
    body: &'p [u8],
    members: &'p [Member],
    output: Vec<u8>,
    /// The number of bytes copied or left out so far.
    copied: usize,
}

impl Copy<'_> {
    /// Leaves out the members that are not wanted, among the members of one object or of several in a row.
    fn without_others(&mut self, places: Range<usize>, wanted: &Wanted) {
        let mut place = places.start;
        while place < places.end {
            let member = self.members[place];
            let next = member.next as usize;
            match self.part(member, wanted) {
                Some(Part::Whole) => place = next,
                Some(Part::Members(inner)) => {
                    self.without_others(place + 1..next, inner);
                    place = next;
                }
                None => {
                    let (end, next) = self.unwanted_until(member, places.end, wanted);
                    self.leave_out(member.start as usize..end);
                    place = next;
                }
            }
        }
    }

    /// The end of a run of unwanted members that starts with `first`: in the body, and in the list of
    /// members.
    fn unwanted_until(&self, first: Member, places_end: usize, wanted: &Wanted) -> (usize, usize) {
        let mut last = first;
        while (last.next as usize) < places_end {
            let member = self.members[last.next as usize];
            // Members with only a comma between them belong to the same object.
            if member.start != last.end + 1 || self.part(member, wanted).is_some() {
                break;
            }
            last = member;
        }
        (last.end as usize, last.next as usize)
    }

    /// The wanted part of a member.
    #[inline]
    fn part<'w>(&self, member: Member, wanted: &'w Wanted) -> Option<&'w Part> {
        match self.name(member) {
            Some(name) => wanted.part(name),
            // A name with escapes is not decoded.
            None => Some(&Part::Whole),
        }
    }

    /// The name as written in the body; `None` if it has escapes.
    #[inline]
    fn name(&self, member: Member) -> Option<&[u8]> {
        let start = member.start as usize + 1;
        let length = member.name_bytes?.get() as usize;
        self.body.get(start..start + length)
    }

    /// Copies up to a member, and skips it and one adjacent comma.
    #[inline]
    fn leave_out(&mut self, span: Range<usize>) {
        self.output
            .extend_from_slice(&self.body[self.copied..span.start]);
        self.copied = span.end;
        let rest = &self.body[self.copied..];
        let space = rest.iter().take_while(|byte| is_space(**byte)).count();
        if rest.get(space) == Some(&b',') {
            let behind_comma = &rest[space + 1..];
            let space_behind = behind_comma.iter().take_while(|byte| is_space(**byte));
            self.copied += space + 1 + space_behind.count();
            return;
        }
        // For the last member of an object, the comma before it is dropped, unless no member is left.
        let kept = self.output.trim_ascii_end();
        if let Some((b',', kept)) = kept.split_last() {
            let length = kept.len();
            self.output.truncate(length);
        }
    }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;
    use crate::body::Origin;
    use crate::object::Object;

    fn page(object: Object, body: &str) -> Page {
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: "2026-11-21T01:32:00.123Z".into(),
        };
        Page::read(object, origin, Bytes::copy_from_slice(body.as_bytes())).expect("a page")
    }

    fn with(page: &Page, paths: &[&str]) -> String {
        let body = page.body_with(&Wanted::at_paths(paths.iter().copied()));
        String::from_utf8(body.into_owned()).expect("text")
    }

    #[test]
    fn only_wanted_members_stay_and_everything_around_does() {
        let page = page(
            Object::EcsTask,
            r#"{"failures":[1], "tasks":[ {"taskArn" : "a" , "tags": [{"key":"x"}] ,"cpu":"1"}, null, {"cpu":"2"}, 7, {} ] }"#,
        );
        assert_eq!(
            with(&page, &["tags", "taskArn"]),
            r#"{"failures":[1], "tasks":[ {"taskArn" : "a" , "tags": [{"key":"x"}] }, null, {}, 7, {} ] }"#
        );
        assert_eq!(with(&page.part(1..3), &["tags"]), r#"{"tasks":[null,{}]}"#);
    }

    #[test]
    fn members_of_members_and_of_lists_are_left_out_too() {
        let page = page(
            Object::EcsTask,
            r#"{"tasks":[{"containers":[{"name":"n","image":"i","x":{"image":1}},null,"s",{"name":"n"},[{"image":"j","cpu":1}]],"cpu":{"a":1},"memory":"2"}]}"#,
        );
        assert_eq!(
            with(&page, &["containers.image", "memory.what"]),
            r#"{"tasks":[{"containers":[{"image":"i"},null,"s",{},[{"image":"j"}]],"memory":"2"}]}"#
        );
        assert_eq!(
            with(&page.part(0..1), &["cpu.a"]),
            r#"{"tasks":[{"cpu":{"a":1}}]}"#
        );
    }

    #[test]
    fn withheld_values_move_nothing_and_escaped_names_stay() {
        let page = page(
            Object::EcsTaskDefinition,
            r#"{"taskDefinition":{"environment":[{"name":"A","value":"secret"}],"f\u0061mily":"f","cpu":"1"},"tags":[]}"#,
        );
        assert_eq!(
            with(&page, &["family", "environment", "tags"]),
            r#"{"taskDefinition":{"environment":[{"name":"A","value":""}],"f\u0061mily":"f"},"tags":[]}"#
        );
    }

    #[test]
    fn tags_beside_a_task_definition_are_a_member_of_it() {
        for (body, without) in [
            (
                r#"{"taskDefinition":{"cpu":"1"},"tags":[{"key":"a","value":"b"}],"x":{"tags":1}}"#,
                r#"{"taskDefinition":{"cpu":"1"},"x":{"tags":1}}"#,
            ),
            (
                r#"{ "tags" : [] , "taskDefinition":{"cpu":"1","tags":[7]} }"#,
                r#"{ "taskDefinition":{"cpu":"1"} }"#,
            ),
            (r#"{"tags":null}"#, "{}"),
        ] {
            let page = page(Object::EcsTaskDefinition, body);
            assert_eq!(with(&page, &["cpu"]), without);
            assert_eq!(with(&page, &["cpu", "tags"]), body);
            assert_eq!(
                with(&page, &["cpu", "tags.key", "tags.value"]).len(),
                body.len()
            );
        }
        let tasks = page(Object::EcsTask, r#"{"tags":[],"tasks":[]}"#);
        assert_eq!(with(&tasks, &["cpu"]), r#"{"tags":[],"tasks":[]}"#);
    }

    /// The expected result of [`Page::body_with`], computed over parsed JSON.
    fn expected(value: &Value, wanted: &Wanted) -> Value {
        match value {
            Value::Object(members) => Value::Object(
                members
                    .iter()
                    .filter_map(|(name, value)| {
                        let value = match wanted.part(name.as_bytes())? {
                            Part::Whole => value.clone(),
                            Part::Members(inner) => expected(value, inner),
                        };
                        Some((name.clone(), value))
                    })
                    .collect::<Map<_, _>>(),
            ),
            Value::Array(elements) => elements.iter().map(|each| expected(each, wanted)).collect(),
            scalar => scalar.clone(),
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(Value::from(7)),
            Just(Value::from("a \" b , c"))
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
            let members = prop::collection::vec(("[abc]{1,2}", inner), 0..4);
            let object = members.prop_map(|members| Value::Object(members.into_iter().collect()));
            prop_oneof![list, object]
        })
    }

    proptest! {
        #[test]
        fn leaving_out_agrees_with_parsed_json(
            tasks in prop::collection::vec(value(), 0..4),
            paths in prop::collection::vec("[abc]{1,2}(\\.[abc]{1,2}){0,2}", 0..5),
            is_pretty in any::<bool>(),
        ) {
            let wanted = Wanted::at_paths(paths.iter().map(String::as_str));
            let whole = serde_json::json!({ "tasks": tasks, "a": { "b": 1 } });
            let text = match is_pretty {
                true => serde_json::to_string_pretty(&whole),
                false => serde_json::to_string(&whole),
            };
            let page = page(Object::EcsTask, &text.expect("JSON"));
            let body = page.body_with(&wanted);
            let mut left: Value = serde_json::from_slice(&body).expect("still JSON");
            let tasks: Value = tasks.iter().map(|task| expected(task, &wanted)).collect();
            prop_assert_eq!(left["tasks"].take(), tasks);
            prop_assert_eq!(&left["a"], &whole["a"]);
        }
    }
}
