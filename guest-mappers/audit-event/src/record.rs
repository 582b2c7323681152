use portolan_mapper_sdk::{TextSet, UtcTime};
use serde::Serialize;

/// An event of AWS CloudTrail that concerns Amazon ECS.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(
        title = "EcsAuditEvent",
        deny_unknown_fields,
        extend("x-data-model" = "Event")
    )
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct EcsAuditEvent<'s> {
    /// The identity of the event in the data model: the id that CloudTrail gave it.
    ///
    /// Source: CloudTrailEvent.eventID, else EventId.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub uid: &'s str,
    /// The display name of the event: its name, or its UID if it has none.
    ///
    /// Source: CloudTrailEvent.eventName, else as UID.
    pub name: &'s str,
    /// The name of the event, which is the operation that was called, for example `RunTask`.
    ///
    /// Source: `CloudTrailEvent.eventName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_name: Option<&'s str>,
    /// The time of the request.
    ///
    /// Source: EventTime, else CloudTrailEvent.eventTime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<UtcTime>,
    /// Whether the operation changes nothing.
    ///
    /// Source: `CloudTrailEvent.readOnly`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// The error with which AWS refused the request. Absent if the request succeeded.
    ///
    /// Source: `CloudTrailEvent.errorCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<&'s str>,
    /// The description of that error.
    ///
    /// Source: `CloudTrailEvent.errorMessage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<&'s str>,
    /// The id of the request.
    ///
    /// Source: `CloudTrailEvent.requestID`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'s str>,
    /// The kind of identity that made the request, for example `Root`, `IAMUser` or `AssumedRole`.
    ///
    /// Source: `CloudTrailEvent.userIdentity.type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_type: Option<&'s str>,
    /// The ARN of that identity.
    ///
    /// Source: `CloudTrailEvent.userIdentity.arn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_arn: Option<&'s str>,
    /// The unique id of that identity.
    ///
    /// Source: `CloudTrailEvent.userIdentity.principalId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_principal_id: Option<&'s str>,
    /// The user or the role from which the identity got temporary credentials.
    ///
    /// Source: `CloudTrailEvent.userIdentity.sessionContext.sessionIssuer.arn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_issuer_arn: Option<&'s str>,
    /// Whether the identity used multi-factor authentication for these credentials.
    ///
    /// Source: whether `CloudTrailEvent.userIdentity.sessionContext.attributes.mfaAuthenticated` is true or `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_mfa: Option<bool>,
    /// The AWS service that made the request for the identity.
    ///
    /// Source: `CloudTrailEvent.userIdentity.invokedBy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoked_by: Option<&'s str>,
    /// The id of the IAM Identity Center user for whom the request was made.
    ///
    /// Source: `CloudTrailEvent.userIdentity.onBehalfOf.userId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<&'s str>,
    /// The id of the access key that signed the request; never the key.
    ///
    /// Source: `CloudTrailEvent.userIdentity.accessKeyId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<&'s str>,
    /// The IP address that the request came from, or the name of an AWS service.
    ///
    /// Source: `CloudTrailEvent.sourceIPAddress`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<&'s str>,
    /// The program that made the request, as it names itself.
    ///
    /// Source: `CloudTrailEvent.userAgent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<&'s str>,
    /// The version of TLS.
    ///
    /// Source: `CloudTrailEvent.tlsDetails.tlsVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_version: Option<&'s str>,
    /// The host name that the client used, which tells a FIPS endpoint from others.
    ///
    /// Source: `CloudTrailEvent.tlsDetails.clientProvidedHostHeader`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_host: Option<&'s str>,
    /// The VPC endpoint that the request came through.
    ///
    /// Source: `CloudTrailEvent.vpcEndpointId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vpc_endpoint_id: Option<&'s str>,
    /// The session that ECS Exec opened.
    ///
    /// Source: `CloudTrailEvent.responseElements.session.sessionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<&'s str>,
    /// The role that the request gives to tasks.
    ///
    /// Source: CloudTrailEvent.requestParameters.taskRoleArn, else
    /// CloudTrailEvent.requestParameters.overrides.taskRoleArn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_role_arn: Option<&'s str>,
    /// Whether the request gives tasks public IP addresses.
    ///
    /// Source: whether
    /// `CloudTrailEvent.requestParameters.networkConfiguration.awsvpcConfiguration.assignPublicIp` is `ENABLED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assign_public_ip: Option<bool>,
    /// The images that the request names.
    ///
    /// Source: `CloudTrailEvent.requestParameters.containerDefinitions[*].image` and
    /// `CloudTrailEvent.responseElements.taskDefinition.containerDefinitions[*].image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<TextSet<'s>>,
    /// The account setting that the request changes.
    ///
    /// Source: name of `CloudTrailEvent.responseElements.setting`, else of
    /// `CloudTrailEvent.requestParameters`, in events of account settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting_name: Option<&'s str>,
    /// The new value of that setting.
    ///
    /// Source: value of the same object as SETTING_NAME.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting_value: Option<&'s str>,
    /// The user, the role or the account that the setting is changed for.
    ///
    /// Source: principalArn of the same object as SETTING_NAME.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting_principal: Option<&'s str>,
    /// The ARNs of what the event is about.
    ///
    /// Source: `CloudTrailEvent.resources[*].ARN`, and the ARNs in
    /// `CloudTrailEvent.responseElements` and `CloudTrailEvent.requestParameters`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_arns: Option<TextSet<'s>>,
    /// Whether a container of the registered task definition has root privileges on its host.
    ///
    /// Source: `CloudTrailEvent.requestParameters.containerDefinitions[*].privileged` of
    /// RegisterTaskDefinition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// The network mode of the registered task definition.
    ///
    /// Source: `CloudTrailEvent.requestParameters.networkMode` of RegisterTaskDefinition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_mode: Option<&'s str>,
    /// The process namespace of the registered task definition, `host` or `task`.
    ///
    /// Source: `CloudTrailEvent.requestParameters.pidMode` of RegisterTaskDefinition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid_mode: Option<&'s str>,
    /// The IPC namespace of the registered task definition: `host`, `task` or `none`.
    ///
    /// Source: `CloudTrailEvent.requestParameters.ipcMode` of RegisterTaskDefinition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipc_mode: Option<&'s str>,
    /// The paths of the host that volumes of the registered task definition mount.
    ///
    /// Source: `CloudTrailEvent.requestParameters.volumes[*].host.sourcePath` of RegisterTaskDefinition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_paths: Option<TextSet<'s>>,
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
