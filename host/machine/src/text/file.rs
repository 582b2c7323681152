//! Text files from any editor: with a byte order mark, with either line end, in another encoding.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// The byte order mark that some editors and shells write before UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Reads a text file. `limit_bytes` is far above the size of any valid file.
///
/// # Errors
/// Fails if the file cannot be read, is larger, or is not UTF-8.
pub fn read_file(path: &Path, limit_bytes: u64) -> io::Result<String> {
    read_all(File::open(path)?, limit_bytes)
}

/// Reads a text, as [`read_file`].
///
/// # Errors
/// As [`read_file`].
pub fn read_all(input: impl Read, limit_bytes: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    input.take(limit_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit_bytes {
        return Err(unfit(format!("it has more than {limit_bytes} bytes")));
    }
    refuse_utf16(&bytes)?;
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        unfit(format!("it is not UTF-8 (at byte {place})"))
    })
}

/// Skips a byte order mark at the beginning of an input, and returns its length in bytes.
///
/// # Errors
/// Fails if the input cannot be read, or is UTF-16.
pub fn skip_mark(input: &mut impl BufRead) -> io::Result<u64> {
    let beginning = input.fill_buf()?;
    refuse_utf16(beginning)?;
    let length = if beginning.starts_with(MARK) {
        MARK.len()
    } else {
        0
    };
    input.consume(length);
    Ok(length as u64)
}

/// The lines of a text, without line ends and without a byte order mark.
///
/// # Errors
/// Fails if the input cannot be read, or is UTF-16.
pub fn lines<R: BufRead>(mut input: R) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    skip_mark(&mut input)?;
    Ok(input.split(b'\n').map(|line| {
        line.map(|mut line| {
            line.pop_if(|last| *last == b'\r');
            line
        })
    }))
}

/// Every supported text begins with ASCII, which has a zero byte beside it in UTF-16, with or without a mark.
fn refuse_utf16(beginning: &[u8]) -> io::Result<()> {
    match beginning {
        [0xff, 0xfe, 1..=255, 0, ..]
        | [0xfe, 0xff, 0, 1..=255, ..]
        | [1..=255, 0, ..]
        | [0, 1..=255, ..] => Err(unfit(
            "it is UTF-16, which `>` of Windows PowerShell writes; write it as UTF-8 (in PowerShell: `| Out-File -Encoding utf8 FILE`)".to_owned(),
        )),
        _ => Ok(()),
    }
}

fn unfit(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

/// The value of an environment variable; `None` if it is empty.
///
/// # Errors
/// The problem with the value.
pub fn variable(name: &str) -> Result<Option<String>, &'static str> {
    let Some(value) = std::env::var_os(name) else {
        return Ok(None);
    };
    let value = value.into_string().map_err(|_| "its value is not UTF-8")?;
    // `$(…)`, Compose and .env files may add blanks and line breaks around a value.
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_goes_and_line_ends_are_equal() {
        for text in ["a\nb\n", "\u{feff}a\r\nb\r\n", "\u{feff}a\nb"] {
            let lines = lines(text.as_bytes()).expect("UTF-8");
            let lines: io::Result<Vec<_>> = lines.collect();
            assert_eq!(lines.expect("readable"), [b"a", b"b"], "{text:?}");
        }
        let text = read_all("\u{feff}a".as_bytes(), 4).expect("UTF-8");
        assert_eq!(text, "a");
    }

    #[test]
    fn what_is_not_utf_8_is_told_and_not_shown() {
        for (bytes, reason) in [
            (&b"\xff\xfe{\0"[..], "it is UTF-16"),
            (b"\xfe\xff\0{", "it is UTF-16"),
            (b"{\0\"\0", "it is UTF-16"),
            (b"\0{\0\"", "it is UTF-16"),
            (b"s3cr3t\xff", "it is not UTF-8 (at byte 7)"),
            (b"123456789", "it has more than 8 bytes"),
        ] {
            let error = read_all(bytes, 8).expect_err(reason).to_string();
            assert!(error.starts_with(reason), "{error}");
            let is_utf16 = reason.contains("UTF-16");
            assert_eq!(skip_mark(&mut &*bytes).is_err(), is_utf16, "{reason}");
        }
    }
}
