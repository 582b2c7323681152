//! An overlay as a customer would write it: OWNER and COST_CENTER from tags. Tags that only a test would
//! set make it misbehave in the ways that overlays can.

use portolan_mapper_sdk::{
    Body, Context, List, Map, Notes, Overlay, Rejection, Tag, Value, export_overlay, items, json,
    text,
};
use serde::Deserialize;

/// What the overlay reads of a task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task<'a> {
    /// The tags.
    #[serde(borrow)]
    tags: List<Tag<'a>>,
}

/// What an operator may set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    #[serde(default = "owner")]
    owner_tag: String,
}

fn owner() -> String {
    "owner".into()
}

/// The overlay.
#[derive(Clone, Copy, Debug)]
pub struct Owner;

export_overlay!(Owner);

impl Overlay for Owner {
    const OBJECT: &'static str = "EcsTask";
    const BODY: Body = Body::List("tasks");

    const READS_RECORDS: bool = false;

    type Source<'a> = Task<'a>;

    fn amend(
        task: &Task<'_>,
        _record: &Map<String, Value>,
        context: &Context,
        _notes: &mut Notes<'_>,
    ) -> Result<Option<Map<String, Value>>, Rejection> {
        let settings: Settings = serde_json::from_str(&context.config)
            .unwrap_or_else(|_| Settings { owner_tag: owner() });
        let tag = |key: &str| {
            items(&task.tags)
                .find(|tag| text(&tag.key) == Some(key))
                .and_then(|tag| text(&tag.value))
        };
        let mut patch = Map::new();
        if let Some(owner) = tag(&settings.owner_tag) {
            patch.insert("OWNER".into(), owner.into());
        }
        if let Some(center) = tag("cost-center") {
            patch.insert("COST_CENTER".into(), center.into());
        }
        match tag("misbehave") {
            Some("change-uid") => drop(patch.insert("UID".into(), "mine".into())),
            Some("wrong-type") => drop(patch.insert("OWNER".into(), json!(7))),
            Some("undeclared") => drop(patch.insert("SURPRISE".into(), json!("!"))),
            Some("remove") => drop(patch.insert("GROUP".into(), Value::Null)),
            #[expect(clippy::panic, reason = "misbehaving is what the tag asks for")]
            Some("panic") => panic!("this overlay cannot bear the task"),
            #[expect(clippy::empty_loop, reason = "misbehaving is what the tag asks for")]
            Some("hang") => loop {},
            _ => {}
        }
        Ok((!patch.is_empty()).then_some(patch))
    }

    fn attributes() -> Value {
        json!({
            "OWNER": {"type": "string", "description": "Who owns the task."},
            "COST_CENTER": {"type": "string", "description": "Who pays for it."}
        })
    }

    fn settings() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {"owner-tag": {"type": "string", "minLength": 1}}
        })
    }
}
