//! Parts of described objects, such as the containers of a task, as a page of their own.
//!
//! A mapper of parts receives a list of them. Each element holds the part, the object that it is part of, without
//! that object's lists of parts, and its position in the list that it comes from:
//! `{"container":{"name":"web",…},"task":{"taskArn":…},"position":0}`. The scan has found where members stand, so
//! that no text is parsed again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::scan::{Member, offset};
use super::{BODY_LIMIT_BYTES, Page, WithValues};
use crate::object::{Object, Shape, Way};

/// The parts of a page, each with its object, take more than [`BODY_LIMIT_BYTES`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parts of the page, each with its object, take more than {BODY_LIMIT_BYTES} bytes")]
pub struct PartsTooLarge;

impl Page {
    /// This page as a mapper of `object` gets it: unchanged, or as a page of parts. `None` if the page holds
    /// neither the object nor such parts.
    ///
    /// # Errors
    /// Fails if the parts take more than [`BODY_LIMIT_BYTES`].
    pub fn of(&self, object: Object) -> Result<Option<Cow<'_, Self>>, PartsTooLarge> {
        if object == self.object {
            return Ok(Some(Cow::Borrowed(self)));
        }
        if object.fetched() != self.object {
            return Ok(None);
        }
        let parts = PartsPage::read(object, &self.body, &self.objects, &self.members)?;
        let with_values = self.with_values.as_ref().map(|whole| {
            let parts = PartsPage::read(object, &whole.body, &whole.objects, &whole.members)?;
            Ok(WithValues {
                body: parts.page.text.into(),
                objects: parts.objects,
                members: parts.page.members,
            })
        });
        Ok(Some(Cow::Owned(Self {
            object,
            origin: self.origin.clone(),
            body: Bytes::from(parts.page.text),
            objects: parts.objects,
            members: parts.page.members,
            has_member: true,
            failures: None,
            with_values: with_values.transpose()?,
        })))
    }

    /// The ARN of a part; if it has none, that of the object that it is part of.
    pub(super) fn arn_of_part(&self, span: Range<usize>, names: [&str; 2]) -> Option<String> {
        type Members<'p> = HashMap<String, &'p RawValue>;
        let element: Members<'_> = serde_json::from_slice(&self.body[span]).ok()?;
        let objects = [self.object, self.object.fetched()];
        names.into_iter().zip(objects).find_map(|(name, object)| {
            let members: Members<'_> = serde_json::from_str(element.get(name)?.get()).ok()?;
            serde_json::from_str(members.get(object.arn_member())?.get()).ok()
        })
    }
}

/// A piece of a page, with the members in it. Their offsets count from the beginning of the text.
struct Piece {
    text: Vec<u8>,
    members: Vec<Member>,
}

impl Piece {
    fn new(text: &[u8]) -> Self {
        Self {
            text: text.to_vec(),
            members: Vec::new(),
        }
    }

    fn append(&mut self, other: &Self) {
        self.extend(&other.members, 0, 0, self.text.len());
        self.text.extend_from_slice(&other.text);
    }

    /// Writes a comma, except after an opening bracket.
    fn separate(&mut self) {
        if !matches!(self.text.last(), Some(b'{' | b'[')) {
            self.text.push(b',');
        }
    }

    /// Adds members that start at `from` in their own text, and at `to` in this one.
    fn extend(&mut self, members: &[Member], first: usize, from: usize, to: usize) {
        let by = offset(to).wrapping_sub(offset(from));
        let places_by = offset(self.members.len()).wrapping_sub(offset(first));
        self.members.extend(members.iter().map(|member| Member {
            start: member.start.wrapping_add(by),
            end: member.end.wrapping_add(by),
            next: member.next.wrapping_add(places_by),
            name_bytes: member.name_bytes,
        }));
    }

    /// Writes a member.
    fn add(&mut self, name: &str, value: &Self) {
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
        self.append(value);
        self.members[place].end = offset(self.text.len());
        self.members[place].next = offset(self.members.len());
    }
}

/// A page of parts while it is written.
struct PartsPage {
    names: Names,
    page: Piece,
    objects: Vec<Option<Range<usize>>>,
}

struct Names {
    /// All lists of parts that the objects of the page have.
    lists: Vec<&'static str>,
    list: &'static str,
    part: &'static str,
    whole: &'static str,
}

impl Names {
    fn of(object: Object) -> Self {
        let lists = Object::ALL
            .into_iter()
            .filter(|each| each.fetched() == object.fetched())
            .filter_map(|each| match each.row().way {
                Way::PartsOf { list, .. } => Some(list),
                _ => None,
            });
        let (list, part, whole) = match object.row().way {
            Way::PartsOf {
                list, part, whole, ..
            } => (list, part, whole),
            _ => ("", "", ""),
        };
        Self {
            lists: lists.collect(),
            list,
            part,
            whole,
        }
    }
}

impl PartsPage {
    fn read(
        object: Object,
        body: &[u8],
        objects: &[Option<Range<usize>>],
        members: &[Member],
    ) -> Result<Self, PartsTooLarge> {
        let (Shape::List(list) | Shape::Single(list)) = object.shape();
        let mut parts = Self {
            names: Names::of(object),
            page: Piece::new(format!("{{\"{list}\":[").as_bytes()),
            objects: Vec::new(),
        };
        let page = Scanned { body, members };
        for span in objects.iter().flatten() {
            parts.add_object(page, span)?;
        }
        parts.page.text.extend_from_slice(b"]}");
        Ok(parts)
    }

    /// Adds the parts of one object. A value of another type than an object, or
    /// than a list of parts, is an element too; a mapper rejects it because of its type.
    fn add_object(&mut self, page: Scanned<'_>, span: &Range<usize>) -> Result<(), PartsTooLarge> {
        if page.body.get(span.start) != Some(&b'{') {
            return self.add(&Piece::new(b"null"), &page.piece(span.clone()), None);
        }
        let mut whole = Piece::new(b"{");
        let lists = page.copy(span, &self.names.lists, self.names.list, &mut whole);
        whole.text.push(b'}');
        let list = match &lists[..] {
            [] => return Ok(()),
            [list] => list.clone(),
            // A list is not a part either.
            [_, ..] => return self.add(&Piece::new(b"[]"), &whole, None),
        };
        match page.body.get(list.start) {
            Some(b'n') => Ok(()),
            Some(b'[') => self.add_all(page, list, &whole),
            // It would pass for a part.
            Some(b'{') => self.add(&Piece::new(b"[]"), &whole, None),
            _ => self.add(&page.piece(list), &whole, None),
        }
    }

    fn add_all(
        &mut self,
        page: Scanned<'_>,
        list: Range<usize>,
        whole: &Piece,
    ) -> Result<(), PartsTooLarge> {
        for (position, element) in page.elements(list).into_iter().enumerate() {
            match element {
                Some(element) => self.add(&page.piece(element), whole, Some(position))?,
                None => {
                    self.begin(0)?;
                    self.page.text.extend_from_slice(b"null");
                    self.objects.push(None);
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        part: &Piece,
        whole: &Piece,
        position: Option<usize>,
    ) -> Result<(), PartsTooLarge> {
        self.begin(part.text.len() + whole.text.len())?;
        let start = self.page.text.len();
        self.page.text.push(b'{');
        self.page.add(self.names.part, part);
        self.page.separate();
        self.page.add(self.names.whole, whole);
        if let Some(position) = position {
            self.page.separate();
            let number = Piece::new(position.to_string().as_bytes());
            self.page.add("position", &number);
        }
        self.page.text.push(b'}');
        self.objects.push(Some(start..self.page.text.len()));
        Ok(())
    }

    /// Checks the size limit, and writes the comma before an element.
    fn begin(&mut self, length: usize) -> Result<(), PartsTooLarge> {
        if self.page.text.len() + length > BODY_LIMIT_BYTES {
            return Err(PartsTooLarge);
        }
        self.page.separate();
        Ok(())
    }
}

/// A scanned page.
#[derive(Clone, Copy)]
struct Scanned<'p> {
    body: &'p [u8],
    members: &'p [Member],
}

impl<'p> Scanned<'p> {
    /// The index of the first member that starts at or after a byte.
    fn place(self, at: usize) -> usize {
        let before = |member: &Member| (member.start as usize) < at;
        self.members.partition_point(before)
    }

    fn piece(self, span: Range<usize>) -> Piece {
        let places = self.place(span.start)..self.place(span.end);
        let mut piece = Piece {
            text: self.body[span.clone()].to_vec(),
            members: Vec::new(),
        };
        piece.extend(&self.members[places.clone()], places.start, span.start, 0);
        piece
    }

    /// Copies the members of an object except those named in `left_out`, and returns the values of `wanted`.
    fn copy(
        self,
        span: &Range<usize>,
        left_out: &[&str],
        wanted: &str,
        to: &mut Piece,
    ) -> Vec<Range<usize>> {
        let (mut place, end, mut found) = (self.place(span.start), self.place(span.end), vec![]);
        while place < end {
            let member = self.members[place];
            let text = member.start as usize..member.end as usize;
            let (name, value) = self.split(member);
            if name == wanted {
                found.push(value);
            }
            if !left_out.contains(&&*name) {
                to.separate();
                let all = &self.members[place..member.next as usize];
                to.extend(all, place, text.start, to.text.len());
                to.text.extend_from_slice(&self.body[text]);
            }
            place = member.next as usize;
        }
        found
    }

    /// The name of a member, and the span of its value. A name that cannot be decoded is empty, and equals no
    /// searched name.
    fn split(self, member: Member) -> (Cow<'p, str>, Range<usize>) {
        let (start, end) = (member.start as usize, member.end as usize);
        let (name, behind) = match member.name_bytes {
            Some(bytes) => {
                let name = start + 1..start + 1 + bytes.get() as usize;
                let behind = name.end + 1;
                (String::from_utf8_lossy(&self.body[name]), behind)
            }
            None => {
                let text = &self.body[start..end];
                let mut both = serde_json::Deserializer::from_slice(text).into_iter::<String>();
                let name = both.next().and_then(Result::ok).unwrap_or_default();
                (Cow::from(name), start + both.byte_offset())
            }
        };
        let colon = self.body[behind..end].iter().position(|it| *it == b':');
        let value = self.after_space(behind + colon.map_or(0, |it| it + 1));
        (name, value.min(end)..end)
    }

    fn after_space(self, at: usize) -> usize {
        let space = self.body[at..].iter();
        at + space.take_while(|it| it.is_ascii_whitespace()).count()
    }

    /// The elements of a list; `None` for each null.
    fn elements(self, list: Range<usize>) -> Vec<Option<Range<usize>>> {
        let (mut at, mut elements) = (list.start + 1, Vec::new());
        loop {
            at = self.after_space(at);
            match self.body.get(at).filter(|_| at < list.end) {
                None | Some(b']') => return elements,
                Some(b',') => at += 1,
                Some(b'n') => {
                    elements.push(None);
                    at += "null".len();
                }
                Some(_) => {
                    let end = self.object_end(at).unwrap_or_else(|| self.value_end(at));
                    elements.push(Some(at..end));
                    at = end.max(at + 1);
                }
            }
        }
    }

    /// The end of the object that starts at `at`, found through its members.
    fn object_end(self, at: usize) -> Option<usize> {
        if self.body.get(at) != Some(&b'{') {
            return None;
        }
        let (mut place, mut behind) = (self.place(at), self.after_space(at + 1));
        loop {
            match self.body.get(behind)? {
                b'}' => return Some(behind + 1),
                b',' => behind = self.after_space(behind + 1),
                _ => {
                    let member = self.members.get(place)?;
                    if member.start as usize != behind {
                        return None;
                    }
                    behind = self.after_space(member.end as usize);
                    place = member.next as usize;
                }
            }
        }
    }

    /// The end of any other value.
    fn value_end(self, at: usize) -> usize {
        let text = &self.body[at..];
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
        values.next();
        at + values.byte_offset().max(1)
    }
}

#[cfg(test)]
mod tests;
