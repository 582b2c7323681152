//! The members of described objects that somebody wants, as a tree.

/// Names of this length and longer ones share a place.
const LONGEST: usize = 63;

/// Some members of an object. Lists do not count: what is wanted of a list is wanted of its elements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// In the order of the lengths of their names.
    members: Vec<(String, Part)>,
    /// How many of them have a shorter name than so many bytes. A look at it settles most comparisons.
    shorter: Vec<usize>,
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
        wanted.sort();
        wanted
    }

    fn add(&mut self, path: &str) {
        let (name, rest) = match path.split_once('.') {
            Some((name, rest)) => (name, Some(rest)),
            None => (path, None),
        };
        let place = self.members.iter().position(|(known, _)| known == name);
        let place = place.unwrap_or_else(|| {
            let nothing = Part::Members(Self::default());
            self.members.push((name.to_owned(), nothing));
            self.members.len() - 1
        });
        match (&mut self.members[place].1, rest) {
            (Part::Members(members), Some(rest)) => members.add(rest),
            (part, None) => *part = Part::Whole,
            (Part::Whole, Some(_)) => {}
        }
    }

    fn sort(&mut self) {
        self.members.sort_by_key(|(name, _)| length(name));
        self.shorter = (0..=LONGEST + 1)
            .map(|bytes| {
                self.members
                    .partition_point(|(name, _)| length(name) < bytes)
            })
            .collect();
        for (_, part) in &mut self.members {
            if let Part::Members(members) = part {
                members.sort();
            }
        }
    }

    /// How much of a member is wanted, if anything.
    #[inline]
    pub(super) fn part(&self, name: &[u8]) -> Option<&Part> {
        let bytes = name.len().min(LONGEST);
        let (from, to) = (self.shorter.get(bytes)?, self.shorter.get(bytes + 1)?);
        self.members
            .get(*from..*to)?
            .iter()
            .find(|(known, _)| known.as_bytes() == name)
            .map(|(_, part)| part)
    }
}

fn length(name: &str) -> usize {
    name.len().min(LONGEST)
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
