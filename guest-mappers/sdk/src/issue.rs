use std::fmt;

/// The effect of an issue on its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The object was mapped; the issue reports something about it.
    Warning,
    /// The object gave no record.
    Rejected,
}

/// A finding about an object. It never holds a value of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The position of the object in the page's list, counted from 0, nulls included.
    pub source_index: Option<u32>,
    /// The effect on the object.
    pub severity: Severity,
    /// A short constant in kebab case, for example `wrong-type`.
    pub code: &'static str,
    /// The path of the member inside the page, for example `tasks[3].createdAt`.
    pub path: String,
    /// A sentence for the operator.
    pub message: String,
}

/// One record: a JSON object that is a part of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The position of the described object in the page's list, counted from 0, nulls included.
    pub source_index: u32,
    /// The start of the record in the payload, in bytes.
    pub offset: u32,
    /// The length of the record, in bytes.
    pub length: u32,
}

/// The mapped page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedPage {
    /// The records, one after another.
    pub payload: Vec<u8>,
    /// The position of each record, in the page's order.
    pub rows: Vec<Row>,
    /// The findings about single objects.
    pub issues: Vec<Issue>,
}

impl MappedPage {
    /// The JSON text of a row; empty if the row does not lie inside the payload.
    #[must_use]
    pub fn record(&self, row: &Row) -> &[u8] {
        let start = row.offset as usize;
        let end = start.saturating_add(row.length as usize);
        self.payload.get(start..end).unwrap_or_default()
    }
}

/// The reason that a page could not be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageError {
    /// The module does not map this connector object.
    UnsupportedObject(String),
    /// The page is not a response of the operation.
    MalformedPage(String),
    /// The module itself failed.
    Internal(String),
}

impl fmt::Display for PageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnsupportedObject(message)
            | Self::MalformedPage(message)
            | Self::Internal(message) => formatter.write_str(message),
        }
    }
}

impl std::error::Error for PageError {}

/// The reason that one object gave no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// A short constant in kebab case.
    pub code: &'static str,
    /// The offending member, for example `taskArn`; empty for the object as a whole.
    pub member: String,
    /// A sentence for the operator, without a value of the page.
    pub message: String,
}

impl Rejection {
    /// The object has no ARN and therefore no identity.
    #[must_use]
    pub fn no_arn(member: &'static str) -> Self {
        Self {
            code: "no-arn",
            member: member.to_owned(),
            message: format!("the object has no `{member}`, which would be its UID"),
        }
    }
}
