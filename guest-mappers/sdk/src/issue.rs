use std::fmt;

/// What became of the object that an issue names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The object was mapped; something about it is worth knowing.
    Warning,
    /// The object gave no record.
    Rejected,
}

/// One thing that a mapper has to say about an object. It never holds a value of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Position of the object in the page's list, counted from 0, nulls included.
    pub source_index: Option<u32>,
    /// What became of the object.
    pub severity: Severity,
    /// A short constant in kebab case, for example `wrong-type`.
    pub code: &'static str,
    /// Path of the member inside the page, for example `tasks[3].createdAt`.
    pub path: String,
    /// A sentence for a person.
    pub message: String,
}

/// One record: a JSON object that is a part of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Position of the described object in the page's list, counted from 0, nulls included.
    pub source_index: u32,
    /// Where the record starts in the payload, in bytes.
    pub offset: u32,
    /// How long the record is, in bytes.
    pub length: u32,
}

/// The mapped page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MappedPage {
    /// The records, one after another.
    pub payload: Vec<u8>,
    /// Where each record is, in the page's order.
    pub rows: Vec<Row>,
    /// Everything worth saying about single objects.
    pub issues: Vec<Issue>,
}

impl MappedPage {
    /// The JSON text of a row, or nothing if the row does not lie inside the payload.
    #[must_use]
    pub fn record(&self, row: &Row) -> &[u8] {
        let start = row.offset as usize;
        let end = start.saturating_add(row.length as usize);
        self.payload.get(start..end).unwrap_or_default()
    }
}

/// Why nothing of a page could be mapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageError {
    /// The module does not map this connector object.
    UnsupportedObject(String),
    /// The page is not a response of the operation.
    MalformedPage(String),
    /// The module failed.
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

/// Why one object gave no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// A short constant in kebab case.
    pub code: &'static str,
    /// The member that is to blame, for example `taskArn`; empty for the object as a whole.
    pub member: String,
    /// A sentence for a person, without a value of the page.
    pub message: String,
}

impl Rejection {
    /// The object has no ARN, hence no identity.
    #[must_use]
    pub fn no_arn(member: &'static str) -> Self {
        Self {
            code: "no-arn",
            member: member.to_owned(),
            message: format!("the object has no `{member}`, which would be its UID"),
        }
    }
}
