use std::num::NonZeroU32;

use super::super::scan::{Member, offset};

/// A piece of a page, with the members in it. Offsets in `members` count from the beginning of `text`.
pub(super) struct Piece {
    pub(super) text: Vec<u8>,
    pub(super) members: Vec<Member>,
}

impl Piece {
    pub(super) fn new(text: &[u8]) -> Self {
        Self {
            text: text.to_vec(),
            members: Vec::new(),
        }
    }

    /// Writes a comma, except directly after an opening bracket or brace.
    pub(super) fn separate(&mut self) {
        if !matches!(self.text.last(), Some(b'{' | b'[')) {
            self.text.push(b',');
        }
    }

    /// Adds members from another text. `first` is the index of the first of them in the list that they come
    /// from. The byte at `from` of their text is copied to `to` of this text.
    pub(super) fn extend(&mut self, members: &[Member], first: usize, from: usize, to: usize) {
        let by = offset(to).wrapping_sub(offset(from));
        let places_by = offset(self.members.len()).wrapping_sub(offset(first));
        self.members.extend(members.iter().map(|member| Member {
            start: member.start.wrapping_add(by),
            end: member.end.wrapping_add(by),
            next: member.next.wrapping_add(places_by),
            name_bytes: member.name_bytes,
        }));
    }

    /// Writes a member of an object: its name, and the value that `write` adds.
    pub(super) fn add(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        let (start, place) = (self.text.len(), self.members.len());
        self.text.push(b'"');
        self.text.extend_from_slice(name.as_bytes());
        self.text.extend_from_slice(b"\":");
        self.members.push(Member {
            start: offset(start),
            end: 0,
            next: 0,
            name_bytes: NonZeroU32::new(offset(name.len())),
        });
        write(self);
        self.members[place].end = offset(self.text.len());
        self.members[place].next = offset(self.members.len());
    }
}
