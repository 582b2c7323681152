//! `Task`.

use std::fmt::{self, Display};

use super::task_definition::is_arm;
use super::{Millis, created_at, json, list, member, tags, text_member, uuid};
use crate::simulator::call::Call;
use crate::simulator::capacity_provider::Provider;
use crate::simulator::kind::Kind;
use crate::simulator::place::TaskNumber;

const STOPPED_REASONS: [(&str, &str); 3] = [
    (
        "EssentialContainerExited",
        "Essential container in task exited",
    ),
    (
        "ServiceSchedulerInitiated",
        "Scaling activity initiated by (deployment ecs-svc/0123456789)",
    ),
    (
        "TaskFailedToStart",
        "CannotPullContainerError: pull image manifest has been retried 5 time(s)",
    ),
];

pub(in crate::simulator) fn task(
    call: &Call<'_>,
    task: TaskNumber,
    tags_asked: bool,
) -> impl Display {
    let place = call.place;
    fmt::from_fn(move |f| {
        let index = task.index;
        let (kind, service) = (place.task_kind(task), place.service_of(task));
        let cluster = place.cluster_name(place.cluster_of(index));
        let id = place.task_id(task);
        let arn = place.arn(format_args!("task/{cluster}/{id}")).to_string();
        let revision = place.revision_of_task(task);
        let service_name = service.map(|service| place.service_name(service));
        let group = match &service_name {
            Some(name) => format!("service:{name}"),
            None => format!("family:{}", place.family_name(revision.family)),
        };
        let managed = service_name
            .as_deref()
            .map(|name| ("aws:ecs:serviceName", name));
        write!(
            f,
            "{{\"attachments\":{attachments},\"attributes\":\
             [{{\"name\":\"ecs.cpu-architecture\",\"value\":\"{architecture}\"}}],\
             \"clusterArn\":\"{cluster_arn}\",\"containers\":{containers},\
             \"cpu\":\"{cpu}\",\"enableExecuteCommand\":{exec},\"group\":\"{group}\",\
             \"memory\":\"{memory}\",\"overrides\":{overrides},{placement}{lifecycle}\
             \"startedBy\":\"{started_by}\",\"tags\":{tags},\"taskArn\":\"{arn}\",\
             \"taskDefinitionArn\":\"{definition}\",\"version\":{version}}}",
            attachments = attachments(call, task, kind),
            architecture = if is_arm(revision.family) {
                "arm64"
            } else {
                "x86_64"
            },
            cluster_arn = place.arn(format_args!("cluster/{cluster}")),
            containers = containers(call, task, kind, &arn),
            cpu = 256 << (index % 4),
            exec = index.is_multiple_of(6),
            memory = 512 << (index % 4),
            overrides = overrides(call, task),
            placement = placement(call, task, kind, &cluster),
            lifecycle = lifecycle(call, task),
            started_by = place.started_by(task),
            tags = tags(call, tags_asked, index, &id, managed),
            definition = place.revision_arn(revision),
            version = 3 + index % 4,
        )
    })
}

/// Members about the place of the task.
fn placement(call: &Call<'_>, task: TaskNumber, kind: Kind, cluster: &str) -> impl Display {
    let place = call.place;
    let fargate = kind.launch_type() == "FARGATE";
    let storage = fargate.then_some("{\"sizeInGiB\":20}");
    let zone = char::from(b'a' + (place.hash(52, task.index) % 3) as u8);
    let zone = (kind != Kind::External).then(|| format!("{}{zone}", place.region));
    let instance = (!fargate).then(|| {
        let id = place.hash(51, task.index % 64);
        place.arn(format!("container-instance/{cluster}/{id:032x}"))
    });
    fmt::from_fn(move |f| {
        let provider = place.provider(place.cluster_of(task.index), kind);
        let provider = provider.map(Provider::name);
        write!(
            f,
            "\"launchType\":\"{launch_type}\",{zone}{provider}{instance}{version}{family}{storage}\
             {fargate_storage}",
            launch_type = kind.launch_type(),
            zone = text_member("availabilityZone", zone.as_deref()),
            provider = text_member("capacityProviderName", provider.as_deref()),
            instance = text_member("containerInstanceArn", instance.as_ref()),
            version = text_member("platformVersion", kind.platform_version()),
            family = text_member("platformFamily", kind.platform_family()),
            storage = member("ephemeralStorage", storage),
            fargate_storage = member("fargateEphemeralStorage", storage),
        )
    })
}

/// Members about states and times.
fn lifecycle(call: &Call<'_>, task: TaskNumber) -> impl Display {
    let TaskNumber { index, stopped } = task;
    let created = created_at(call.place, 50, index << 1 | u64::from(stopped));
    let stop = call.has_stopped(task).then(|| stop(index, created));
    let last_status = last_status(call, task);
    let desired_status = match stop {
        Some(_) => "STOPPED",
        None => "RUNNING",
    };
    let failed_to_start = stop.is_some() && index % 3 == 2;
    let started = !failed_to_start && last_status != "PENDING";
    let health = ["HEALTHY", "UNKNOWN", "UNHEALTHY"][(index % 3) as usize];
    let connectivity = match last_status {
        "RUNNING" if index % 13 != 12 => "CONNECTED",
        _ => "DISCONNECTED",
    };
    fmt::from_fn(move |f| {
        write!(
            f,
            "\"connectivity\":\"{connectivity}\",\"connectivityAt\":{connected},\
             \"createdAt\":{created},\"desiredStatus\":\"{desired_status}\",\
             \"healthStatus\":\"{health}\",\"lastStatus\":\"{last_status}\",\
             \"pullStartedAt\":{pull_started},{pull_stopped}{started}",
            connected = created.later(4_321),
            pull_started = created.later(9_000),
            pull_stopped = member("pullStoppedAt", started.then(|| created.later(17_777))),
            started = member("startedAt", started.then(|| created.later(21_003))),
        )?;
        stop.as_ref().map_or(Ok(()), |stop| write!(f, "{stop}"))
    })
}

/// One running task in sixteen has not started yet; ECS lists it as running.
fn last_status(call: &Call<'_>, task: TaskNumber) -> &'static str {
    match call.has_stopped(task) {
        true => "STOPPED",
        false if task.index % 16 == 9 => "PENDING",
        false => "RUNNING",
    }
}

fn stop(index: u64, created: Millis) -> impl Display {
    let (code, reason) = STOPPED_REASONS[(index % 3) as usize];
    fmt::from_fn(move |f| {
        write!(
            f,
            "\"stopCode\":\"{code}\",\"stoppedReason\":{},\"stoppingAt\":{},\
             \"executionStoppedAt\":{},\"stoppedAt\":{},",
            json(reason),
            created.later(3_600_001),
            created.later(3_630_002),
            created.later(3_640_500)
        )
    })
}

fn attachments(call: &Call<'_>, task: TaskNumber, kind: Kind) -> impl Display {
    let place = call.place;
    let count = u64::from(kind.network_mode() == "awsvpc");
    let status = match call.has_stopped(task) {
        true => "DELETED",
        false => "ATTACHED",
    };
    list(count, move |_| {
        let (eni, mac) = (place.hash(53, task.index), place.hash(54, task.index));
        let [.., a, b, c] = mac.to_be_bytes();
        format!(
            "{{\"id\":\"{}\",\"type\":\"ElasticNetworkInterface\",\"status\":\"{status}\",\
             \"details\":[{{\"name\":\"subnetId\",\"value\":\"subnet-{:017x}\"}},\
             {{\"name\":\"networkInterfaceId\",\"value\":\"eni-{eni:017x}\"}},\
             {{\"name\":\"macAddress\",\"value\":\"0a:58:a9:{a:02x}:{b:02x}:{c:02x}\"}},\
             {{\"name\":\"privateDnsName\",\"value\":\"ip-10-{a}-{b}-{c}.ec2.internal\"}},\
             {{\"name\":\"privateIPv4Address\",\"value\":\"10.{a}.{b}.{c}\"}}]}}",
            uuid(place, 55, task.index),
            place.hash(20, task.index % 8),
        )
    })
}

fn containers(call: &Call<'_>, task: TaskNumber, kind: Kind, task_arn: &str) -> impl Display {
    let place = call.place;
    let index = task.index;
    let status = last_status(call, task);
    let failed_to_start = call.has_stopped(task) && index % 3 == 2;
    // ECS Exec is on, as in the task itself.
    let agent = index
        .is_multiple_of(6)
        .then(|| format!("{{\"name\":\"ExecuteCommandAgent\",\"lastStatus\":\"{status}\"}}"));
    let exit_code = call.has_stopped(task).then_some(index % 2 * 137);
    list(1 + index % 3, move |number| {
        let key = index * 4 + number;
        let name = ["main", "envoy", "log-router"][number as usize];
        let image = super::task_definition::image(call, place.revision_of_task(task), number);
        let bindings = match kind.network_mode() {
            "bridge" => format!(
                "[{{\"bindIP\":\"0.0.0.0\",\"containerPort\":8080,\"hostPort\":{},\
                 \"protocol\":\"tcp\"}}]",
                32_768 + key % 20_000
            ),
            _ => "[]".to_owned(),
        };
        let interfaces = attached_address(call, index, kind);
        format!(
            "{{\"containerArn\":\"{arn}\",\"taskArn\":\"{task_arn}\",\"name\":\"{name}\",\
             \"image\":\"{image}\",\"imageDigest\":\"sha256:{d0:016x}{d1:016x}{d2:016x}{d3:016x}\",\
             \"runtimeId\":\"{runtime}\",\"lastStatus\":\"{status}\",{exit}\
             \"networkBindings\":{bindings},\"networkInterfaces\":{interfaces},\
             \"healthStatus\":\"UNKNOWN\",\"cpu\":\"{cpu}\",\"memory\":\"{memory}\",\
             \"memoryReservation\":\"128\",{reason}\"managedAgents\":[{agent}]}}",
            arn = place.arn(format_args!("container/{}", uuid(place, 56, key))),
            d0 = place.hash(57, key),
            d1 = place.hash(58, key),
            d2 = place.hash(59, key),
            d3 = place.hash(60, key),
            runtime = uuid(place, 61, key),
            exit = member("exitCode", exit_code),
            reason = text_member(
                "reason",
                failed_to_start.then_some("CannotPullContainerError")
            ),
            agent = agent.as_deref().unwrap_or_default(),
            cpu = 64 << number,
            memory = 256 << number,
        )
    })
}

fn attached_address(call: &Call<'_>, index: u64, kind: Kind) -> String {
    if kind.network_mode() != "awsvpc" {
        return "[]".to_owned();
    }
    let [.., a, b, c] = call.place.hash(54, index).to_be_bytes();
    let id = uuid(call.place, 55, index);
    format!(
        "[{{\"attachmentId\":\"{id}\",\"privateIpv4Address\":\"10.{a}.{b}.{c}\",\
             \"ipv6Address\":\"2600:1f16::{a:x}:{b:x}{c:02x}\"}}]"
    )
}

/// Every fifth task overrides environment values, the canary among them, and every seventh the roles.
fn overrides(call: &Call<'_>, task: TaskNumber) -> impl Display {
    let environment = task.index % 5 == 2;
    let value = json(&format!("{}-override-{}", call.canary, task.index));
    let (partition, account) = (call.place.partition, &call.place.account);
    fmt::from_fn(move |f| {
        f.write_str("{\"containerOverrides\":[{\"name\":\"main\"")?;
        if environment {
            write!(
                f,
                ",\"command\":[\"serve\",\"--verbose\"],\
                 \"environment\":[{{\"name\":\"RUN_TOKEN\",\"value\":{value}}},\
                 {{\"name\":\"RUN_ID\",\"value\":{value}}}]"
            )?;
        }
        f.write_str("}],\"inferenceAcceleratorOverrides\":[]")?;
        if task.index % 7 == 5 {
            let role = format!("arn:{partition}:iam::{account}:role");
            write!(
                f,
                ",\"taskRoleArn\":\"{role}/one-off\",\
                 \"executionRoleArn\":\"{role}/ecsTaskExecutionRole\""
            )?;
        }
        f.write_str("}")
    })
}
