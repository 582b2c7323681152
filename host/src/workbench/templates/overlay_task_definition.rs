//! Adds OWNER to `{{object}}` records.

use portolan_mapper_sdk::{
    Body, Context, Map, Notes, Overlay, Rejection, Text, Value, export_overlay, json, text,
};
use serde::Deserialize;

/// What is read of each object of a page. AWS may leave any member out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct {{source}}<'a> {
    #[serde(borrow)]
    registered_by: Option<Text<'a>>,
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
        _context: &Context,
        _notes: &mut Notes<'_>,
    ) -> Result<Option<Map<String, Value>>, Rejection> {
        let owner = text(&source.registered_by);
        Ok(owner.map(|owner| Map::from_iter([("OWNER".to_owned(), owner.into())])))
    }

    /// Attributes that the stock schema lacks, as JSON Schema.
    fn attributes() -> Value {
        json!({ "OWNER": { "type": "string", "description": "Who owns it: the principal that registered it." } })
    }
}
