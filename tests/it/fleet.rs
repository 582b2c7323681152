//! Many accounts at once.

mod organization;
mod scopes;
mod shards;

use std::collections::BTreeSet;

use portolan_tests::simulator::{BASE_ACCESS_KEY, BASE_ACCOUNT, Rules, Shape, World};
use serde_json::Value;

use crate::support::Site;

const REGIONS: [&str; 3] = ["us-east-1", "eu-west-1", "us-west-2"];

fn account(number: usize) -> String {
    format!("{number:012}")
}

fn role(number: usize) -> String {
    format!("arn:aws:iam::{}:role/PortolanRead", account(number))
}

/// Accounts 1 to `count` with three Regions each, all equal, behind roles.
fn world(count: usize) -> World {
    let shape = Shape {
        clusters: 1,
        services: 2,
        running_tasks: 3,
        families: 1,
        active_revisions: 2,
        ..Shape::default()
    };
    let mut world = World::new(1).with_access_key(BASE_ACCESS_KEY, BASE_ACCOUNT);
    for number in 1..=count {
        for region in REGIONS {
            world = world.with_place(&account(number), region, shape.clone());
        }
        world = world.with_role(&role(number), None);
    }
    world
}

pub(crate) fn fleet(count: usize) -> Site {
    Site::new(world(count), Rules::default())
}

/// Account and Region of every scope with this completeness.
fn places(report: &Value, is_complete: bool) -> BTreeSet<(String, String)> {
    let scopes = report["scopes"].as_array().unwrap().iter();
    let text = |scope: &Value, name: &str| scope[name].as_str().unwrap().to_owned();
    let incomplete: BTreeSet<_> = scopes
        .clone()
        .filter(|scope| scope["complete"] == false)
        .map(|scope| (text(scope, "account_id"), text(scope, "region")))
        .collect();
    let all: BTreeSet<_> = scopes
        .map(|scope| (text(scope, "account_id"), text(scope, "region")))
        .collect();
    if is_complete {
        all.difference(&incomplete).cloned().collect()
    } else {
        incomplete
    }
}

/// The account and Region pairs of these numbers.
fn pairs(numbers: impl IntoIterator<Item = usize>) -> BTreeSet<(String, String)> {
    let of = |number| REGIONS.map(|region| (account(number), region.to_owned()));
    numbers.into_iter().flat_map(of).collect()
}
