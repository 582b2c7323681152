//! One pass over a body: checks that it is JSON, finds its objects, and withholds environment values.
//!
//! ECS carries environment variables as lists of name and value under a member called `environment`:
//! in container definitions, in the overrides of tasks, and wherever a later API repeats that shape.
//! Below such a member, at any depth and whatever its shape, every scalar but an element's `name` keeps
//! its type and loses its content. So a mapper can still tell a wrong type, and nothing is there to
//! leak. A body that this scan cannot follow is refused whole: what is not understood is not handed on.
//!
//! The options of log and volume drivers and the labels of containers are names with values too, and some
//! of those are credentials (`splunk-token`). There, and there only, a member whose name says so is
//! withheld; an operator's grant of environment values does not bring those back.

use std::ops::Range;

use memchr::memchr2;

use super::BODY_LIMIT_BYTES;
use crate::object::Shape;

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
pub(super) struct Scanned {
    /// The body without environment values, if it had any.
    pub(super) body: Option<Vec<u8>>,
    /// For every place of the list its span in the (new) body; none for null.
    pub(super) objects: Vec<Option<Range<usize>>>,
    /// Where the members of the objects start in the (new) body, in their order.
    pub(super) members: Vec<u32>,
    /// Whether the member that holds the objects is there and not null.
    pub(super) has_member: bool,
}

/// What a scan withholds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Withhold {
    /// Environment values and credentials among options.
    Everything,
    /// Credentials among options.
    Credentials,
}

/// What a container means to the scan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing special.
    Plain,
    /// The body itself.
    Root,
    /// The list whose places are the page's objects.
    Objects,
    /// The value of a member called `environment`: a list of variables, as ECS writes it.
    Variables,
    /// One element of that list: its `name` may stay.
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
}

/// What the next value means, from the container and the member name before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain,
    /// The list that the page is about.
    Objects,
    /// The one object that the page is about.
    Object,
    Environment,
    Variable,
    Options,
    Withheld,
}

/// A string as it stands in the text.
struct Text {
    /// Between its quotes.
    span: Range<usize>,
    has_escapes: bool,
}

struct Scan<'a> {
    raw: &'a [u8],
    withhold: Withhold,
    at: usize,
    stack: Vec<Container>,
    /// The new body up to `copied`, once something had to be withheld.
    output: Option<Vec<u8>>,
    copied: usize,
    objects: Vec<Option<Range<usize>>>,
    /// Where the object that is being read starts in the new body.
    open_object: Option<usize>,
    /// How many containers are open inside that object, itself included.
    object_depth: usize,
    members: Vec<u32>,
    has_member: bool,
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
        withhold,
        at: 0,
        stack: Vec::with_capacity(16),
        output: None,
        copied: 0,
        objects: Vec::new(),
        open_object: None,
        object_depth: 0,
        members: Vec::new(),
        has_member: false,
    };
    scan.root()?;
    while let Some(container) = scan.stack.last().copied() {
        if container.is_object {
            scan.member(container.role, shape)?;
        } else {
            scan.element(container.role)?;
        }
    }
    scan.skip_space();
    if scan.at < raw.len() {
        return Err(scan.expected("the end"));
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
    })
}

impl Scan<'_> {
    fn root(&mut self) -> Result<(), ScanError> {
        self.skip_space();
        match self.peek()? {
            b'{' => {
                self.open(true, Role::Root);
                Ok(())
            }
            b'[' | b'"' | b't' | b'f' | b'n' | b'-' | b'0'..=b'9' => Err(ScanError::NotAnObject),
            _ => Err(self.expected("an object")),
        }
    }

    /// Reads one member of the innermost object, up to and with its value or its opening bracket.
    fn member(&mut self, role: Role, shape: Shape) -> Result<(), ScanError> {
        if !self.more(b'}')? {
            return Ok(());
        }
        if self.open_object.is_some() && self.stack.len() == self.object_depth {
            // A body is shorter than 4 GiB by far.
            self.members
                .push(u32::try_from(self.position()).unwrap_or(u32::MAX));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek()? != b':' {
            return Err(self.expected("a colon"));
        }
        self.at += 1;
        self.skip_space();
        let meaning = match role {
            Role::Variable if names(self.raw, &key, "name") => Meaning::Plain,
            role if role.withholds() => Meaning::Withheld,
            Role::Options if is_credential(self.raw, &key) => Meaning::Withheld,
            _ if !may_matter(&key) && role != Role::Root => Meaning::Plain,
            _ if is_environment(self.raw, &key) => match self.withhold {
                Withhold::Everything => Meaning::Environment,
                Withhold::Credentials => Meaning::Plain,
            },
            _ if OPTIONS.iter().any(|word| names(self.raw, &key, word)) => Meaning::Options,
            Role::Root => match shape {
                Shape::List(member) if names(self.raw, &key, member) => Meaning::Objects,
                Shape::Single(member) if names(self.raw, &key, member) => Meaning::Object,
                _ => Meaning::Plain,
            },
            _ => Meaning::Plain,
        };
        let is_name = role == Role::Variable && meaning == Meaning::Plain;
        if is_name && self.peek()? != b'"' {
            // A `name` that is no text is not a name, so what it holds is withheld too.
            return self.value(Meaning::Withheld);
        }
        self.value(meaning)
    }

    fn element(&mut self, role: Role) -> Result<(), ScanError> {
        if !self.more(b']')? {
            return Ok(());
        }
        match role {
            Role::Objects => self.object(),
            Role::Variables => self.value(Meaning::Variable),
            role if role.withholds() => self.value(Meaning::Withheld),
            _ => self.value(Meaning::Plain),
        }
    }

    /// Reads a value, or opens it if it is a container.
    fn value(&mut self, meaning: Meaning) -> Result<(), ScanError> {
        let first = self.peek()?;
        match (first, meaning) {
            (b'[', Meaning::Objects) => {
                self.has_member = true;
                self.open(false, Role::Objects);
            }
            (b'{' | b'[', Meaning::Objects | Meaning::Object) => {
                self.has_member = true;
                self.open_object = Some(self.position());
                self.object_depth = self.stack.len() + 1;
                self.open(first == b'{', Role::Plain);
            }
            (_, Meaning::Objects | Meaning::Object) => {
                let start = self.position();
                self.scalar(false)?;
                let span = start..self.position();
                self.has_member = first != b'n';
                self.objects.push((first != b'n').then_some(span));
            }
            (b'[', Meaning::Environment) => self.open(false, Role::Variables),
            (b'{', Meaning::Variable) => self.open(true, Role::Variable),
            (b'{', Meaning::Options) => self.open(true, Role::Options),
            (b'{' | b'[', Meaning::Plain | Meaning::Options) => {
                self.open(first == b'{', Role::Plain)
            }
            (b'{' | b'[', _) => self.open(first == b'{', Role::Withheld),
            (_, Meaning::Plain | Meaning::Options) => self.scalar(false)?,
            (_, _) => self.scalar(true)?,
        }
        Ok(())
    }

    /// Reads or opens one place of the page's list.
    fn object(&mut self) -> Result<(), ScanError> {
        let start = self.position();
        match self.peek()? {
            first @ (b'{' | b'[') => {
                self.open_object = Some(start);
                self.object_depth = self.stack.len() + 1;
                self.open(first == b'{', Role::Plain);
            }
            first => {
                self.scalar(false)?;
                let span = start..self.position();
                self.objects.push((first != b'n').then_some(span));
            }
        }
        Ok(())
    }

    fn open(&mut self, is_object: bool, role: Role) {
        self.at += 1;
        self.stack.push(Container { is_object, role });
        self.skip_space();
        // A comma before the first element is refused by `more`, which sees this position as fresh.
    }

    /// Steps over a comma, or closes the innermost container and says that there is no more.
    fn more(&mut self, close: u8) -> Result<bool, ScanError> {
        self.skip_space();
        let next = self.peek()?;
        if next == close {
            self.at += 1;
            self.stack.pop();
            let below = self.stack.last().map(|container| container.role);
            let is_object_end = match below {
                Some(Role::Objects) => true,
                Some(Role::Root) => self.open_object.is_some(),
                _ => false,
            };
            if is_object_end && let Some(start) = self.open_object.take() {
                self.objects.push(Some(start..self.position()));
            }
            return Ok(false);
        }
        let is_first = matches!(self.previous_token(), b'{' | b'[');
        if is_first {
            return Ok(true);
        }
        if next != b',' {
            return Err(self.expected("a comma or a closing bracket"));
        }
        self.at += 1;
        self.skip_space();
        if self.peek()? == close {
            return Err(self.expected("another element"));
        }
        Ok(true)
    }

    /// The last byte before this position that is not space.
    fn previous_token(&self) -> u8 {
        let before = &self.raw[..self.at];
        before
            .iter()
            .rev()
            .copied()
            .find(|byte| !is_space(*byte))
            .unwrap_or(b' ')
    }

    /// Reads a string, a number or a literal, and withholds its content if asked.
    fn scalar(&mut self, withhold: bool) -> Result<(), ScanError> {
        let start = self.at;
        let blank: &[u8] = match self.peek()? {
            b'"' => {
                self.string()?;
                b"\"\""
            }
            b't' => self.literal(b"true", b"false")?,
            b'f' => self.literal(b"false", b"false")?,
            b'n' => self.literal(b"null", b"null")?,
            b'-' | b'0'..=b'9' => {
                self.number()?;
                b"0"
            }
            _ => return Err(self.expected("a value")),
        };
        if withhold && &self.raw[start..self.at] != blank {
            let output = self
                .output
                .get_or_insert_with(|| Vec::with_capacity(self.raw.len()));
            output.extend_from_slice(&self.raw[self.copied..start]);
            output.extend_from_slice(blank);
            self.copied = self.at;
        }
        Ok(())
    }

    /// Reads a string.
    // Handed back through memory, its result stalls the scan for longer than a short string takes.
    #[inline(always)]
    fn string(&mut self) -> Result<Text, ScanError> {
        if self.peek()? != b'"' {
            return Err(self.expected("a quote"));
        }
        let start = self.at + 1;
        let mut at = start;
        let mut has_escapes = false;
        loop {
            let rest = self.raw.get(at..).unwrap_or_default();
            let Some(found) = quote_or_backslash(rest) else {
                return Err(ScanError::Truncated(self.raw.len()));
            };
            at += found;
            if self.raw[at] == b'"' {
                self.at = at + 1;
                return Ok(Text {
                    span: start..at,
                    has_escapes,
                });
            }
            has_escapes = true;
            at += 2;
        }
    }

    fn number(&mut self) -> Result<(), ScanError> {
        let digits = self.raw[self.at..]
            .iter()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        self.at += digits;
        Ok(())
    }

    fn literal(&mut self, word: &[u8], blank: &'static [u8]) -> Result<&'static [u8], ScanError> {
        if !self.raw[self.at..].starts_with(word) {
            return Err(self.expected("a literal"));
        }
        self.at += word.len();
        Ok(blank)
    }

    /// Where the next byte will stand in the new body.
    fn position(&self) -> usize {
        match &self.output {
            Some(output) => output.len() + self.at - self.copied,
            None => self.at,
        }
    }

    fn peek(&self) -> Result<u8, ScanError> {
        self.raw
            .get(self.at)
            .copied()
            .ok_or(ScanError::Truncated(self.raw.len()))
    }

    fn skip_space(&mut self) {
        while self.raw.get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn expected(&self, expected: &'static str) -> ScanError {
        ScanError::Syntax {
            at: self.at,
            expected,
        }
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Where the string that starts here ends, or has an escape.
///
/// Most strings of a page are shorter than what a vectorised search needs to pay for its call, so that
/// the first bytes are looked at eight at a time.
#[inline]
fn quote_or_backslash(rest: &[u8]) -> Option<usize> {
    const WORDS: usize = 6;
    let (words, _) = rest.as_chunks::<8>();
    for (place, word) in words.iter().take(WORDS).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ repeated(b'"')) | zero_bytes(word ^ repeated(b'\\'));
        if found != 0 {
            return Some(place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let looked_at = 8 * words.len().min(WORDS);
    memchr2(b'"', b'\\', &rest[looked_at..]).map(|found| looked_at + found)
}

const fn repeated(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The high bit of every byte that is zero, up to and with the lowest one; bits above that may be wrong.
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeated(1)) & !word & repeated(0x80)
}

/// Members that hold options of log drivers (of firelens, too) and volume drivers, or labels.
const OPTIONS: [&str; 4] = ["options", "driverOpts", "dockerLabels", "labels"];

/// Whether a name is as long as one that matters everywhere, which few are.
#[inline]
fn may_matter(key: &Text) -> bool {
    key.has_escapes || matches!(key.span.len(), 6 | 7 | 10..=12)
}

/// What the names of options that are credentials have in them, without separators and in lower case.
const CREDENTIAL_WORDS: [&str; 10] = [
    "token",
    "secret",
    "passw",
    "credential",
    "apikey",
    "accesskey",
    "licensekey",
    "privatekey",
    "sharedkey",
    "basicauth",
];

/// Whether a member holds environment variables. ECS writes it in one way; other spellings of it are no
/// less likely to hold secrets.
#[inline]
fn is_environment(raw: &[u8], key: &Text) -> bool {
    const WORD: &[u8] = b"environment";
    let written = &raw[key.span.clone()];
    if !key.has_escapes {
        return written.len() == WORD.len() && written.eq_ignore_ascii_case(WORD);
    }
    decoded(raw, key).is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(WORD))
}

/// Whether the name of an option says that its value is a credential.
fn is_credential(raw: &[u8], key: &Text) -> bool {
    // A name that cannot be read says nothing good.
    let Some(name) = decoded(raw, key) else {
        return true;
    };
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|each| each.to_ascii_lowercase())
        .collect();
    CREDENTIAL_WORDS.iter().any(|word| plain.contains(word))
}

/// A member name without its escapes; none if those are not valid.
fn decoded(raw: &[u8], key: &Text) -> Option<String> {
    serde_json::from_slice(&raw[key.span.start - 1..key.span.end + 1]).ok()
}

/// Whether a member name as it stands in the text is `word`.
#[inline]
fn names(raw: &[u8], key: &Text, word: &str) -> bool {
    let written = &raw[key.span.clone()];
    if !key.has_escapes {
        return written == word.as_bytes();
    }
    decoded(raw, key).is_some_and(|name| name == word)
}

#[cfg(test)]
mod tests;
