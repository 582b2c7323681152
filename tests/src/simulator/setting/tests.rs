use serde_json::{Value, json};

use crate::simulator::rules::Rules;
use crate::simulator::state::State;
use crate::simulator::testing::{elements, refusal, small};
use crate::simulator::world::World;

const OPERATION: &str = "ListAccountSettings";

fn settings(state: &State, parameters: &Value) -> Vec<Value> {
    elements(state, OPERATION, parameters, "nextToken")
}

#[test]
fn effective_settings_are_all_and_the_others_are_the_callers_own() {
    let mut own = Vec::new();
    for seed in 0..12 {
        let state = State::new(World::small(seed), Rules::default());
        let effective = settings(&state, &json!({ "effectiveSettings": true }));
        let mine = settings(&state, &json!({}));
        let truth = &state.truth()[0];
        let counts = (effective.len() as u64, mine.len() as u64);
        assert_eq!(counts, (truth.settings, truth.own_settings));
        assert!(mine.iter().all(|it| effective.contains(it)), "{mine:?}");
        let caller = "arn:aws:iam::123456789012:user/simulated";
        let is_own = |it: &&Value| it["principalArn"] == caller;
        assert_eq!(effective.iter().filter(is_own).count(), mine.len());
        own.push(mine.len());
    }
    assert!((0..=2).all(|count| own.contains(&count)), "{own:?}");
}

#[test]
fn a_setting_can_be_asked_for_and_changed() {
    let state = small(Rules::default());
    let value = || {
        let asked = json!({ "name": "containerInsights", "effectiveSettings": true });
        settings(&state, &asked)[0]["value"].clone()
    };
    assert_eq!(value(), "disabled");
    let changed = ("containerInsights".to_owned(), "enhanced".to_owned());
    state.change_rules(|rules| rules.settings.extend([changed]));
    assert_eq!(value(), "enhanced");
    for refused in [json!({ "name": "colour" }), json!({ "maxResults": 11 })] {
        let refusal = refusal(&state, OPERATION, &refused);
        assert!(
            refusal.starts_with("InvalidParameterException"),
            "{refusal}"
        );
    }
}
