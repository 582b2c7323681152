//! Makes `{{object}}` records instead of the stock mapping.

use portolan_mapper_sdk::{
    Body, Context, List, Mapping, Notes, Rejection, Tag, Tags, Text, Value, export_mapping, json,
    text,
};
use serde::{Deserialize, Serialize};

/// The members that the mapping reads of each object of a page. AWS may leave any member out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct {{source}}<'a> {
    #[serde(borrow)]
    {{arn_field}}: Option<Text<'a>>,
    {{name_field}}: Option<Text<'a>>,
    {{status_field}}: Option<Text<'a>>,
    tags: List<Tag<'a>>,
}

/// The attributes of a record, in their order in the output.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Record<'s> {
    uid: &'s str,
    {{arn_field}}: &'s str,
    name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_status: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'s str>,
    cloud_provider: &'static str,
    account_id: &'s str,
    region: &'s str,
    last_captured: &'s str,
}

/// The mapping.
pub struct ThisModule;

export_mapping!(ThisModule);

impl Mapping for ThisModule {
    const OBJECT: &'static str = "{{object}}";
    const BODY: Body = {{body}};

    type Source<'a> = {{source}}<'a>;
    type Record<'s> = Record<'s>;

    fn map<'s, 'a: 's>(
        source: &'s {{source}}<'a>,
        context: &'s Context,
        _notes: &mut Notes<'_>,
    ) -> Result<Record<'s>, Rejection> {
        let arn = text(&source.{{arn_field}})
            .filter(|arn| !arn.is_empty())
            .ok_or_else(|| Rejection::no_arn("{{arn_member}}"))?;
        Ok(Record {
            uid: arn,
            {{arn_field}}: arn,
            name: text(&source.{{name_field}}).filter(|name| !name.is_empty()).unwrap_or(arn),
            source_status: text(&source.{{status_field}}),
            owner: Tags::collect(&source.tags).and_then(|tags| tags.get("owner")),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }

    /// Attributes that the stock schema lacks, as JSON Schema.
    fn attributes() -> Value {
        json!({ "OWNER": { "type": "string", "description": "The owner: the value of the tag `owner`." } })
    }
}
