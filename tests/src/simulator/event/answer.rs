//! One event as LookupEvents writes it, with CloudTrail's record of it as JSON in a string.

use serde_json::{Value, json};

use super::actor::Actor;
use super::parameters::{Parameters, parameters};
use super::{ECS, Occurrence};
use crate::simulator::clock;
use crate::simulator::render::{self, Millis, member, text_member};

/// The JSON of an event.
pub(super) fn event(it: &Occurrence<'_>, canary: &str) -> String {
    let actor = Actor::of(it);
    let record = record(it, &actor, canary).to_string();
    // A name that stands for nobody is left out.
    let user = actor.user_name();
    format!(
        "{{\"EventId\":\"{id}\",\"EventName\":\"{name}\",\"ReadOnly\":\"{read}\",{key}\
         \"EventTime\":{time},\"EventSource\":\"{source}\",{user}\"Resources\":{resources},\
         \"CloudTrailEvent\":{record}}}",
        id = it.id(),
        name = it.name.text,
        read = it.name.is_read(),
        key = text_member("AccessKeyId", actor.access_key_id(it)),
        time = Millis::of_seconds(it.time()),
        source = it.source(),
        user = member("Username", user.map(render::json)),
        resources = resources(it),
        record = render::json(&record),
    )
}

/// The index of resources, which CloudTrail has for few events of ECS.
fn resources(it: &Occurrence<'_>) -> Value {
    match it.name.text {
        "CreateCluster" | "DeleteCluster" => {
            let name = it.place.cluster_name(it.cluster());
            json!([{ "ResourceType": "AWS::ECS::Cluster", "ResourceName": name }])
        }
        _ => json!([]),
    }
}

/// The record, in the members of CloudTrail's event reference.
fn record(it: &Occurrence<'_>, actor: &Actor, canary: &str) -> Value {
    let place = it.place;
    let is_ecs = it.source() == ECS;
    let Parameters { request, response } = match is_ecs {
        true => parameters(it, canary),
        false => Parameters {
            request: json!({ "name": format!("other-{}", it.number) }),
            response: Value::Null,
        },
    };
    let error = match it.draw(10, 9) {
        0 => Some(("AccessDenied", "is not authorized to perform the action")),
        1 if is_ecs => Some(("ClusterNotFoundException", "Cluster not found.")),
        _ => None,
    };
    let time = clock::of_seconds(it.time());
    let mut record = json!({
        "eventVersion": it.pick(11, &["1.08", "1.11"]),
        "userIdentity": actor.identity(it),
        "eventTime": clock::rfc3339(time),
        "eventSource": it.source(),
        "eventName": it.name.text,
        "awsRegion": place.region,
        "sourceIPAddress": actor.address(it),
        "userAgent": actor.agent(),
        "requestParameters": request,
        "responseElements": match error {
            Some(_) => Value::Null,
            None => response,
        },
        "requestID": render::uuid(place, it.name.topic() + 40, it.number).to_string(),
        "eventID": it.id(),
        "readOnly": it.name.is_read(),
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": place.account,
        "eventCategory": "Management",
    });
    if let Some((code, message)) = error {
        record["errorCode"] = code.into();
        record["errorMessage"] = message.into();
    }
    if let Some(host) = actor.host(it) {
        record["tlsDetails"] = json!({
            "tlsVersion": it.pick(12, &["TLSv1.3", "TLSv1.2"]),
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": host,
        });
    }
    if it.draw(13, 4) == 0 {
        record["vpcEndpointId"] = format!("vpce-{:017x}", place.hash(84, 0) >> 4).into();
        record["vpcEndpointAccountId"] = place.account.clone().into();
    }
    record
}
