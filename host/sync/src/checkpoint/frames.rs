//! Frames of an append-only file. Each has its length, a checksum of the length, and a digest of its payload,
//! so that a frame cut by a kill or a power cut is distinguished from a damaged one.

use std::io::{self, Read};

use portolan_machine::fingerprint::fingerprint;
use portolan_page::BODY_LIMIT_BYTES;

/// The first line of a file; its number is the version of the format.
pub(super) const FIRST_LINE: &[u8] = b"portolan checkpoint 1\n";

const LENGTH_BYTES: usize = 4;
const CHECK_BYTES: usize = 4;
const DIGEST_BYTES: usize = 16;
const HEAD_BYTES: usize = LENGTH_BYTES + CHECK_BYTES + DIGEST_BYTES;
/// The largest body, and as much again for its head. This program does not write a longer frame.
const PAYLOAD_LIMIT_BYTES: usize = 2 * BODY_LIMIT_BYTES;

/// The next item of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The payload of a frame.
    Payload(Vec<u8>),
    /// The end of the file.
    End,
    /// A frame that is cut off by the end of the file.
    Torn,
    /// A frame whose checksum or digest does not match.
    Damaged,
}

/// Makes a frame of a payload.
pub(super) fn frame(payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|_| payload.len() <= PAYLOAD_LIMIT_BYTES)
        .ok_or(io::ErrorKind::FileTooLarge)?
        .to_le_bytes();
    let mut frame = Vec::with_capacity(HEAD_BYTES + payload.len());
    frame.extend_from_slice(&length);
    frame.extend_from_slice(&fingerprint::<CHECK_BYTES>(length));
    frame.extend_from_slice(&fingerprint::<DIGEST_BYTES>(payload));
    frame.extend_from_slice(payload);
    Ok(frame)
}

/// Reads frames one after the other.
pub(super) struct Frames<R> {
    input: R,
    left_bytes: u64,
    /// The number of bytes of the frames read so far.
    pub(super) read_bytes: u64,
}

impl<R: Read> Frames<R> {
    /// Reads frames from the next `length_bytes` of an input.
    pub(super) const fn new(input: R, length_bytes: u64) -> Self {
        Self {
            input,
            left_bytes: length_bytes,
            read_bytes: 0,
        }
    }

    pub(super) fn next(&mut self) -> io::Result<Next> {
        if self.left_bytes == 0 {
            return Ok(Next::End);
        }
        if self.left_bytes < HEAD_BYTES as u64 {
            return Ok(Next::Torn);
        }
        let mut head = [0; HEAD_BYTES];
        self.input.read_exact(&mut head)?;
        let (length, rest) = head.split_at(LENGTH_BYTES);
        let (check, digest) = rest.split_at(CHECK_BYTES);
        let bytes = length.iter().rev();
        let length_bytes = bytes.fold(0, |sum, byte| (sum << 8) | usize::from(*byte));
        if fingerprint::<CHECK_BYTES>(length) != *check || length_bytes > PAYLOAD_LIMIT_BYTES {
            return Ok(Next::Damaged);
        }
        let frame_bytes = (HEAD_BYTES + length_bytes) as u64;
        if self.left_bytes < frame_bytes {
            return Ok(Next::Torn);
        }
        let mut payload = vec![0; length_bytes];
        self.input.read_exact(&mut payload)?;
        if fingerprint::<DIGEST_BYTES>(&payload) != *digest {
            return Ok(Next::Damaged);
        }
        self.left_bytes -= frame_bytes;
        self.read_bytes += frame_bytes;
        Ok(Next::Payload(payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<Next>, u64) {
        let mut frames = Frames::new(bytes, bytes.len() as u64);
        let mut all = Vec::new();
        loop {
            all.push(frames.next().expect("memory can be read"));
            if !matches!(all.last(), Some(Next::Payload(_))) {
                return (all, frames.read_bytes);
            }
        }
    }

    fn two() -> (Vec<u8>, usize) {
        let first = frame(b"first").expect("short");
        let length = first.len();
        ([first, frame(b"second").expect("short")].concat(), length)
    }

    #[test]
    fn what_was_written_comes_back() {
        let (bytes, _) = two();
        let payloads = [b"first".to_vec(), b"second".to_vec()].map(Next::Payload);
        let expected: Vec<Next> = payloads.into_iter().chain([Next::End]).collect();
        assert_eq!(read(&bytes), (expected, bytes.len() as u64));
    }

    #[test]
    fn every_cut_is_torn_and_costs_the_last_frame_only() {
        let (bytes, first) = two();
        for length in first + 1..bytes.len() {
            let (all, good) = read(&bytes[..length]);
            assert_eq!((all.last(), good), (Some(&Next::Torn), first as u64));
        }
    }

    #[test]
    fn every_changed_byte_is_damage() {
        let (bytes, first) = two();
        for place in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[place] ^= 0x40;
            let (all, good) = read(&changed);
            let expected = if place < first { 0 } else { first };
            assert_eq!(
                (all.last(), good),
                (Some(&Next::Damaged), expected as u64),
                "byte {place}"
            );
        }
    }
}
