//! What a lister hands to a describer.

/// ARNs that one Describe call takes.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) cluster: Option<String>,
    /// The status under which the ARNs were listed, where a listing has one.
    pub(super) status: Option<&'static str>,
    pub(super) arns: Vec<String>,
}
