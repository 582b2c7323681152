//! One pass over a body: checks that it is JSON, finds its objects, and withholds environment values.
//!
//! ECS carries environment variables as lists of name and value under a member called `environment`:
//! in container definitions, in the overrides of tasks, and wherever a later API repeats that shape.
//! Below such a member, at any depth and in any shape, every scalar except an element's `name` keeps its type
//! and loses its content. A mapper can still detect a wrong type, but gets no secret. A body that this scan
//! cannot follow is refused as a whole.
//!
//! The options of log and volume drivers and the labels of containers are names with values too, and some of
//! the values are credentials (`splunk-token`). Only there, a member whose name indicates a credential is
//! withheld. An operator's grant of environment values does not include these credentials.

mod members;
mod names;
mod scanned;
mod text;
mod tokens;

use std::ops::Range;

use super::BODY_LIMIT_BYTES;
use crate::object::Shape;
use names::{holds_options, is_credential, is_environment, may_matter};
pub(super) use names::{is_environment_name, names_a_credential};
pub use scanned::ScanError;
pub(super) use scanned::{Member, Scanned, offset};
use text::Text;

/// The values that a scan withholds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Withhold {
    /// Environment values and credentials among options.
    Everything,
    /// Credentials among options.
    Credentials,
    /// Nothing, in a batch of records.
    Nothing,
}

/// The meaning of a container for the scan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// No special meaning.
    Plain,
    /// The body itself.
    Root,
    /// The list whose places are the page's objects.
    Objects,
    /// The value of a member called `environment`: a list of variables, as ECS writes it.
    Variables,
    /// One element of that list: its `name` stays.
    Variable,
    /// Options of a driver, or labels: some are credentials.
    Options,
    /// Anything else below `environment`.
    Withheld,
}

impl Role {
    fn withholds(self) -> bool {
        matches!(self, Self::Variables | Self::Variable | Self::Withheld)
    }
}

#[derive(Clone, Copy)]
struct Container {
    is_object: bool,
    role: Role,
    /// The member whose value this is, if it belongs to one of the page's objects.
    member: Option<Place>,
}

/// An index in the list of members.
type Place = usize;

/// The meaning of the next value, from its container and its member name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain,
    /// The list of the page's objects.
    Objects,
    /// The page's single object.
    Object,
    Environment,
    Variable,
    Options,
    Withheld,
}

/// The scan cannot go on. The error is in [`Scan::error`], so that results fit in a register.
struct Stop;

struct Scan<'a> {
    raw: &'a [u8],
    shape: Shape,
    withhold: Withhold,
    at: usize,
    error: Option<ScanError>,
    stack: Vec<Container>,
    /// Whether no element of the innermost container has been read yet.
    is_fresh: bool,
    /// The new body up to `copied`; `None` until a value is withheld.
    output: Option<Vec<u8>>,
    copied: usize,
    /// The offset from a position in the old body to the same position in the new one.
    shift: isize,
    objects: Vec<Option<Range<usize>>>,
    /// The start of the current object in the new body.
    open_object: Option<usize>,
    members: Vec<Member>,
    has_member: bool,
    /// The start of the value of `failures`, while it is open.
    open_failures: Option<usize>,
    failures: Option<Range<usize>>,
}

/// Scans a body whose objects have this shape.
pub(super) fn scan(raw: &[u8], shape: Shape, withhold: Withhold) -> Result<Scanned, ScanError> {
    if raw.len() > BODY_LIMIT_BYTES {
        return Err(ScanError::TooLarge(raw.len()));
    }
    if let Err(error) = std::str::from_utf8(raw) {
        return Err(ScanError::NotUtf8(error.valid_up_to()));
    }
    let mut scan = Scan {
        raw,
        shape,
        withhold,
        at: 0,
        error: None,
        stack: Vec::with_capacity(16),
        is_fresh: false,
        output: None,
        copied: 0,
        shift: 0,
        objects: Vec::new(),
        open_object: None,
        members: Vec::with_capacity(raw.len() / BYTES_OF_A_MEMBER),
        has_member: false,
        open_failures: None,
        failures: None,
    };
    if let Err(Stop) = scan.body() {
        return Err(scan.error.unwrap_or(ScanError::NotAnObject));
    }
    let body = scan.output.map(|mut output| {
        output.extend_from_slice(&raw[scan.copied..]);
        output
    });
    Ok(Scanned {
        body,
        objects: scan.objects,
        members: scan.members,
        has_member: scan.has_member,
        failures: scan.failures,
    })
}

/// A low estimate of the average size of a member of an ECS object, in bytes.
const BYTES_OF_A_MEMBER: usize = 24;

impl Scan<'_> {
    fn body(&mut self) -> Result<(), Stop> {
        self.skip_space();
        match self.peek()? {
            b'{' => self.open(true, Role::Root, None),
            b'[' | b'"' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9' => {
                self.error = Some(ScanError::NotAnObject);
                return Err(Stop);
            }
            _ => return self.expected("an object"),
        }
        while let Some(container) = self.stack.last().copied() {
            if container.is_object {
                self.members(container.role)?;
            } else {
                self.elements(container.role)?;
            }
        }
        self.skip_space();
        if self.at < self.raw.len() {
            return self.expected("the end");
        }
        Ok(())
    }

    /// Reads members of the innermost object, up to its end or the opening bracket of a value.
    fn members(&mut self, role: Role) -> Result<(), Stop> {
        let depth = self.stack.len();
        while self.more(b'}')? {
            let start = self.position();
            let key = self.string()?;
            self.skip_space();
            if self.peek()? != b':' {
                return self.expected("a colon");
            }
            self.at += 1;
            self.skip_space();
            let meaning = self.meaning(role, &key)?;
            let is_of_object = self.open_object.is_some() || self.stands_beside(role, &key);
            let member = is_of_object.then(|| self.open_member(start, &key));
            if role == Role::Root && key.is(self.raw, "failures") {
                self.open_failures = Some(self.position());
            }
            self.value(meaning, member)?;
            if self.stack.len() != depth {
                break;
            }
            if role == Role::Root {
                self.close_failures();
            }
        }
        Ok(())
    }

    /// Stores the span of `failures`, if its value has just ended.
    #[inline]
    fn close_failures(&mut self) {
        if let Some(start) = self.open_failures.take() {
            self.failures = Some(start..self.position());
        }
    }

    /// Reads elements of the innermost list, up to its end or the opening bracket of one.
    fn elements(&mut self, role: Role) -> Result<(), Stop> {
        let depth = self.stack.len();
        while self.more(b']')? {
            match role {
                Role::Objects => self.object()?,
                Role::Variables => self.value(Meaning::Variable, None)?,
                role if role.withholds() => self.value(Meaning::Withheld, None)?,
                _ => self.value(Meaning::Plain, None)?,
            }
            if self.stack.len() != depth {
                break;
            }
        }
        Ok(())
    }

    /// Whether a member beside the page's single object belongs to it, as the tags of a task definition do.
    #[inline]
    fn stands_beside(&self, role: Role, key: &Text) -> bool {
        role == Role::Root && matches!(self.shape, Shape::Single(_)) && key.is(self.raw, "tags")
    }

    /// The meaning of a member's value.
    #[inline]
    fn meaning(&self, role: Role, key: &Text) -> Result<Meaning, Stop> {
        let is_free = self.withhold == Withhold::Nothing || !may_matter(self.raw, key);
        if role == Role::Plain && is_free {
            return Ok(Meaning::Plain);
        }
        Ok(match role {
            // A `name` that is not text is not a name, so its value is withheld too.
            Role::Variable if key.is(self.raw, "name") => match self.raw.get(self.at) {
                Some(b'"') => Meaning::Plain,
                _ => Meaning::Withheld,
            },
            role if role.withholds() => Meaning::Withheld,
            Role::Options if is_credential(self.raw, key) => Meaning::Withheld,
            _ if is_environment(self.raw, key) => match self.withhold {
                Withhold::Everything => Meaning::Environment,
                Withhold::Credentials | Withhold::Nothing => Meaning::Plain,
            },
            _ if holds_options(self.raw, key) => Meaning::Options,
            Role::Root => match self.shape {
                Shape::List(member) if key.is(self.raw, member) => Meaning::Objects,
                Shape::Single(member) if key.is(self.raw, member) => Meaning::Object,
                _ => Meaning::Plain,
            },
            _ => Meaning::Plain,
        })
    }

    /// Reads a value, or opens it if it is a container.
    #[inline(always)]
    fn value(&mut self, meaning: Meaning, member: Option<Place>) -> Result<(), Stop> {
        let first = self.peek()?;
        if meaning == Meaning::Plain && !matches!(first, b'{' | b'[') {
            self.scalar(false)?;
            self.close_member(member);
            return Ok(());
        }
        match (first, meaning) {
            (b'[', Meaning::Objects) => {
                self.has_member = true;
                self.open(false, Role::Objects, None);
            }
            (b'{' | b'[', Meaning::Objects | Meaning::Object) => {
                self.has_member = true;
                self.open_object = Some(self.position());
                self.open(first == b'{', Role::Plain, None);
            }
            (_, Meaning::Objects | Meaning::Object) => {
                let start = self.position();
                self.scalar(false)?;
                let span = start..self.position();
                self.has_member = first != b'n';
                self.objects.push((first != b'n').then_some(span));
            }
            (b'[', Meaning::Environment) => self.open(false, Role::Variables, member),
            (b'{', Meaning::Variable) => self.open(true, Role::Variable, member),
            (b'{', Meaning::Options) => self.open(true, Role::Options, member),
            (b'{' | b'[', Meaning::Plain | Meaning::Options) => {
                self.open(first == b'{', Role::Plain, member)
            }
            (b'{' | b'[', _) => self.open(first == b'{', Role::Withheld, member),
            (_, meaning) => {
                self.scalar(!matches!(meaning, Meaning::Plain | Meaning::Options))?;
                self.close_member(member);
            }
        }
        Ok(())
    }

    /// Reads or opens one place of the page's list.
    fn object(&mut self) -> Result<(), Stop> {
        let start = self.position();
        match self.peek()? {
            first @ (b'{' | b'[') => {
                self.open_object = Some(start);
                self.open(first == b'{', Role::Plain, None);
            }
            first => {
                self.scalar(false)?;
                let span = start..self.position();
                self.objects.push((first != b'n').then_some(span));
            }
        }
        Ok(())
    }

    fn open(&mut self, is_object: bool, role: Role, member: Option<Place>) {
        self.at += 1;
        self.stack.push(Container {
            is_object,
            role,
            member,
        });
        self.is_fresh = true;
    }

    fn close(&mut self) {
        self.at += 1;
        self.is_fresh = false;
        let closed = self.stack.pop();
        let is_object_end = match self.stack.last().map(|container| container.role) {
            Some(Role::Objects) => true,
            Some(Role::Root) => self.open_object.is_some(),
            _ => false,
        };
        if self.stack.len() == 1 {
            self.close_failures();
        }
        if is_object_end && let Some(start) = self.open_object.take() {
            self.objects.push(Some(start..self.position()));
        }
        self.close_member(closed.and_then(|container| container.member));
    }

    /// Returns whether another element follows. Skips the comma before it, or closes the innermost container.
    #[inline(always)]
    fn more(&mut self, close: u8) -> Result<bool, Stop> {
        self.skip_space();
        let next = self.peek()?;
        if next == close {
            self.close();
            return Ok(false);
        }
        if std::mem::take(&mut self.is_fresh) {
            return Ok(true);
        }
        if next != b',' {
            return self.expected("a comma or a closing bracket");
        }
        self.at += 1;
        self.skip_space();
        if self.peek()? == close {
            return self.expected("another element");
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
