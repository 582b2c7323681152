//! The APIs of AWS that operations belong to, and the protocols of their requests.

/// An API of AWS.
#[derive(Debug)]
pub struct Api {
    /// The name in endpoint settings: `Organizations` for `AWS_ENDPOINT_URL_ORGANIZATIONS`.
    pub id: &'static str,
    /// The name in hosts and signatures.
    pub name: &'static str,
    /// The name in IAM actions.
    pub action_prefix: &'static str,
    /// Whether AWS publishes FIPS hosts for it.
    pub has_fips: bool,
    /// Whether one Region of each partition serves all Regions.
    pub is_global: bool,
    /// The protocol of its requests.
    pub protocol: Protocol,
}

/// A protocol for requests. <https://smithy.io/2.0/aws/protocols/index.html>
#[derive(Clone, Copy, Debug)]
pub enum Protocol {
    /// JSON in a body, and the operation in a header.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// The header's value before the operation's name.
        target: &'static str,
    },
    /// A form in a body; the answer is XML.
    Query {
        /// The version of the API, a date.
        version: &'static str,
    },
    /// JSON in a body, and the operation in the path.
    RestJson {
        /// The path.
        path: &'static str,
    },
}

/// Amazon ECS.
pub(super) const ECS: Api = Api {
    id: "ECS",
    name: "ecs",
    action_prefix: "ecs",
    has_fips: true,
    is_global: false,
    protocol: Protocol::Json {
        version: "1.1",
        target: "AmazonEC2ContainerServiceV20141113",
    },
};

/// AWS CloudTrail.
pub(super) const CLOUDTRAIL: Api = Api {
    id: "CloudTrail",
    name: "cloudtrail",
    action_prefix: "cloudtrail",
    has_fips: true,
    is_global: false,
    protocol: Protocol::Json {
        version: "1.1",
        target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    },
};

/// The Resource Groups Tagging API.
pub(super) const TAGGING: Api = Api {
    id: "Resource Groups Tagging API",
    name: "tagging",
    action_prefix: "tag",
    has_fips: false,
    is_global: false,
    protocol: Protocol::Json {
        version: "1.1",
        target: "ResourceGroupsTaggingAPI_20170126",
    },
};

/// AWS Organizations.
pub(super) const ORGANIZATIONS: Api = Api {
    id: "Organizations",
    name: "organizations",
    action_prefix: "organizations",
    has_fips: true,
    is_global: true,
    protocol: Protocol::Json {
        version: "1.1",
        target: "AWSOrganizationsV20161128",
    },
};

/// AWS Account Management.
pub(super) const ACCOUNT: Api = Api {
    id: "Account",
    name: "account",
    action_prefix: "account",
    has_fips: true,
    is_global: true,
    protocol: Protocol::RestJson {
        path: "/listRegions",
    },
};
