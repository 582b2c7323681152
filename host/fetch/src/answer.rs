//! The answers of List and Describe calls.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use portolan_page::Page;
use portolan_page::object::Shape;

/// A page of ARNs.
pub(super) struct ArnPage {
    pub(super) arns: Vec<String>,
    pub(super) next_token: Option<String>,
}

/// The answer of a Describe call.
pub(super) struct Described {
    pub(super) page: Page,
    pub(super) arns: Vec<String>,
    pub(super) failures: Vec<DescribeFailure>,
    /// Whether AWS returned it in this sync.
    pub(super) is_new: bool,
    /// The `include` values that AWS refused.
    pub(super) unread: Vec<String>,
    /// Whether the tags of its objects are not known.
    pub(super) is_untagged: bool,
    /// Whether environment values were not scanned for secrets, though they should be.
    pub(super) is_unscanned: bool,
}

/// An entry of `failures[]`.
#[derive(Deserialize)]
#[serde(from = "HashMap<String, Value>")]
pub(super) struct DescribeFailure {
    pub(super) arn: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) detail: Option<String>,
}

impl From<HashMap<String, Value>> for DescribeFailure {
    fn from(mut members: HashMap<String, Value>) -> Self {
        let mut text = |name| match members.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        Self {
            arn: text("arn"),
            reason: text("reason"),
            detail: text("detail"),
        }
    }
}

impl Described {
    /// An answer about one object that an earlier sync kept.
    pub(super) fn kept(page: Page, arn: String) -> Self {
        Self {
            is_new: false,
            ..Self::of(page, vec![arn], Vec::new())
        }
    }

    fn of(page: Page, arns: Vec<String>, failures: Vec<DescribeFailure>) -> Self {
        Self {
            page,
            arns,
            failures,
            is_new: true,
            unread: Vec::new(),
            is_untagged: false,
            is_unscanned: false,
        }
    }

    /// Removes repeated failures, and failures of objects that were not requested or that are described.
    pub(super) fn keep_open_failures(&mut self, asked: &[String]) {
        let mut open: HashSet<&str> = asked.iter().map(|arn| own_name(arn)).collect();
        for arn in &self.arns {
            open.remove(own_name(arn));
        }
        self.failures.retain(|failure| {
            let named = failure.arn.as_deref().map(own_name);
            named.is_none_or(|name| open.remove(name))
        });
    }

    /// Removes objects that were not requested or are described a second time, and returns their number.
    pub(super) fn keep_asked(&mut self, asked: &[String]) -> usize {
        let asked: HashMap<&str, &str> = asked
            .iter()
            .map(|arn| (own_name(arn), arn.as_str()))
            .collect();
        let is_asked = |arn: &str| {
            let listed = asked.get(own_name(arn));
            listed.is_some_and(|listed| may_be_one(listed, arn))
        };
        let mut met = HashSet::new();
        let mut arns = self.arns.iter();
        if arns.all(|arn| is_asked(arn) && met.insert(own_name(arn))) {
            return 0;
        }
        let mut met = HashSet::new();
        let before = self.page.described().count();
        let arns = (0..self.page.len()).map(|index| self.page.arn(index));
        let kept: Vec<bool> = arns
            .map(|arn| {
                // The mapper rejects an object without an ARN.
                arn.is_none_or(|arn| is_asked(&arn) && met.insert(own_name(&arn).to_owned()))
            })
            .collect();
        self.page = self.page.only(|index| kept[index]);
        self.arns = met.into_iter().collect();
        before - self.page.described().count()
    }

    /// Reads the described objects and the failures of a page.
    pub(super) fn of_page(page: Page) -> Result<Self, String> {
        if !page.has_member() {
            let (Shape::List(member) | Shape::Single(member)) = page.object.shape();
            return Err(format!("it has no {member}"));
        }
        // The scan only follows tokens; this checks that all of them are JSON.
        serde_json::from_slice::<IgnoredAny>(page.body()).map_err(|_| "its body is not JSON")?;
        let failures: Option<Vec<DescribeFailure>> = serde_json::from_slice(page.failures())
            .map_err(|_| "its failures do not have the form that AWS uses".to_owned())?;
        let arns = page
            .described()
            .filter_map(|index| page.arn(index))
            .collect();
        Ok(Self::of(page, arns, failures.unwrap_or_default()))
    }
}

/// The part of a name that identifies an object in its account, Region and cluster. `named` is an ARN, an ARN
/// without the cluster's name (as ECS wrote them until 2018), or a name alone.
pub(super) fn own_name(named: &str) -> &str {
    named.rsplit_once('/').map_or(named, |(_, name)| name)
}

/// Whether two names with the same last part may belong to one object: the account, the Region and, if both
/// have one, the cluster are the same. Names that are not ARNs have none of these.
fn may_be_one(listed: &str, described: &str) -> bool {
    let place = |arn: &str| arn.match_indices(':').nth(4).map(|(at, _)| at);
    let (Some(one), Some(other)) = (place(listed), place(described)) else {
        return true;
    };
    let ((listed, one), (described, other)) = (listed.split_at(one), described.split_at(other));
    let cluster = |resource: &str| {
        let parts: Vec<&str> = resource.split('/').collect();
        (parts.len() == 3).then(|| parts[1].to_owned())
    };
    let clusters = cluster(one).zip(cluster(other));
    listed == described && clusters.is_none_or(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_has_one_name_of_its_own_however_it_is_written() {
        for named in [
            "arn:aws:ecs:us-east-1:123456789012:service/prod/web",
            "arn:aws:ecs:us-east-1:123456789012:service/web",
            "web",
        ] {
            assert_eq!(own_name(named), "web");
        }
    }
}
