//! Controls: what is asked, and where other tools differ.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Html;

use super::address::Address;
use super::fault::Fault;
use super::frame::{Frame, html};
use super::session::Visitor;
use super::words::{Severity, kind, number};
use crate::api::problem::Problem;
use crate::controls::Listed;
use crate::moment;
use crate::shared::Shared;
use crate::store::facets;
use crate::store::filter::Filter;
use crate::token::Role;

struct ControlRow {
    id: String,
    title: String,
    severity: Severity,
    subject: String,
    fail: String,
    fail_href: String,
    unknown: String,
    unknown_href: String,
    all: String,
}

#[derive(Template)]
#[template(path = "controls.html")]
struct ControlsPage {
    frame: Frame,
    rows: Vec<ControlRow>,
}

#[derive(Template)]
#[template(path = "control.html")]
struct ControlPage {
    frame: Frame,
    row: ControlRow,
    question: String,
    condition: String,
    standards: Vec<String>,
    differences: String,
    remediation: String,
    command: String,
    references: Vec<String>,
    needs: String,
}

/// By control and result, the numbers of findings that are not muted.
async fn counts(service: &Shared) -> Result<HashMap<(String, String), i64>, Fault> {
    let filter = Filter {
        now: moment::now(),
        ..Filter::default()
    };
    let mut counts: HashMap<(String, String), i64> = HashMap::new();
    for cell in facets::cells(service.store.read(), &filter).await? {
        let [result, _, control, ..] = cell.values;
        // What runs is counted as TK.1.
        let asked = control.split('/').next().unwrap_or_default().to_owned();
        *counts.entry((asked, result)).or_default() += cell.count - cell.muted;
    }
    Ok(counts)
}

fn row(it: &Listed, counts: &HashMap<(String, String), i64>) -> ControlRow {
    let id = it.control.id.clone();
    let of = |result: &str| counts.get(&(id.clone(), result.to_owned())).copied();
    let of = |result: &str| of(result).unwrap_or_default();
    // TK.1 is a control for each that a revision fails.
    let controls = match id.as_str() {
        "TK.1" => None,
        id => Some(id.to_owned()),
    };
    let list = |result: &str| {
        let address = Address::to("/findings");
        let address = match &controls {
            Some(id) => address.with("control", id),
            None => address.with("object", "EcsService,EcsTaskGroup"),
        };
        address
            .with("result", result)
            .with("muted", "false")
            .to_string()
    };
    let all = ["FAIL", "PASS", "NOT_APPLICABLE", "NOT_EVALUATED"].map(of);
    ControlRow {
        title: it.control.title.clone(),
        severity: Severity(it.control.severity as i64 + 1),
        subject: kind(&it.subject).to_owned(),
        fail: number(of("FAIL")),
        fail_href: list("FAIL"),
        unknown: number(of("NOT_EVALUATED")),
        unknown_href: list("NOT_EVALUATED"),
        all: number(all.iter().sum::<i64>()),
        id,
    }
}

/// The list
pub(super) async fn list(
    State(service): State<Shared>,
    visitor: Visitor,
) -> Result<Html<String>, Fault> {
    visitor.permit(&service, Role::Viewer)?;
    let all = service.controls.all(&service.settings).await;
    let counts = counts(&service).await?;
    html(&ControlsPage {
        frame: Frame::new(&service, &visitor, "Controls", "controls").await?,
        rows: all.iter().map(|it| row(it, &counts)).collect(),
    })
}

/// A control
pub(super) async fn show(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Html<String>, Fault> {
    let it = service.controls.of(&service.settings, &id).await;
    let it = it.ok_or_else(|| Problem::missing("control"))?;
    let counts = counts(&service).await?;
    let control = it.control.clone();
    let row = row(&it, &counts);
    let title = format!("{}: {}", row.id, row.title);
    html(&ControlPage {
        frame: Frame::new(&service, &visitor, &title, "controls").await?,
        row,
        question: control.question,
        condition: control.condition,
        standards: control.standards,
        differences: control.differences.unwrap_or_default(),
        remediation: control.remediation,
        command: control.command.unwrap_or_default(),
        references: control.references,
        needs: match (control.needs_setting, control.needs_scan) {
            (Some(setting), _) => {
                format!("It needs the setting {setting}; without it nobody looks.")
            }
            (None, Some(_)) => {
                "It needs a scan of environment values for secrets; without it nobody looks.".into()
            }
            (None, None) => String::new(),
        },
    })
}
