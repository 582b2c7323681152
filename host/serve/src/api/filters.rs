//! The filters of lists, counts and exports: one set of parameters, which the page will use too.

use serde::Deserialize;

use super::problem::Problem;
use crate::moment;
use crate::store::filter::Filter;
use crate::store::findings::{SEVERITIES, result_of, severity_of};

/// The most values of one parameter. SQLite takes 32,766 in all.
const VALUES_LIMIT: usize = 200;

/// Several values of a parameter, separated by commas, mean or; several parameters mean and.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ObjectQuery {
    /// Names of registrations.
    name: Option<String>,
    /// Ids of registrations.
    task: Option<String>,
    account: Option<String>,
    region: Option<String>,
    /// ARNs of clusters.
    cluster: Option<String>,
    /// Objects, such as `EcsService`.
    object: Option<String>,
    /// UIDs of records. They may have commas, so that there is one only.
    uid: Option<String>,
    /// Whether objects that are gone are listed, in place of those that are there.
    gone: Option<bool>,
    /// The rows of a page, 1 to 200; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
}

/// Several values of a parameter, separated by commas, mean or; several parameters mean and.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingQuery {
    /// Names of registrations.
    name: Option<String>,
    /// Ids of registrations.
    task: Option<String>,
    account: Option<String>,
    region: Option<String>,
    /// ARNs of clusters.
    cluster: Option<String>,
    /// Objects of subjects, such as `EcsService`.
    object: Option<String>,
    /// The UID of a subject.
    subject: Option<String>,
    /// Controls, such as `TD.4`.
    control: Option<String>,
    /// `critical`, `high`, `medium`, `low` or `informational`.
    severity: Option<String>,
    /// `FAIL`, `NOT_EVALUATED`, `PASS` or `NOT_APPLICABLE`.
    result: Option<String>,
    /// What the newest complete scan changed: `new`, `reopened` or `resolved`.
    change: Option<String>,
    /// Whether a mute covers them.
    muted: Option<bool>,
    /// Whether findings of subjects that are gone are listed, in place of those that are there.
    gone: Option<bool>,
    /// `severity` (the worst first, then the newest), `since` or `uid`.
    pub(crate) sort: Option<String>,
    /// Counts by this column: `severity`, `result`, `control`, `account`, `region`, `cluster`, `object`, `name` or
    /// `change`.
    pub(crate) by: Option<String>,
    /// The rows of a page, 1 to 200; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub(crate) limit: Option<u32>,
    /// The `next` of the page before.
    pub(crate) after: Option<String>,
}

fn values(parameter: &str, text: Option<&String>) -> Result<Vec<String>, Problem> {
    let values: Vec<String> = text.map_or_else(Vec::new, |text| {
        text.split(',')
            .map(|value| value.trim().to_owned())
            .collect()
    });
    match values.len() > VALUES_LIMIT {
        true => Err(Problem::bad(format!(
            "{parameter}: it has more than {VALUES_LIMIT} values"
        ))),
        false => Ok(values),
    }
}

/// Values out of a list.
fn words<T>(
    parameter: &str,
    text: Option<&String>,
    all: &str,
    of: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Problem> {
    let values = values(parameter, text)?;
    let read: Option<Vec<T>> = values.iter().map(|value| of(value)).collect();
    read.ok_or_else(|| Problem::bad(format!("{parameter}: its values are {all}")))
}

impl ObjectQuery {
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        Ok(Filter {
            names: values("name", self.name.as_ref())?,
            registrations: values("task", self.task.as_ref())?,
            accounts: values("account", self.account.as_ref())?,
            regions: values("region", self.region.as_ref())?,
            clusters: values("cluster", self.cluster.as_ref())?,
            objects: values("object", self.object.as_ref())?,
            uids: self.uid.iter().cloned().collect(),
            gone: self.gone == Some(true),
            ..Filter::default()
        })
    }
}

impl FindingQuery {
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        let severities = SEVERITIES.join(", ");
        let results = "FAIL, NOT_EVALUATED, PASS, NOT_APPLICABLE";
        let known = |word: &str| result_of(word).map(|_| word.to_owned());
        let change = |word: &str| {
            ["new", "reopened", "resolved"]
                .contains(&word)
                .then(|| word.to_owned())
        };
        Ok(Filter {
            names: values("name", self.name.as_ref())?,
            registrations: values("task", self.task.as_ref())?,
            accounts: values("account", self.account.as_ref())?,
            regions: values("region", self.region.as_ref())?,
            clusters: values("cluster", self.cluster.as_ref())?,
            objects: values("object", self.object.as_ref())?,
            uids: self.subject.iter().cloned().collect(),
            controls: values("control", self.control.as_ref())?,
            severities: words("severity", self.severity.as_ref(), &severities, severity_of)?,
            results: words("result", self.result.as_ref(), results, known)?,
            changes: words(
                "change",
                self.change.as_ref(),
                "new, reopened, resolved",
                change,
            )?,
            muted: self.muted,
            gone: self.gone == Some(true),
            now: moment::now(),
        })
    }
}
