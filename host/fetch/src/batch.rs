//! The batches that listers pass to describers.

/// The ARNs for one Describe call.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) cluster: Option<String>,
    /// The status under which the ARNs were listed; `None` if the listing has none.
    pub(super) status: Option<&'static str>,
    pub(super) arns: Vec<String>,
}
