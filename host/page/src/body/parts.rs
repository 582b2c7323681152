//! Parts of described objects, such as the containers of a task, as a page of their own.
//!
//! A mapper of parts receives a list of elements such as
//! `{"container":{"name":"web",…},"task":{"taskArn":…},"position":0}`. An element holds the part, the whole
//! object without its lists of parts, and the position of the part in its list. The scan has noted the place
//! of each member, so most of the text is copied and not parsed again.

mod names;
mod piece;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::scan::Member;
use super::{BODY_LIMIT_BYTES, Page, Wanted, WithValues};
use crate::object::Object;
use names::Names;
use piece::Piece;

/// The parts of a page, each with its object, take more than [`BODY_LIMIT_BYTES`].
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parts of the page, each with its object, take more than {BODY_LIMIT_BYTES} bytes")]
pub struct PartsTooLarge;

impl Page {
    /// This page as a mapper of `object` gets it: unchanged, or as a page of parts. Returns `None` if pages
    /// of this kind contain no such object. Parts and whole objects keep the wanted members and their ARNs.
    ///
    /// # Errors
    /// Fails if the parts take more than [`BODY_LIMIT_BYTES`].
    pub fn of(
        &self,
        object: Object,
        wanted: Option<&Wanted>,
    ) -> Result<Option<Cow<'_, Self>>, PartsTooLarge> {
        if object == self.object {
            return Ok(Some(Cow::Borrowed(self)));
        }
        if object.fetched() != self.object {
            return Ok(None);
        }
        let read = |body, objects, members| {
            let page = Scanned { body, members };
            PartsPage::read(Names::of(object, wanted), page, objects)
        };
        let parts = read(&self.body, &self.objects, &self.members)?;
        let with_values = self.with_values.as_ref().map(|whole| {
            let parts = read(&whole.body, &whole.objects, &whole.members)?;
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

/// The value in place of a part.
enum Part {
    Text(&'static str),
    /// A span of the scanned page.
    Span(Range<usize>),
}

/// A page of parts that is being written.
struct PartsPage<'w> {
    names: Names<'w>,
    page: Piece,
    objects: Vec<Option<Range<usize>>>,
}

impl<'w> PartsPage<'w> {
    fn read(
        names: Names<'w>,
        page: Scanned<'_>,
        objects: &[Option<Range<usize>>],
    ) -> Result<Self, PartsTooLarge> {
        let mut parts = Self {
            page: Piece::new(format!("{{\"{}\":[", names.list).as_bytes()),
            names,
            objects: Vec::new(),
        };
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
            let mut whole = Piece::new(b"");
            page.append(span, &mut whole);
            return self.add(page, Part::Text("null"), &whole, None);
        }
        let mut whole = Piece::new(b"{");
        let mut lists = Vec::new();
        page.copy(span, &mut whole, |name, member| {
            if name == self.names.list.as_bytes() {
                lists.push(page.value(member));
                return false;
            }
            let mut lists = self.names.lists.iter();
            self.names.of_whole.has(name) && lists.all(|each| name != each.as_bytes())
        });
        whole.text.push(b'}');
        let list = match &lists[..] {
            [] => return Ok(()),
            [list] => list.clone(),
            // The member is repeated. A list in place of a part makes the mapper reject the element.
            [_, ..] => return self.add(page, Part::Text("[]"), &whole, None),
        };
        match page.body.get(list.start) {
            Some(b'n') => Ok(()),
            Some(b'[') => self.add_all(page, list, &whole),
            // An object in place of the list would look like a valid part.
            Some(b'{') => self.add(page, Part::Text("[]"), &whole, None),
            _ => self.add(page, Part::Span(list), &whole, None),
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
                Some(element) => self.add(page, Part::Span(element), whole, Some(position))?,
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
        page: Scanned<'_>,
        part: Part,
        whole: &Piece,
        position: Option<usize>,
    ) -> Result<(), PartsTooLarge> {
        let length = match &part {
            Part::Text(text) => text.len(),
            Part::Span(span) => span.len(),
        };
        self.begin(length + whole.text.len())?;
        let (to, of_part) = (&mut self.page, self.names.of_part);
        let start = to.text.len();
        to.text.push(b'{');
        to.add(self.names.part, |to| match part {
            Part::Text(text) => to.text.extend_from_slice(text.as_bytes()),
            Part::Span(span) if of_part.wanted.is_some() && page.body[span.start] == b'{' => {
                to.text.push(b'{');
                page.copy(&span, to, |name, _| of_part.has(name));
                to.text.push(b'}');
            }
            Part::Span(span) => page.append(&span, to),
        });
        to.text.push(b',');
        to.add(self.names.whole, |to| {
            to.extend(&whole.members, 0, 0, to.text.len());
            to.text.extend_from_slice(&whole.text);
        });
        if let Some(position) = position {
            to.text.push(b',');
            let number = position.to_string();
            to.add("position", |to| {
                to.text.extend_from_slice(number.as_bytes())
            });
        }
        to.text.push(b'}');
        self.objects.push(Some(start..to.text.len()));
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

    /// Copies a value.
    fn append(self, span: &Range<usize>, to: &mut Piece) {
        let places = self.place(span.start)..self.place(span.end);
        let at = to.text.len();
        to.extend(&self.members[places.clone()], places.start, span.start, at);
        to.text.extend_from_slice(&self.body[span.clone()]);
    }

    /// Copies the members of an object that are kept. A member whose name cannot be decoded is kept too.
    fn copy(
        self,
        span: &Range<usize>,
        to: &mut Piece,
        mut is_kept: impl FnMut(&[u8], Member) -> bool,
    ) {
        let (mut place, end) = (self.place(span.start), self.place(span.end));
        while place < end {
            let member = self.members[place];
            let name = self.name(member);
            if name.is_none_or(|name| is_kept(&name, member)) {
                let text = member.start as usize..member.end as usize;
                to.separate();
                let all = &self.members[place..member.next as usize];
                to.extend(all, place, text.start, to.text.len());
                to.text.extend_from_slice(&self.body[text]);
            }
            place = member.next as usize;
        }
    }

    /// The name of a member; `None` if it cannot be decoded.
    fn name(self, member: Member) -> Option<Cow<'p, [u8]>> {
        let start = member.start as usize;
        if let Some(bytes) = member.name_bytes {
            let name = &self.body[start + 1..start + 1 + bytes.get() as usize];
            return Some(Cow::Borrowed(name));
        }
        let text = &self.body[start..member.end as usize];
        let mut names = serde_json::Deserializer::from_slice(text).into_iter::<String>();
        let name = names.next()?.ok()?;
        Some(Cow::Owned(name.into_bytes()))
    }

    /// The span of a member's value.
    fn value(self, member: Member) -> Range<usize> {
        let (start, end) = (member.start as usize, member.end as usize);
        let behind = match member.name_bytes {
            Some(bytes) => start + bytes.get() as usize + 2,
            None => self.value_end(start),
        };
        let colon = self.body[behind..end].iter().position(|it| *it == b':');
        let value = self.after_space(behind + colon.map_or(0, |it| it + 1));
        value.min(end)..end
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
