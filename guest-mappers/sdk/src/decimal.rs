//! Exact arithmetic on the text of a JSON number.
//!
//! A 64-bit float cannot hold most millisecond values: truncating it is wrong by a millisecond for about half
//! of them. This module therefore reads the digits from the text.

/// A JSON number times a power of ten, rounded toward negative infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) value: i64,
    /// Whether the value is exact, without rounding.
    pub(crate) exact: bool,
}

/// The longest run of digits that always fits a `u64`.
const MAX_DIGITS: i64 = 19;

/// Multiplies a JSON number by ten to the power of `scale` and rounds down.
///
/// Takes time in proportion to the length of the text, even for a huge exponent. `None` if the result does
/// not fit an `i64`. The text must be a JSON number; the JSON parser has checked that.
pub(crate) fn scaled_floor(number: &str, scale: i64) -> Option<Floor> {
    let (negative, unsigned) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());

    let Some(zeros) = digits().position(|digit| digit != b'0') else {
        return Some(Floor {
            value: 0,
            exact: true,
        });
    };
    let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    // The number of digits before the decimal point, once the number is scaled.
    let kept = length(whole.len())
        .saturating_add(exponent)
        .saturating_add(scale)
        .saturating_sub(length(zeros));
    if kept > MAX_DIGITS {
        return None;
    }
    let kept = usize::try_from(kept).unwrap_or(0);

    let mut significant = digits().skip(zeros);
    let mut magnitude = 0_u64;
    for _ in 0..kept {
        let digit = u64::from(significant.next().unwrap_or(b'0') - b'0');
        magnitude = magnitude * 10 + digit;
    }
    let exact = significant.all(|digit| digit == b'0');

    let magnitude = i128::from(magnitude);
    let floor = if negative {
        -magnitude - i128::from(!exact)
    } else {
        magnitude
    };
    Some(Floor {
        value: i64::try_from(floor).ok()?,
        exact,
    })
}

/// Reads an exponent; one beyond `i64` counts as the largest.
fn parse_exponent(text: &str) -> i64 {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let magnitude = digits.bytes().fold(0_i64, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(i64::from(digit - b'0'))
    });
    sign * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floor(number: &str, scale: i64) -> Option<(i64, bool)> {
        scaled_floor(number, scale).map(|floor| (floor.value, floor.exact))
    }

    #[test]
    fn rounds_toward_the_past() {
        assert_eq!(
            floor("1466801808.5959", 3),
            Some((1_466_801_808_595, false))
        );
        assert_eq!(floor("-0.0005", 3), Some((-1, false)));
        assert_eq!(floor("-1.001", 3), Some((-1_001, true)));
        assert_eq!(floor("-0.0", 3), Some((0, true)));
    }

    #[test]
    fn exponents_move_the_point() {
        assert_eq!(
            floor("1.466801808595E9", 3),
            Some((1_466_801_808_595, true))
        );
        assert_eq!(floor("1E2", 0), Some((100, true)));
        assert_eq!(floor("300e-2", 0), Some((3, true)));
        assert_eq!(floor("0.00012e+5", 0), Some((12, true)));
    }

    #[test]
    fn absurd_exponents_cost_nothing() {
        assert_eq!(floor("1e999999999999999999999999", 3), None);
        assert_eq!(floor("-1e999999999", 3), None);
        assert_eq!(floor("1e-999999999", 3), Some((0, false)));
        assert_eq!(floor("-1e-99999999999999999999999", 3), Some((-1, false)));
        assert_eq!(floor("0e999999999", 3), Some((0, true)));
    }

    #[test]
    fn the_whole_range_of_i64_is_exact() {
        assert_eq!(floor("9223372036854775807", 0), Some((i64::MAX, true)));
        assert_eq!(floor("-9223372036854775808", 0), Some((i64::MIN, true)));
        assert_eq!(floor("9223372036854775808", 0), None);
        assert_eq!(floor("99999999999999999999", 0), None);
        assert_eq!(
            floor("9007199254740993.0", 0),
            Some((9_007_199_254_740_993, true))
        );
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_integer_division(milli in -4_000_000_000_000_000_000_i64..4_000_000_000_000_000_000) {
            let magnitude = milli.unsigned_abs();
            let sign = if milli < 0 { "-" } else { "" };
            let number = format!("{sign}{}.{:06}", magnitude / 1_000_000, magnitude % 1_000_000);
            let expected = milli.div_euclid(1_000);
            let exact = milli.rem_euclid(1_000) == 0;
            proptest::prop_assert_eq!(floor(&number, 3), Some((expected, exact)));
        }
    }
}
