//! A second reading of the rules for audit events: see the head of `page/body/event.rs`.

use super::json::{Json, decoded};

const SOURCE: &str = "ecs.amazonaws.com";
/// Values inside this many others cannot be followed.
const DEPTH: u32 = 64;

/// The meaning of a place in an event.
#[derive(Clone, Copy, PartialEq)]
enum In {
    Outside,
    Summary,
    Parameters,
    Content,
    Variables,
    Variable,
    Withheld,
}

/// The body before the scan; `None` if it is refused.
pub(super) fn unfolded(body: &Json) -> Option<Json> {
    let Json::Object(members) = body else {
        return None;
    };
    let mut kept = Vec::new();
    for (written, value) in members {
        if decoded(written)? == "Events" {
            let events = match value {
                Json::List(events) => Json::List(events.iter().map(event).collect()),
                other => other.hollow(),
            };
            kept.push(("\"Events\"".to_owned(), events));
        }
    }
    Some(Json::Object(kept))
}

fn event(event: &Json) -> Json {
    let Json::Object(members) = event else {
        return event.hollow();
    };
    let names: Option<Vec<String>> = members.iter().map(|it| decoded(&it.0)).collect();
    let Some(names) = names else {
        return event.hollow();
    };
    let mut sources = event.all("EventSource").filter_map(Json::text);
    if sources.next().is_some_and(|source| source != SOURCE) {
        return Json::Scalar("null".into());
    }
    let members = names.iter().zip(members).map(|(name, (_, value))| {
        let kept = match name.as_str() {
            "CloudTrailEvent" => recorded(value).unwrap_or_else(|| Json::Scalar("\"\"".into())),
            _ => value_in(value, In::Summary, DEPTH).unwrap_or_else(|| value.hollow()),
        };
        (plain(name), kept)
    });
    Json::Object(members.collect())
}

/// The event inside, which may be written as text.
fn recorded(value: &Json) -> Option<Json> {
    let read = value.text().map(|text| Json::read(text.as_bytes()));
    let inner = match read {
        Some(read) => read.ok()?,
        None => value.clone(),
    };
    let Json::Object(members) = &inner else {
        return None;
    };
    let members = members.iter().map(|(written, value)| {
        let name = decoded(written)?;
        let inside = match name.as_str() {
            "requestParameters" => In::Parameters,
            "responseElements" | "additionalEventData" | "serviceEventDetails" => In::Content,
            _ => In::Outside,
        };
        Some((plain(&name), value_in(value, inside, DEPTH)?))
    });
    members.collect::<Option<_>>().map(Json::Object)
}

fn plain(name: &str) -> String {
    serde_json::Value::from(name).to_string()
}

fn meaning(outer: In, name: &str, value: &Json) -> In {
    let is_scalar = matches!(value, Json::Scalar(_));
    let is_reference = matches!(
        name,
        "secrets" | "repositoryCredentials" | "credentialsParameter" | "credentialSpecs"
    );
    match outer {
        In::Variable if name == "name" && is_scalar => In::Outside,
        In::Withheld | In::Variable | In::Variables => In::Withheld,
        _ if name.eq_ignore_ascii_case("environment") => In::Variables,
        In::Outside | In::Summary => outer,
        In::Parameters if name == "command" => In::Withheld,
        _ if name == "command" && value.text().is_some() => In::Withheld,
        _ if !is_reference && is_credential(Some(name)) => In::Withheld,
        In::Parameters | In::Content => In::Content,
    }
}

fn value_in(value: &Json, inside: In, depth: u32) -> Option<Json> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Json::Object(members) => {
            let members = members.iter().map(|(written, value)| {
                let name = decoded(written)?;
                let value = value_in(value, meaning(inside, &name, value), depth)?;
                Some((plain(&name), value))
            });
            Json::Object(members.collect::<Option<_>>()?)
        }
        Json::List(elements) => {
            let elements = elements.iter().map(|each| {
                let inside = match inside {
                    In::Variables if matches!(each, Json::Object(_)) => In::Variable,
                    In::Variables | In::Variable => In::Withheld,
                    In::Parameters => In::Content,
                    other => other,
                };
                value_in(each, inside, depth)
            });
            Json::List(elements.collect::<Option<_>>()?)
        }
        Json::Scalar(text) => {
            let is_blank = match inside {
                In::Outside => false,
                // JSON in a text has a quote.
                In::Summary | In::Parameters | In::Content => {
                    let text = text.to_ascii_lowercase();
                    let signs = ["\\\"", "\\\\", "\\u0022", "\\u005c"];
                    text.starts_with('"') && signs.iter().any(|sign| text.contains(sign))
                }
                In::Variables | In::Variable | In::Withheld => true,
            };
            if is_blank {
                value.hollow()
            } else {
                value.clone()
            }
        }
    })
}

/// A name that cannot be read may be one.
pub(super) fn is_credential(name: Option<&str>) -> bool {
    const WORDS: [&str; 10] = [
        "token",
        "secret",
        "passw",
        "credential",
        "apikey",
        "accesskey",
        "licensekey",
        "privatekey",
        "sharedkey",
        "basicauth",
    ];
    let plain = name.map(|name| name.replace(|each: char| !each.is_ascii_alphanumeric(), ""));
    plain.is_none_or(|plain| {
        WORDS
            .iter()
            .any(|word| plain.to_ascii_lowercase().contains(word))
    })
}
