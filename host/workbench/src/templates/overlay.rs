//! Adds OWNER to `{{object}}` records, from a tag.

use portolan_mapper_sdk::{
    Body, Context, List, Map, Notes, Overlay, Rejection, Tag, Tags, Text, Value, export_overlay, json,
    text,
};
use serde::{Deserialize, Serialize};

/// The members that the overlay reads of each object of a page. AWS may leave any member out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct {{source}}<'a> {
    #[serde(borrow)]
    tags: List<Tag<'a>>,
}

/// The attributes that the overlay sets.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Patch<'s> {
    owner: &'s str,
}

/// The settings in `[modules.{{name}}.settings]` of the configuration file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings<'a> {
    #[serde(borrow)]
    owner_tag: Option<Text<'a>>,
}

/// The overlay.
pub struct ThisModule;

export_overlay!(ThisModule);

impl Overlay for ThisModule {
    const OBJECT: &'static str = "{{object}}";
    const BODY: Body = {{body}};

    /// `amend` does not read the record; leave this out if yours does.
    const READS_RECORDS: bool = false;

    type Source<'a> = {{source}}<'a>;
    type Patch<'s> = Patch<'s>;

    /// Returns a merge patch for one record: a value sets an attribute, a null removes it.
    fn amend<'s, 'a: 's>(
        source: &'s {{source}}<'a>,
        _record: &'s Map<String, Value>,
        context: &'s Context,
        _notes: &mut Notes<'_>,
    ) -> Result<Option<Patch<'s>>, Rejection> {
        let settings: Settings<'_> = context.settings()?;
        let owner_tag = text(&settings.owner_tag).unwrap_or("owner");
        let owner = Tags::collect(&source.tags).and_then(|tags| tags.get(owner_tag));
        Ok(owner.map(|owner| Patch { owner }))
    }

    /// Attributes that the stock schema lacks, as JSON Schema.
    fn attributes() -> Value {
        json!({ "OWNER": { "type": "string", "description": "The owner: the value of a tag." } })
    }

    /// The settings, as JSON Schema. The host refuses others before a sync.
    fn settings() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "owner-tag": { "type": "string", "minLength": 1, "description": "Key of the tag [default: owner]." }
            }
        })
    }
}
