//! A page: the raw body of one Describe response, with the values of environment variables withheld.

mod beside;
mod event;
mod members;
mod parts;
mod scan;
mod secrets;
mod wanted;

use crate::scope::{AccountId, RegionName};
use std::ops::Range;

use bytes::Bytes;

use crate::object::{Object, Shape, Way};
pub use beside::with_member;
pub use event::EVENT_WITHHOLDING;
pub use parts::PartsTooLarge;
pub use scan::ScanError;
use scan::{Member, Withhold};
pub use secrets::{SECRET_RULES, ScannedBody, with_secret_suspects, without_secret_suspects};
pub use wanted::Wanted;

/// The size limit of one response body. An ECS page holds at most 100 objects, and the largest kind (a task
/// definition) may have 64 KiB, so a body of this size does not come from ECS.
pub const BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// The version of the withholding rules. Increase it with every change of them: kept pages of other versions
/// are discarded.
pub const WITHHOLDING: u64 = 1;

/// Where a batch keeps its subjects.
const SUBJECTS: Shape = Shape::List("subjects");

/// The source of a page. Mappers get it with the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The AWS partition, for example `aws-us-gov`.
    pub partition: String,
    /// The account's twelve digits.
    pub account_id: AccountId,
    /// The Region that returned the page.
    pub region: RegionName,
    /// The sync's timestamp: RFC 3339, UTC, milliseconds.
    pub captured_at: String,
}

/// A body that is safe to map, record and report: it parses as JSON, its environment values are removed, and
/// its objects are counted.
#[derive(Clone, Debug)]
pub struct Page {
    /// The kind of object that the page describes.
    pub object: Object,
    /// The source of the page.
    pub origin: Origin,
    /// Where the body keeps its objects: as the object's operation does, except in a batch.
    shape: Shape,
    body: Bytes,
    objects: Vec<Option<Range<usize>>>,
    /// The members of the objects, at any depth.
    members: Vec<Member>,
    has_member: bool,
    /// The span of the list of failures.
    failures: Option<Range<usize>>,
    with_values: Option<WithValues>,
}

/// The body with its environment values, for modules to which an operator has granted them. Recordings, logs
/// and the ledger use the other body.
#[derive(Clone)]
struct WithValues {
    body: Bytes,
    objects: Vec<Option<Range<usize>>>,
    members: Vec<Member>,
}

impl std::fmt::Debug for WithValues {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(withheld)")
    }
}

impl Page {
    /// Reads a raw body.
    ///
    /// # Errors
    /// Fails if the body is not one JSON object, is not UTF-8, or is larger than [`BODY_LIMIT_BYTES`]. The
    /// error names positions and does not quote the body.
    pub fn read(object: Object, origin: Origin, raw: Bytes) -> Result<Self, ScanError> {
        let raw = match object {
            Object::EcsAuditEvent => event::unfolded(&raw)?.into(),
            _ => raw,
        };
        Self::scanned(object, origin, raw, (object.shape(), Withhold::Everything))
    }

    /// Reads a batch of records for an assessor: `{"subjects":[…]}`. Each place is a subject with what belongs
    /// to it, and counts as an object of the page. Nothing is withheld, because records have no such values.
    ///
    /// # Errors
    /// Fails as [`Page::read`] does.
    pub fn batch(subject: Object, origin: Origin, body: Bytes) -> Result<Self, ScanError> {
        Self::scanned(subject, origin, body, (SUBJECTS, Withhold::Nothing))
    }

    /// Reads another body of the same kind and origin.
    ///
    /// # Errors
    /// Fails as [`Page::read`] does.
    pub fn with_body(&self, body: Bytes) -> Result<Self, ScanError> {
        let origin = self.origin.clone();
        match self.shape == SUBJECTS {
            true => Self::batch(self.object, origin, body),
            false => Self::read(self.object, origin, body),
        }
    }

    fn scanned(
        object: Object,
        origin: Origin,
        raw: Bytes,
        (shape, withhold): (Shape, Withhold),
    ) -> Result<Self, ScanError> {
        let scanned = scan::scan(&raw, shape, withhold)?;
        Ok(Self {
            object,
            origin,
            shape,
            body: scanned.body.map_or(raw, Bytes::from),
            objects: scanned.objects,
            members: scanned.members,
            has_member: scanned.has_member,
            failures: scanned.failures,
            with_values: None,
        })
    }

    /// Where the body keeps its objects.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// Reads a raw body, and keeps its environment values for modules with a grant.
    ///
    /// # Errors
    /// Fails as [`Page::read`] does.
    pub fn read_with_values(object: Object, origin: Origin, raw: Bytes) -> Result<Self, ScanError> {
        // No grant includes values of events.
        if object == Object::EcsAuditEvent {
            return Self::read(object, origin, raw);
        }
        let scanned = scan::scan(&raw, object.shape(), Withhold::Credentials)?;
        let with_values = WithValues {
            body: scanned.body.map_or_else(|| raw.clone(), Bytes::from),
            objects: scanned.objects,
            members: scanned.members,
        };
        Ok(Self {
            with_values: Some(with_values),
            ..Self::read(object, origin, raw)?
        })
    }

    /// The body with its environment values, if they were kept. Only a module with a grant may get it.
    pub fn body_with_values(&self) -> &[u8] {
        self.with_values
            .as_ref()
            .map_or(&self.body, |with_values| &with_values.body)
    }

    /// The body as mappers get it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        // The scan has checked that the whole body is UTF-8.
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The number of places in the page's list, nulls included. Source indices are less than this.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether the page's list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Whether the body has the list (or the one object) of its operation, even if the list is empty.
    #[must_use]
    pub fn has_member(&self) -> bool {
        self.has_member
    }

    /// The JSON value of `failures`: the objects that could not be described, with reasons; `null` if the
    /// body has none.
    #[must_use]
    pub fn failures(&self) -> &[u8] {
        let span = self.failures.clone();
        span.map_or(b"null", |span| &self.body[span])
    }

    /// The indices of described objects, which are the places that are not null.
    pub fn described(&self) -> impl Iterator<Item = usize> + '_ {
        self.objects
            .iter()
            .enumerate()
            .filter_map(|(index, span)| span.as_ref().map(|_| index))
    }

    /// Whether there is an object at this index.
    #[must_use]
    pub fn has(&self, index: usize) -> bool {
        matches!(self.objects.get(index), Some(Some(_)))
    }

    /// The ARN of the object at this index, if it has one that can be read. The subjects of a batch have none.
    #[must_use]
    pub fn arn(&self, index: usize) -> Option<String> {
        let span = self.objects.get(index)?.clone()?;
        if self.shape == SUBJECTS {
            return None;
        }
        if let Way::PartsOf { part, whole, .. } = self.object.row().way {
            return self.arn_of_part(span, [part, whole]);
        }
        if self.body.get(span.start) != Some(&b'{') {
            return None;
        }
        let wanted = self.object.arn_member();
        let place = |at: usize| {
            let before = |member: &Member| (member.start as usize) < at;
            self.members.partition_point(before)
        };
        let (mut next, end, mut found) = (place(span.start), place(span.end), None);
        while next < end {
            let member = self.members[next];
            let text = &self.body[member.start as usize..member.end as usize];
            let mut both = serde_json::Deserializer::from_slice(text).into_iter::<String>();
            // A name with escapes has to be decoded first.
            let is_wanted = match member.name_bytes {
                Some(bytes) => text.get(1..=bytes.get() as usize) == Some(wanted.as_bytes()),
                None => both
                    .next()
                    .is_some_and(|name| name.is_ok_and(|it| it == wanted)),
            };
            if is_wanted {
                let value = text.iter().position(|byte| *byte == b':')?;
                found = Some(&text[value + 1..]);
            }
            next = member.next as usize;
        }
        serde_json::from_slice(found?).ok()
    }

    /// The same page with `null` in place of the objects that `keep` does not select.
    pub fn only(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut page = self.clone();
        for objects in [
            Some(&mut page.objects),
            page.with_values.as_mut().map(|whole| &mut whole.objects),
        ] {
            let places = objects.into_iter().flatten().enumerate();
            for (_, place) in places.filter(|(index, _)| !keep(*index)) {
                *place = None;
            }
        }
        // The body of a single object has no list to shorten.
        match page.shape {
            Shape::List(_) => page.part(0..page.len()),
            Shape::Single(_) => page,
        }
    }

    /// A page of the same origin with only the places in `range`. Used to find the object at which a mapper
    /// fails.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        let Shape::List(member) = self.shape else {
            return self.clone();
        };
        let places = &self.objects[range.clone()];
        let (body, objects) = part_of(member, &self.body, places);
        let moves = places.iter().zip(&objects);
        let moves = moves.filter_map(|(old, new)| Some((old.clone()?, new.clone()?.start)));
        let members = moved(&self.members, moves);
        let with_values = self.with_values.as_ref().map(|whole| {
            let (body, objects) = part_of(member, &whole.body, &whole.objects[range]);
            // No page of parts is made of this one, so the list of its members is not needed.
            WithValues {
                body,
                objects,
                members: Vec::new(),
            }
        });
        Self {
            object: self.object,
            origin: self.origin.clone(),
            shape: self.shape,
            body,
            objects,
            members,
            has_member: true,
            failures: None,
            with_values,
        }
    }
}

/// The members of moved objects. Each move is the old span and the new start.
fn moved(members: &[Member], moves: impl Iterator<Item = (Range<usize>, usize)>) -> Vec<Member> {
    let mut moved = Vec::new();
    for (from, to) in moves {
        let place = |at: usize| members.partition_point(|member| (member.start as usize) < at);
        let places = place(from.start)..place(from.end);
        let by = scan::offset(to).wrapping_sub(scan::offset(from.start));
        let places_by = scan::offset(moved.len()).wrapping_sub(scan::offset(places.start));
        moved.extend(members[places].iter().map(|member| Member {
            start: member.start.wrapping_add(by),
            end: member.end.wrapping_add(by),
            next: member.next.wrapping_add(places_by),
            name_bytes: member.name_bytes,
        }));
    }
    moved
}

/// Builds a body whose list `member` holds only these places of another body.
fn part_of(
    member: &str,
    whole: &[u8],
    places: &[Option<Range<usize>>],
) -> (Bytes, Vec<Option<Range<usize>>>) {
    let mut body = format!("{{\"{member}\":[").into_bytes();
    let mut objects = Vec::with_capacity(places.len());
    for (position, span) in places.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        let start = body.len();
        match span {
            Some(span) => body.extend_from_slice(&whole[span.clone()]),
            None => body.extend_from_slice(b"null"),
        }
        objects.push(span.as_ref().map(|_| start..body.len()));
    }
    body.extend_from_slice(b"]}");
    (Bytes::from(body), objects)
}

#[cfg(test)]
mod tests;
