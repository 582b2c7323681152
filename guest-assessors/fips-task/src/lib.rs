//! FIPS.1: whether a task runs in FIPS mode.

use portolan_controls_fips::{
    CONDITION, CONTROL, Definition, Facts, Provider, SETTING, Setting, Unit, WITH_SETTING, said,
    verdict,
};
use portolan_mapper_sdk::{
    Assessing, BatchContext, Control, Element, List, Need, Object, Rejection, Text, Verdicts, With,
    export_assessor, items,
};
use serde::Deserialize;

/// A task.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Task<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    region: Option<Text<'a>>,
    cluster_arn: Option<Text<'a>>,
    launch_type: Option<Text<'a>>,
    capacity_provider: Option<Text<'a>>,
    platform_family: Option<Text<'a>>,
    cpu_architecture: Option<Text<'a>>,
    platform_version: Option<Text<'a>>,
    last_started: Option<Text<'a>>,
    first_seen: Option<Text<'a>>,
}

/// The task's service.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Service<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    platform_version: Option<Text<'a>>,
}

/// A change of an account setting.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Event<'a> {
    #[serde(borrow)]
    event_time: Option<Text<'a>>,
    setting_name: Option<Text<'a>>,
    error_code: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Related<'a> {
    #[serde(borrow)]
    definition: Option<Object<Definition<'a>>>,
    service: Option<Object<Service<'a>>>,
    setting: Option<Object<Setting<'a>>>,
    providers: List<Provider<'a>>,
    events: List<Event<'a>>,
}

type Given<'a> = Element<Task<'a>, Related<'a>>;

struct Assessor;

impl Assessing for Assessor {
    const SUBJECT: &'static str = "EcsTask";
    const WITH: &'static [With] = &[
        With {
            name: "definition",
            object: "EcsTaskDefinition",
            by: &[("TASK_DEFINITION_ARN", &["TASK_DEFINITION_ARN"])],
            ..With::NEW
        },
        With {
            name: "service",
            object: "EcsService",
            by: &[
                ("CLUSTER_ARN", &["CLUSTER_ARN"]),
                ("SERVICE_NAME", &["SERVICE_NAME"]),
            ],
            ..With::NEW
        },
        WITH_SETTING,
        With {
            name: "providers",
            object: "EcsCapacityProvider",
            by: &[("NAME", &["CAPACITY_PROVIDER"])],
            many: true,
            ..With::NEW
        },
        With {
            name: "events",
            object: "EcsAuditEvent",
            many: true,
            only: &[(
                "EVENT_NAME",
                &[
                    "PutAccountSetting",
                    "PutAccountSettingDefault",
                    "DeleteAccountSetting",
                ],
            )],
            // They go along with every task of the Region. Settings change a few times a year; with more changes than
            // this, the newest is not known.
            limit: 1_000,
            ..With::NEW
        },
    ];
    const CONTROLS: &'static [Control] = &[Control {
        id: "FIPS.1",
        title: "Tasks run in FIPS mode",
        question: "Does the platform on which the task runs use validated cryptography?",
        condition: CONDITION,
        reads: &[
            ("definition", Need::WhenNeeded),
            ("service", Need::WhenNeeded),
            ("setting", Need::WhenNeeded),
            ("providers", Need::WhenNeeded),
            ("events", Need::WhenNeeded),
        ],
        ..CONTROL
    }];

    type Subject<'a> = Task<'a>;
    type Related<'a> = Related<'a>;

    fn assess<'s, 'a: 's>(
        element: &'s Given<'a>,
        _: &'s BatchContext,
        verdicts: &mut Verdicts,
    ) -> Result<(), Rejection> {
        let (task, related) = (element.subject(), element.related());
        let service = related.service.as_ref();
        let version = said(&task.platform_version).map(|version| (&*task.uid, version));
        let of_service = || service.and_then(|it| Some((&*it.uid, said(&it.platform_version)?)));
        let unit = Unit {
            uid: &task.uid,
            launch_type: said(&task.launch_type),
            providers: said(&task.capacity_provider).into_iter().collect(),
            platform_family: said(&task.platform_family),
            cpu_architecture: said(&task.cpu_architecture),
            platform_version: version.or_else(of_service),
            definition: related.definition.as_deref(),
        };
        let facts = Facts {
            region: said(&task.region).unwrap_or_default(),
            cluster: said(&task.cluster_arn),
            setting: related.setting.as_deref(),
            providers: items(&related.providers).collect(),
            doubt: doubt(element),
        };
        verdicts.push(verdict("FIPS.1", facts.judge(&unit)));
        Ok(())
    }
}

/// Why the task may have started under another value of the setting. AWS does not say that a change reaches tasks
/// that run.
fn doubt(element: &Given<'_>) -> Option<String> {
    let task = element.subject();
    let started = said(&task.last_started).or_else(|| said(&task.first_seen));
    let Some(started) = started else {
        return Some(format!(
            "{SETTING} is on, but when the task started is not known."
        ));
    };
    let since = element.since("events");
    let Some(since) = since.filter(|_| element.is_complete("events")) else {
        return Some(format!(
            "{SETTING} is on, but not all audit events of account settings were read, so that it may have changed since the task started."
        ));
    };
    // Times in records have one width, so that they are ordered as texts.
    if started < since {
        return Some(format!(
            "{SETTING} is on, but the task started at {started}, and changes are known from {since} on only."
        ));
    }
    // An event may hide which setting it changes, or when.
    let is_change = |event: &&Event<'_>| {
        let is_it = said(&event.setting_name).is_none_or(|name| name == SETTING);
        is_it && said(&event.error_code).is_none()
    };
    let mut changes = items(&element.related().events).filter(is_change);
    let later = changes.find(|it| said(&it.event_time).is_none_or(|time| time > started))?;
    let time = said(&later.event_time).unwrap_or("a time that is not known");
    Some(format!(
        "{SETTING} is on, but it was changed at {time}, and the task started at {started}."
    ))
}

export_assessor!(Assessor);
