//! The rows of the table of objects, and the methods of fetching objects.

use super::{ActionGroup, Object, Operation};

/// The facts about an object, except its operations' parameters and its attributes.
#[derive(Debug)]
pub struct Row {
    /// The data model's name, which also names the output file and the schema.
    pub name: &'static str,
    /// The object's name in the names of its stock mapper and of code, for example `task-definition`.
    pub word: &'static str,
    /// Whether a sync fetches it if the user names no objects.
    pub is_default: bool,
    /// The method of fetching it.
    pub way: Way,
    /// The resource whose objects a call lists.
    pub parent: Parent,
    /// The action group whose token bucket its calls use.
    pub group: ActionGroup,
    /// The place of the described objects in a response body.
    pub shape: Shape,
    /// The member that holds a described object's ARN.
    pub arn_member: &'static str,
    /// The attribute that holds the ARN of a record's own object.
    pub arn_attribute: &'static str,
    /// The members that hold the object's display name and its status.
    pub name_and_status: [&'static str; 2],
    /// Attributes whose values change often without an action of a user.
    pub volatile: &'static [&'static str],
    /// The `include` values of its Describe call.
    pub includes: &'static [Include],
    /// The member that the host adds beside the objects of a page. Modules get it in each object.
    pub beside: Option<&'static str>,
    /// The members of a described cluster that count these objects. Their sum is the expected number.
    pub counters: &'static [&'static str],
}

/// The method of fetching an object, and the meaning of its counts in a report.
///
/// With every method, `written`, `tombstones`, `rejected` and `failed` add up to `listed`. A scope is
/// complete only if nothing failed and the listing came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A List operation returns ARNs page by page, and a Describe operation takes a batch of them. `listed`
    /// counts ARNs. A listed ARN that two calls neither describe nor name as a failure becomes a tombstone.
    ListThenDescribe {
        /// The operation that lists the ARNs.
        list: Operation,
        /// The operation that describes them.
        describe: Operation,
        /// The most ARNs per call, according to the API reference.
        batch: usize,
    },
    /// A Describe operation without names returns all objects, page by page. `listed` and `described` both
    /// count the objects on the pages; there are no tombstones.
    DescribeAlone {
        /// The operation that returns the pages.
        describe: Operation,
    },
    /// A List operation returns complete objects, page by page. The counts are those of `DescribeAlone`.
    ListAlone {
        /// The operation that returns the pages.
        list: Operation,
    },
    /// The objects are parts of another object, the whole, and come from its pages without further calls.
    /// `listed` and `described` both count the parts. Parts are complete in a scope if the whole is.
    PartsOf {
        /// The whole.
        object: Object,
        /// The member of the whole that lists its parts.
        list: &'static str,
        /// The member of a page element that holds the part.
        part: &'static str,
        /// The member of a page element that holds the whole.
        whole: &'static str,
    },
    /// A Describe operation takes keys that other records of this sync contain. These records may belong to
    /// another account and Region; the scope is the account and Region of the call. `listed` counts the keys.
    /// A key that the service does not know becomes a tombstone.
    DescribeNamed {
        /// The operation that describes them.
        describe: Operation,
        /// The most keys per call.
        batch: usize,
    },
}

impl Way {
    /// The operations that a sync calls only for this object, in the order of the calls.
    #[must_use]
    pub fn operations(self) -> Vec<Operation> {
        match self {
            Self::ListThenDescribe { list, describe, .. } => vec![list, describe],
            Self::DescribeAlone { describe } | Self::DescribeNamed { describe, .. } => {
                vec![describe]
            }
            Self::ListAlone { list } => vec![list],
            Self::PartsOf { .. } => Vec::new(),
        }
    }
}

/// The resource whose objects a call lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// The account, in a Region.
    Region,
    /// Each cluster: records name it in CLUSTER_ARN, and the report has a scope for each.
    Cluster,
}

/// The place of the described objects in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of objects under this member.
    List(&'static str),
    /// One object under this member.
    Single(&'static str),
}

/// A value of the `include` parameter of a Describe call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// The API's name, for example `TAGS`.
    pub name: &'static str,
    /// The attributes of the stock schema that come from it.
    pub attributes: &'static [&'static str],
}

impl Include {
    /// Tags, which most objects have.
    pub const TAGS: Self = Self {
        name: "TAGS",
        attributes: &["TAGS"],
    };
}
