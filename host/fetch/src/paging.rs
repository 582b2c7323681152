//! The tokens of pages.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;

use portolan_aws::{CallFailure, FailureKind};
use portolan_machine::fingerprint::fingerprint;
use portolan_page::object::Operation;

/// The message for an answer that is not JSON.
pub(super) const UNREADABLE: &str = "it is cut or is not a JSON object";

/// The tokens of one listing. A repeated token would make the listing endless.
#[derive(Default)]
pub(super) struct Tokens {
    seen: HashSet<[u8; 16]>,
}

impl Tokens {
    pub(super) fn next(
        &mut self,
        token: Option<String>,
        operation: Operation,
    ) -> Result<Option<String>, CallFailure> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        if self.seen.insert(fingerprint(&token)) {
            return Ok(Some(token));
        }
        Err(CallFailure {
            operation,
            kind: FailureKind::Final,
            code: "repeated-token".into(),
            message: format!(
                "{operation} returned the same nextToken twice, so its pages would never end; the listing is not complete"
            ),
            request_id: None,
            retry_after: None,
        })
    }
}

/// The token of the next page in an answer. A token that appears twice is refused, because it is not known which
/// one counts.
pub(super) fn next_token(body: &[u8], name: &str) -> Result<Option<String>, String> {
    struct Token<'n>(&'n str);
    impl<'de> Visitor<'de> for Token<'_> {
        type Value = Option<String>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object with at most one token")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut token = None;
            while let Some(member) = map.next_key::<String>()? {
                match member == self.0 {
                    true if token.is_some() => return Err(A::Error::custom("two tokens")),
                    true => token = Some(map.next_value::<Option<String>>()?),
                    false => {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(token.flatten())
        }
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    json.deserialize_map(Token(name))
        .map_err(|error| match error.classify() {
            Category::Data => format!("its {name} is not one text"),
            _ => UNREADABLE.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_token_is_an_error_that_names_the_operation() {
        let mut tokens = Tokens::default();
        let operation = Operation::ListTasks;
        assert_eq!(
            tokens.next(Some("a".into()), operation).expect("new"),
            Some("a".into())
        );
        assert_eq!(tokens.next(None, operation).expect("the end"), None);
        let failure = tokens
            .next(Some("a".into()), operation)
            .expect_err("repeated");
        assert_eq!(failure.operation, Operation::ListTasks);
    }
}
