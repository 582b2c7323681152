//! Parts of described objects, such as the containers of a task, as a page of their own.
//!
//! A mapper of parts receives a list of elements such as
//! `{"container":{"name":"web",…},"task":{"taskArn":…},"position":0}`. An element holds the part, the whole
//! object without its lists of parts, and the position of the part in its list. The scan has noted the place
//! of each member, so most of the text is copied and not parsed again.

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
    /// This page as a mapper of `object` gets it: unchanged, or as a page of parts. Returns `None` if pages
    /// of this kind contain no such object.
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

    /// The ARN of the part in the element at `span`, or the ARN of the whole object if the part has none.
    /// `names` are the members of an element that hold the part and the whole object.
    pub(super) fn arn_of_part(&self, span: Range<usize>, names: [&str; 2]) -> Option<String> {
        type Members<'p> = HashMap<String, &'p RawValue>;
        let element: Members<'_> = serde_json::from_slice(&self.body[span]).ok()?;
        let objects = [self.object, self.object.fetched()];
        names.into_iter().zip(objects).find_map(|(name, object)| {
            let members: Members<'_> = serde_json::from_str(element.get(name)?.get()).ok()?;
            let arn = members.get(object.arn_member())?;
            let arn: Option<String> = serde_json::from_str(arn.get()).ok();
            arn.filter(|arn| !arn.is_empty())
        })
    }
}

/// A piece of a page, with the members in it. Offsets in `members` count from the beginning of `text`.
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

    /// Writes a comma, except directly after an opening bracket or brace.
    fn separate(&mut self) {
        if !matches!(self.text.last(), Some(b'{' | b'[')) {
            self.text.push(b',');
        }
    }

    /// Adds members from another text. `first` is the index of the first of them in the list that they come
    /// from. The byte at `from` of their text is copied to `to` of this text.
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

    /// Writes a member of an object: its name and its value.
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

/// A page of parts that is being written.
struct PartsPage {
    names: Names,
    page: Piece,
    objects: Vec<Option<Range<usize>>>,
}

struct Names {
    /// The names of all lists of parts. The copy of the whole object omits them.
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

    /// Adds the parts of one object. A wrong type becomes an element too, so that a mapper rejects it and the
    /// report shows it: an object that is not a JSON object, or its parts if they are not a list.
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
            // The member is repeated. A list in place of a part makes the mapper reject the element.
            [_, ..] => return self.add(&Piece::new(b"[]"), &whole, None),
        };
        match page.body.get(list.start) {
            Some(b'n') => Ok(()),
            Some(b'[') => self.add_all(page, list, &whole),
            // An object in place of the list would look like a valid part.
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

/// A page with the members that its scan found, in the order of their starts.
#[derive(Clone, Copy)]
struct Scanned<'p> {
    body: &'p [u8],
    members: &'p [Member],
}

impl<'p> Scanned<'p> {
    /// The index of the first member that starts at or after the byte offset `at`.
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

    /// Copies the members of the object at `span`, except those named in `left_out`. Returns the spans of the
    /// values of all members named `wanted`.
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

    /// The name of a member, and the span of its value. A name that cannot be decoded counts as empty, so it
    /// never matches the name of a list.
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

    /// The spans of the elements of a list; `None` for each null.
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

    /// The end of the object that starts at `at`, found through its members without parsing. Returns `None`
    /// for any other value, and if the scan did not note a member.
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

    /// The end of any value, found by parsing it.
    fn value_end(self, at: usize) -> usize {
        let text = &self.body[at..];
        let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
        values.next();
        at + values.byte_offset().max(1)
    }
}

#[cfg(test)]
mod tests;
