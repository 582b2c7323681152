use std::fmt;

use portolan_mapper_sdk::{Lenient, List, Object, Text, Timestamp};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use crate::documents::{Parameters, Response};

/// The members of an event of LookupEvents that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Found<'a> {
    #[serde(borrow)]
    pub(crate) event_id: Option<Text<'a>>,
    pub(crate) event_time: Option<Timestamp>,
    /// The event itself. AWS writes it as a string; the host gives it as an object, or as `""` if the string is
    /// no object. It is lenient so that the mapping can tell one that is none from one with a wrong member.
    pub(crate) cloud_trail_event: Option<Lenient<Event<'a>>>,
}

/// The members of an event's own record that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event<'a> {
    #[serde(borrow)]
    #[serde(rename = "eventID")]
    pub(crate) event_id: Option<Text<'a>>,
    pub(crate) event_name: Option<Text<'a>>,
    pub(crate) event_time: Option<Text<'a>>,
    pub(crate) read_only: Option<bool>,
    pub(crate) error_code: Option<Text<'a>>,
    pub(crate) error_message: Option<Text<'a>>,
    #[serde(rename = "requestID")]
    pub(crate) request_id: Option<Text<'a>>,
    pub(crate) user_identity: Option<Object<UserIdentity<'a>>>,
    #[serde(rename = "sourceIPAddress")]
    pub(crate) source_ip_address: Option<Text<'a>>,
    pub(crate) user_agent: Option<Text<'a>>,
    pub(crate) tls_details: Option<Object<TlsDetails<'a>>>,
    pub(crate) vpc_endpoint_id: Option<Text<'a>>,
    pub(crate) resources: List<Resource<'a>>,
    pub(crate) request_parameters: Option<Lenient<Parameters<'a>>>,
    pub(crate) response_elements: Option<Lenient<Response<'a>>>,
}

/// Who made the request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity<'a> {
    #[serde(borrow)]
    #[serde(rename = "type")]
    pub(crate) kind: Option<Text<'a>>,
    pub(crate) arn: Option<Text<'a>>,
    pub(crate) principal_id: Option<Text<'a>>,
    pub(crate) access_key_id: Option<Text<'a>>,
    pub(crate) invoked_by: Option<Text<'a>>,
    pub(crate) session_context: Option<Object<SessionContext<'a>>>,
    pub(crate) on_behalf_of: Option<Object<OnBehalfOf<'a>>>,
}

/// The session whose credentials signed the request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionContext<'a> {
    #[serde(borrow)]
    pub(crate) session_issuer: Option<Object<SessionIssuer<'a>>>,
    pub(crate) attributes: Option<Object<SessionAttributes>>,
}

/// The user or the role that the session was made from.
#[derive(Debug, Deserialize)]
pub struct SessionIssuer<'a> {
    #[serde(borrow)]
    pub(crate) arn: Option<Text<'a>>,
}

/// The attributes of the session.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionAttributes {
    pub(crate) mfa_authenticated: Option<Flag>,
}

/// The person of IAM Identity Center for whom the request was made.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OnBehalfOf<'a> {
    #[serde(borrow)]
    pub(crate) user_id: Option<Text<'a>>,
}

/// The TLS connection of the request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TlsDetails<'a> {
    #[serde(borrow)]
    pub(crate) tls_version: Option<Text<'a>>,
    pub(crate) client_provided_host_header: Option<Text<'a>>,
}

/// A resource that the event names.
#[derive(Debug, Deserialize)]
pub struct Resource<'a> {
    #[serde(borrow)]
    #[serde(rename = "ARN")]
    pub(crate) arn: Option<Text<'a>>,
}

/// A boolean that CloudTrail writes as a string or as a boolean.
#[derive(Clone, Copy, Debug)]
pub struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string or a boolean")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Flag, E> {
        Ok(Flag(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Flag, E> {
        Ok(Flag(value == "true"))
    }
}
