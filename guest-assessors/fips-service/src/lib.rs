//! FIPS.2: whether a service runs its tasks in FIPS mode, also if it has none.

use portolan_controls_fips::{
    Answer, CONDITION, CONTROL, Definition, Facts, Outcome, Provider, Setting, Unit, WITH_SETTING,
    said, verdict,
};
use portolan_mapper_sdk::{
    Assessing, BatchContext, Control, Element, List, Need, Object, Rejection, Text, Verdicts, With,
    export_assessor, items,
};
use serde::Deserialize;

/// A service, or one of its deployments or task sets.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Runs<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    name: Option<Text<'a>>,
    launch_type: Option<Text<'a>>,
    capacity_providers: Option<Vec<Text<'a>>>,
    platform_family: Option<Text<'a>>,
    platform_version: Option<Text<'a>>,
    task_definition: Option<Text<'a>>,
    region: Option<Text<'a>>,
    cluster_arn: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Related<'a> {
    #[serde(borrow)]
    deployments: List<Runs<'a>>,
    task_sets: List<Runs<'a>>,
    definitions: List<Definition<'a>>,
    setting: Option<Object<Setting<'a>>>,
    providers: List<Provider<'a>>,
}

struct Assessor;

impl Assessing for Assessor {
    const SUBJECT: &'static str = "EcsService";
    const WITH: &'static [With] = &[
        With {
            name: "deployments",
            object: "EcsDeployment",
            by: &[("SERVICE_ARN", &["SERVICE_ARN"])],
            many: true,
            ..With::NEW
        },
        With {
            name: "taskSets",
            object: "EcsTaskSet",
            by: &[("SERVICE_ARN", &["SERVICE_ARN"])],
            many: true,
            ..With::NEW
        },
        With {
            name: "definitions",
            object: "EcsTaskDefinition",
            by: &[(
                "TASK_DEFINITION_ARN",
                &[
                    "TASK_DEFINITION",
                    "deployments.TASK_DEFINITION",
                    "taskSets.TASK_DEFINITION",
                ],
            )],
            many: true,
            ..With::NEW
        },
        WITH_SETTING,
        With {
            name: "providers",
            object: "EcsCapacityProvider",
            by: &[(
                "NAME",
                &[
                    "CAPACITY_PROVIDERS",
                    "deployments.CAPACITY_PROVIDERS",
                    "taskSets.CAPACITY_PROVIDERS",
                ],
            )],
            many: true,
            ..With::NEW
        },
    ];
    const CONTROLS: &'static [Control] = &[Control {
        id: "FIPS.2",
        title: "Services run their tasks in FIPS mode",
        question: "Does the platform on which the service, its deployments and its task sets run tasks use validated cryptography?",
        condition: CONDITION,
        reads: &[
            ("deployments", Need::WhenNeeded),
            ("taskSets", Need::WhenNeeded),
            ("definitions", Need::WhenNeeded),
            ("setting", Need::WhenNeeded),
            ("providers", Need::WhenNeeded),
        ],
        ..CONTROL
    }];

    type Subject<'a> = Runs<'a>;
    type Related<'a> = Related<'a>;

    fn assess<'s, 'a: 's>(
        element: &'s Element<Runs<'a>, Related<'a>>,
        _: &'s BatchContext,
        verdicts: &mut Verdicts,
    ) -> Result<(), Rejection> {
        let (service, related) = (element.subject(), element.related());
        let facts = Facts {
            region: said(&service.region).unwrap_or_default(),
            cluster: said(&service.cluster_arn),
            setting: related.setting.as_deref(),
            providers: items(&related.providers).collect(),
            doubt: None,
        };
        let mut outcomes = of(&facts, service, element, "The service");
        for (kind, units) in [
            ("The deployment", &related.deployments),
            ("The task set", &related.task_sets),
        ] {
            for unit in items(units) {
                outcomes.extend(of(&facts, unit, element, kind));
            }
        }
        let is_complete = |name| element.is_complete(name);
        let is_decided = outcomes.iter().any(|it| it.answer < Answer::ReadyOn);
        if !(is_decided || is_complete("deployments") && is_complete("taskSets")) {
            let reason = "Not all of them were read.";
            outcomes.push(Outcome {
                of: "Deployments and task sets".to_owned(),
                ..Outcome::new(Answer::NotEvaluated, reason)
            });
        }
        verdicts.push(verdict("FIPS.2", outcomes));
        Ok(())
    }
}

/// The outcomes of a unit, which say which it is. What it does not say of the platform version, the service says.
fn of<'s>(
    facts: &Facts<'s>,
    unit: &'s Runs<'s>,
    element: &'s Element<Runs<'s>, Related<'s>>,
    kind: &str,
) -> Vec<Outcome<'s>> {
    let version = |of: &'s Runs<'s>| Some((&*of.uid, said(&of.platform_version)?));
    let definition = said(&unit.task_definition);
    let providers = unit.capacity_providers.iter().flatten();
    let mut outcomes = facts.judge(&Unit {
        uid: &unit.uid,
        launch_type: said(&unit.launch_type),
        providers: providers
            .map(Text::as_str)
            .filter(|name| !name.is_empty())
            .collect(),
        platform_family: said(&unit.platform_family),
        cpu_architecture: None,
        platform_version: version(unit).or_else(|| version(element.subject())),
        definition: items(&element.related().definitions).find(|it| Some(&*it.uid) == definition),
    });
    for outcome in &mut outcomes {
        outcome.of = format!("{kind} {}", said(&unit.name).unwrap_or(&unit.uid));
    }
    outcomes
}

export_assessor!(Assessor);
