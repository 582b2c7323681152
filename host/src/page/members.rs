//! A page without members that nobody reads.

use std::ops::Range;

use bytes::Bytes;

use super::Page;

impl Page {
    /// The page with only these members in each of its objects; what stands around the objects stays. No
    /// text is parsed for it: the scan has found where members start. None for a page that cannot do
    /// without the others: a part, or one with environment values.
    #[must_use]
    pub(crate) fn with_members(&self, names: &[String]) -> Option<Self> {
        if self.members.is_empty() || self.with_values.is_some() {
            return None;
        }
        let mut body = Vec::with_capacity(self.body.len() / 4);
        let mut objects = Vec::with_capacity(self.objects.len());
        let mut copied = 0;
        for span in &self.objects {
            let Some(span) = span else {
                objects.push(None);
                continue;
            };
            body.extend_from_slice(&self.body[copied..span.start]);
            copied = span.end;
            let start = body.len();
            if self.body[span.start] == b'{' {
                self.copy_members(span, names, &mut body);
            } else {
                body.extend_from_slice(&self.body[span.clone()]);
            }
            objects.push(Some(start..body.len()));
        }
        body.extend_from_slice(&self.body[copied..]);
        Some(Self {
            object: self.object,
            origin: self.origin.clone(),
            body: Bytes::from(body),
            objects,
            members: Vec::new(),
            has_member: self.has_member,
            with_values: None,
        })
    }

    fn copy_members(&self, span: &Range<usize>, names: &[String], body: &mut Vec<u8>) {
        body.push(b'{');
        let starts = self.member_starts(span);
        let mut is_first = true;
        for (place, start) in starts.iter().enumerate() {
            // The last member ends before the closing brace, the others before the comma.
            let end = starts
                .get(place + 1)
                .map_or(span.end, |next| *next as usize);
            let member = &self.body[*start as usize..end];
            if !is_named(member, names) {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                body.push(b',');
            }
            let member = member.trim_ascii_end();
            body.extend_from_slice(&member[..member.len() - 1]);
        }
        body.push(b'}');
    }

    /// Where the members of the object at this span start.
    fn member_starts(&self, span: &Range<usize>) -> &[u32] {
        let from = self
            .members
            .partition_point(|at| (*at as usize) < span.start);
        let to = self.members.partition_point(|at| (*at as usize) < span.end);
        &self.members[from..to]
    }
}

/// Whether a member, as it stands in the body, has one of these names. One that is written with escapes may
/// have any.
fn is_named(member: &[u8], names: &[String]) -> bool {
    let Some(name) = member.get(1..) else {
        return false;
    };
    let is_known = |known: &String| {
        let rest = name.strip_prefix(known.as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&b'"'))
    };
    names.iter().any(is_known)
        // Names are too short for a vectorised search to be worth its start.
        || name.iter().find(|byte| matches!(byte, b'"' | b'\\')) == Some(&b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Object;
    use crate::page::Origin;

    fn page(object: Object, body: &'static str) -> Page {
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: "2026-11-21T01:32:00.123Z".into(),
        };
        Page::read(object, origin, Bytes::from_static(body.as_bytes())).expect("a page")
    }

    fn with(page: &Page, names: &[&str]) -> Page {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        page.with_members(&names).expect("a whole page")
    }

    #[test]
    fn only_named_members_stay_and_everything_around_does() {
        let page = page(
            Object::EcsTask,
            r#"{"failures":[1], "tasks":[ {"taskArn" : "a" , "tags": [{"key":"x"}] ,"cpu":"1"}, null, {"cpu":"2"}, 7, {} ] }"#,
        );
        let part = with(&page, &["tags", "taskArn"]);
        assert_eq!(
            part.text(),
            r#"{"failures":[1], "tasks":[ {"taskArn" : "a" ,"tags": [{"key":"x"}] }, null, {}, 7, {} ] }"#
        );
        assert_eq!(part.arn(0).as_deref(), Some("a"));
        assert_eq!(part.len(), 5);
    }

    #[test]
    fn a_part_of_a_page_stays_whole() {
        let page = page(Object::EcsTask, r#"{"tasks":[{"cpu":"1"},{"cpu":"2"}]}"#);
        let names = ["cpu".to_owned()];
        assert!(page.part(0..1).with_members(&names).is_none());
        assert!(page.with_members(&names).is_some());
    }

    #[test]
    fn withheld_values_move_nothing_and_escaped_names_stay() {
        let page = page(
            Object::EcsTaskDefinition,
            r#"{"taskDefinition":{"environment":[{"name":"A","value":"secret"}],"f\u0061mily":"f","cpu":"1"},"tags":[]}"#,
        );
        assert_eq!(
            with(&page, &["family", "environment"]).text(),
            r#"{"taskDefinition":{"environment":[{"name":"A","value":""}],"f\u0061mily":"f"},"tags":[]}"#
        );
    }
}
