use std::ops::Range;

use fastrand::Rng;

/// Values that may replace any other.
const ODD: [&str; 24] = [
    "null",
    "true",
    "0",
    "-0",
    "1.50",
    "1e999",
    "-1",
    "4294967295",
    "18446744073709551616",
    "1-2.e",
    "\"\"",
    "{}",
    "[]",
    "[null]",
    "{\"\":0}",
    "\"\\ud800\"",
    "\"\\u0000\\u001b[31m\"",
    "\"a\\nb\"",
    "\"\u{1f600}\u{202e}\"",
    "\"CANARY\"",
    "\"a\\b",
    "'x'",
    ",",
    " \n\t",
];

/// A text of the corpus with a few changes.
pub(super) fn changed(random: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut text = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..4) {
        let at = piece(random, &text);
        let old = &text[at.clone()];
        let new = match random.u8(..12) {
            0..=3 => {
                let other = &corpus[random.usize(..corpus.len())];
                other[piece(random, other)].to_vec()
            }
            4 | 5 => ODD[random.usize(..ODD.len())].into(),
            6 => Vec::new(),
            7 => [old, b",", old].concat(),
            8 => {
                let depth = random.usize(1..200);
                [&b"[".repeat(depth), old, &b"]".repeat(depth)].concat()
            }
            9 => spelt_otherwise(random, old),
            10 => flipped(random, old),
            // Most cut texts are refused at once.
            _ if random.u8(..4) > 0 => old.to_vec(),
            _ => {
                text.truncate(at.start);
                continue;
            }
        };
        text.splice(at, new);
    }
    text
}

/// A letter of a string as an escape, or in the other case.
fn spelt_otherwise(random: &mut Rng, old: &[u8]) -> Vec<u8> {
    let letters = (0..old.len()).filter(|at| old[*at].is_ascii_alphabetic());
    let letters: Vec<usize> = letters.collect();
    let Some(at) = random.choice(letters) else {
        return old.to_vec();
    };
    let new = match random.bool() {
        true => format!("\\u{:04x}", old[at]),
        false => char::from(old[at] ^ 0x20).to_string(),
    };
    [&old[..at], new.as_bytes(), &old[at + 1..]].concat()
}

fn flipped(random: &mut Rng, old: &[u8]) -> Vec<u8> {
    let mut new = old.to_vec();
    if !new.is_empty() {
        let at = random.usize(..new.len());
        new[at] ^= 1 << random.u8(..8);
    }
    new
}

/// A line, a word, a string, or brackets with their content: such pieces can often replace each other.
fn piece(random: &mut Rng, text: &[u8]) -> Range<usize> {
    let (mut pieces, mut open, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(first) = text.get(at) {
        let start = at;
        at += 1;
        match first {
            b'[' | b'{' => open.push(start),
            b']' | b'}' => pieces.extend(open.pop().map(|start| start..at)),
            b'"' | b'\'' => {
                while at < text.len() && text[at] != *first {
                    at += if text[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(text.len());
                pieces.push(start..at);
            }
            _ if is_of_word(*first) => {
                at += text[at..].iter().take_while(|it| is_of_word(**it)).count();
                pieces.push(start..at);
            }
            _ => {}
        }
    }
    let ends = (0..text.len()).filter(|at| text[*at] == b'\n');
    let ends: Vec<usize> = ends.collect();
    // The first line is most often the whole text, which equals another text of the corpus.
    pieces.extend(ends.windows(2).map(|ends| ends[0] + 1..ends[1]));
    random.choice(pieces).unwrap_or(0..text.len())
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-+._".contains(&byte)
}

/// The input without the parts that the failure does not need.
pub(super) fn shrunk(input: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut smallest = input.to_owned();
    let halves = std::iter::successors(Some(input.len() / 2), |size| Some(size / 2));
    for size in halves.take_while(|size| *size > 32).chain((1..=32).rev()) {
        let mut at = 0;
        while at + size <= smallest.len() {
            let shorter = [&smallest[..at], &smallest[at + size..]].concat();
            if fails(&shorter) {
                smallest = shorter;
            } else {
                at += 1 + size / 32;
            }
        }
    }
    smallest
}
