//! The filters of lists, counts and exports: one set of parameters, which the page will use too.

use serde::{Deserialize, Serialize};

use super::extract::cursor;
use super::problem::Problem;
use crate::moment;
use crate::store::filter::Filter;
use crate::store::findings::{SEVERITIES, result_of, severity_of};
use crate::store::sort::{Column, Cursor, Sort};

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
    /// Names of services: the service itself, its task sets, tasks and containers.
    service: Option<String>,
    /// Whether it runs: tasks and containers that are RUNNING, services and task sets with running tasks.
    running: Option<bool>,
    /// Objects, such as `EcsService`.
    object: Option<String>,
    /// UIDs of records. They may have commas, so that there is one only.
    uid: Option<String>,
    /// Whether objects that are gone are listed, in place of those that are there.
    gone: Option<bool>,
    /// `object`, `uid`, `subject` (their names), `account`, `region`, `cluster`, `service`, `firstSeen` or `lastSeen`;
    /// `-` before it turns the order round.
    pub(crate) sort: Option<String>,
    /// Of counts only, the column: `object` (the default), `account`, `region`, `cluster`, `service`, `name` or `task`.
    pub(crate) by: Option<String>,
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
    /// Names of services: the service itself, its task sets, tasks and containers.
    service: Option<String>,
    /// Whether the subject runs: as in the inventory, and definitions with running tasks.
    running: Option<bool>,
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
    /// Controls of one published standard: `securityhub`, `cis` or `prowler`.
    standard: Option<String>,
    /// `severity` (the worst first, then the newest), `since`, `firstSeen`, `lastSeen`, `uid`, `control`, `result`,
    /// `subject`, `account`, `region`, `cluster`, `service` or `name`; `-` before it turns the order round.
    pub(crate) sort: Option<String>,
    /// Of counts only, the column: `severity` (the default), `result`, `control`, `account`, `region`, `cluster`,
    /// `service`, `object`, `subject`, `name`, `change` or `task`.
    pub(crate) by: Option<String>,
    /// Of exports only: `jsonl` (the default), `csv`, `ocsf`, `sarif` or `asff`.
    pub(crate) format: Option<String>,
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
            services: values("service", self.service.as_ref())?,
            running: self.running,
            objects: values("object", self.object.as_ref())?,
            uids: self.uid.iter().cloned().collect(),
            gone: self.gone == Some(true),
            ..Filter::default()
        })
    }
}

/// The words of published standards, and how the names of their controls begin.
const STANDARDS: [(&str, &str); 3] = [
    ("securityhub", "Security Hub "),
    ("cis", "CIS "),
    ("prowler", "Prowler "),
];

impl FindingQuery {
    /// The standard that is asked for: its word, and how the names of its controls begin.
    pub(crate) fn standard(&self) -> Result<Option<(&'static str, &'static str)>, Problem> {
        let Some(word) = &self.standard else {
            return Ok(None);
        };
        let known = STANDARDS.into_iter().find(|(name, _)| name == word);
        let wrong = || Problem::bad("standard: it is securityhub, cis or prowler");
        known.map(Some).ok_or_else(wrong)
    }

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
            services: values("service", self.service.as_ref())?,
            running: self.running,
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
            standards: self.standard()?.into_iter().map(|(_, name)| name).collect(),
            muted: self.muted,
            gone: self.gone == Some(true),
            now: moment::now(),
        })
    }
}

/// The order that a list is asked for.
pub(crate) fn sort_of(columns: &'static [Column], name: Option<&str>) -> Result<Sort, Problem> {
    Sort::parse(columns, name).ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        Problem::bad(format!(
            "sort: it is one of {}, or one of them after `-`",
            names.join(", ")
        ))
    })
}

/// The cursor of a list in an order.
pub(crate) fn cursor_of(sort: Sort, after: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let after: Option<Cursor> = cursor(after)?;
    match after.as_ref().is_none_or(|after| sort.fits(after)) {
        true => Ok(after),
        false => Err(Problem::bad(
            "after: it is the `next` of a page in another order; give the same sort",
        )),
    }
}

/// Refuses a parameter of another call.
pub(crate) fn refuse(given: Option<&String>, parameter: &str) -> Result<(), Problem> {
    match given {
        Some(_) => Err(Problem::bad(format!(
            "{parameter}: this call does not take it"
        ))),
        None => Ok(()),
    }
}

/// Refuses the size of a page, in an answer that has none.
pub(crate) fn refuse_page(limit: Option<u32>) -> Result<(), Problem> {
    let limit = limit.map(|limit| limit.to_string());
    refuse(limit.as_ref(), "limit")
}

/// The numbers of rows by a column.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    /// The numbers, the largest first; at most 1000.
    counts: Vec<CountOf>,
    /// Whether values were left out beyond the limit.
    is_cut: bool,
}

/// A number of rows.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct CountOf {
    value: String,
    count: i64,
}

/// The most values of a count.
pub(crate) const COUNTS_LIMIT: i64 = 1000;

impl Counts {
    /// Counts, of which one more than the limit were read.
    pub(crate) fn of(rows: Vec<(String, i64)>) -> Self {
        let most = usize::try_from(COUNTS_LIMIT).unwrap_or(usize::MAX);
        let is_cut = rows.len() > most;
        let rows = rows.into_iter().take(most);
        Self {
            counts: rows
                .map(|(value, count)| CountOf { value, count })
                .collect(),
            is_cut,
        }
    }
}

/// The column that is counted by: the first one, unless another is named.
pub(crate) fn counted_by(
    columns: &'static [(&'static str, &'static str)],
    by: Option<&str>,
) -> Result<(&'static str, &'static str), Problem> {
    let first = columns.first().map(|(name, _)| *name);
    let by = by.or(first).unwrap_or_default();
    let column = columns.iter().find(|(name, _)| *name == by);
    column.copied().ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        Problem::bad(format!("by: it is one of {}", names.join(", ")))
    })
}
