//! Members of `ContainerDefinition` that few container definitions have.

use std::fmt::{self, Display};

use super::{member, text_member};
use crate::simulator::kind::Kind;
use crate::simulator::place::Place;

/// Every sixth family has some settings, the one after it others.
pub(super) fn rare(place: &Place, family: u64, number: u64, kind: Kind) -> impl Display {
    let isolates = family % 6 == 1;
    let terminal = (family % 6 == 2 && number == 0).then_some(true);
    // Only ECS on EC2 adds what it likes; Fargate adds SYS_PTRACE alone.
    let added = match kind {
        Kind::Ec2Host | Kind::Ec2Bridge => "[\"NET_ADMIN\",\"SYS_TIME\"]",
        _ => "[\"SYS_PTRACE\"]",
    };
    let linux = isolates.then(|| {
        format!(
            "{{\"capabilities\":{{\"add\":{added},\"drop\":[\"NET_RAW\"]}},\
             \"initProcessEnabled\":true}}"
        )
    });
    let health = (isolates && number == 0).then_some(
        "{\"command\":[\"CMD-SHELL\",\"curl -f http://localhost/ || exit 1\"],\"interval\":30,\
         \"timeout\":5,\"retries\":3}",
    );
    let credentials = (family % 6 == 2 && number == 1).then(|| {
        format!(
            "{{\"credentialsParameter\":\
             \"arn:{}:secretsmanager:{}:{}:secret:registry-AbCdEf\"}}",
            place.partition, place.region, place.account
        )
    });
    let router = (number == 2).then_some("{\"type\":\"fluentbit\"}");
    let consistency = match family % 6 {
        1 => Some("enabled"),
        2 => Some("disabled"),
        _ => None,
    };
    let memory = (family % 6 == 2).then_some(512);
    fmt::from_fn(move |f| {
        write!(
            f,
            "{}{}{}{}{}{}{}{}",
            member("linuxParameters", linux.as_deref()),
            member("healthCheck", health),
            member("repositoryCredentials", credentials.as_deref()),
            member("firelensConfiguration", router),
            text_member("versionConsistency", consistency),
            member("memory", memory),
            member("interactive", terminal),
            member("pseudoTerminal", terminal),
        )
    })
}

/// Files of environment values in S3.
pub(super) fn environment_files(place: &Place, family: u64, number: u64) -> String {
    match (family % 6, number) {
        (2, 0) => format!(
            "[{{\"value\":\"arn:{}:s3:::settings/{family}.env\",\"type\":\"s3\"}}]",
            place.partition
        ),
        _ => "[]".to_owned(),
    }
}

/// Where the host's volume is, the first container mounts it.
pub(super) fn mount_points(family: u64, number: u64, kind: Kind) -> &'static str {
    match (kind, number) {
        (Kind::Ec2Host | Kind::External, 0) => {
            "[{\"sourceVolume\":\"docker\",\"containerPath\":\"/var/run/docker.sock\",\
             \"readOnly\":true}]"
        }
        _ if family % 6 == 1 => "[{\"sourceVolume\":\"scratch\",\"containerPath\":\"/tmp\"}]",
        _ => "[]",
    }
}
