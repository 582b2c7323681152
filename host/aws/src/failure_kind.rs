//! Classes of failures.

/// The consequence of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// AWS throttles the caller; the call is retried up to a high limit.
    Throttled,
    /// A momentary fault; the call is retried a limited number of times.
    Transient,
    /// The permissions do not allow the operation.
    Denied,
    /// The credentials are not valid, or no longer valid; all other calls fail too.
    Credentials,
    /// The cluster does not exist any more.
    ClusterGone,
    /// The object does not exist any more.
    ObjectGone,
    /// A retry would fail too.
    Final,
}
