//! Names of events, and how often each occurs.

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// The name of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: &'static str,
    /// Seconds in which one event occurs, of whatever service.
    pub(super) period: u64,
    /// Event sources of other services that have an operation of this name.
    pub(super) others: &'static [&'static str],
}

const fn name(text: &'static str, period: u64) -> Name {
    shared(text, period, &[])
}

const fn shared(text: &'static str, period: u64, others: &'static [&'static str]) -> Name {
    Name {
        text,
        period,
        others,
    }
}

const OF_CLUSTERS: &[&str] = &[
    "eks.amazonaws.com",
    "redshift.amazonaws.com",
    "kafka.amazonaws.com",
    "memorydb.amazonaws.com",
];
const OF_SERVICES: &[&str] = &[
    "servicediscovery.amazonaws.com",
    "apprunner.amazonaws.com",
    "vpc-lattice.amazonaws.com",
    "proton.amazonaws.com",
];
const LAMBDA: &[&str] = &["lambda.amazonaws.com"];
const ECR: &[&str] = &["ecr.amazonaws.com"];

/// The calls that change something, and a few reads.
static NAMES: [Name; 38] = [
    shared("PutAccountSetting", 6 * HOUR, ECR),
    name("PutAccountSettingDefault", 2 * DAY),
    name("DeleteAccountSetting", 3 * DAY),
    name("RegisterTaskDefinition", HOUR / 2),
    name("DeregisterTaskDefinition", 2 * HOUR),
    name("DeleteTaskDefinitions", 8 * HOUR),
    shared("CreateService", HOUR / 2, OF_SERVICES),
    shared("UpdateService", HOUR / 6, OF_SERVICES),
    shared("DeleteService", HOUR, OF_SERVICES),
    name("RunTask", HOUR / 3),
    name("StartTask", 6 * HOUR),
    name("StopTask", HOUR),
    name("CreateTaskSet", 4 * HOUR),
    name("UpdateTaskSet", 6 * HOUR),
    name("DeleteTaskSet", 6 * HOUR),
    name("UpdateServicePrimaryTaskSet", 8 * HOUR),
    name("ExecuteCommand", 2 * HOUR),
    shared("CreateCluster", 2 * HOUR, OF_CLUSTERS),
    shared("UpdateCluster", 2 * HOUR, OF_CLUSTERS),
    name("UpdateClusterSettings", 12 * HOUR),
    shared("DeleteCluster", 3 * HOUR, OF_CLUSTERS),
    name("PutClusterCapacityProviders", 12 * HOUR),
    shared("CreateCapacityProvider", 4 * HOUR, LAMBDA),
    shared("UpdateCapacityProvider", 4 * HOUR, LAMBDA),
    shared("DeleteCapacityProvider", 6 * HOUR, LAMBDA),
    name("RegisterContainerInstance", HOUR),
    name("DeregisterContainerInstance", 2 * HOUR),
    name("UpdateContainerInstancesState", 4 * HOUR),
    shared("TagResource", HOUR / 6, OF_CLUSTERS),
    shared("UntagResource", HOUR, OF_CLUSTERS),
    name("DescribeClusters", HOUR / 6),
    name("DescribeServices", HOUR / 6),
    name("DescribeTasks", HOUR / 6),
    name("DescribeTaskDefinition", HOUR / 6),
    shared("ListClusters", HOUR / 6, OF_CLUSTERS),
    shared("ListServices", HOUR / 6, OF_SERVICES),
    name("ListTasks", HOUR / 6),
    name("ListAccountSettings", HOUR),
];

const DEFAULTS: usize = 28;

/// Names of the events that a sync asks for unless it is told others.
pub const DEFAULT_EVENT_NAMES: [&str; DEFAULTS] = {
    let mut names = [""; DEFAULTS];
    let mut index = 0;
    while index < DEFAULTS {
        names[index] = NAMES[index].text;
        index += 1;
    }
    names
};

impl Name {
    pub(super) fn find(text: &str) -> Option<&'static Self> {
        NAMES.iter().find(|name| name.text == text)
    }

    /// Whether the call only reads.
    pub(super) fn is_read(&self) -> bool {
        self.text.starts_with("Describe") || self.text.starts_with("List")
    }

    /// A topic of hashes that no other name has.
    pub(super) fn topic(&self) -> u64 {
        let index = NAMES.iter().position(|name| name == self);
        160 + index.unwrap_or(0) as u64
    }
}
