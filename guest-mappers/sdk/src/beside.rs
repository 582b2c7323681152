//! What a page holds beside an object and belongs to it.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{Body, fields};

/// The one member of DescribeTaskDefinition beside the task definition that is about it.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>
const TAGS: &str = "tags";

/// The page with the tags of its task definition as a member of it, where `T` may look for them: every other
/// object of ECS has its tags inside. A page that is anything else stays as it is, for its readers to judge.
pub(crate) fn with_tags_inside<'p, T: Deserialize<'p>>(body: Body, page: &'p str) -> Cow<'p, str> {
    let is_asked = body == Body::One("taskDefinition") && fields::may_read::<T>(TAGS);
    let inside = is_asked.then(|| tags_inside(page)).flatten();
    inside.map_or(Cow::Borrowed(page), Cow::Owned)
}

fn tags_inside(page: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Page<'p> {
        #[serde(borrow, rename = "taskDefinition")]
        definition: &'p RawValue,
        #[serde(borrow)]
        tags: &'p RawValue,
    }
    #[derive(Deserialize)]
    struct Definition {
        #[serde(default, deserialize_with = "is_there")]
        tags: bool,
    }
    let Page { definition, tags } = serde_json::from_str(page).ok()?;
    let definition = definition.get();
    let members = definition.strip_prefix('{')?;
    // Another server than AWS's may have put them where they are looked for.
    if serde_json::from_str::<Definition>(definition).ok()?.tags {
        return None;
    }
    let is_empty = members.trim_start().starts_with('}');
    let comma = if is_empty { "" } else { "," };
    Some(format!(
        r#"{{"taskDefinition":{{"{TAGS}":{tags}{comma}{members}}}"#
    ))
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{List, Tag, Text};

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are asked for")]
    struct Tagged<'a> {
        #[serde(borrow)]
        tags: List<Tag<'a>>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its fields are asked for")]
    struct Untagged<'a> {
        #[serde(borrow)]
        family: Option<Text<'a>>,
    }

    const BODY: Body = Body::One("taskDefinition");

    #[test]
    fn tags_of_a_task_definition_come_inside() {
        for (page, expected) in [
            (
                r#"{"tags": [{"key":"a"}],"taskDefinition":{"family":"f"},"x":1}"#,
                r#"{"taskDefinition":{"tags":[{"key":"a"}],"family":"f"}}"#,
            ),
            (
                r#"{"taskDefinition":{ },"tags":7}"#,
                r#"{"taskDefinition":{"tags":7 }}"#,
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
            r#"{"taskDefinition":{"tags":[]},"tags":[{"key":"a"}]}"#,
            r#"{"taskDefinition":{"tags":null},"tags":[{"key":"a"}]}"#,
            r#"{"taskDefinition":{"family":"f"}}"#,
            r#"{"taskDefinition":null,"tags":[]}"#,
            r#"{"taskDefinition":[],"tags":[]}"#,
            r#"{"taskDefinition":{"family":"f"},"tags":[]"#,
            "",
        ] {
            assert_eq!(with_tags_inside::<Tagged<'_>>(BODY, page), page);
        }
    }
}
