//! Maps the events of AWS CloudTrail's LookupEvents to `EcsAuditEvent` records.

mod documents;
mod record;
mod source;

use portolan_mapper_sdk::{
    Body, Context, Mapping, Misfit, Notes, Rejection, TextSet, export_mapping, items, lenient, text,
};

use documents::string;
pub use documents::{
    AwsvpcConfiguration, CapacityProvider, Cluster, ContainerDefinition, ContainerInstance, Host,
    Image, NetworkConfiguration, Overrides, Parameters, Response, Service, Session, Setting, Task,
    TaskDefinition, TaskSet, Volume,
};
pub use record::EcsAuditEvent;
pub use source::{
    Event, Flag, Found, OnBehalfOf, Resource, SessionAttributes, SessionContext, SessionIssuer,
    TlsDetails, UserIdentity,
};

/// The mapping of CloudTrail events of Amazon ECS.
#[derive(Clone, Copy, Debug)]
pub struct AuditEvents;

export_mapping!(AuditEvents);

/// The member with the event's own record.
const EVENT: &str = "CloudTrailEvent";

/// The operations whose parameters are those of an account setting. Others have a `name` of something else.
const OF_SETTINGS: [&str; 3] = [
    "PutAccountSetting",
    "PutAccountSettingDefault",
    "DeleteAccountSetting",
];

impl Mapping for AuditEvents {
    const OBJECT: &'static str = "EcsAuditEvent";
    const BODY: Body = Body::List("Events");

    type Source<'a> = Found<'a>;
    type Record<'s> = EcsAuditEvent<'s>;

    // Long, because it names every attribute.
    fn map<'s, 'a: 's>(
        found: &'s Found<'a>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<EcsAuditEvent<'s>, Rejection> {
        let event = read(found)?;
        let uid = [&event.event_id, &found.event_id]
            .into_iter()
            .find_map(|id| text(id).filter(|id| !id.is_empty()))
            .ok_or_else(|| Rejection::no_arn("EventId"))?;
        let name = text(&event.event_name);
        let time = match found.event_time {
            Some(time) => notes.time("EventTime", Some(time)),
            None => notes.rfc3339(&format!("{EVENT}.eventTime"), text(&event.event_time)),
        };
        let identity = event.user_identity.as_deref();
        let session = identity.and_then(|it| it.session_context.as_deref());
        let tls = event.tls_details.as_deref();
        let parameters = lenient(&event.request_parameters);
        let response = lenient(&event.response_elements);
        let [setting_name, setting_value, setting_principal] = setting(event);
        // Other operations give members of these names another meaning.
        let registered = parameters.filter(|_| name == Some("RegisterTaskDefinition"));
        Ok(EcsAuditEvent {
            uid,
            name: name.filter(|name| !name.is_empty()).unwrap_or(uid),
            event_name: name,
            event_time: time,
            read_only: event.read_only,
            error_code: text(&event.error_code),
            error_message: text(&event.error_message),
            request_id: text(&event.request_id),
            actor_type: identity.and_then(|it| text(&it.kind)),
            actor_arn: identity.and_then(|it| text(&it.arn)),
            actor_principal_id: identity.and_then(|it| text(&it.principal_id)),
            actor_issuer_arn: session.and_then(|it| text(&it.session_issuer.as_deref()?.arn)),
            actor_mfa: session.and_then(|it| Some(it.attributes.as_deref()?.mfa_authenticated?.0)),
            invoked_by: identity.and_then(|it| text(&it.invoked_by)),
            on_behalf_of: identity.and_then(|it| text(&it.on_behalf_of.as_deref()?.user_id)),
            access_key_id: identity.and_then(|it| text(&it.access_key_id)),
            source_ip: text(&event.source_ip_address),
            user_agent: text(&event.user_agent),
            tls_version: tls.and_then(|it| text(&it.tls_version)),
            client_host: tls.and_then(|it| text(&it.client_provided_host_header)),
            vpc_endpoint_id: text(&event.vpc_endpoint_id),
            session_id: response.and_then(|it| string(&lenient(&it.session)?.session_id)),
            task_role_arn: parameters.and_then(|it| it.role()),
            assign_public_ip: parameters.and_then(|it| it.is_public()),
            images: images(event),
            setting_name,
            setting_value,
            setting_principal,
            target_arns: targets(event),
            privileged: registered.and_then(|it| it.is_privileged()),
            network_mode: registered.and_then(|it| string(&it.network_mode)),
            pid_mode: registered.and_then(|it| string(&it.pid_mode)),
            ipc_mode: registered.and_then(|it| string(&it.ipc_mode)),
            host_paths: registered.and_then(|it| it.host_paths()),
            cloud_provider: "AWS",
            account_id: &context.account_id,
            region: &context.region,
            last_captured: &context.captured_at,
        })
    }
}

/// The event's own record, or the reason that it cannot be read.
fn read<'s, 'a>(found: &'s Found<'a>) -> Result<&'s Event<'a>, Rejection> {
    let malformed = || Rejection {
        code: "malformed-event",
        member: EVENT.to_owned(),
        message: format!("`{EVENT}` is not a JSON object"),
    };
    let event = found.cloud_trail_event.as_ref().ok_or_else(malformed)?;
    event.read().map_err(|misfit| match misfit {
        Misfit {
            is_object: true,
            member,
            code,
            message,
        } => {
            let member = match member.as_str() {
                "" => EVENT.to_owned(),
                member => format!("{EVENT}.{member}"),
            };
            let message = format!("`{member}` {message}");
            Rejection {
                code,
                member,
                message,
            }
        }
        _ => malformed(),
    })
}

/// The name, the value and the principal of the account setting that the event changes.
fn setting<'s>(event: &'s Event<'_>) -> [Option<&'s str>; 3] {
    if !text(&event.event_name).is_some_and(|name| OF_SETTINGS.contains(&name)) {
        return [None; 3];
    }
    let changed = lenient(&event.response_elements).and_then(|it| lenient(&it.setting));
    if let Some(changed) = changed {
        return [&changed.name, &changed.value, &changed.principal_arn].map(string);
    }
    let asked = lenient(&event.request_parameters);
    asked.map_or([None; 3], |asked| {
        [&asked.name, &asked.value, &asked.principal_arn].map(string)
    })
}

fn images<'s>(event: &'s Event<'_>) -> Option<TextSet<'s>> {
    let asked = lenient(&event.request_parameters).into_iter();
    let made = lenient(&event.response_elements).into_iter();
    TextSet::collect(
        asked
            .flat_map(|it| it.images())
            .chain(made.flat_map(|it| it.images())),
    )
}

/// The ARNs of what the event is about, wherever the operation names it.
fn targets<'s>(event: &'s Event<'_>) -> Option<TextSet<'s>> {
    let named = items(&event.resources).filter_map(|resource| text(&resource.arn));
    let made = lenient(&event.response_elements).into_iter();
    let asked = lenient(&event.request_parameters).into_iter();
    let all = named
        .chain(made.flat_map(|it| it.targets()))
        .chain(asked.flat_map(|it| it.targets().into_iter().filter_map(string)));
    TextSet::collect(all.filter(|target| target.starts_with("arn:")))
}

/// The JSON Schema of a record.
#[cfg(feature = "schema")]
#[must_use]
pub fn schema() -> schemars::Schema {
    portolan_mapper_sdk::schema::<EcsAuditEvent<'_>>()
}
