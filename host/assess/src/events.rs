//! The moments from which on audit events are known. A sync reads the events of some names and of some time only, so
//! that the absence of an event before that means nothing.

use std::collections::BTreeMap;

use portolan_machine::clock;
use portolan_page::object::Object;
use portolan_records::report::Report;
use portolan_sandbox::{Manifest, With};
use serde_json::Value;

/// The options of a sync that choose events, as `report.json` names them.
const SINCE: &str = "EcsAuditEvent.since";
const SETTINGS_SINCE: &str = "EcsAuditEvent.settingsSince";
const NAMES: &str = "EcsAuditEvent.names";
/// The events about account settings. Every sync asks for them, unless it names others.
const SETTINGS: [&str; 3] = [
    "DeleteAccountSetting",
    "PutAccountSetting",
    "PutAccountSettingDefault",
];

/// By name of `with`, the moment from which on the sync asked for all events that belong under it. Names of other
/// objects have none, and those whose events the sync did not ask for.
pub(crate) fn since<'a>(report: &Report, manifest: &'a Manifest) -> BTreeMap<&'a str, String> {
    since_of(&report.options, &report.captured_at, manifest)
}

fn since_of<'a>(
    options: &BTreeMap<String, String>,
    captured_at: &str,
    manifest: &'a Manifest,
) -> BTreeMap<&'a str, String> {
    let from = |option| {
        let age = options
            .get(option)
            .and_then(|age: &String| clock::age(age))?;
        clock::before(captured_at, age)
    };
    let others = from(SINCE);
    let settings = from(SETTINGS_SINCE).or_else(|| others.clone());
    let asked = match options.get(NAMES) {
        Some(names) => names.split(',').map(str::trim).collect(),
        None => SETTINGS.to_vec(),
    };
    let events = manifest.with.iter();
    let events = events.filter(|(_, with)| is_asked(with, &asked));
    let known = events.filter_map(|(name, with)| {
        let since = match is_asked(with, &SETTINGS) {
            true => &settings,
            false => &others,
        };
        Some((name.as_str(), since.clone()?))
    });
    known.collect()
}

/// Whether the sync asked for all events that a name joins, which therefore has to say which these are.
fn is_asked(with: &With, asked: &[&str]) -> bool {
    let is_asked = |name: &Value| name.as_str().is_some_and(|name| asked.contains(&name));
    let names = with.only.get("EVENT_NAME");
    with.object == Object::EcsAuditEvent && names.is_some_and(|names| names.iter().all(is_asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_events_that_were_asked_for_are_known() {
        let manifest = json!({
            "name": "a", "version": "1", "kind": "assessor", "objects": ["EcsTask"],
            "with": {
                "shells": {"object": "EcsAuditEvent", "where": {"EVENT_NAME": ["ExecuteCommand"]}},
                "starts": {"object": "EcsAuditEvent", "where": {"EVENT_NAME": ["RunTask", "StartTask"]}},
                "settings": {"object": "EcsAuditEvent", "where": {"EVENT_NAME": ["PutAccountSetting"]}},
                "any": {"object": "EcsAuditEvent"},
                "tasks": {"object": "EcsTask", "where": {"EVENT_NAME": ["ExecuteCommand"]}},
            },
        });
        let manifest: Manifest = serde_json::from_value(manifest).expect("a manifest");
        let known = |options: &[(&str, &str)]| {
            let options = options
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into()));
            since_of(&options.collect(), "2026-11-30T12:00:00.000Z", &manifest)
        };
        let names = (NAMES, "ExecuteCommand,RunTask");
        let day_before = "2026-11-29T12:00:00.000Z".to_owned();
        assert_eq!(
            known(&[(SINCE, "24h"), names]),
            BTreeMap::from([("shells", day_before)])
        );
        for unknown in [&[names][..], &[(SINCE, "soon"), names]] {
            assert!(known(unknown).is_empty());
        }
        let week_before = "2026-11-23T12:00:00.000Z".to_owned();
        let settings = BTreeMap::from([("settings", week_before)]);
        assert_eq!(known(&[(SINCE, "7d")]), settings);
        assert_eq!(known(&[(SINCE, "24h"), (SETTINGS_SINCE, "7d")]), settings);
    }
}
