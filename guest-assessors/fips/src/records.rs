//! The attributes that both controls read.

use portolan_mapper_sdk::Text;
use serde::Deserialize;

/// An attribute that is there and not empty.
#[must_use]
pub fn said<'s>(value: &'s Option<Text<'_>>) -> Option<&'s str> {
    value.as_deref().filter(|text| !text.is_empty())
}

/// Something that says where and on what tasks run: a task, a service, a deployment or a task set.
pub struct Unit<'s> {
    /// The UID of its record.
    pub uid: &'s str,
    /// The launch type.
    pub launch_type: Option<&'s str>,
    /// The capacity providers.
    pub providers: Vec<&'s str>,
    /// The operating system.
    pub platform_family: Option<&'s str>,
    /// The processor, which only tasks know.
    pub cpu_architecture: Option<&'s str>,
    /// The platform version of Fargate, and the UID of the record that has it.
    pub platform_version: Option<(&'s str, &'s str)>,
    /// The task definition, if it was read.
    pub definition: Option<&'s Definition<'s>>,
}

/// A task definition.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Definition<'a> {
    /// The identity, which is the ARN.
    #[serde(borrow)]
    pub uid: Text<'a>,
    /// The operating system.
    pub operating_system_family: Option<Text<'a>>,
    /// The processor.
    pub cpu_architecture: Option<Text<'a>>,
}

/// The account setting.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Setting<'a> {
    /// The identity.
    #[serde(borrow)]
    pub uid: Text<'a>,
    /// `enabled` or `on`, else it is off.
    pub value: Option<Text<'a>>,
    /// Whether the caller of the sync has set it for themselves, so that it tells nothing of others.
    pub is_callers_own: Option<bool>,
}

/// A capacity provider.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Provider<'a> {
    /// The identity.
    #[serde(borrow)]
    pub uid: Text<'a>,
    /// The name.
    pub name: Option<Text<'a>>,
    /// The cluster that it belongs to: an ARN or a name.
    pub cluster_arn: Option<Text<'a>>,
    /// The kind of its capacity.
    pub r#type: Option<Text<'a>>,
    /// Whether managed instances start in FIPS mode.
    pub fips_enabled: Option<bool>,
}
