/// Whether a text needs no escapes.
#[inline]
pub(super) fn is_plain(text: &[u8]) -> bool {
    let (chunks, rest) = text.as_chunks::<32>();
    let mut escapes = 0;
    for chunk in chunks {
        let (words, _) = chunk.as_chunks::<8>();
        escapes |= in_word(words[0]) | in_word(words[1]) | in_word(words[2]) | in_word(words[3]);
    }
    for word in rest.as_chunks::<8>().0 {
        escapes |= in_word(*word);
    }
    match text.last_chunk::<8>() {
        // The last word overlaps the word before it, so no byte needs a check of its own.
        Some(word) => escapes |= in_word(*word),
        None => {
            let mut word = [b' '; 8];
            for (place, byte) in word.iter_mut().zip(text) {
                *place = *byte;
            }
            escapes |= in_word(word);
        }
    }
    escapes == 0
}

/// Not 0 if a byte is a control character, a quote or a backslash.
#[inline(always)]
const fn in_word(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(bytes);
    let quotes = word ^ (ONES * b'"' as u64);
    let backslashes = word ^ (ONES * b'\\' as u64);
    // Subtracting sets the highest bit of the lowest byte that is too small, whatever is above it.
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    let quotes = quotes.wrapping_sub(ONES) & !quotes;
    let backslashes = backslashes.wrapping_sub(ONES) & !backslashes;
    (controls | quotes | backslashes) & (ONES << 7)
}
