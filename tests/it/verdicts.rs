use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::moto::Moto;
use crate::support::{json_lines, root, run};

/// What says nothing of a subject.
const NONE: &str = "–";
/// What the controls of Prowler's checks read.
const OBJECTS: &str = "EcsCluster,EcsService,EcsDeployment,EcsTaskSet,EcsTaskDefinition,\
    EcsContainerDefinition,EcsAccountSetting";

/// Verdicts, by check and subject.
type Verdicts = BTreeMap<(String, String), String>;

/// Differences that the document explains.
struct Row {
    line: String,
    check: String,
    subjects: Vec<String>,
    verdicts: [String; 2],
    count: usize,
    found: usize,
}

impl Row {
    /// A line of the table: check, subjects, Prowler, Portolan, number, reason.
    fn read(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, check, subjects, theirs, ours, count, _, _] = cells[..] else {
            return None;
        };
        let check = check.strip_prefix("`")?.strip_suffix("`")?;
        let subjects = subjects.split(", ").map(|it| it.replace('`', ""));
        Some(Self {
            line: line.into(),
            check: check.into(),
            subjects: subjects.collect(),
            verdicts: [theirs.into(), ours.into()],
            count: count.parse().ok()?,
            found: 0,
        })
    }

    /// Whether it is about this check and subject. A pattern without a Region is one for every Region.
    fn is_about(&self, check: &str, subject: &str) -> bool {
        let (_, name) = subject.split_once(' ').unwrap();
        self.subjects.iter().any(|pattern| {
            let told = match pattern.contains(' ') {
                true => subject,
                false => name,
            };
            match pattern.strip_suffix('*') {
                Some(start) => told.starts_with(start),
                None => told == pattern,
            }
        }) && (check == self.check || self.check == "*")
    }
}

#[test]
fn verdicts_differ_from_prowlers_only_as_the_document_says() {
    let moto = Moto::start();
    moto.script("traps.py", &[]);
    let folder = tempfile::tempdir().unwrap();
    let mut sync = moto.portolan("sync");
    sync.args(["--regions", "us-east-1,eu-west-1,eu-north-1"])
        .args(["--assess", "--standard", "prowler", "--detect-secrets"])
        .args(["--results", "all", "--revisions", "all"])
        .args(["--objects", OBJECTS, "--option"])
        .arg("EcsTaskDefinition.scope=all,EcsTaskDefinition.status=ALL")
        .arg("--output")
        .arg(folder.path());
    run(&mut sync).with(0);
    let (theirs, ours) = (theirs(), ours(folder.path()));
    let checks = |all: &Verdicts| all.keys().map(|it| it.0.clone()).collect::<BTreeSet<_>>();
    assert_eq!(
        (checks(&theirs).len(), checks(&theirs)),
        (11, checks(&ours))
    );

    let document = std::fs::read_to_string(root().join("host/docs/peers.md")).unwrap();
    let mut rows: Vec<Row> = document.lines().filter_map(Row::read).collect();
    let keys: BTreeSet<_> = theirs.keys().chain(ours.keys()).collect();
    let (mut different, mut unexplained) = (0, Vec::new());
    for key in &keys {
        let of = |all: &Verdicts| all.get(*key).cloned().unwrap_or_else(|| NONE.into());
        let verdicts = [of(&theirs), of(&ours)];
        if verdicts[0] == verdicts[1] {
            continue;
        }
        different += 1;
        let fitting = |row: &&mut Row| row.verdicts == verdicts && row.is_about(&key.0, &key.1);
        match &mut rows.iter_mut().filter(fitting).collect::<Vec<_>>()[..] {
            [row] => row.found += 1,
            several => unexplained.push(format!("{key:?} {verdicts:?}: {} rows", several.len())),
        }
    }
    assert!(
        unexplained.is_empty(),
        "not in one row of peers.md: {unexplained:#?}"
    );
    for row in rows {
        assert_eq!(row.found, row.count, "peers.md: {}", row.line);
    }
    let figures = format!(
        "Of {} verdicts, {} are equal and {different} differ",
        keys.len(),
        keys.len() - different
    );
    assert!(document.contains(&figures), "not in peers.md: {figures}");
}

/// What Prowler recorded, on the moto that the tests have.
fn theirs() -> Verdicts {
    let text = std::fs::read_to_string(root().join("tests/compare/prowler.jsonl")).unwrap();
    let lines = json_lines(&text);
    let (versions, subjects) = lines.split_first().unwrap();
    let pinned = std::fs::read_to_string(root().join("tests/moto/requirements.txt")).unwrap();
    let moto = format!("moto[server]=={}\n", versions["moto"].as_str().unwrap());
    assert!(pinned.contains(&moto), "record Prowler's verdicts again");
    let mut verdicts = Verdicts::new();
    for line in subjects {
        let subject = line["subject"].as_str().unwrap();
        for (verdict, checks) in line.as_object().unwrap() {
            for check in checks.as_array().into_iter().flatten() {
                let key = (check.as_str().unwrap().to_owned(), subject.to_owned());
                verdicts.insert(key, verdict.clone());
            }
        }
    }
    verdicts
}

/// The findings of an output, under the names that Prowler's checks and subjects have.
fn ours(output: &Path) -> Verdicts {
    let text = std::fs::read_to_string(output.join("Finding.jsonl")).unwrap();
    let findings = json_lines(&text).into_iter().map(|finding| {
        let standards = finding["STANDARDS"].as_array().unwrap().iter();
        let check = standards
            .filter_map(|it| it.as_str().unwrap().strip_prefix("Prowler "))
            .next();
        let arn: Vec<&str> = finding["SUBJECT_UID"]
            .as_str()
            .unwrap()
            .split(':')
            .collect();
        let resource = arn[5..].join(":");
        let subject = format!("{} {}", arn[3], resource.split_once('/').unwrap().1);
        let result = finding["RESULT"].as_str().unwrap();
        ((check.unwrap().to_owned(), subject), result.to_owned())
    });
    findings.collect()
}
