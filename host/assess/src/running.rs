//! TK.1: the services and groups of tasks that run a revision which fails a control. Auditors look at the newest
//! revision; what runs may be an older one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;

use portolan_machine::fingerprint::fingerprint;
use portolan_page::object::Object;
use portolan_sandbox::{Control, ControlResult, ControlSeverity, Need};
use serde_json::Map;

use crate::finding::{EvidenceValue, Finding, RUNNING};
use crate::output::{AssessError, Output};
use crate::place::{Place, Record, text};
use crate::services::Services;

/// The subject of tasks that no service started.
pub(crate) const TASK_GROUP: &str = "EcsTaskGroup";
/// The most pieces of evidence of one finding, as of an assessor's verdict.
const EVIDENCE: usize = 256;
/// The most reasons of one finding, as of an assessor's verdict.
const REASONS: usize = 32;

/// The control as it is listed. The host itself answers it: for each control of task definitions that a running
/// revision fails.
#[must_use]
pub fn running_control() -> Control {
    Control {
        id: RUNNING.into(),
        title: "What runs passes the controls of task definitions".into(),
        question: "Does a service, or a group of tasks, run a revision that fails a control?".into(),
        condition: "A task with SOURCE_STATUS RUNNING is of a revision that fails a control of task definitions. Each service or group has one finding for each such control, `TK.1/TD.4` for example.".into(),
        severity: ControlSeverity::Medium,
        standards: Vec::new(),
        differences: Some("The others look at the newest revision of a family alone. The severity is that of the control which fails.".into()),
        remediation: "Correct the definition, and deploy the service with the new revision.".into(),
        command: Some("aws ecs update-service --cluster CLUSTER --service SERVICE --task-definition FAMILY:REVISION".into()),
        references: vec!["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/update-service-console-v2.html".into()],
        reads: BTreeMap::from([("tasks".into(), Need::Always)]),
        subjects: BTreeMap::new(),
        needs_setting: None,
        needs_scan: None,
    }
}

/// A failure of a running revision, kept in a file.
struct Failure {
    control: u32,
    severity: ControlSeverity,
    is_muted: bool,
    offset: u64,
    length: u32,
}

/// The failures of running revisions, while an assessment runs: about 60 bytes of memory each.
pub(crate) struct Failures {
    spool: BufWriter<File>,
    offset: u64,
    controls: Vec<String>,
    by_revision: HashMap<[u8; 16], Vec<Failure>>,
}

/// The tasks of a service or group that run revisions which fail one control.
struct Row {
    tasks: u64,
    /// The failures of these revisions: places of `by_revision`.
    revisions: Vec<[u8; 16]>,
}

/// What a finding rests on.
struct Basis {
    first: Finding,
    severity: ControlSeverity,
    is_muted: bool,
    reasons: Vec<String>,
    evidence: Vec<EvidenceValue>,
}

/// A service or group.
struct Group {
    uid: String,
    is_service: bool,
    /// A task of it.
    task: Record,
    rows: BTreeMap<u32, Row>,
}

/// The attributes of a task that count it, and that findings of its group need.
const KEPT: [&str; 9] = [
    "ACCOUNT_ID",
    "CLOUD_PROVIDER",
    "CLUSTER_ARN",
    "GROUP",
    "LAST_CAPTURED",
    "REGION",
    "SERVICE_NAME",
    "SOURCE_STATUS",
    "TASK_DEFINITION_ARN",
];

impl Failures {
    pub(crate) fn new() -> Result<Self, AssessError> {
        let spool = tempfile::tempfile().map_err(spool_error)?;
        Ok(Self {
            spool: BufWriter::new(spool),
            offset: 0,
            controls: Vec::new(),
            by_revision: HashMap::new(),
        })
    }

    /// Keeps a finding if it is a failure of a running revision.
    pub(crate) fn keep(&mut self, finding: &Finding) -> Result<(), AssessError> {
        let runs = finding.running_tasks_count.is_some_and(|tasks| tasks > 0);
        if finding.result != ControlResult::Fail || !runs {
            return Ok(());
        }
        let text = serde_json::to_vec(finding).map_err(|error| spool_error(error.into()))?;
        self.spool.write_all(&text).map_err(spool_error)?;
        let id = &finding.control_id;
        let known = self.controls.iter().position(|known| known == id);
        let control = known.unwrap_or_else(|| {
            self.controls.push(id.clone());
            self.controls.len() - 1
        });
        let failure = Failure {
            control: u32::try_from(control).unwrap_or(u32::MAX),
            severity: finding.severity,
            is_muted: finding.muted,
            offset: self.offset,
            length: u32::try_from(text.len()).unwrap_or(u32::MAX),
        };
        self.offset += text.len() as u64;
        let revision = revision(&finding.place(), &finding.subject_uid);
        self.by_revision.entry(revision).or_default().push(failure);
        Ok(())
    }

    /// The findings of services and groups, each passed to `tell` with the record that it is about.
    pub(crate) fn findings<E: From<AssessError>>(
        mut self,
        output: &Output,
        carried: &[String],
        mut tell: impl FnMut(Finding, &Record) -> Result<(), E>,
    ) -> Result<(), E> {
        self.spool.flush().map_err(spool_error)?;
        let services = Services::read(output)?;
        for group in self.groups(output, carried, &services)? {
            let service = match group.is_service {
                true => services.record(&group.task)?,
                false => None,
            };
            let record = service.as_ref().unwrap_or(&group.task);
            for (control, row) in &group.rows {
                tell(self.finding(&group, record, (*control, row))?, record)?;
            }
        }
        Ok(())
    }

    /// The services and groups that run failing revisions, in the order of their UIDs.
    fn groups(
        &self,
        output: &Output,
        carried: &[String],
        services: &Services,
    ) -> Result<Vec<Group>, AssessError> {
        let names: Vec<&str> = KEPT
            .into_iter()
            .chain(carried.iter().map(String::as_str))
            .collect();
        let mut groups: HashMap<[u8; 16], Group> = HashMap::new();
        let mut tasks = output.records(Object::EcsTask)?;
        while let Some((_, task)) = tasks.next_of(&names)? {
            if text(&task, "SOURCE_STATUS") != Some("RUNNING") {
                continue;
            }
            let arn = text(&task, "TASK_DEFINITION_ARN").unwrap_or_default();
            let revision = revision(&Place::of(&task), arn);
            let Some(failures) = self.by_revision.get(&revision) else {
                continue;
            };
            let group = match groups.entry(identity(&task)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let uid = services.group_of(&task)?;
                    place.insert(Group {
                        uid,
                        is_service: text(&task, "SERVICE_NAME").is_some(),
                        task,
                        rows: BTreeMap::new(),
                    })
                }
            };
            for failure in failures {
                let row = group.rows.entry(failure.control).or_insert(Row {
                    tasks: 0,
                    revisions: Vec::new(),
                });
                row.tasks += 1;
                if !row.revisions.contains(&revision) {
                    row.revisions.push(revision);
                }
            }
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by(|one, other| one.uid.cmp(&other.uid));
        Ok(groups)
    }

    /// Long, because it names every attribute of a finding.
    fn finding(
        &self,
        group: &Group,
        record: &Record,
        (control, row): (u32, &Row),
    ) -> Result<Finding, AssessError> {
        let basis = self.basis(control, row)?;
        let owned = |name| text(record, name).map(str::to_owned);
        let place = Place::of(&group.task);
        let failed = basis.first;
        let id = format!("{RUNNING}/{}", failed.control_id);
        Ok(Finding {
            uid: format!("{id}@{}", group.uid),
            control_title: format!(
                "What runs passes {}: {}",
                failed.control_id, failed.control_title
            ),
            control_id: id,
            severity: basis.severity,
            result: ControlResult::Fail,
            verdict: None,
            standards: Vec::new(),
            subject_object: match group.is_service {
                true => Object::EcsService.name().to_owned(),
                false => TASK_GROUP.to_owned(),
            },
            subject_uid: group.uid.clone(),
            subject_name: match group.is_service {
                true => owned("SERVICE_NAME"),
                false => owned("GROUP"),
            },
            cluster_arn: text(&group.task, "CLUSTER_ARN").map(str::to_owned),
            is_latest: None,
            running_tasks_count: Some(row.tasks),
            reasons: basis.reasons,
            evidence: basis.evidence,
            remediation: format!("{} Then deploy the new revision.", failed.remediation),
            references: failed.references,
            // A decision to live with all the definitions is one to live with what runs them.
            muted: basis.is_muted,
            mute_reason: failed.mute_reason.filter(|_| basis.is_muted),
            muted_until: failed.muted_until.filter(|_| basis.is_muted),
            cloud_provider: owned("CLOUD_PROVIDER").unwrap_or_default(),
            account_id: place.account_id,
            region: place.region,
            last_captured: owned("LAST_CAPTURED").unwrap_or_default(),
            lacks_data: false,
            carried: Map::new(),
        })
    }

    /// The failures that a finding rests on, together.
    fn basis(&self, control: u32, row: &Row) -> Result<Basis, AssessError> {
        let failures = row.revisions.iter().filter_map(|revision| {
            let mut all = self.by_revision.get(revision)?.iter();
            all.find(|failure| failure.control == control)
        });
        let mut basis: Option<Basis> = None;
        for (index, failure) in failures.enumerate() {
            if index >= REASONS {
                // Of further ones only the severity is told.
                if let Some(basis) = &mut basis {
                    basis.severity = basis.severity.max(failure.severity);
                    basis.is_muted &= failure.is_muted;
                }
                continue;
            }
            let failed = self.read(failure)?;
            let named = failed.subject_name.as_ref().unwrap_or(&failed.subject_uid);
            let reason = format!(
                "A running task is of {named}, which fails {}.",
                failed.control_id
            );
            let evidence = failed.evidence.clone();
            let basis = basis.get_or_insert_with(|| Basis {
                first: failed,
                severity: failure.severity,
                is_muted: true,
                reasons: Vec::new(),
                evidence: Vec::new(),
            });
            basis.severity = basis.severity.max(failure.severity);
            basis.is_muted &= failure.is_muted;
            basis.reasons.push(reason);
            basis.evidence.extend(evidence);
            basis.evidence.truncate(EVIDENCE);
        }
        // A row is made of a failure.
        basis.ok_or_else(|| spool_error(io::ErrorKind::InvalidData.into()))
    }

    fn read(&self, failure: &Failure) -> Result<Finding, AssessError> {
        let mut text = vec![0; failure.length as usize];
        let read = self
            .spool
            .get_ref()
            .read_exact_at(&mut text, failure.offset);
        read.map_err(spool_error)?;
        serde_json::from_slice(&text).map_err(|error| spool_error(error.into()))
    }
}

/// The fingerprint of what a task belongs to.
fn identity(task: &Record) -> [u8; 16] {
    let names = [
        "ACCOUNT_ID",
        "REGION",
        "CLUSTER_ARN",
        "SERVICE_NAME",
        "GROUP",
    ];
    let is_service = task.contains_key("SERVICE_NAME");
    // The group of a service's task may have any name.
    let names = &names[..names.len() - usize::from(is_service)];
    let values = names
        .iter()
        .map(|name| text(task, name).unwrap_or_default());
    fingerprint(values.collect::<Vec<_>>().join("\n"))
}

/// The fingerprint of a revision, which is of its account and Region alone.
fn revision(place: &Place, arn: &str) -> [u8; 16] {
    fingerprint(format!("{}\n{}\n{arn}", place.account_id, place.region))
}

fn spool_error(source: io::Error) -> AssessError {
    AssessError::File {
        action: "use",
        file: format!("a temporary file in {}", std::env::temp_dir().display()),
        source,
    }
}
