//! Adds OWNER to `{{object}}` records, from a tag.

use portolan_mapper_sdk::{
    Body, Context, List, Map, Notes, Overlay, Rejection, Tag, Tags, Value, export_overlay, json,
};
use serde::Deserialize;

/// What is read of each object of a page. AWS may leave any member out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct {{source}}<'a> {
    #[serde(borrow)]
    tags: List<Tag<'a>>,
}

/// What an operator may set in `[modules.{{name}}.settings]` of the configuration file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    #[serde(default = "default_owner_tag")]
    owner_tag: String,
}

fn default_owner_tag() -> String {
    "owner".into()
}

/// The overlay.
pub struct ThisModule;

export_overlay!(ThisModule);

impl Overlay for ThisModule {
    const OBJECT: &'static str = "{{object}}";
    const BODY: Body = {{body}};

    /// `amend` does not look at the record; leave this out if yours does.
    const READS_RECORDS: bool = false;

    type Source<'a> = {{source}}<'a>;

    /// Gives a merge patch for one record: a value sets an attribute, a null removes it.
    fn amend(
        source: &{{source}}<'_>,
        _record: &Map<String, Value>,
        context: &Context,
        _notes: &mut Notes<'_>,
    ) -> Result<Option<Map<String, Value>>, Rejection> {
        let settings: Settings = context.settings()?;
        let owner = Tags::collect(&source.tags).and_then(|tags| tags.get(&settings.owner_tag));
        Ok(owner.map(|owner| Map::from_iter([("OWNER".to_owned(), owner.into())])))
    }

    /// Attributes that the stock schema lacks, as JSON Schema.
    fn attributes() -> Value {
        json!({ "OWNER": { "type": "string", "description": "Who owns it: the value of a tag." } })
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
