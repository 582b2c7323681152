//! An overlay as a customer would write it: OWNER and COST_CENTER from tags. Tags that only a test sets make
//! it misbehave as overlays can.

use portolan_mapper_sdk::{
    Body, Context, List, Map, Notes, Overlay, Rejection, Tag, Text, Value, export_overlay, items,
    json, text,
};
use serde::{Deserialize, Serialize};

/// The members that the overlay reads of a task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task<'a> {
    /// Tags of the task, in the order of AWS.
    #[serde(borrow)]
    tags: List<Tag<'a>>,
}

/// The settings of the module.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings<'a> {
    #[serde(borrow)]
    owner_tag: Option<Text<'a>>,
}

/// The patch of a task with this value of the tag `misbehave`.
fn misbehave(way: &str) -> Value {
    match way {
        "change-uid" => json!({"UID": "mine"}),
        "wrong-type" => json!({"OWNER": 7}),
        "undeclared" => json!({"SURPRISE": "!"}),
        "remove" => json!({"GROUP": null}),
        #[expect(clippy::panic, reason = "the tag requests it")]
        "panic" => panic!("this overlay cannot bear the task"),
        #[expect(clippy::empty_loop, reason = "the tag requests it")]
        "hang" => loop {},
        _ => json!({}),
    }
}

/// The attributes that the overlay sets.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Attributes<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_center: Option<&'s str>,
}

/// The overlay's patch of a record.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Patch<'s> {
    /// The correct patch.
    Good(Attributes<'s>),
    /// The wrong patch that a tag requests.
    Bad(Value),
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
    type Patch<'s> = Patch<'s>;

    fn amend<'s, 'a: 's>(
        task: &'s Task<'a>,
        _record: &'s Map<String, Value>,
        context: &'s Context,
        _notes: &mut Notes<'_>,
    ) -> Result<Option<Patch<'s>>, Rejection> {
        let settings: Settings<'s> = context.settings()?;
        let owner_tag = text(&settings.owner_tag).unwrap_or("owner");
        let mut good = Attributes::default();
        for tag in items(&task.tags) {
            match text(&tag.key) {
                Some("misbehave") => return Ok(text(&tag.value).map(misbehave).map(Patch::Bad)),
                Some("cost-center") => good.cost_center = text(&tag.value),
                Some(key) if key == owner_tag => good.owner = text(&tag.value),
                _ => {}
            }
        }
        let is_empty = good.owner.is_none() && good.cost_center.is_none();
        Ok((!is_empty).then_some(Patch::Good(good)))
    }

    fn attributes() -> Value {
        json!({
            "OWNER": {"type": "string", "description": "Owner of the task."},
            "COST_CENTER": {"type": "string", "description": "Cost center of the task."}
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
