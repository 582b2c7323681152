//! The content of a world, read without the program.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::everything::{KEYS, REGIONS};
use crate::support::Site;

/// Calls the simulator without the AWS SDK, so that both cannot be wrong in the same point.
fn ask(url: &str, key: &str, region: &str, operation: &str, body: &Value) -> Value {
    let (body, signature) = (body.to_string(), "0".repeat(64));
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\
         x-amz-target: AmazonEC2ContainerServiceV20141113.{operation}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential={key}/20261121/{region}/ecs/aws4_request, \
         SignedHeaders=host, Signature={signature}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Every ARN of a List operation.
fn list(
    site: &Site,
    key: &str,
    region: &str,
    operation: &str,
    member: &str,
    body: &Value,
) -> BTreeSet<String> {
    let (mut arns, mut body) = (BTreeSet::new(), body.clone());
    loop {
        let page = ask(site.simulator.url(), key, region, operation, &body);
        // A vanished cluster has no member of that name, only an error.
        let found = page[member].as_array().cloned().unwrap_or_default();
        arns.extend(found.iter().map(|arn| arn.as_str().unwrap().to_owned()));
        if page["nextToken"].is_null() {
            return arns;
        }
        body["nextToken"] = page["nextToken"].clone();
    }
}

/// The ARNs of all objects in the demo world that can be described, by object.
pub(super) fn world_of(site: &Site) -> [BTreeSet<String>; 4] {
    let mut world: [BTreeSet<String>; 4] = Default::default();
    for (key, _) in KEYS {
        for region in REGIONS.split(',') {
            for cluster in list(site, key, region, "ListClusters", "clusterArns", &json!({})) {
                let described = ask(
                    site.simulator.url(),
                    key,
                    region,
                    "DescribeClusters",
                    &json!({"clusters": [cluster]}),
                );
                if described["clusters"].as_array().unwrap().is_empty() {
                    continue;
                }
                let inside = json!({"cluster": cluster});
                world[1].extend(list(
                    site,
                    key,
                    region,
                    "ListServices",
                    "serviceArns",
                    &inside,
                ));
                for status in ["RUNNING", "STOPPED"] {
                    let inside = json!({"cluster": cluster, "desiredStatus": status});
                    world[2].extend(list(site, key, region, "ListTasks", "taskArns", &inside));
                }
                world[0].insert(cluster);
            }
            world[3].extend(list(
                site,
                key,
                region,
                "ListTaskDefinitions",
                "taskDefinitionArns",
                &json!({}),
            ));
        }
    }
    world
}
