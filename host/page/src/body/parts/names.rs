use super::super::wanted::{Part, Wanted};
use crate::object::{Object, Way};

/// The names of parts, of their object and of lists.
pub(super) struct Names<'w> {
    /// The names of all lists of parts. The copy of the whole object omits them.
    pub(super) lists: Vec<&'static str>,
    pub(super) list: &'static str,
    pub(super) part: &'static str,
    pub(super) whole: &'static str,
    pub(super) of_part: Kept<'w>,
    pub(super) of_whole: Kept<'w>,
}

/// The members that an object keeps: its ARN and those that are wanted, or all of them.
#[derive(Clone, Copy)]
pub(super) struct Kept<'w> {
    arn: &'static str,
    pub(super) wanted: Option<&'w Wanted>,
}

impl<'w> Kept<'w> {
    /// The members that the object under this name keeps.
    fn of(name: &str, arn: &'static str, wanted: Option<&'w Wanted>) -> Self {
        let wanted = wanted.and_then(|wanted| match wanted.part(name.as_bytes()) {
            Some(Part::Members(members)) => Some(members),
            _ => None,
        });
        Self { arn, wanted }
    }

    pub(super) fn has(self, name: &[u8]) -> bool {
        self.wanted
            .is_none_or(|wanted| wanted.part(name).is_some() || name == self.arn.as_bytes())
    }
}

impl<'w> Names<'w> {
    pub(super) fn of(object: Object, wanted: Option<&'w Wanted>) -> Self {
        let lists = Object::ALL
            .into_iter()
            .filter(|each| each.fetched() == object.fetched())
            .filter_map(|each| match each.row().way {
                Way::PartsOf { list, .. } => Some(list),
                _ => None,
            });
        let (list, part, whole) = match object.row().way {
            Way::PartsOf {
                list, part, whole, ..
            } => (list, part, whole),
            _ => ("", "", ""),
        };
        Self {
            lists: lists.collect(),
            list,
            part,
            whole,
            of_part: Kept::of(part, object.arn_member(), wanted),
            of_whole: Kept::of(whole, object.fetched().arn_member(), wanted),
        }
    }
}
