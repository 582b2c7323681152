//! The members of described objects that somebody wants, as a tree.

use std::collections::BTreeMap;

/// Names longer than this share a length.
const LONGEST: usize = 63;

/// Some members of an object. Lists do not count: what is wanted of a list is wanted of its elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// By length of the name, because a look at the length settles most comparisons.
    by_length: BTreeMap<usize, Vec<(String, Part)>>,
    /// A bit for each length.
    lengths: u64,
}

/// How much of a member is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Members(Wanted),
}

impl Wanted {
    /// The members at these paths: `cpu`, or `containers.image` for a member of a member.
    pub(crate) fn at_paths<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut wanted = Self::default();
        for path in paths {
            wanted.add(path);
        }
        wanted
    }

    fn add(&mut self, path: &str) {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let length = name.len().min(LONGEST);
        self.lengths |= 1 << length;
        let names = self.by_length.entry(length).or_default();
        let place = names.iter().position(|(known, _)| known == name);
        let place = place.unwrap_or_else(|| {
            names.push((name.to_owned(), Part::Members(Self::default())));
            names.len() - 1
        });
        let part = &mut names[place].1;
        match (part, rest) {
            (Part::Members(members), Some(rest)) => members.add(rest),
            (part, None) => *part = Part::Whole,
            (Part::Whole, Some(_)) => {}
        }
    }

    /// How much of a member is wanted, if anything.
    #[inline]
    pub(super) fn part(&self, name: &[u8]) -> Option<&Part> {
        let length = name.len().min(LONGEST);
        if self.lengths & (1 << length) == 0 {
            return None;
        }
        let names = self.by_length.get(&length)?;
        names
            .iter()
            .find(|(known, _)| known.as_bytes() == name)
            .map(|(_, part)| part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_make_a_tree_and_a_whole_member_covers_its_parts() {
        let wanted = Wanted::at_paths(["cpu", "tags.key", "tags.value", "a.b", "a", "a.c"]);
        assert_eq!(wanted.part(b"cpu"), Some(&Part::Whole));
        assert_eq!(wanted.part(b"a"), Some(&Part::Whole));
        let tags = Part::Members(Wanted::at_paths(["key", "value"]));
        assert_eq!(wanted.part(b"tags"), Some(&tags));
        for other in ["", "key", "tag", "memory", "gpu"] {
            assert_eq!(wanted.part(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn long_names_are_told_apart() {
        let (long, longer) = ("n".repeat(LONGEST), "n".repeat(LONGEST + 1));
        let wanted = Wanted::at_paths([longer.as_str()]);
        assert_eq!(wanted.part(longer.as_bytes()), Some(&Part::Whole));
        assert_eq!(wanted.part(long.as_bytes()), None);
    }
}
