//! Stores the positions of the members of the page's objects.

use std::num::NonZeroU32;

use super::text::Text;
use super::{Member, Place, Scan, offset};

impl Scan<'_> {
    pub(super) fn open_member(&mut self, start: usize, name: &Text) -> Place {
        let name_bytes = match name.has_escapes {
            true => None,
            false => NonZeroU32::new(offset(name.span.len())),
        };
        let place = self.members.len();
        self.members.push(Member {
            start: offset(start),
            end: 0,
            next: 0,
            name_bytes,
        });
        place
    }

    pub(super) fn close_member(&mut self, place: Option<Place>) {
        let (end, next) = (offset(self.position()), offset(self.members.len()));
        if let Some(member) = place.and_then(|place| self.members.get_mut(place)) {
            member.end = end;
            member.next = next;
        }
    }
}
