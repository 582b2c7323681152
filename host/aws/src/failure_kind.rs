//! What sorts of failures there are.

/// What a failure means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// AWS asks to slow down; repeated without limit of number.
    Throttled,
    /// A fault of the moment; repeated a limited number of times.
    Transient,
    /// The permissions do not allow the operation.
    Denied,
    /// The credentials are not valid (any more), which no other call will survive either.
    Credentials,
    /// The cluster is gone.
    ClusterGone,
    /// The object is gone.
    ObjectGone,
    /// Repeating would not help.
    Final,
}
