//! Describe pages of realistic size, for tests and benchmarks that need many objects.

use std::fmt::Write;

/// Writes the body of a DescribeTasks response with `count` full-size tasks.
///
/// A task has one container to three, an elastic network interface, attributes, overrides and tags,
/// about 3.5 kB in all, without white space, as AWS sends it. Two tasks in three run on Fargate, the
/// others on EC2; one in five overrides environment variables. The same count always gives the same
/// text, and no two tasks share an ARN.
#[must_use]
pub fn describe_tasks_page(count: usize) -> String {
    let tasks: Vec<String> = (0..count).map(task).collect();
    format!(r#"{{"failures":[],"tasks":[{}]}}"#, tasks.join(","))
}

const ACCOUNT_ID: &str = "123456789012";
const REGION: &str = "us-west-2";
const CLUSTER: &str = "production-services";

/// One task of the page. Its number makes it unlike the others. Long, because it writes one object.
fn task(number: usize) -> String {
    let fargate = !number.is_multiple_of(3);
    let id = hex(number, 32);
    let arn = format!("arn:aws:ecs:{REGION}:{ACCOUNT_ID}:task/{CLUSTER}/{id}");
    let (eni, address) = (format!("eni-{}", hex(number + 7, 17)), address(number));
    let service = ["checkout", "inventory", "search", "payments-worker"][number % 4];
    let zone = ["a", "b", "c"][number % 3];
    let subnet = format!("subnet-{}", hex(number % 3, 17));
    let names: &[&str] = match number % 8 {
        0 => &[service, "envoy", "log-router"],
        1 | 5 => &[service],
        _ => &[service, "envoy"],
    };
    let containers: Vec<String> = names
        .iter()
        .enumerate()
        .map(|(place, name)| container(number, place, name, &arn, &eni, &address))
        .collect();
    // ECS writes milliseconds, and large numbers with an exponent.
    let created_at = format!("1.{:09}{:03}E9", 760_000_000 + number * 37, number % 1000);
    let started_at = format!("{}.{:03}", 1_760_000_041 + number * 37, (number * 7) % 1000);
    let launch = match fargate {
        true => r#""launchType":"FARGATE","platformFamily":"Linux","platformVersion":"1.4.0""#
            .to_owned(),
        false => format!(
            r#""launchType":"EC2","containerInstanceArn":"arn:aws:ecs:{REGION}:{ACCOUNT_ID}:container-instance/{CLUSTER}/{}""#,
            hex(number % 9, 32)
        ),
    };
    format!(
        concat!(
            r#"{{"attachments":[{attachment}],"attributes":[{attributes}],"#,
            r#""availabilityZone":"{region}{zone}","capacityProviderName":"{provider}","#,
            r#""clusterArn":"arn:aws:ecs:{region}:{account}:cluster/{cluster}","connectivity":"CONNECTED","#,
            r#""connectivityAt":{started_at},"containers":[{containers}],"cpu":"1024","createdAt":{created_at},"#,
            r#""desiredStatus":"RUNNING","enableExecuteCommand":false,"ephemeralStorage":{{"sizeInGiB":20}},"#,
            r#""group":"service:{service}","healthStatus":"HEALTHY","lastStatus":"RUNNING",{launch},"memory":"3072","#,
            r#""overrides":{overrides},"pullStartedAt":{started_at},"pullStoppedAt":{started_at},"#,
            r#""startedAt":{started_at},"startedBy":"ecs-svc/{number:019}","tags":[{tags}],"taskArn":"{arn}","#,
            r#""taskDefinitionArn":"arn:aws:ecs:{region}:{account}:task-definition/{service}:{revision}","version":5}}"#,
        ),
        attachment = attachment(number, &eni, &address, &subnet),
        attributes = ATTRIBUTES,
        region = REGION,
        zone = zone,
        provider = if fargate {
            "FARGATE"
        } else {
            "general-purpose-autoscaling"
        },
        account = ACCOUNT_ID,
        cluster = CLUSTER,
        started_at = started_at,
        created_at = created_at,
        containers = containers.join(","),
        service = service,
        launch = launch,
        overrides = overrides(number, names),
        number = number,
        tags = tags(number, service),
        arn = arn,
        revision = 40 + number % 5,
    )
}

const ATTRIBUTES: &str = r#"{"name":"ecs.cpu-architecture","value":"x86_64"},{"name":"ecs.os-family","value":"linux"},{"name":"com.example.placement-group","targetType":"container-instance","value":"default"}"#;

fn attachment(number: usize, eni: &str, address: &str, subnet: &str) -> String {
    let dns = address.replace('.', "-");
    format!(
        concat!(
            r#"{{"details":[{{"name":"subnetId","value":"{}"}},{{"name":"networkInterfaceId","value":"{}"}},"#,
            r#"{{"name":"macAddress","value":"0e:89:76:28:{:02x}:{:02x}"}},"#,
            r#"{{"name":"privateDnsName","value":"ip-{}.{}.compute.internal"}},"#,
            r#"{{"name":"privateIPv4Address","value":"{}"}}],"id":"{}","#,
            r#""status":"ATTACHED","type":"ElasticNetworkInterface"}}"#,
        ),
        subnet,
        eni,
        number / 256 % 256,
        number % 256,
        dns,
        REGION,
        address,
        uuid(number),
    )
}

fn container(
    number: usize,
    place: usize,
    name: &str,
    arn: &str,
    eni: &str,
    address: &str,
) -> String {
    let unique = number * 4 + place;
    format!(
        concat!(
            r#"{{"containerArn":"arn:aws:ecs:{region}:{account}:container/{cluster}/{task}/{id}","cpu":"256","#,
            r#""healthStatus":"HEALTHY","image":"{account}.dkr.ecr.{region}.amazonaws.com/{name}:2026.11.{tag}","#,
            r#""imageDigest":"sha256:{digest}","lastStatus":"RUNNING","managedAgents":[{{"#,
            r#""lastStartedAt":1760000050.123,"lastStatus":"RUNNING","name":"ExecuteCommandAgent"}}],"#,
            r#""memory":"1024","memoryReservation":"512","name":"{name}","networkBindings":[],"#,
            r#""networkInterfaces":[{{"attachmentId":"{eni}","privateIpv4Address":"{address}"}}],"#,
            r#""runtimeId":"{task}-{runtime:010}","taskArn":"{arn}"}}"#,
        ),
        region = REGION,
        account = ACCOUNT_ID,
        cluster = CLUSTER,
        task = hex(number, 32),
        id = uuid(unique),
        name = name,
        tag = number % 30,
        digest = hex(unique, 64),
        eni = eni,
        address = address,
        runtime = unique,
        arn = arn,
    )
}

/// The overrides of a task; one task in five has environment variables among them.
fn overrides(number: usize, names: &[&str]) -> String {
    let mut containers = String::new();
    for (place, name) in names.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let environment = match (number.is_multiple_of(5), place) {
            (true, 0) => {
                r#","environment":[{"name":"LOG_LEVEL","value":"debug"},{"name":"DATABASE_URL","value":"postgres://app:not-a-real-password@db.internal/app"}]"#
            }
            _ => "",
        };
        // Writing to a String cannot fail.
        let _ = write!(containers, r#"{comma}{{"name":"{name}"{environment}}}"#);
    }
    format!(r#"{{"containerOverrides":[{containers}],"inferenceAcceleratorOverrides":[]}}"#)
}

fn tags(number: usize, service: &str) -> String {
    let stack = hex(number % 11, 12);
    format!(
        concat!(
            r#"{{"key":"aws:ecs:clusterName","value":"{cluster}"}},{{"key":"aws:ecs:serviceName","value":"{service}"}},"#,
            r#"{{"key":"Environment","value":"production"}},{{"key":"Owner","value":"team-{team}@example.com"}},"#,
            r#"{{"key":"CostCenter","value":"CC-{centre}"}},{{"key":"Stack","value":"{service}-{stack}"}}"#,
        ),
        cluster = CLUSTER,
        service = service,
        team = number % 6,
        centre = 4200 + number % 8,
        stack = stack,
    )
}

fn address(number: usize) -> String {
    format!(
        "10.{}.{}.{}",
        number / 65_536 % 256,
        number / 256 % 256,
        number % 256
    )
}

/// Hexadecimal digits that look random and differ for every number.
fn hex(number: usize, digits: usize) -> String {
    let mut text = String::with_capacity(digits + 16);
    let mut state = number as u64 + 1;
    while text.len() < digits {
        // The multiplier of Knuth's MMIX generator: it is odd, so no two numbers give the same digits.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let _ = write!(text, "{state:016x}");
    }
    text.truncate(digits);
    text
}

fn uuid(number: usize) -> String {
    let digits = hex(number, 32);
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..]
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_page_is_json_of_realistic_size() {
        let page = describe_tasks_page(100);
        let body: serde_json::Value = serde_json::from_str(&page).unwrap();
        let tasks = body["tasks"].as_array().unwrap();
        let arns: HashSet<_> = tasks
            .iter()
            .map(|task| task["taskArn"].as_str().unwrap())
            .collect();
        assert_eq!(arns.len(), 100);
        assert!(
            (330_000..370_000).contains(&page.len()),
            "{} bytes",
            page.len()
        );
    }
}
