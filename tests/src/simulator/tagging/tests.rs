use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulator::rules::{Denial, Rules};
use crate::simulator::state::State;
use crate::simulator::testing::{ask, elements, list, refusal, small};
use crate::simulator::world::{Shape, World};

fn tags(state: &State) -> Vec<Value> {
    let asked = json!({ "ResourceTypeFilters": ["ecs:task-definition"], "ResourcesPerPage": 4 });
    elements(state, "GetResources", &asked, "PaginationToken")
}

#[test]
fn tags_are_those_that_each_revision_describes() {
    let state = small(Rules::default());
    let mut described = BTreeMap::new();
    for arn in list(&state, "ListTaskDefinitions", &json!({})) {
        let asked = json!({ "taskDefinition": arn, "include": ["TAGS"] });
        let answer = ask(&state, "DescribeTaskDefinition", &asked);
        let tags = answer["tags"].as_array().expect("a list");
        let tags: Vec<_> = tags
            .iter()
            .map(|tag| json!({ "Key": tag["key"], "Value": tag["value"] }))
            .collect();
        // Untagged revisions are not in the answer.
        described.extend((!tags.is_empty()).then_some((arn, tags)));
    }
    let known = tags(&state);
    assert_eq!(known.len() as u64, state.truth()[0].tagged_revisions);
    assert!(known.len() < 16 && known.len() == described.len());
    for mapping in known {
        let arn = mapping["ResourceARN"].as_str().expect("text");
        assert_eq!(mapping["Tags"].as_array(), described.get(arn), "{arn}");
    }
    let other = json!({ "ResourceTypeFilters": ["ec2:instance"] });
    assert_eq!(
        ask(&state, "GetResources", &other),
        json!({ "ResourceTagMappingList": [], "PaginationToken": "" })
    );
}

#[test]
fn tags_can_lag_and_be_denied() {
    let shape = Shape {
        families: 100,
        active_revisions: 4,
        ..Shape::default()
    };
    let state = State::new(World::single(1, shape), Rules::default());
    let all = tags(&state).len();
    state.change_rules(|rules| rules.tag_lag = 0.25);
    let known = tags(&state).len();
    assert!(
        (all * 65 / 100..all * 85 / 100).contains(&known),
        "{known} of {all}"
    );
    assert_eq!(known as u64, state.truth()[0].tagged_revisions);
    let refused = refusal(&state, "GetResources", &json!({ "ResourcesPerPage": 101 }));
    assert!(
        refused.starts_with("InvalidParameterException"),
        "{refused}"
    );
    state.change_rules(|rules| {
        rules.denials.push(Denial {
            operation: Some("GetResources".to_owned()),
            ..Denial::default()
        });
    });
    let refused = refusal(&state, "GetResources", &json!({}));
    assert!(refused.starts_with("AccessDeniedException") && refused.contains("tag:GetResources"));
}
