//! What a row says of an object, and the ways in which objects are fetched.

use super::{ActionGroup, Object, Operation};

/// Everything that the product knows of an object beside its operations' parameters and its attributes.
#[derive(Debug)]
pub struct Row {
    /// The data model's name, which also names the output file and the schema.
    pub name: &'static str,
    /// The one word for the object in the code, which also names its stock mapper.
    pub word: &'static str,
    /// Whether a sync takes it if no objects are named.
    pub is_default: bool,
    /// How it is fetched.
    pub way: Way,
    /// What has a list of it.
    pub parent: Parent,
    /// The actions whose token bucket its calls take from.
    pub group: ActionGroup,
    /// Where the described objects stand in a response body.
    pub shape: Shape,
    /// The member that holds a described object's ARN.
    pub arn_member: &'static str,
    /// The attribute that holds the ARN of a record's own object.
    pub arn_attribute: &'static str,
    /// The member that a person would call the object by, and the one that says how it is.
    pub name_and_status: [&'static str; 2],
    /// Attributes that are different from minute to minute without anybody having changed anything.
    pub volatile: &'static [&'static str],
    /// What its Describe call is asked to include.
    pub includes: &'static [Include],
    /// Members of a described cluster that count it there; their sum is the number to expect.
    pub counters: &'static [&'static str],
}

/// How an object is fetched, and what its counts in a report mean.
///
/// In every way, `written`, `tombstones`, `rejected` and `failed` add up to `listed`, and a scope is complete
/// only if nothing failed and the listing came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A List operation names ARNs page by page; a Describe operation takes a batch of them. `listed` counts
    /// ARNs; what is listed and twice not described is a tombstone.
    ListThenDescribe {
        /// Names the ARNs.
        list: Operation,
        /// Describes them.
        describe: Operation,
        /// How many one call of it takes, by the API reference.
        batch: usize,
    },
    /// A Describe operation without names gives all there are, page by page. `listed` and `described` both
    /// count what the pages hold; there are no tombstones.
    DescribeAlone {
        /// Gives the pages.
        describe: Operation,
    },
    /// A List operation gives all that is known, page by page. Counted as for `DescribeAlone`.
    ListAlone {
        /// Gives the pages.
        list: Operation,
    },
    /// Parts of the pages of another object, which cost no call. `listed` and `described` both count the parts;
    /// they are complete where their object is.
    PartsOf {
        /// The object whose pages hold them.
        object: Object,
        /// The member of that object that lists them.
        list: &'static str,
        /// The name under which a mapper finds a part.
        part: &'static str,
        /// The name under which it finds that object.
        whole: &'static str,
    },
    /// A Describe operation takes keys that other records of this sync name, possibly of another account and
    /// Region; the scope is where it is asked. `listed` counts the keys; one that the service does not know is
    /// a tombstone.
    DescribeNamed {
        /// Describes them.
        describe: Operation,
        /// How many keys one call of it takes.
        batch: usize,
    },
}

impl Way {
    /// The operations that are called for this object alone, in order.
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

/// What has a list of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// The account, in a Region.
    Region,
    /// Each cluster: its records say which in CLUSTER_ARN, and the report has a scope for each.
    Cluster,
}

/// How a response holds what it describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of objects under this member.
    List(&'static str),
    /// One object under this member.
    Single(&'static str),
}

/// What a Describe call can be asked to include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// As the API names it, for example `TAGS`.
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
