//! Members that the host adds to a body, and members beside a page's objects that modules get in each object.

use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Page;

/// A body in which a member has this value, JSON, or is missing. A body that is not an object is returned
/// unchanged: the scan refuses it.
///
/// The member comes first, because a module that reads the objects then has read it already.
#[must_use]
pub fn with_member(body: &[u8], name: &str, value: Option<&str>) -> Vec<u8> {
    let Ok(Members(members)) = serde_json::from_slice(body) else {
        return body.to_vec();
    };
    let others = members.iter().filter(|(known, _)| known != name);
    let others = others.map(|(name, value)| (name.as_str(), value.get()));
    let mut output = Vec::with_capacity(body.len() + value.map_or(0, str::len) + name.len() + 4);
    output.push(b'{');
    for (name, value) in value.map(|value| (name, value)).into_iter().chain(others) {
        if output.len() > 1 {
            output.push(b',');
        }
        // Serialization of a text does not fail.
        output.extend_from_slice(&serde_json::to_vec(name).unwrap_or_default());
        output.push(b':');
        output.extend_from_slice(value.as_bytes());
    }
    output.push(b'}');
    output
}

/// The members of an object, in their order.
pub(super) struct Members<'b>(pub(super) Vec<(String, &'b RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Page {
    /// This page without a member that stands beside its objects.
    #[must_use]
    pub fn without_beside(&self, name: &str) -> Self {
        let read = match self.with_values {
            Some(_) => Self::read_with_values,
            None => Self::read,
        };
        let body = with_member(self.body_with_values(), name, None);
        // A part of a body that was read can be read.
        read(self.object, self.origin.clone(), Bytes::from(body)).unwrap_or_else(|_| self.clone())
    }

    /// This page with a member that stands beside its objects inside each of them; `None` if it has no such
    /// member.
    pub(super) fn with_inside(&self, name: &str) -> Option<Self> {
        let members: HashMap<String, &RawValue> = serde_json::from_slice(&self.body).ok()?;
        let value = members.get(name)?.get();
        let (mut body, mut copied) = (Vec::with_capacity(2 * self.body.len()), 0);
        for span in self.objects.iter().flatten() {
            if self.body[span.start] == b'{' {
                body.extend_from_slice(&self.body[copied..=span.start]);
                body.extend_from_slice(format!("\"{name}\":{value}").as_bytes());
                let is_empty = self.body[span.start + 1..].trim_ascii_start()[0] == b'}';
                body.extend_from_slice(if is_empty { b"" } else { b"," });
                copied = span.start + 1;
            }
        }
        body.extend_from_slice(&self.body[copied..]);
        Self::read(self.object, self.origin.clone(), Bytes::from(body)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Origin;
    use crate::object::Object;

    #[test]
    fn a_member_is_replaced_added_or_left_out() {
        let body = br#"{"taskDefinition":{"family":"a"},"tags":[1],"\u0074ags":2}"#;
        for (value, expected) in [
            (
                Some("[3]"),
                r#"{"tags":[3],"taskDefinition":{"family":"a"}}"#,
            ),
            (None, r#"{"taskDefinition":{"family":"a"}}"#),
        ] {
            let body = with_member(body, "tags", value);
            assert_eq!(String::from_utf8_lossy(&body), expected);
        }
        assert_eq!(with_member(b"{}", "tags", Some("[]")), br#"{"tags":[]}"#);
        assert_eq!(with_member(b"[1", "tags", None), b"[1");
    }

    #[test]
    fn modules_get_in_each_object_what_stands_beside_it() {
        let body = br#"{"ownSettings":[{"name":"a"}],"settings":[{"name":"a"},null,{},7]}"#;
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: String::new(),
        };
        let page = Page::read(Object::EcsAccountSetting, origin, Bytes::from_static(body));
        let page = page.expect("a page");
        let inside = page.of(Object::EcsAccountSetting, None);
        let inside = inside.expect("small").expect("its own object");
        let own = r#""ownSettings":[{"name":"a"}]"#;
        assert_eq!(
            inside.text(),
            format!("{{{own},\"settings\":[{{{own},\"name\":\"a\"}},null,{{{own}}},7]}}")
        );
        assert_eq!(inside.arn(0).as_deref(), Some("a"));
        assert_eq!(inside.len(), 4);
    }
}
