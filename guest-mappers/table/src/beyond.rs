//! Functions that JMESPath lacks, and that tables of controls need.

use crate::evaluate::{Evaluator, Fault};
use crate::image;
use crate::plan::Expression;
use crate::value::{Value, text};

impl<'b> Evaluator<'b> {
    /// The elements of a list that are not in another one.
    pub(crate) fn without(
        &self,
        list: &[Value<'b>],
        others: &[Value<'b>],
    ) -> Result<Value<'b>, Fault> {
        // Each element is compared with all others.
        self.spend(list.len().saturating_mul(others.len()) / 4)?;
        let mut values = self.list(list.len())?;
        values.extend(list.iter().filter(|value| !others.contains(value)));
        Ok(self.kept(&values))
    }

    /// The elements of a list whose image is from none of the registries. What names no image is left out.
    pub(crate) fn untrusted(
        &self,
        list: &'b [Value<'b>],
        image: &'b Expression<'b>,
        registries: &'b [Value<'b>],
    ) -> Result<Value<'b>, Fault> {
        // Each image is compared with all registries.
        self.spend(list.len().saturating_mul(registries.len()))?;
        let mut values = self.list(0)?;
        for (element, image) in list.iter().zip(self.mapped(image, list)?) {
            let mut names = registries.iter().filter_map(|registry| text(*registry));
            let is_from_elsewhere =
                |image: &&str| !image.is_empty() && !image::is_trusted(image, &mut names);
            if text(*image).filter(is_from_elsewhere).is_some() {
                values.push(*element);
            }
        }
        Ok(self.kept(&values))
    }
}

/// A text in capitals, with `_` for everything that is neither A to Z nor a digit.
pub(crate) fn identifier(text: &str) -> String {
    let is_plain = |each: char| each.is_ascii_uppercase() || each.is_ascii_digit();
    let capitals = text.to_uppercase();
    capitals
        .chars()
        .map(|each| if is_plain(each) { each } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_has_only_capitals_digits_and_underscores() {
        for (text, is) in [
            ("db.Pass-word 2", "DB_PASS_WORD_2"),
            ("ÄSS", "_SS"),
            ("", ""),
        ] {
            assert_eq!(identifier(text), is);
        }
    }
}
