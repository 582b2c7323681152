//! Counts that filter on click, and what was not evaluated and why.

use std::collections::BTreeMap;

use super::address::Address;
use super::words::{Outcome, Severity, cluster, kind, number, shown};
use crate::controls::Listed;
use crate::store::facets::{COLUMNS, Cell};
use crate::store::findings::severity_word;
use crate::store::{Store, StoreError, coverage, registrations};

/// The values of a facet that are shown at once.
const SHOWN: usize = 6;
/// More places than this are not looked through for causes.
const GAPS: i64 = 20_000;

/// The cells of a list, and the parameters that narrow it.
pub(super) struct Cube<'c> {
    cells: &'c [Cell],
    wanted: Vec<Vec<String>>,
    muted: Option<bool>,
}

impl<'c> Cube<'c> {
    pub(super) fn new(cells: &'c [Cell], address: &Address) -> Self {
        let wanted = COLUMNS.iter().map(|(key, _)| {
            let values = address.values(key).into_iter();
            values.map(str::to_owned).collect()
        });
        Self {
            cells,
            wanted: wanted.collect(),
            muted: address.get("muted").and_then(|it| it.parse().ok()),
        }
    }

    /// The number of findings by the value of a column, which itself is left free.
    pub(super) fn by(&self, key: &str) -> BTreeMap<String, i64> {
        let Some(column) = COLUMNS.iter().position(|(name, _)| *name == key) else {
            return BTreeMap::new();
        };
        let mut counts = BTreeMap::new();
        for cell in self.cells {
            let count = counted(cell, self.muted);
            if count > 0 && self.fits(cell, Some(column)) {
                *counts.entry(value(cell, column)).or_default() += count;
            }
        }
        counts
    }

    /// The number of findings of a result and mute, whatever the filter says of these two; and how many of those that
    /// are not muted the newest scan could not see.
    pub(super) fn of(&self, result: Option<&str>, muted: bool) -> (i64, i64) {
        let cells = self.cells.iter().filter(|cell| {
            self.fits(cell, Some(0)) && result.is_none_or(|it| cell.values[0] == it)
        });
        cells.fold((0, 0), |(all, stale), cell| {
            (all + counted(cell, Some(muted)), stale + cell.stale)
        })
    }

    /// The number of findings that fit.
    pub(super) fn all(&self) -> i64 {
        let fit = self.cells.iter().filter(|cell| self.fits(cell, None));
        fit.map(|cell| counted(cell, self.muted)).sum()
    }

    fn fits(&self, cell: &Cell, but: Option<usize>) -> bool {
        self.wanted.iter().enumerate().all(|(column, wanted)| {
            Some(column) == but || wanted.is_empty() || wanted.contains(&value(cell, column))
        })
    }
}

/// The findings of a cell that are muted, that are not, or all.
const fn counted(cell: &Cell, muted: Option<bool>) -> i64 {
    match muted {
        None => cell.count,
        Some(true) => cell.muted,
        Some(false) => cell.count - cell.muted,
    }
}

/// The value of a column as addresses have it.
fn value(cell: &Cell, column: usize) -> String {
    match COLUMNS[column].0 {
        "severity" => severity_word(cell.values[column].parse().unwrap_or(1)).to_owned(),
        _ => cell.values[column].clone(),
    }
}

/// The values of a column with their numbers.
pub(super) struct Facet {
    pub(super) title: &'static str,
    pub(super) values: Vec<FacetValue>,
    /// Those after the first few.
    pub(super) more: Vec<FacetValue>,
}

pub(super) struct FacetValue {
    pub(super) name: String,
    pub(super) glyph: String,
    pub(super) href: String,
    pub(super) count: String,
    pub(super) is_on: bool,
}

/// The facets of a list of findings.
pub(super) fn facets(cube: &Cube<'_>, address: &Address, controls: &[Listed]) -> Vec<Facet> {
    let titles = [
        ("severity", "Severity"),
        ("change", "Changed by the last scan"),
        ("control", "Control"),
        ("object", "About"),
        ("name", "Registration"),
        ("account", "Account"),
        ("region", "Region"),
        ("cluster", "Cluster"),
    ];
    let facets = titles.map(|(key, title)| facet(cube, address, controls, key, title));
    facets
        .into_iter()
        .filter(|it| !it.values.is_empty())
        .collect()
}

fn facet(
    cube: &Cube<'_>,
    address: &Address,
    controls: &[Listed],
    key: &str,
    title: &'static str,
) -> Facet {
    let mut counts: Vec<(String, i64)> = cube.by(key).into_iter().collect();
    counts.retain(|(value, _)| !value.is_empty());
    counts.sort_by_key(|(value, count)| match key {
        "severity" => (-Severity::of(value).0, value.clone()),
        _ => (-count, value.clone()),
    });
    let wanted = address.values(key);
    // What is chosen stays in sight, also where nothing is left of it.
    for value in &wanted {
        if !counts.iter().any(|(known, _)| known == value) {
            counts.insert(0, ((*value).to_owned(), 0));
        }
    }
    let mut values: Vec<FacetValue> = counts
        .into_iter()
        .map(|(value, count)| FacetValue {
            name: name(key, &value, controls),
            glyph: match key {
                "severity" => Severity::of(&value).glyph(),
                _ => String::new(),
            },
            href: address.toggled(key, &value).to_string(),
            count: number(count),
            is_on: wanted.contains(&value.as_str()),
        })
        .collect();
    // A stable sort: the chosen ones first.
    if key != "severity" {
        values.sort_by_key(|value| !value.is_on);
    }
    let more = values.split_off(values.len().min(SHOWN));
    Facet {
        title,
        values,
        more,
    }
}

fn name(key: &str, value: &str, controls: &[Listed]) -> String {
    match key {
        "severity" => Severity::of(value).word().to_owned(),
        "cluster" => shown(cluster(value)),
        "object" | "change" => {
            let word = kind(value);
            let mut letters = word.chars();
            let first = letters.next().map(char::to_uppercase);
            first.into_iter().flatten().chain(letters).collect()
        }
        "control" => {
            let asked = value.rsplit('/').next().unwrap_or(value);
            let title = controls.iter().find(|it| it.control.id == asked);
            let title = title.map_or("", |it| &it.control.title);
            format!("{value} {title}")
        }
        _ => shown(value),
    }
}

/// A reason why checks have no answer.
pub(super) struct Cause {
    pub(super) text: String,
    /// What would answer them.
    pub(super) repair: String,
    pub(super) count: String,
    pub(super) href: String,
    checks: i64,
}

/// The causes in the places that an address is narrowed to, the largest first; and the number of checks that nobody
/// made because a setting is missing, which have no finding.
// Long, because each kind of gap is told in its own words.
pub(super) async fn causes(
    store: &Store,
    address: &Address,
    controls: &[Listed],
) -> Result<(Vec<Cause>, i64), StoreError> {
    let mut unasked = 0;
    let gaps = coverage::gaps(store.read(), GAPS).await?;
    let names = registrations::names(store.read()).await?;
    let fits = |key: &str, value: &str| {
        let wanted = address.values(key);
        wanted.is_empty() || wanted.contains(&value)
    };
    let mut sums: BTreeMap<(String, String), (i64, Vec<String>)> = BTreeMap::new();
    for gap in gaps {
        let counts = gap.counts;
        let name = names.get(&gap.registration_id).map_or("", String::as_str);
        let asked = controls
            .iter()
            .find(|it| it.control.id == counts.control_id);
        let is_in = asked.is_none_or(|it| {
            let severity = Severity(it.control.severity as i64 + 1);
            fits("severity", severity.key()) && fits("object", &it.subject)
        }) && fits("control", &counts.control_id)
            && fits("account", counts.account_id.as_str())
            && fits("region", counts.region.as_str())
            && fits("name", name);
        if !is_in {
            continue;
        }
        let mut add = |reason: String, repair: String, checks: u64| {
            let (sum, controls) = sums.entry((reason, repair)).or_default();
            *sum += i64::try_from(checks).unwrap_or(i64::MAX);
            if !controls.contains(&counts.control_id) {
                controls.push(counts.control_id.clone());
            }
        };
        for (reason, checks) in &counts.not_evaluated {
            add(reason.clone(), String::new(), *checks);
        }
        if counts.not_configured > 0 {
            let (reason, repair) = unconfigured(controls, &counts.control_id);
            unasked += i64::try_from(counts.not_configured).unwrap_or(i64::MAX);
            add(reason, repair, counts.not_configured);
        }
        if !counts.subjects_complete && counts.not_evaluated.is_empty() {
            let reason = counts
                .reason
                .unwrap_or_else(|| "Not all objects were read".into());
            let place = format!(
                "Objects may be missing in {} {}",
                counts.account_id, counts.region
            );
            add(reason, place, 0);
        }
    }
    let causes = sums
        .into_iter()
        .map(|((text, repair), (checks, controls))| Cause {
            text: shown(text.trim_end_matches('.')),
            count: if checks > 0 {
                number(checks)
            } else {
                "unknown".into()
            },
            href: match (repair.is_empty(), controls.first()) {
                // Nobody asked, so that there is no finding to list.
                (false, Some(control)) => format!("/controls/{control}"),
                _ => address
                    .at("/findings")
                    .without("name")
                    .with("result", "NOT_EVALUATED")
                    .with("muted", "false")
                    .with("control", &controls.join(","))
                    .to_string(),
            },
            repair,
            checks,
        });
    let mut causes: Vec<Cause> = causes.collect();
    causes.sort_by_key(|cause| -cause.checks);
    Ok((causes, unasked))
}

/// Why a control is not configured, and what configures it.
fn unconfigured(controls: &[Listed], id: &str) -> (String, String) {
    let known = controls.iter().find(|it| it.control.id == id);
    let setting = known.and_then(|it| it.control.needs_setting.clone());
    match setting {
        Some(setting) => (
            format!("The setting {setting} is not given"),
            "Without it nobody looks".into(),
        ),
        None => (
            "Secret detection is off".into(),
            "Environment values were not looked at".into(),
        ),
    }
}

/// The tabs over a list of findings.
pub(super) struct Tab {
    pub(super) word: &'static str,
    pub(super) glyph: String,
    pub(super) href: String,
    pub(super) count: String,
    pub(super) is_on: bool,
}

/// A tab for each result, and one for what is muted.
pub(super) fn tabs(cube: &Cube<'_>, address: &Address) -> Vec<Tab> {
    let chosen = address.get("result").unwrap_or_default();
    let is_muted = address.get("muted") == Some("true");
    let results = ["FAIL", "NOT_EVALUATED", "PASS", "NOT_APPLICABLE"];
    let mut tabs: Vec<Tab> = results
        .map(|result| {
            let outcome = Outcome(result.to_owned());
            Tab {
                word: outcome.word(),
                glyph: outcome.glyph(),
                href: address
                    .with("result", result)
                    .with("muted", "false")
                    .to_string(),
                count: number(cube.of(Some(result), false).0),
                is_on: chosen == result && !is_muted,
            }
        })
        .into();
    tabs.push(Tab {
        word: "Muted",
        glyph: "<svg aria-hidden=\"true\"><use href=\"#res-muted\"/></svg>".into(),
        href: address.without("result").with("muted", "true").to_string(),
        count: number(cube.of(None, true).0),
        is_on: is_muted,
    });
    tabs
}
