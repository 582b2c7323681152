//! `TaskDefinition`, with its tags beside it.

use std::fmt::{self, Display};

use super::{Millis, container_settings, created_at, json, list, member, tags, text_member};
use crate::simulator::call::Call;
use crate::simulator::kind::Kind;
use crate::simulator::place::{Place, Revision};

const DAY_MS: u64 = super::DAY_MS;
const CONTAINERS: [&str; 3] = ["main", "envoy", "log-router"];

/// The whole body of a DescribeTaskDefinition answer.
pub(in crate::simulator) fn task_definition(
    call: &Call<'_>,
    revision: Revision,
    tags_asked: bool,
) -> impl Display {
    let place = call.place;
    fmt::from_fn(move |f| {
        let kind = place.family_kind(revision.family);
        let name = place.family_name(revision.family);
        let status = call.revision_status(revision);
        let index = index(place, revision);
        let registered = created_at(place, 70, index);
        let fargate = kind.launch_type() == "FARGATE";
        let compatibilities = match kind {
            Kind::External => "[\"EXTERNAL\",\"EC2\"]",
            _ if fargate => "[\"EC2\",\"FARGATE\",\"MANAGED_INSTANCES\"]",
            _ => "[\"EC2\"]",
        };
        let platform = match kind {
            Kind::FargateWindows => "\"WINDOWS_SERVER_2022_CORE\",\"cpuArchitecture\":\"X86_64\"",
            _ if is_arm(revision.family) => "\"LINUX\",\"cpuArchitecture\":\"ARM64\"",
            _ => "\"LINUX\",\"cpuArchitecture\":\"X86_64\"",
        };
        let platform = fargate.then(|| format!("{{\"operatingSystemFamily\":{platform}}}"));
        let size = fargate.then(|| 256 << (revision.family % 4));
        write!(
            f,
            "{{\"taskDefinition\":{{\"taskDefinitionArn\":\"{arn}\",\
             \"containerDefinitions\":{containers},\"family\":\"{name}\",\
             {roles}\"networkMode\":\"{network_mode}\",\"revision\":{revision},\
             \"volumes\":[{{\"name\":\"scratch\",\"host\":{{}}}}{volumes}],{modes}\
             \"status\":\"{status}\",\
             \"requiresAttributes\":\
             [{{\"name\":\"com.amazonaws.ecs.capability.docker-remote-api.1.18\"}}],\
             \"placementConstraints\":[],\"compatibilities\":{compatibilities},\
             {platform}{requires}{cpu}{memory}\"registeredAt\":{registered},{deregistered}\
             \"registeredBy\":\"arn:{partition}:sts::{account}:assumed-role/deployer/pipeline\",\
             \"enableFaultInjection\":{faults}}},\"tags\":{tags}}}",
            arn = place.revision_arn(revision),
            containers = containers(call, revision, kind),
            roles = roles(place, revision.family),
            network_mode = kind.network_mode(),
            revision = revision.revision,
            platform = member("runtimePlatform", platform),
            requires = member("requiresCompatibilities", requires(revision.family, kind)),
            cpu = member("cpu", size.map(|size| format!("\"{size}\""))),
            memory = member("memory", size.map(|size| format!("\"{}\"", size * 2))),
            volumes = volumes(revision.family, kind),
            modes = modes(revision.family, kind),
            deregistered = deregistered(status, registered),
            faults = revision.family % 9 == 1,
            partition = place.partition,
            account = place.account,
            tags = tags(call, tags_asked, index, &name, None),
        )
    })
}

/// Where a revision of the family may run, as whoever registered it said.
fn requires(family: u64, kind: Kind) -> Option<&'static str> {
    match (kind.launch_type(), family % 8) {
        ("FARGATE", 7) => Some("[\"FARGATE\",\"MANAGED_INSTANCES\"]"),
        ("FARGATE", _) => Some("[\"FARGATE\"]"),
        _ => None,
    }
}

pub(super) const fn is_arm(family: u64) -> bool {
    family % 16 == 7
}

/// Volumes beside the one that every family has: of EFS every third one, of the host where there is one.
fn volumes(family: u64, kind: Kind) -> impl Display {
    fmt::from_fn(move |f| {
        let iam = if family.is_multiple_of(2) {
            "ENABLED"
        } else {
            "DISABLED"
        };
        let encryption = if family.is_multiple_of(4) {
            "ENABLED"
        } else {
            "DISABLED"
        };
        if family.is_multiple_of(3) {
            write!(
                f,
                ",{{\"name\":\"shared\",\"efsVolumeConfiguration\":\
                 {{\"fileSystemId\":\"fs-{family:017x}\",\"rootDirectory\":\"/\",\
                 \"transitEncryption\":\"{encryption}\",\"authorizationConfig\":\
                 {{\"accessPointId\":\"fsap-{family:017x}\",\"iam\":\"{iam}\"}}}}}}"
            )?;
        }
        match kind {
            Kind::Ec2Host | Kind::External => f.write_str(
                ",{\"name\":\"docker\",\"host\":{\"sourcePath\":\"/var/run/docker.sock\"}}",
            ),
            _ => Ok(()),
        }
    })
}

/// The namespaces that containers share with each other or with their host.
fn modes(family: u64, kind: Kind) -> impl Display {
    let modes = match kind {
        Kind::Ec2Host => [Some("host"), Some("host")],
        Kind::Ec2Bridge => [None, Some("none")],
        Kind::Fargate if family.is_multiple_of(8) => [Some("task"), None],
        _ => [None, None],
    };
    fmt::from_fn(move |f| {
        let [pid, ipc] = modes;
        write!(
            f,
            "{}{}",
            text_member("pidMode", pid),
            text_member("ipcMode", ipc)
        )
    })
}

/// The revision's index among all revisions of its account and Region.
fn index(place: &Place, revision: Revision) -> u64 {
    revision.family * place.revisions_per_family() + revision.revision - 1
}

/// The image of one container, in a task and in its definition.
pub(super) fn image(call: &Call<'_>, revision: Revision, number: u64) -> impl Display {
    let Place {
        account, region, ..
    } = call.place;
    fmt::from_fn(move |f| match number {
        0 => write!(
            f,
            "{account}.dkr.ecr.{region}.amazonaws.com/{}:v{}",
            call.place.family_name(revision.family),
            revision.revision
        ),
        1 => f.write_str("public.ecr.aws/appmesh/aws-appmesh-envoy:v1.29.12.1-prod"),
        _ => f.write_str("amazon/aws-for-fluent-bit:stable"),
    })
}

fn roles(place: &Place, family: u64) -> impl Display {
    let (partition, account) = (place.partition, &place.account);
    fmt::from_fn(move |f| {
        if !family.is_multiple_of(5) {
            write!(
                f,
                "\"taskRoleArn\":\"arn:{partition}:iam::{account}:role/app-{family}\","
            )?;
        }
        write!(
            f,
            "\"executionRoleArn\":\"arn:{partition}:iam::{account}:role/ecsTaskExecutionRole\","
        )
    })
}

fn deregistered(status: &'static str, registered: Millis) -> impl Display {
    fmt::from_fn(move |f| {
        if status != "ACTIVE" {
            write!(
                f,
                "\"deregisteredAt\":{},",
                registered.later(9 * DAY_MS + 1)
            )?;
        }
        if status == "DELETE_IN_PROGRESS" {
            write!(
                f,
                "\"deleteRequestedAt\":{},",
                registered.later(10 * DAY_MS + 2)
            )?;
        }
        Ok(())
    })
}

fn containers(call: &Call<'_>, revision: Revision, kind: Kind) -> impl Display {
    let place = call.place;
    let family = revision.family;
    list(1 + family % 3, move |number| {
        let host_port = match kind.network_mode() {
            "bridge" => 0,
            _ => 8080 + number,
        };
        format!(
            "{{\"name\":\"{name}\",\"image\":\"{image}\",\"cpu\":{cpu},\
             \"memoryReservation\":128,\"portMappings\":[{{\"containerPort\":{port},\
             \"hostPort\":{host_port},\"protocol\":\"tcp\",\"name\":\"http\"}}],\
             \"essential\":{essential},\"environment\":{environment},\"environmentFiles\":{files},\
             \"mountPoints\":{mounts},\"volumesFrom\":[],\"secrets\":{secrets},\
             \"user\":\"{user}\",\"privileged\":{privileged},\
             \"readonlyRootFilesystem\":{readonly},\"dockerLabels\":{{\"tier\":\"{name}\"}},\
             \"logConfiguration\":{log},{rare}\
             \"systemControls\":[]}}",
            name = CONTAINERS[number as usize],
            image = image(call, revision, number),
            cpu = 64 << number,
            port = 8080 + number,
            essential = number == 0,
            environment = environment(call, revision, number),
            files = container_settings::environment_files(place, family, number),
            mounts = container_settings::mount_points(family, number, kind),
            rare = container_settings::rare(place, family, number, kind),
            secrets = secrets(place, family, number),
            user = if family.is_multiple_of(2) {
                "root"
            } else {
                "1000:1000"
            },
            privileged = kind == Kind::Ec2Host,
            readonly = family.is_multiple_of(3),
            log = log_configuration(call, family, number),
        )
    })
}

/// Every second container logs to Splunk, with a token that must not leave the host either.
fn log_configuration(call: &Call<'_>, family: u64, number: u64) -> String {
    let region = &call.place.region;
    let mode = [None, Some("non-blocking"), None, Some("blocking")][(family % 4) as usize];
    match number % 2 {
        0 => format!(
            "{{\"logDriver\":\"awslogs\",\"options\":{{\
             \"awslogs-group\":\"/ecs/{family}\",{mode}\"awslogs-region\":\"{region}\"}}}}",
            mode = text_member("mode", mode),
        ),
        _ => format!(
            "{{\"logDriver\":\"splunk\",\"options\":{{\
             \"splunk-url\":\"https://splunk.example.com\",\"splunk-token\":{token}}}}}",
            token = json(&format!("{}-token", call.canary))
        ),
    }
}

fn environment(call: &Call<'_>, revision: Revision, number: u64) -> impl Display {
    const NAMES: [&str; 5] = [
        "LOG_LEVEL",
        "DATABASE_URL",
        "API_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "FEATURE_FLAGS",
    ];
    let canary = call.canary;
    list(revision.family % 4 + 1, move |entry| {
        let name = NAMES[((entry + number) % 5) as usize];
        let value = json(&format!("{canary}-{}-{number}-{entry}", revision.revision));
        format!("{{\"name\":\"{name}\",\"value\":{value}}}")
    })
}

fn secrets(place: &Place, family: u64, number: u64) -> impl Display {
    let Place {
        partition,
        region,
        account,
        ..
    } = place;
    list((family + number) % 3, move |secret| {
        let source = match secret {
            0 => format!("ssm:{region}:{account}:parameter/app/{family}/password"),
            _ => format!("secretsmanager:{region}:{account}:secret:app-{family}-AbCdEf:key::"),
        };
        format!("{{\"name\":\"SECRET_{secret}\",\"valueFrom\":\"arn:{partition}:{source}\"}}")
    })
}
