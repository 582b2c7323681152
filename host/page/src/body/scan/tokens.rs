//! The tokens of a body, and the withholding of their content.

use super::text::Text;
use super::{Scan, ScanError, Stop};

impl Scan<'_> {
    /// Reads a string, a number or a literal, and withholds its content if `withhold` is set.
    #[inline(always)]
    pub(super) fn scalar(&mut self, withhold: bool) -> Result<(), Stop> {
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
                self.number();
                b"0"
            }
            _ => return self.expected("a value"),
        };
        if withhold && &self.raw[start..self.at] != blank {
            let output = self
                .output
                .get_or_insert_with(|| Vec::with_capacity(self.raw.len()));
            output.extend_from_slice(&self.raw[self.copied..start]);
            output.extend_from_slice(blank);
            self.copied = self.at;
            self.shift = output.len() as isize - self.at as isize;
        }
        Ok(())
    }

    /// Reads a string.
    // Inlined, because a result returned through memory stalls the scan longer than a short string takes.
    #[inline(always)]
    pub(super) fn string(&mut self) -> Result<Text, Stop> {
        if self.peek()? != b'"' {
            return self.expected("a quote");
        }
        let start = self.at + 1;
        let Some(text) = Text::starting_at(self.raw, start) else {
            return self.truncated();
        };
        self.at = text.span.end + 1;
        Ok(text)
    }

    pub(super) fn number(&mut self) {
        let digits = self.raw[self.at..]
            .iter()
            .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
            .count();
        self.at += digits;
    }

    pub(super) fn literal(
        &mut self,
        word: &[u8],
        blank: &'static [u8],
    ) -> Result<&'static [u8], Stop> {
        if !self.raw[self.at..].starts_with(word) {
            return self.expected("a literal");
        }
        self.at += word.len();
        Ok(blank)
    }

    /// The position of the next byte in the new body.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.at.wrapping_add_signed(self.shift)
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Stop> {
        match self.raw.get(self.at) {
            Some(byte) => Ok(*byte),
            None => self.truncated(),
        }
    }

    #[inline]
    pub(super) fn skip_space(&mut self) {
        while self.raw.get(self.at).copied().is_some_and(is_space) {
            self.at += 1;
        }
    }

    #[cold]
    pub(super) fn truncated<T>(&mut self) -> Result<T, Stop> {
        self.error = Some(ScanError::Truncated(self.raw.len()));
        Err(Stop)
    }

    #[cold]
    pub(super) fn expected<T>(&mut self, expected: &'static str) -> Result<T, Stop> {
        let at = self.at;
        self.error = Some(ScanError::Syntax { at, expected });
        Err(Stop)
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
