//! The members of described objects that modules read, as a tree.

/// Names of this length and longer share a place.
const LONGEST: usize = 63;

/// Some members of an object. The wanted members of a list are those of its elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Sorted by the length of their names.
    members: Vec<WantedMember>,
    /// For each length in bytes, the number of members with a shorter name. Most lookups need only this.
    shorter: [u16; LONGEST + 2],
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct WantedMember {
    name: String,
    ends: Ends,
    part: Part,
}

/// The wanted part of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Members(Wanted),
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            shorter: [0; LONGEST + 2],
        }
    }
}

impl Wanted {
    /// The members at these paths: `cpu`, or `containers.image` for a member of a member.
    pub fn at_paths<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
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
        let place = self.members.iter().position(|member| member.name == name);
        let place = place.unwrap_or_else(|| {
            self.members.push(WantedMember {
                name: name.to_owned(),
                ends: ends(name.as_bytes()),
                part: Part::Members(Self::default()),
            });
            self.members.len() - 1
        });
        match (&mut self.members[place].part, rest) {
            (Part::Members(members), Some(rest)) => members.add(rest),
            (part, None) => *part = Part::Whole,
            (Part::Whole, Some(_)) => {}
        }
    }

    fn sort(&mut self) {
        self.members.sort_by_key(|member| length(&member.name));
        for (bytes, shorter) in self.shorter.iter_mut().enumerate() {
            let count = self
                .members
                .partition_point(|member| length(&member.name) < bytes);
            // A manifest names no more than 4,096 members.
            *shorter = u16::try_from(count).unwrap_or(u16::MAX);
        }
        for member in &mut self.members {
            if let Part::Members(members) = &mut member.part {
                members.sort();
            }
        }
    }

    /// The same without some members.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.members
            .retain(|member| !names.contains(&member.name.as_str()));
        self.sort();
        self
    }

    /// The wanted part of a member; `None` if the member is not wanted.
    #[inline]
    pub(super) fn part(&self, name: &[u8]) -> Option<&Part> {
        let bytes = name.len().min(LONGEST);
        let (from, to) = (self.shorter[bytes], self.shorter[bytes + 1]);
        // For most names, no wanted member has the same length.
        if from == to {
            return None;
        }
        let members = self.members.get(from.into()..to.into())?;
        let ends = ends(name);
        members
            .iter()
            .find(|member| member.ends == ends && is_same(member.name.as_bytes(), name))
            .map(|member| &member.part)
    }
}

/// The first and the last bytes of a name, which may overlap. For names of up to sixteen bytes, they and the
/// length determine the name.
type Ends = (u64, u64);

#[inline]
fn ends(name: &[u8]) -> Ends {
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        return (
            u32::from_le_bytes(*first).into(),
            u32::from_le_bytes(*last).into(),
        );
    }
    let byte = |place: usize| name.get(place).copied().unwrap_or_default();
    (
        u64::from(u16::from_le_bytes([byte(0), byte(1)])),
        u64::from(byte(2)),
    )
}

/// Whether two names with the same ends are the same.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one.len() <= 16 || one == other)
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
    fn names_of_every_length_are_told_apart() {
        for bytes in 1..=40 {
            let name = "n".repeat(bytes);
            let wanted = Wanted::at_paths([name.as_str()]);
            assert_eq!(wanted.part(name.as_bytes()), Some(&Part::Whole));
            for place in 0..bytes {
                let mut other = name.clone().into_bytes();
                other[place] = b'm';
                assert_eq!(wanted.part(&other), None, "{bytes} {place}");
            }
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
