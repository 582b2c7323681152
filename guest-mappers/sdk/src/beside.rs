//! The members of a page that belong to an object but are not inside it.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Body, fields};

/// The only member of a DescribeTaskDefinition response that describes the task definition from outside.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
const TAGS: &str = "tags";

/// Copies the tags of a task definition into it if `T` may read them. All other objects of ECS contain their
/// own tags.
pub(crate) fn with_tags_inside<'p, T: Deserialize<'p>>(body: Body, page: &'p str) -> Cow<'p, str> {
    match body == Body::One("taskDefinition") && fields::may_read::<T>(TAGS) {
        true => tags_inside(page),
        false => Cow::Borrowed(page),
    }
}

/// Returns a DescribeTaskDefinition page with a copy of the tags inside the task definition. The copy
/// replaces tags that are already there, because a server other than AWS may write them. A page without tags
/// or an invalid page stays unchanged. The reader of an invalid page reports the error.
pub fn tags_inside(page: &str) -> Cow<'_, str> {
    insertion(page).map_or(Cow::Borrowed(page), Cow::Owned)
}

fn insertion(page: &str) -> Option<String> {
    // The names are owned because a name with an escape cannot be borrowed.
    type Members<'p> = HashMap<String, &'p RawValue>;
    let members: Members<'_> = serde_json::from_str(page).ok()?;
    let tags = members.get(TAGS)?.get();
    if tags == "null" {
        return None;
    }
    let definition = members.get("taskDefinition")?.get();
    // AWS writes no tags inside the task definition. To read its members takes longer than everything else
    // here, so they are read only if one of them may be named `tags`.
    let inside = definition.strip_prefix('{')?;
    let may_have_own = definition.contains('\\') || definition.contains("\"tags\"");
    let own: Members<'_> = match may_have_own {
        true => serde_json::from_str(definition).ok()?,
        false => Members::new(),
    };
    // A raw value is a slice of the page, so the difference of the addresses is its offset.
    let place = |part: &str| part.as_ptr().addr() - page.as_ptr().addr();
    if let Some(own) = own.get(TAGS) {
        let (before, rest) = page.split_at(place(own.get()));
        return Some([before, tags, &rest[own.get().len()..]].concat());
    }
    let (before, rest) = page.split_at(place(definition) + 1);
    let comma = match inside.trim_start().starts_with('}') {
        true => "",
        false => ",",
    };
    Some(format!("{before}\"{TAGS}\":{tags}{comma}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{List, Tag, Text};

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are listed")]
    struct Tagged<'a> {
        #[serde(borrow)]
        tags: List<Tag<'a>>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are listed")]
    struct Untagged<'a> {
        #[serde(borrow)]
        family: Option<Text<'a>>,
    }

    const BODY: Body = Body::One("taskDefinition");

    #[test]
    fn tags_of_a_task_definition_come_inside() {
        for (page, expected) in [
            (
                r#"{"tags": [{"key":"a"}],"taskDefinition": {"family":"f"},"x":1}"#,
                r#"{"tags": [{"key":"a"}],"taskDefinition": {"tags":[{"key":"a"}],"family":"f"},"x":1}"#,
            ),
            (
                r#"{"taskDefinition":{ },"tags":7}"#,
                r#"{"taskDefinition":{"tags":7 },"tags":7}"#,
            ),
            (
                r#"{"taskDefinition":{"a":1,"tags" : null },"tags":[]}"#,
                r#"{"taskDefinition":{"a":1,"tags" : [] },"tags":[]}"#,
            ),
            (
                r#"{"tags":1,"taskDefinition":{"\u0074ags":[2]},"tags":[3]}"#,
                r#"{"tags":1,"taskDefinition":{"\u0074ags":[3]},"tags":[3]}"#,
            ),
        ] {
            assert_eq!(with_tags_inside::<Tagged<'_>>(BODY, page), expected);
            assert_eq!(with_tags_inside::<Untagged<'_>>(BODY, page), page);
            let tasks = Body::List("tasks");
            assert_eq!(with_tags_inside::<Tagged<'_>>(tasks, page), page);
        }
    }

    #[test]
    fn what_has_none_or_is_no_page_stays() {
        for page in [
            r#"{"taskDefinition":{"tags":[1]},"tags":null}"#,
            r#"{"taskDefinition":{"tags":[1]}}"#,
            r#"{"taskDefinition":{"family":"f"}}"#,
            r#"{"taskDefinition":null,"tags":[]}"#,
            r#"{"taskDefinition":[],"tags":[]}"#,
            r#"{"taskDefinition":{"family":"f"},"tags":[]"#,
            "[]",
            "",
        ] {
            assert_eq!(with_tags_inside::<Tagged<'_>>(BODY, page), page);
        }
    }
}
