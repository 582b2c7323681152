//! Parts of described objects, such as the containers of a task, as a page of their own.
//!
//! A mapper of parts receives a list of elements such as
//! `{"container":{"name":"web",…},"task":{"taskArn":…},"position":0}`. An element holds the part, the whole
//! object without its lists of parts, and the position of the part in its list. The scan has noted the place
//! of each member, so most of the text is copied and not parsed again.

mod names;
mod piece;

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::members::append;
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
    /// of this kind contain no such object. `wanted` are the members that the only module for these parts
    /// reads; the page of parts has no others.
    ///
    /// # Errors
    /// Fails if the parts take more than [`BODY_LIMIT_BYTES`].
    pub fn of(
        &self,
        object: Object,
        wanted: Option<&Wanted>,
    ) -> Result<Option<Cow<'_, Self>>, PartsTooLarge> {
        if object == self.object {
            let inside = object.row().beside.and_then(|name| self.with_inside(name));
            return Ok(Some(inside.map_or(Cow::Borrowed(self), Cow::Owned)));
        }
        if object.fetched() != self.object {
            return Ok(None);
        }
        let read = |body, objects, members| {
            let nearby = &Cell::new(0);
            let page = Scanned {
                body,
                members,
                nearby,
            };
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
            shape: object.shape(),
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
struct PartsPage {
    names: Names,
    page: Piece,
    objects: Vec<Option<Range<usize>>>,
}

impl PartsPage {
    fn read(
        names: Names,
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
        let mut whole = Piece::new(b"");
        let lists = page.lists(span, self.names.list);
        match &self.names.kept {
            Some(kept) => page.append_wanted(span, &kept.of_whole, &mut whole),
            None => page.append_without(span, &self.names.lists, &mut whole),
        }
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
        let (to, kept) = (&mut self.page, self.names.kept.as_ref());
        let start = to.text.len();
        to.text.push(b'{');
        to.add(self.names.part, |to| match part {
            Part::Text(text) => to.text.extend_from_slice(text.as_bytes()),
            Part::Span(span) => match kept {
                Some(kept) => page.append_wanted(&span, &kept.of_part, to),
                None => page.append(&span, to),
            },
        });
        to.text.push(b',');
        to.add(self.names.whole, |to| {
            to.extend(&whole.members, 0, 0, to.text.len());
            to.text.extend_from_slice(&whole.text);
        });
        if let Some(position) = position.filter(|_| kept.is_none_or(|it| it.has_position)) {
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
    /// The index that was searched last; the next one is mostly near.
    nearby: &'p Cell<usize>,
}

impl<'p> Scanned<'p> {
    /// The index of the first member that starts at or after the byte offset `at`.
    fn place(self, at: usize) -> usize {
        let before = |member: &Member| (member.start as usize) < at;
        let (mut from, mut step) = (self.nearby.get(), 1);
        if !self.members[..from].last().is_none_or(before) {
            from = 0;
        }
        while self.members.get(from + step).is_some_and(before) {
            from += step;
            step *= 2;
        }
        let end = self.members.len().min(from + step);
        let place = from + self.members[from..end].partition_point(before);
        self.nearby.set(place);
        place
    }

    /// Copies a value.
    fn append(self, span: &Range<usize>, to: &mut Piece) {
        let places = self.place(span.start)..self.place(span.end);
        let at = to.text.len();
        to.extend(&self.members[places.clone()], places.start, span.start, at);
        to.text.extend_from_slice(&self.body[span.clone()]);
    }

    /// Copies a value with only the wanted members of its objects. Notes no members, because all are wanted.
    fn append_wanted(self, span: &Range<usize>, wanted: &Wanted, to: &mut Piece) {
        let places = self.place(span.start)..self.place(span.end);
        let page = (self.body, self.members);
        append(page, span.clone(), places, wanted, &mut to.text);
    }

    /// Copies an object without the members of these names.
    fn append_without(self, span: &Range<usize>, names: &[&str], to: &mut Piece) {
        to.text.push(b'{');
        for (place, member) in self.members_of(span) {
            let name = self.name(member);
            let is_named = |name: Cow<'_, [u8]>| names.iter().any(|it| it.as_bytes() == &*name);
            if !name.is_some_and(is_named) {
                let text = member.start as usize..member.end as usize;
                to.separate();
                let all = &self.members[place..member.next as usize];
                to.extend(all, place, text.start, to.text.len());
                to.text.extend_from_slice(&self.body[text]);
            }
        }
        to.text.push(b'}');
    }

    /// The values of the members of an object that have this name.
    fn lists(self, span: &Range<usize>, name: &str) -> Vec<Range<usize>> {
        let named = self.members_of(span).filter(|(_, member)| {
            let found = self.name(*member);
            found.is_some_and(|found| *found == *name.as_bytes())
        });
        named.map(|(_, member)| self.value(member)).collect()
    }

    /// The members of an object, each with its index.
    fn members_of(self, span: &Range<usize>) -> impl Iterator<Item = (usize, Member)> {
        let (mut place, end) = (self.place(span.start), span.end);
        std::iter::from_fn(move || {
            let at = place;
            let member = *self.members.get(at)?;
            place = member.next as usize;
            ((member.start as usize) < end).then_some((at, member))
        })
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
