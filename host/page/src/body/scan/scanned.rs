//! What comes of a scan.

use std::num::NonZeroU32;
use std::ops::Range;

use crate::body::BODY_LIMIT_BYTES;

/// Why a body is not a page.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The text stops being JSON at a byte.
    #[error("the body is not JSON: {expected} was expected at byte {at}")]
    Syntax {
        /// Offset in the body, in bytes.
        at: usize,
        /// What JSON allows there.
        expected: &'static str,
    },
    /// The text ends too early.
    #[error("the body ends in the middle, after {0} bytes")]
    Truncated(usize),
    /// Bytes that are no text.
    #[error("the body is not UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// Something else than a response, which is always an object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// Too much.
    #[error(
        "the body has {0} bytes, more than the {BODY_LIMIT_BYTES} that any ECS response can have"
    )]
    TooLarge(usize),
}

/// What a scan found.
pub(in crate::body) struct Scanned {
    /// The body without environment values, if it had any.
    pub(in crate::body) body: Option<Vec<u8>>,
    /// For every place of the list its span in the (new) body; none for null.
    pub(in crate::body) objects: Vec<Option<Range<usize>>>,
    /// The members of the objects and what belongs to them, at any depth, in the order in which they start.
    pub(in crate::body) members: Vec<Member>,
    /// Whether the member that holds the objects is there and not null.
    pub(in crate::body) has_member: bool,
    /// The span of what could not be described, if the body says that.
    pub(in crate::body) failures: Option<Range<usize>>,
}

/// Where a member of a described object stands. Offsets are in the (new) body, which is shorter than 4 GiB
/// by far.
#[derive(Clone, Copy, Debug)]
pub(in crate::body) struct Member {
    /// Of the quote before its name.
    pub(in crate::body) start: u32,
    /// Behind its value.
    pub(in crate::body) end: u32,
    /// Which member comes after it and all that its value holds.
    pub(in crate::body) next: u32,
    /// Bytes between the quotes of its name; none if that has escapes, and could be any name.
    pub(in crate::body) name_bytes: Option<NonZeroU32>,
}

/// A place in a body as members keep it.
pub(in crate::body) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
