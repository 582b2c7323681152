//! Finds the programs under test and runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use portolan_tests::simulator::{BASE_ACCESS_KEY, Rules, Simulator, World};
use serde_json::Value;

/// Root folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A program of this workspace, built in the profile of this test and from the present sources, because cargo
/// does not build the programs of other packages for a test.
pub(crate) fn program(name: &str) -> PathBuf {
    static FRESH: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let test = std::env::current_exe().unwrap();
    let program = test.parent().unwrap().parent().unwrap().join(name);
    let mut fresh = FRESH.lock().unwrap_or_else(PoisonError::into_inner);
    if fresh.insert(name.to_owned())
        && let Some(reason) = staleness(&program)
    {
        fresh.remove(name);
        panic!("{reason}; run `make test`, or `cargo build --release --workspace` first");
    }
    started();
    program
}

/// The reason why a program is not built from the present sources, by cargo's list of its files.
fn staleness(program: &Path) -> Option<String> {
    let changed = |file: &Path| file.metadata().and_then(|it| it.modified()).ok();
    let shown = program.display();
    let Some(built) = changed(program) else {
        return Some(format!("{shown} is not built"));
    };
    let Ok(sources) = std::fs::read_to_string(program.with_extension("d")) else {
        return Some(format!(
            "cargo's list of the sources of {shown} is not there"
        ));
    };
    let (_, sources) = sources.split_once(": ").unwrap_or_default();
    // A blank in a path has a backslash before it.
    let sources = sources.trim_end().replace("\\ ", "\0");
    let mut sources = sources.split(' ').map(|file| file.replace('\0', " "));
    let newer = sources.find(|file| {
        let file = Path::new(file);
        // A commit, and files that editors put into folders, do not change a program.
        let is_source = !file.is_dir() && !file.components().any(|part| part.as_os_str() == ".git");
        is_source && changed(file).is_none_or(|time| time > built)
    })?;
    Some(format!("{shown} is older than {newer}"))
}

thread_local! {
    /// Time when the test of this thread first ran a program. The duration is printed when the test ends.
    static TEST: Timed = Timed(Instant::now());
}

struct Timed(Instant);

impl Drop for Timed {
    fn drop(&mut self) {
        // The ten slowest are printed by `make test`.
        let seconds = self.0.elapsed().as_secs_f64();
        let thread = std::thread::current();
        let line = format!("{seconds:.1} s {}\n", thread.name().unwrap_or("?"));
        let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/test-times");
        let file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file);
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}

/// Starts the clock of a test.
fn started() {
    TEST.with(|_| ());
}

/// The `portolan` program in an environment without AWS settings of the machine it runs on.
pub(crate) fn portolan() -> std::process::Command {
    let mut command = std::process::Command::new(program("portolan"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("AWS_") || name_text.starts_with("PORTOLAN_") {
            command.env_remove(&name);
        }
    }
    command
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("NO_PROXY", "127.0.0.1")
        // All tests share one cache of compiled modules, and the user's own cache stays untouched.
        .env(
            "PORTOLAN_CACHE_FOLDER",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/mapper-cache"),
        )
        // Simulated worlds change the content of a revision from test to test.
        .env("PORTOLAN_REVISION_CACHE", "off")
        .stdin(std::process::Stdio::null());
    command
}

/// A Python with moto and its packages.
pub(crate) fn python() -> String {
    std::env::var("PORTOLAN_TEST_PYTHON").unwrap_or_else(|_| {
        panic!("PORTOLAN_TEST_PYTHON does not name a Python that has moto; `make test` installs one and sets it")
    })
}

/// The secret half of the access key of simulated worlds. It must never appear in any output.
pub(crate) const SECRET: &str = "s3cr3t/never+to=be-seen";

/// The Region of every world with one account.
pub(crate) const REGION: &str = "us-east-1";

/// The output of a program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit status; -1 if a signal ended it.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Fails the test unless the program ended with this status.
    #[track_caller]
    pub(crate) fn with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    command.output().unwrap().into()
}

/// `portolan` with an endpoint, and with the access key of simulated worlds.
pub(crate) fn portolan_at(url: &str) -> Command {
    let mut command = portolan();
    command
        .env("PORTOLAN_ENDPOINT_URL", url)
        .env("PORTOLAN_REGIONS", REGION)
        // The simulator enforces quotas only in tests about them.
        .env("PORTOLAN_QUOTAS", "none")
        .env("AWS_ACCESS_KEY_ID", BASE_ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    command
}

/// A simulator, and a folder for the output of a sync.
pub(crate) struct Site {
    pub(crate) simulator: Simulator,
    pub(crate) folder: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new(world: World, rules: Rules) -> Self {
        let simulator = Simulator::start(world, rules).unwrap();
        Self {
            simulator,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A small world without faults. Its objects always have seed 1.
    pub(crate) fn small() -> Self {
        Self::new(World::small(1), Rules::default())
    }

    /// Output folder of `sync`. It does not exist before the first sync.
    pub(crate) fn output(&self) -> PathBuf {
        self.folder.path().join("ecs")
    }

    /// `portolan COMMAND` against the simulator.
    pub(crate) fn command(&self, command: &str) -> Command {
        let mut run = portolan_at(self.simulator.url());
        run.arg(command);
        run
    }

    /// `portolan sync` into the folder, not started yet.
    pub(crate) fn sync_command(&self, arguments: &[&str]) -> Command {
        let mut run = self.command("sync");
        run.arg("--output").arg(self.output()).args(arguments);
        run
    }

    /// Runs `portolan sync` into the folder.
    pub(crate) fn sync(&self, arguments: &[&str]) -> Ended {
        run(&mut self.sync_command(arguments))
    }

    pub(crate) fn report(&self) -> Value {
        read_json(&self.output().join("report.json"))
    }

    /// The content of the output folder, byte for byte.
    pub(crate) fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let read = |name: String| {
            (
                name.clone(),
                std::fs::read(self.output().join(name)).unwrap(),
            )
        };
        self.files().into_iter().map(read).collect()
    }

    /// The records of an object by UID.
    pub(crate) fn records(&self, object: &str) -> BTreeMap<String, Value> {
        by_uid(&std::fs::read_to_string(self.output().join(format!("{object}.jsonl"))).unwrap())
    }

    /// The records of all objects by UID, without the one attribute that differs from sync to sync.
    pub(crate) fn all_records(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for object in OBJECTS {
            for (uid, mut record) in self.records(object) {
                assert!(
                    record
                        .as_object_mut()
                        .unwrap()
                        .remove("LAST_CAPTURED")
                        .is_some(),
                    "{record}"
                );
                assert!(all.insert(uid, record).is_none(), "two objects share a UID");
            }
        }
        all
    }

    /// Number of calls of an operation in all accounts and Regions.
    pub(crate) fn calls(&self, operation: &str) -> u64 {
        let counts = self.simulator.counts();
        counts
            .iter()
            .filter(|count| count.operation == operation)
            .map(|count| count.calls)
            .sum()
    }

    /// The names of the files and folders in the output folder.
    pub(crate) fn files(&self) -> Vec<String> {
        names_in(&self.output())
    }
}

/// The connector objects.
pub(crate) const OBJECTS: [&str; 4] = ["EcsCluster", "EcsService", "EcsTask", "EcsTaskDefinition"];

/// Sorted names in a folder; the list is empty without a folder.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Parses lines of JSON.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Records by UID; fails the test if two share one.
pub(crate) fn by_uid(lines: &str) -> BTreeMap<String, Value> {
    let mut records = BTreeMap::new();
    for record in json_lines(lines) {
        let uid = record["UID"].as_str().unwrap().to_owned();
        assert!(
            records.insert(uid, record.clone()).is_none(),
            "written twice: {record}"
        );
    }
    records
}

/// The number in a variable, else the default; tests take their number of repetitions from it.
pub(crate) fn figure(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |figure| {
        figure
            .parse()
            .unwrap_or_else(|_| panic!("{variable} is not a number: {figure}"))
    })
}

/// Waits until a condition is true, and fails the test after a time limit.
#[track_caller]
pub(crate) fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "this did not come: {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}
