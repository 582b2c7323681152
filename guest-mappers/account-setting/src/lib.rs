//! Maps ListAccountSettings to `EcsAccountSetting` records.

use portolan_mapper_sdk::{
    Body, Context, List, Mapping, Notes, Rejection, Text, export_mapping, items, text,
};
use serde::{Deserialize, Serialize};

/// An Amazon ECS account setting that applies to the caller in a Region.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsAccountSetting",
        deny_unknown_fields,
        extend("x-data-model" = "Setting")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsAccountSetting<'s> {
    /// The identity of the setting in the data model: an ARN that is made of the partition, the Region, the
    /// account and the name. AWS gives settings no ARN.
    ///
    /// Source: the sync's partition, Region and account, and `setting.name`.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: String,
    /// The name of the setting.
    ///
    /// Source: `setting.name`.
    pub name: &'s str,
    /// The value of the setting, for example `enabled`.
    ///
    /// Source: `setting.value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<&'s str>,
    /// The user, the role or the account that the setting was made for.
    ///
    /// Source: `setting.principalArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal_arn: Option<&'s str>,
    /// The owner of the setting: `user` or `aws_managed`.
    ///
    /// Source: `setting.type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "TYPE")]
    pub kind: Option<&'s str>,
    /// Whether the caller of the sync has set it for itself, so that other callers may have another value.
    /// Absent if the settings of the caller were not read.
    ///
    /// Source: whether `ownSettings[*].name` has the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_callers_own: Option<bool>,
    /// The cloud of the object; always `AWS`.
    ///
    /// Source: the constant `AWS`.
    pub cloud_provider: &'static str,
    /// The AWS account that was queried, twelve digits.
    ///
    /// Source: the sync's account.
    pub account_id: &'s str,
    /// The AWS Region that was queried.
    ///
    /// Source: the sync's Region.
    pub region: &'s str,
    /// The start time of the sync that captured the object.
    ///
    /// Source: the sync's timestamp.
    #[cfg_attr(feature = "schema", schemars(with = "portolan_mapper_sdk::UtcTime"))]
    pub last_captured: &'s str,
}

/// The members of a listed setting that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
    value: Option<Text<'a>>,
    principal_arn: Option<Text<'a>>,
    #[serde(rename = "type")]
    kind: Option<Text<'a>>,
    /// The settings that the caller has for itself. The host puts them into each setting.
    own_settings: List<OwnSetting<'a>>,
}

/// A setting that the caller has for itself.
#[derive(Debug, Deserialize)]
pub struct OwnSetting<'a> {
    #[serde(borrow)]
    name: Option<Text<'a>>,
}

/// The mapping of Amazon ECS account settings.
#[derive(Clone, Copy, Debug)]
pub struct AccountSettings;

export_mapping!(AccountSettings);

impl Mapping for AccountSettings {
    const OBJECT: &'static str = "EcsAccountSetting";
    const BODY: Body = Body::List("settings");

    type Source<'a> = Setting<'a>;
    type Record<'s> = EcsAccountSetting<'s>;

    fn map<'s, 'a: 's>(
        setting: &'s Setting<'a>,
        context: &'s Context,
        _: &mut Notes<'_>,
    ) -> Result<EcsAccountSetting<'s>, Rejection> {
        let name = text(&setting.name)
            .filter(|name| !name.is_empty())
            .ok_or_else(|| Rejection::no_arn("name"))?;
        let Context {
            partition,
            region,
            account_id,
            ..
        } = context;
        let is_own = || items(&setting.own_settings).any(|own| text(&own.name) == Some(name));
        Ok(EcsAccountSetting {
            uid: format!("arn:{partition}:ecs:{region}:{account_id}:setting/{name}"),
            name,
            value: text(&setting.value),
            principal_arn: text(&setting.principal_arn),
            kind: text(&setting.kind),
            is_callers_own: setting.own_settings.as_ref().map(|_| is_own()),
            cloud_provider: "AWS",
            account_id,
            region,
            last_captured: &context.captured_at,
        })
    }
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsAccountSetting<'_>>()
}
