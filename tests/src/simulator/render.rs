//! JSON of the objects, written straight from their index.
//!
//! Names and ids are made of letters, digits and hyphens and need no escaping; other texts go through
//! [`json`].

mod cluster;
mod container_settings;
mod service;
mod task;
mod task_definition;

use std::fmt::{self, Display, Formatter};

pub(super) use cluster::cluster;
pub(super) use service::service;
pub(super) use task::task;
pub(super) use task_definition::task_definition;

use super::call::Call;
use super::place::Place;
use super::rules::Rules;

/// The time around which everything was created: 2026-09-21, in milliseconds since 1970.
const EPOCH_MS: u64 = 1_790_000_000_000;
const DAY_MS: u64 = 86_400_000;

/// A JSON string with its quotes.
pub(super) fn json(text: &str) -> impl Display + use<> {
    serde_json::Value::from(text)
}

/// A JSON array of `count` elements.
fn list<T: Display>(count: u64, element: impl Fn(u64) -> T) -> impl Display {
    fmt::from_fn(move |f| {
        f.write_str("[")?;
        for index in 0..count {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", element(index))?;
        }
        f.write_str("]")
    })
}

/// `"name":value,` or nothing.
pub(super) fn member<T: Display>(name: &str, value: Option<T>) -> impl Display {
    fmt::from_fn(move |f| match &value {
        Some(value) => write!(f, "\"{name}\":{value},"),
        None => Ok(()),
    })
}

/// `"name":"value",` or nothing; the value needs no escaping.
pub(super) fn text_member<T: Display>(name: &str, value: Option<T>) -> impl Display {
    fmt::from_fn(move |f| match &value {
        Some(value) => write!(f, "\"{name}\":\"{value}\","),
        None => Ok(()),
    })
}

/// A time in milliseconds since 1970, written as ECS does: seconds, some with an exponent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Millis(u64);

impl Display for Millis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(ms) = *self;
        if ms.is_multiple_of(3) {
            let scale = 1_000_000_000_000;
            let digits = format!("{:012}", ms % scale);
            return match digits.trim_end_matches('0') {
                "" => write!(f, "{}.0E9", ms / scale),
                digits => write!(f, "{}.{digits}E9", ms / scale),
            };
        }
        match ms % 1_000 {
            0 => write!(f, "{}", ms / 1_000),
            fraction => write!(f, "{}.{fraction:03}", ms / 1_000),
        }
    }
}

/// A time in the year before [`EPOCH_MS`], always the same for the same object.
pub(super) fn created_at(place: &Place, topic: u64, index: u64) -> Millis {
    Millis(EPOCH_MS - place.hash(topic, index) % (365 * DAY_MS))
}

impl Millis {
    /// The time of a second since 1970.
    pub(super) const fn of_seconds(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }

    fn later(self, ms: u64) -> Self {
        Self(self.0 + ms)
    }
}

/// Every eleventh object has no tags.
pub(super) const fn has_tags(index: u64) -> bool {
    index % 11 != 10
}

/// Keys and values of the tags of an object; `managed` is one that AWS gives.
pub(super) fn tag_pairs<'a>(
    rules: &'a Rules,
    index: u64,
    name: &'a str,
    managed: Option<(&'a str, &'a str)>,
) -> Vec<(&'a str, &'a str)> {
    let mut tags = Vec::new();
    if has_tags(index) {
        tags.extend(managed);
        tags.push(("Name", name));
        let empty = index.is_multiple_of(7).then_some("");
        let team = rules.team.as_deref().or(empty);
        tags.push(("team", team.unwrap_or("platform")));
        if index % 5 == 1 {
            tags.push((
                "note",
                "first line\u{2028}second \"quoted\" line\nwith a tab\t, Größe 10 µm",
            ));
        }
        if index.is_multiple_of(4) {
            tags.push(("cost center/2026:é", "4711 + 12"));
        }
    }
    tags
}

/// The `tags` of an object, or `[]` if the request does not include them.
pub(super) fn tags(
    call: &Call<'_>,
    asked: bool,
    index: u64,
    name: &str,
    managed: Option<(&str, &str)>,
) -> impl Display {
    let pairs = match asked {
        true => tag_pairs(call.rules, index, name, managed),
        false => Vec::new(),
    };
    let tags: Vec<_> = pairs
        .into_iter()
        .map(|(key, value)| format!("{{\"key\":{},\"value\":{}}}", json(key), json(value)))
        .collect();
    fmt::from_fn(move |f| write!(f, "[{}]", tags.join(",")))
}

/// `index` and `topic` as a UUID in lower case.
pub(super) fn uuid(place: &Place, topic: u64, index: u64) -> impl Display {
    let (high, low) = (place.hash(topic, index), place.hash(topic + 100, index));
    fmt::from_fn(move |f| {
        let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xfff);
        let (d, e) = ((low >> 48) & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
        write!(f, "{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
    })
}

/// The awsvpc settings of services and their deployments.
fn awsvpc_configuration(place: &Place, index: u64) -> impl Display {
    let public = if index % 3 == 1 {
        "ENABLED"
    } else {
        "DISABLED"
    };
    let (subnet, group) = (place.hash(20, index), place.hash(21, index));
    fmt::from_fn(move |f| {
        write!(
            f,
            "{{\"awsvpcConfiguration\":{{\"subnets\":[\"subnet-{subnet:017x}\",\"subnet-{:017x}\"],\
             \"securityGroups\":[\"sg-{group:017x}\"],\"assignPublicIp\":\"{public}\"}}}}",
            subnet ^ 1
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_with_and_without_exponents() {
        assert_eq!(Millis(1_466_801_808_595).to_string(), "1466801808.595");
        assert_eq!(Millis(1_466_801_808_594).to_string(), "1.466801808594E9");
        assert_eq!(Millis(1_790_000_001_000).to_string(), "1.790000001E9");
        assert_eq!(Millis(1_790_000_000_000).to_string(), "1790000000");
    }
}
