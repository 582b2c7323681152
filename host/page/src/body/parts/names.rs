use super::super::wanted::{Part, Wanted};
use crate::object::{Object, Way};

/// The names of parts, of their object and of lists.
pub(super) struct Names {
    /// The names of all lists of parts. The copy of the whole object omits them.
    pub(super) lists: Vec<&'static str>,
    pub(super) list: &'static str,
    pub(super) part: &'static str,
    pub(super) whole: &'static str,
    /// What to keep of parts and of their objects; all of them if this is `None`.
    pub(super) kept: Option<Kept>,
}

/// The members that a module reads.
pub(super) struct Kept {
    pub(super) of_part: Wanted,
    pub(super) of_whole: Wanted,
    pub(super) has_position: bool,
}

impl Names {
    pub(super) fn of(object: Object, wanted: Option<&Wanted>) -> Self {
        let lists = Object::ALL
            .into_iter()
            .filter(|each| each.fetched() == object.fetched())
            .filter_map(|each| match each.row().way {
                Way::PartsOf { list, .. } => Some(list),
                _ => None,
            });
        let lists: Vec<_> = lists.collect();
        let (list, part, whole) = match object.row().way {
            Way::PartsOf {
                list, part, whole, ..
            } => (list, part, whole),
            _ => ("", "", ""),
        };
        Self {
            kept: wanted.and_then(|wanted| {
                Some(Kept {
                    of_part: members(wanted, part)?,
                    of_whole: members(wanted, whole)?.without(&lists),
                    has_position: wanted.part(b"position").is_some(),
                })
            }),
            lists,
            list,
            part,
            whole,
        }
    }
}

/// The wanted members of a member; `None` if it is wanted as a whole.
fn members(wanted: &Wanted, name: &str) -> Option<Wanted> {
    match wanted.part(name.as_bytes()) {
        Some(Part::Members(members)) => Some(members.clone()),
        Some(Part::Whole) => None,
        None => Some(Wanted::default()),
    }
}
