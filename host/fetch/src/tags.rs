//! The tags of ACTIVE revisions, a hundred at a time, from the Resource Groups Tagging API. A revision's Describe
//! call gives its tags too, but a sync describes each revision only once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use super::RegionFetch;
use super::paging::{Tokens, next_token};
use portolan_aws::CallFailure;
use portolan_machine::fingerprint::fingerprint;
use portolan_page::ledger::TagsRead;
use portolan_page::object::{Object, Operation};

/// The status of the revisions that the API knows.
pub(super) const ACTIVE: &str = "ACTIVE";

/// The tags that could be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Tags {
    /// By fingerprint of the ARN, the tags as DescribeTaskDefinition writes them, JSON. Equal tags share their
    /// text, because most revisions of a family have the same.
    by_arn: HashMap<[u8; 16], Arc<str>>,
    /// Whether the list came to its end.
    is_whole: bool,
    /// Whether any page could be read.
    is_readable: bool,
}

/// The progress of reading tags.
#[derive(Clone, Debug, Default)]
pub(super) enum Reading {
    /// The first page is not read.
    #[default]
    Begun,
    /// A page was read, so the API may be used.
    Allowed,
    /// It has ended.
    Ended(Arc<Tags>),
}

/// The tags of a revision in a page.
pub(super) enum TagsOf {
    /// Those of the page's body.
    OfBody,
    /// These, JSON.
    These(Arc<str>),
    /// They are not known.
    Unknown,
}

impl RegionFetch {
    /// Whether tags of ACTIVE revisions come from the API.
    pub(super) fn reads_tags(&self) -> bool {
        !self.config.optional_operations().is_empty()
    }

    /// Reads the tags of all revisions, and notes where those of this Region come from.
    pub(super) async fn read_tags(&self) {
        let key = self.key(Object::EcsTaskDefinition, None);
        if !self.reads_tags() {
            self.ledger.tags(&key, TagsRead::Describe);
            return;
        }
        let mut tags = Tags::default();
        let result = match self.caller.has_host(Operation::GetResources) {
            true => self.read_pages(&mut tags).await,
            false => Err("the Resource Groups Tagging API has no FIPS endpoint".to_owned()),
        };
        tags.is_whole = result.is_ok();
        self.ledger.tags(
            &key,
            match &result {
                Ok(()) => TagsRead::TaggingApi,
                Err(_) if self.needs_tags => TagsRead::Describe,
                Err(_) => TagsRead::NotRead,
            },
        );
        if let Err(reason) = result {
            let instead = match self.needs_tags {
                true => "the sync describes every revision for its tags instead",
                false => "TAGS that are missing from EcsTaskDefinition are unknown, not empty",
            };
            self.ledger.warn(format!(
                "{} {}: tags of task definitions cannot be read: {reason}; {instead}. Allow tag:GetResources, or set revision-tags to always",
                key.account_id, key.region
            ));
        }
        self.tags.send_replace(Reading::Ended(Arc::new(tags)));
    }

    async fn read_pages(&self, tags: &mut Tags) -> Result<(), String> {
        let paging = Operation::GetResources.paging();
        let mut parameters = json!({
            "ResourceTypeFilters": ["ecs:task-definition"],
            paging.size: paging.limit,
        });
        let (mut tokens, mut texts) = (Tokens::default(), HashSet::new());
        let message = |failure: CallFailure| failure.line().message;
        loop {
            let read = |body: Bytes| {
                let token = next_token(&body, paging.token)?;
                let answer: Answer = serde_json::from_slice(&body)
                    .map_err(|_| "it has no list ResourceTagMappingList of resources with tags")?;
                Ok((answer.resources, token))
            };
            let answer = self.caller.call(Operation::GetResources, &parameters, read);
            let (resources, token) = answer.await.map_err(message)?;
            tags.is_readable = true;
            self.tags.send_if_modified(|reading| {
                *reading = Reading::Allowed;
                true
            });
            for resource in resources {
                let text = resource.text();
                let text = match texts.get(&text) {
                    Some(known) => Arc::clone(known),
                    None => {
                        texts.insert(Arc::clone(&text));
                        text
                    }
                };
                tags.by_arn.insert(fingerprint(&resource.arn), text);
            }
            let next = tokens.next(token, Operation::GetResources);
            match next.map_err(message)? {
                Some(token) => parameters[paging.token] = token.into(),
                None => return Ok(()),
            }
        }
    }

    /// The tags of an ACTIVE revision that an earlier sync described; `None` if it has to be described again for
    /// them.
    pub(super) async fn tags_of_kept(&self, arn: &str) -> Option<TagsOf> {
        if !self.reads_tags() {
            return Some(TagsOf::OfBody);
        }
        let tags = self.all_tags().await;
        match tags.by_arn.get(&fingerprint(arn)) {
            Some(text) => Some(TagsOf::These(Arc::clone(text))),
            None if tags.is_whole => Some(TagsOf::These("[]".into())),
            None if self.needs_tags => None,
            None => Some(TagsOf::Unknown),
        }
    }

    /// The tags of an ACTIVE revision that this sync described: its own, unless those of others are unknown.
    pub(super) async fn tags_of_new(&self) -> TagsOf {
        if !self.reads_tags() || self.needs_tags {
            return TagsOf::OfBody;
        }
        let mut reading = self.tags.subscribe();
        let begun = reading.wait_for(|reading| !matches!(reading, Reading::Begun));
        match begun.await.as_deref() {
            Ok(Reading::Ended(tags)) if !tags.is_readable => TagsOf::Unknown,
            _ => TagsOf::OfBody,
        }
    }

    async fn all_tags(&self) -> Arc<Tags> {
        let mut reading: watch::Receiver<Reading> = self.tags.subscribe();
        let ended = reading.wait_for(|reading| matches!(reading, Reading::Ended(_)));
        match ended.await.as_deref() {
            Ok(Reading::Ended(tags)) => Arc::clone(tags),
            // The sender lives as long as `self`.
            _ => Arc::default(),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "ResourceTagMappingList")]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "Tags", default)]
    tags: Vec<Tag>,
}

/// A tag, which ECS writes with other member names.
#[derive(Deserialize, Serialize)]
struct Tag {
    #[serde(rename(deserialize = "Key", serialize = "key"))]
    key: String,
    #[serde(rename(deserialize = "Value", serialize = "value"), default)]
    value: String,
}

impl Resource {
    /// Its tags as a JSON list, in the form of ECS.
    fn text(&self) -> Arc<str> {
        // Serialization of texts does not fail.
        serde_json::to_string(&self.tags).unwrap_or_default().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_written_as_ecs_writes_them() {
        let text =
            r#"{"ResourceARN":"arn:a","Tags":[{"Key":"owner","Value":"pay\"ments"},{"Key":"x"}]}"#;
        let resource: Resource = serde_json::from_str(text).expect("a resource");
        let expected = r#"[{"key":"owner","value":"pay\"ments"},{"key":"x","value":""}]"#;
        assert_eq!(&*resource.text(), expected);
    }
}
