//! A string as written in the text of a body.

use std::ops::Range;

use memchr::memchr2;
use wide::u8x32;

/// The position of a string.
pub(super) struct Text {
    /// The span between its quotes.
    pub(super) span: Range<usize>,
    pub(super) has_escapes: bool,
}

impl Text {
    /// Reads the string whose first byte after the quote is at `start`; `None` if the string does not end.
    #[inline(always)]
    pub(super) fn starting_at(raw: &[u8], start: usize) -> Option<Self> {
        let mut at = start;
        let mut has_escapes = false;
        loop {
            at += quote_or_backslash(raw.get(at..)?)?;
            if raw[at] == b'"' {
                return Some(Self {
                    span: start..at,
                    has_escapes,
                });
            }
            has_escapes = true;
            at += 2;
        }
    }

    /// The string without its escapes; `None` if they are not valid.
    pub(super) fn decoded(&self, raw: &[u8]) -> Option<String> {
        serde_json::from_slice(&raw[self.span.start - 1..self.span.end + 1]).ok()
    }

    /// Whether the string is `word`.
    #[inline]
    pub(super) fn is(&self, raw: &[u8], word: &str) -> bool {
        if !self.has_escapes {
            return &raw[self.span.clone()] == word.as_bytes();
        }
        self.decoded(raw).is_some_and(|name| name == word)
    }
}

/// The offset of the first quote or backslash.
///
/// Most strings of a page are so short that the setup and the mispredicted branches of a search take longer
/// than the search itself, so the first 96 bytes are compared in blocks of 32.
#[inline(always)]
fn quote_or_backslash(rest: &[u8]) -> Option<usize> {
    let mut looked_at = 0;
    let (chunks, _) = rest.as_chunks::<32>();
    for first in chunks.iter().take(3) {
        let first = u8x32::from(*first);
        let found =
            (first.simd_eq(u8x32::splat(b'"')) | first.simd_eq(u8x32::splat(b'\\'))).to_bitmask();
        if found != 0 {
            return Some(looked_at + found.trailing_zeros() as usize);
        }
        looked_at += 32;
    }
    memchr2(b'"', b'\\', &rest[looked_at..]).map(|found| looked_at + found)
}
