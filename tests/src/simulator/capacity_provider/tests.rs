use serde_json::{Value, json};

use crate::simulator::rules::Rules;
use crate::simulator::testing::{ask, elements, refusal, small};

const OPERATION: &str = "DescribeCapacityProviders";

#[test]
fn a_region_and_a_cluster_have_providers_of_their_own() {
    let state = small(Rules::default());
    let all = |parameters: Value| elements(&state, OPERATION, &parameters, "nextToken");
    let of_region = all(json!({ "include": ["TAGS"] }));
    let of_cluster = all(json!({ "cluster": "search-001", "maxResults": 3 }));
    assert_eq!(all(json!({ "cluster": "default" })), Vec::<Value>::new());
    assert_eq!((of_region.len(), of_cluster.len()), (13, 11));
    assert_eq!(state.truth()[0].capacity_providers, 24);
    assert_eq!(of_region[0]["type"], "FARGATE");
    let group = &of_region[2]["autoScalingGroupProvider"];
    assert_eq!(group["managedScaling"]["status"], "ENABLED");
    assert_eq!(
        of_region[2]["tags"][0],
        json!({ "key": "Name", "value": "asg-00" })
    );
    let fips = |number: usize| {
        let provider = &of_cluster[number]["managedInstancesProvider"];
        provider["instanceLaunchTemplate"]
            .get("fipsEnabled")
            .cloned()
    };
    assert_eq!(
        [fips(0), fips(1), fips(2)],
        [Some(json!(true)), None, Some(json!(false))]
    );
    assert_eq!(
        of_cluster[0]["cluster"],
        "arn:aws:ecs:us-east-1:123456789012:cluster/search-001"
    );
}

#[test]
fn clusters_services_and_tasks_name_providers_that_exist() {
    let state = small(Rules::default());
    let known = |cluster: &str| -> Vec<Value> {
        [json!({}), json!({ "cluster": cluster })]
            .iter()
            .flat_map(|it| elements(&state, OPERATION, it, "nextToken"))
            .map(|it| it["name"].clone())
            .collect()
    };
    for cluster in ["default", "search-001"] {
        let known = known(cluster);
        let found = ask(
            &state,
            "DescribeClusters",
            &json!({ "clusters": [cluster] }),
        );
        let named = found["clusters"][0]["capacityProviders"].as_array();
        let tasks = ask(&state, "ListTasks", &json!({ "cluster": cluster }));
        let parameters = json!({ "cluster": cluster, "tasks": tasks["taskArns"] });
        let tasks = ask(&state, "DescribeTasks", &parameters);
        let of_tasks: Vec<_> = tasks["tasks"].as_array().into_iter().flatten().collect();
        let of_tasks = of_tasks
            .iter()
            .filter_map(|it| it.get("capacityProviderName"));
        let named: Vec<_> = named.into_iter().flatten().chain(of_tasks).collect();
        assert!(named.len() > 4, "{named:?}");
        assert!(named.iter().all(|it| known.contains(it)), "{named:?}");
    }
    let launched = json!({ "cluster": "search-001", "launchType": "MANAGED_INSTANCES" });
    let service = ask(&state, "ListServices", &launched)["serviceArns"].clone();
    let parameters = json!({ "cluster": "search-001", "services": service });
    let service = ask(&state, "DescribeServices", &parameters)["services"][0].clone();
    assert_eq!(service.get("launchType"), None);
    assert_eq!(
        service["capacityProviderStrategy"][0]["capacityProvider"],
        "managed-001-00"
    );
}

#[test]
fn names_may_be_given_and_are_checked() {
    let state = small(Rules::default());
    let arn = "arn:aws:ecs:us-east-1:123456789012:capacity-provider/asg-01";
    let named = json!({ "capacityProviders": ["FARGATE", arn, "gone"] });
    let answer = ask(&state, OPERATION, &named);
    assert_eq!(answer["capacityProviders"][1]["capacityProviderArn"], arn);
    assert_eq!(answer["failures"][0]["reason"], "MISSING");
    for refused in [
        json!({ "maxResults": 11 }),
        json!({ "include": ["tags"] }),
        json!({ "nextToken": "x" }),
    ] {
        let refusal = refusal(&state, OPERATION, &refused);
        assert!(
            refusal.starts_with("InvalidParameterException"),
            "{refusal}"
        );
    }
    let refusal = refusal(&state, OPERATION, &json!({ "cluster": "gone" }));
    assert_eq!(refusal, "ClusterNotFoundException: Cluster not found.");
}
