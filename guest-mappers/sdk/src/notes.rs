use crate::{Body, Issue, Severity, Timestamp, UtcTime};

/// Takes warnings about the object that is being mapped.
pub struct Notes<'p> {
    pub(crate) body: Body,
    pub(crate) source_index: u32,
    pub(crate) issues: &'p mut Vec<Issue>,
}

impl<'p> Notes<'p> {
    #[doc(hidden)]
    #[must_use]
    pub fn new(body: Body, source_index: u32, issues: &'p mut Vec<Issue>) -> Self {
        Self {
            body,
            source_index,
            issues,
        }
    }
}

impl Notes<'_> {
    /// Adds a warning about a member, for example `tags`. The message must not hold a value of the page.
    pub fn warn(&mut self, code: &'static str, member: &str, message: impl Into<String>) {
        self.issues.push(Issue {
            source_index: Some(self.source_index),
            severity: Severity::Warning,
            code,
            path: self.body.path(self.source_index, member),
            message: message.into(),
        });
    }

    /// Turns a time into an attribute. `None`, with a warning, if RFC 3339 cannot write its year.
    pub fn time(&mut self, member: &str, time: Option<Timestamp>) -> Option<UtcTime> {
        let utc = time?.to_utc();
        if utc.is_none() {
            let message = format!(
                "`{member}` lies outside the years 0000 to 9999; the attribute is left out"
            );
            self.warn("year-out-of-range", member, message);
        }
        utc
    }

    /// Turns a time in RFC 3339 into an attribute. `None`, with a warning, if the text is no such time, or one
    /// outside the years that records can hold.
    pub fn rfc3339(&mut self, member: &str, text: Option<&str>) -> Option<UtcTime> {
        let utc = UtcTime::from_rfc3339(text?);
        if utc.is_none() {
            let message = format!(
                "`{member}` is not a time of the years 0000 to 9999; the attribute is left out"
            );
            self.warn("not-a-time", member, message);
        }
        utc
    }
}
