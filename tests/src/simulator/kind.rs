//! Launch types, network modes and platforms, in the combinations that ECS has.

/// The place where containers of a service or a family run. It decides which members an answer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fargate,
    FargateWindows,
    /// Through a capacity provider, so that the service states no launch type.
    FargateSpot,
    Ec2Awsvpc,
    Ec2Bridge,
    Ec2Host,
    External,
    /// Through a capacity provider of the cluster's own.
    ManagedInstances,
}

impl Kind {
    const CYCLE: [Self; 8] = [
        Self::Fargate,
        Self::Ec2Awsvpc,
        Self::FargateSpot,
        Self::External,
        Self::FargateWindows,
        Self::Ec2Bridge,
        Self::Ec2Host,
        Self::Fargate,
    ];

    /// Takes the kinds in turn, so that a few objects already show every kind.
    pub(super) fn of(number: u64) -> Self {
        Self::CYCLE[(number % 8) as usize]
    }

    pub(super) fn launch_type(self) -> &'static str {
        match self {
            Self::Fargate | Self::FargateWindows | Self::FargateSpot => "FARGATE",
            Self::Ec2Awsvpc | Self::Ec2Bridge | Self::Ec2Host => "EC2",
            Self::External => "EXTERNAL",
            Self::ManagedInstances => "MANAGED_INSTANCES",
        }
    }

    pub(super) fn network_mode(self) -> &'static str {
        match self {
            Self::Ec2Bridge | Self::External => "bridge",
            Self::Ec2Host => "host",
            _ => "awsvpc",
        }
    }

    pub(super) fn scheduling_strategy(self) -> &'static str {
        match self {
            Self::Ec2Host => "DAEMON",
            _ => "REPLICA",
        }
    }

    pub(super) fn platform_version(self) -> Option<&'static str> {
        match self {
            Self::FargateWindows => Some("1.0.0"),
            Self::Fargate | Self::FargateSpot => Some("1.4.0"),
            _ => None,
        }
    }

    pub(super) fn platform_family(self) -> Option<&'static str> {
        match self {
            Self::FargateWindows => Some("Windows_Server_2022_Core"),
            Self::Fargate | Self::FargateSpot => Some("Linux"),
            _ => None,
        }
    }
}
