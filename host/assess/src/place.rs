//! The account and Region of records and scopes.

use serde_json::{Map, Value};

/// A record of an output.
pub type Record = Map<String, Value>;

/// An account and a Region. Records of different places are never joined.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) account_id: String,
    pub(crate) region: String,
}

impl Place {
    /// The place of a record.
    pub(crate) fn of(record: &Record) -> Self {
        let text = |name| text(record, name).unwrap_or_default().to_owned();
        Self {
            account_id: text("ACCOUNT_ID"),
            region: text("REGION"),
        }
    }
}

/// A text attribute of a record.
pub(crate) fn text<'r>(record: &'r Record, name: &str) -> Option<&'r str> {
    record.get(name)?.as_str()
}
