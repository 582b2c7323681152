//! The result of a scan.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::body::BODY_LIMIT_BYTES;

/// The reason that a body is not a page.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The text stops being JSON at a byte.
    #[error("the body is not JSON: {expected} was expected at byte {at}")]
    Syntax {
        /// Offset in the body, in bytes.
        at: usize,
        /// The tokens that JSON allows there.
        expected: &'static str,
    },
    /// The text ends too early; its length in bytes.
    #[error("the body ends in the middle, after {0} bytes")]
    Truncated(usize),
    /// The body is not valid UTF-8; the offset of the first wrong byte.
    #[error("the body is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The body is not an object, but every response is one.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// The body has names of members that cannot be read, so that values to withhold could be missed.
    #[error("the body has names or numbers that cannot be read")]
    Unfollowed,
    /// The body is longer than [`BODY_LIMIT_BYTES`]; its size in bytes.
    #[error(
        "the body has {0} bytes, more than the {BODY_LIMIT_BYTES} that any ECS response can have"
    )]
    TooLarge(usize),
}

/// The result of a scan.
pub(in crate::body) struct Scanned {
    /// The body without environment values, if it had any.
    pub(in crate::body) body: Option<Vec<u8>>,
    /// The span of each place of the list in the (new) body; `None` for null.
    pub(in crate::body) objects: Vec<Option<Range<usize>>>,
    /// The members of the objects, and the members beside a single object that belong to it, at any depth, in
    /// the order in which they start.
    pub(in crate::body) members: Vec<Member>,
    /// Whether the member that holds the objects is there and not null.
    pub(in crate::body) has_member: bool,
    /// The span of the value of `failures`, if the body has one.
    pub(in crate::body) failures: Option<Range<usize>>,
}

/// The position of a member of a described object. Offsets are in the (new) body, which is far shorter than 4
/// GiB.
#[derive(Clone, Copy, Debug)]
pub(in crate::body) struct Member {
    /// The offset of the quote before its name.
    pub(in crate::body) start: u32,
    /// The offset after its value.
    pub(in crate::body) end: u32,
    /// The index of the next member after it and after the members in its value.
    pub(in crate::body) next: u32,
    /// The number of bytes between the quotes of its name; `None` if the name has escapes.
    pub(in crate::body) name_bytes: Option<NonZeroU32>,
}

/// Converts an offset in a body to the type that members use.
pub(in crate::body) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
