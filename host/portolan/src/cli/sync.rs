//! `portolan sync`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use portolan_machine::aside;
use portolan_page::ledger::Ledger;
use portolan_records::report::{Report, Status};
use portolan_sync::checkpoint::CheckpointError;
use portolan_sync::config::{AssessSettings, Config, Purpose, Settings};
use portolan_sync::{Provenance, Request, SyncError};
use tempfile::NamedTempFile;

use super::assess::{Place, Prepared};
use super::{COMPLETE, FAILED, PARTIAL, USAGE, progress::Progress, summary};
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  Sync the account that the AWS environment points to:
    portolan sync --regions us-east-1 --output ecs
  Two accounts and two Regions, with stopped tasks:
    portolan sync --assume-role-arn arn:aws:iam::111111111111:role/Read,arn:aws:iam::222222222222:role/Read \\
      --regions us-east-1,eu-west-1 --option EcsTask.fetchStoppedTasks=true --output ecs
  Every account of an organization, every Region, on the second of five machines:
    portolan sync --organization --organization-role PortolanRead --regions all --shard 2/5 --output ecs
  Records into a pipe:
    portolan sync --objects EcsTask --output - | jq -r .attributes.UID
  Only what is new or different since the sync before, beside the full records:
    portolan sync --regions us-east-1 --output ecs --changes-since ecs
    jq -r .uid ecs/EcsTask.changes.jsonl
  A long sync that resumes where it stopped if it is killed and started again:
    portolan sync --regions us-east-1 --output ecs --checkpoint ecs.checkpoint";

#[derive(Debug, clap::Args)]
pub(super) struct SyncArguments {
    /// Folder for <Object>.jsonl and report.json, or `-` for one line {"object":…,"attributes":{…}} per
    /// record on standard output.
    ///
    /// A sync that ends replaces the whole earlier output in its folder, also objects that it did not fetch.
    #[arg(long, short, value_name = "FOLDER", env = "PORTOLAN_OUTPUT")]
    output: PathBuf,

    /// Also write every page that a mapper saw (environment values withheld) to this file, for `portolan map`.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Also write the report to this file; useful with `--output -`.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Also write the differences from an earlier output (a folder, or a file of lines): one
    /// <Object>.changes.jsonl per object beside the records.
    ///
    /// A line is {"object":…,"change":"added"|"changed"|"removed","uid":…}, with the names of the changed
    /// attributes and the new record. `removed` is written only where both syncs were complete. The folder
    /// may be that of --output. With `--output -`, every line has its change, also `unchanged`.
    #[arg(long, value_name = "FOLDER|FILE")]
    changes_since: Option<PathBuf>,

    /// Keep the fetched data in this folder while the sync runs, so that the same command resumes if the sync
    /// is killed.
    ///
    /// A resumed sync does not fetch the kept data again, and LAST_CAPTURED stays the time of the first
    /// start. Objects that were described before and no longer exist are still written: they existed at that
    /// time. Settings that affect the output have to be the same. With `--output -` all records are written
    /// again from the first. A sync that ends, complete or partial, removes the kept data, and the next one
    /// starts anew; a sync that is stopped, or can fetch nothing at all, leaves it. Environment values are
    /// not kept. Only you can read the files.
    #[arg(long, value_name = "FOLDER", env = "PORTOLAN_CHECKPOINT")]
    checkpoint: Option<PathBuf>,

    /// Print a summary table on standard error even if it is not a terminal.
    #[arg(long)]
    summary: bool,

    /// Report which module set which attribute, in how many records; with `=records` also beside each record:
    /// as member `provenance` on standard output, in <Object>.provenance.jsonl in a folder.
    #[arg(
        long,
        value_name = "WHERE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "report"
    )]
    provenance: Option<ProvenanceIn>,

    /// Map the pages with this module too, and report the changes that it would make; its records are not
    /// written. An overlay replaces the one of the same name, or comes last.
    #[arg(long, value_name = "FILE")]
    shadow: Option<PathBuf>,

    /// Judge the records too, as `portolan assess` does: Finding.jsonl and assessment.json beside the records, or
    /// lines of object Finding at the end of standard output.
    ///
    /// The objects and options that are not given are those that the controls need. With --changes-since, findings
    /// are compared with those of the earlier output. Exit statuses 3 and 4 are those of `portolan assess`.
    #[arg(long)]
    assess: bool,

    #[command(flatten)]
    assess_settings: AssessSettings,

    #[command(flatten)]
    settings: Settings,
}

/// Destination of the module names of attributes.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ProvenanceIn {
    /// In the report, as numbers of records.
    Report,
    /// In the report, and beside each record.
    Records,
}

pub(super) fn run(arguments: SyncArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    let purpose = Purpose::of(arguments.assess);
    let settings = arguments.settings.with_assess(arguments.assess_settings);
    let config = Config::resolve_for(purpose, settings, config_file)?;
    // A module that cannot run, or a mute that cannot be read, fails the command before the sync.
    let since = arguments.changes_since.as_deref();
    let assessment = arguments
        .assess
        .then(|| Assess::new(&config, since, &arguments.output));
    let assessment = match assessment.transpose() {
        Ok(assessment) => assessment,
        Err(error) => return super::assess::usage(Err(error)),
    };
    let request = Request {
        output: arguments.output,
        copy: assessment
            .as_ref()
            .and_then(|it| it.copy().map(Path::to_owned)),
        record: arguments.record,
        provenance: match arguments.provenance {
            None => Provenance::Off,
            Some(ProvenanceIn::Report) => Provenance::Report,
            Some(ProvenanceIn::Records) => Provenance::Records,
        },
        shadow: arguments.shadow,
        changes_since: arguments.changes_since,
        checkpoint: arguments.checkpoint,
    };
    // An unwritable place fails the command before the sync, not after it.
    let report_file = arguments.report.as_deref().map(open_report).transpose()?;
    let ledger = Arc::new(Ledger::default());
    let runtime = super::runtime()?;
    let progress = Progress::start(&runtime, Arc::clone(&ledger));
    let result = runtime.block_on(async {
        bear_file_size_limits();
        portolan_sync::run(config.clone(), &request, ledger, Box::pin(interrupt())).await
    });
    progress.stop();
    // Calls in flight are dropped.
    runtime.shutdown_background();
    let report = match result {
        Ok(report) => report,
        Err(error) => return failed(error),
    };
    if let (Some(path), Some(file)) = (&arguments.report, report_file) {
        write_report(path, file, &report)?;
    }
    tell(&report, arguments.summary);
    let judged = match (report.status, assessment) {
        (Status::Failed, _) => return Ok(FAILED),
        (_, Some(assessment)) => super::assess::usage(assessment.judge(&config, &request.output))?,
        (_, None) => COMPLETE,
    };
    Ok(match (report.status, judged) {
        (Status::Partial, COMPLETE) => PARTIAL,
        (_, judged) => judged,
    })
}

/// An assessment that follows the sync.
struct Assess {
    prepared: Prepared,
    /// The folder that gets the records too, if they go to standard output.
    copy: Option<tempfile::TempDir>,
}

impl Assess {
    fn new(config: &Config, since: Option<&Path>, output: &Path) -> anyhow::Result<Self> {
        // An output without findings has nothing to compare with, and its records are compared nevertheless.
        let has_findings = |since: &&Path| since.join("Finding.jsonl").exists();
        if let Some(since) = since.filter(|since| !has_findings(since)) {
            let since = since.display();
            talk::say(&format!(
                "note: {since} has no Finding.jsonl, so changes of findings are not told"
            ));
        }
        let since = since.filter(has_findings);
        let copy = (output == Path::new("-"))
            .then(|| tempfile::Builder::new().prefix("portolan-").tempdir())
            .transpose()
            .context("cannot make a temporary folder for the records")?;
        let place = match copy {
            Some(_) => Place::Stdout,
            None => Place::Folder(output.to_owned()),
        };
        Ok(Self {
            prepared: Prepared::new(config, since, place)?,
            copy,
        })
    }

    fn copy(&self) -> Option<&Path> {
        self.copy.as_ref().map(tempfile::TempDir::path)
    }

    fn judge(self, config: &Config, output: &Path) -> anyhow::Result<u8> {
        let folder = self.copy().unwrap_or(output).to_owned();
        self.prepared.judge(config, &folder)
    }
}

fn failed(error: SyncError) -> anyhow::Result<u8> {
    match error {
        SyncError::Config(error) => Err(error.into()),
        SyncError::Mappers(error) => Err(error.into()),
        SyncError::Checkpoint(
            error @ (CheckpointError::OtherSync { .. } | CheckpointError::Granted),
        ) => {
            talk::error(&error.to_string());
            Ok(USAGE)
        }
        // The panic has been reported already.
        SyncError::ThreadLost if portolan_machine::guard::has_panicked() => Ok(FAILED),
        error => {
            talk::error(&error.to_string());
            Ok(FAILED)
        }
    }
}

fn open_report(path: &Path) -> anyhow::Result<NamedTempFile> {
    if path.is_dir() {
        anyhow::bail!("cannot write the report {}: it is a folder", path.display());
    }
    aside::beside(path, ".portolan-report-")
        .with_context(|| format!("cannot write the report {}", path.display()))
}

fn write_report(path: &Path, mut file: NamedTempFile, report: &Report) -> anyhow::Result<()> {
    let failed = || format!("cannot write the report {}", path.display());
    serde_json::to_writer_pretty(&mut file, report).with_context(failed)?;
    file.persist(path).with_context(failed)?;
    Ok(())
}

fn tell(report: &Report, asked: bool) {
    if asked || talk::is_watched() {
        talk::say(&summary::table(report));
    }
    for line in summary::problems(report) {
        talk::say(&line);
    }
}

/// Turns a write past the process's limit on file sizes into an ordinary error. Without a handler, its signal
/// ends the process before it can name the file that does not fit.
pub(super) fn bear_file_size_limits() {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        /// `SIGXFSZ`, on every architecture that wasmtime compiles for.
        const FILE_SIZE_EXCEEDED: i32 = 25;
        use tokio::signal::unix::{SignalKind, signal};
        // The handler stays after its stream is dropped.
        if let Err(error) = signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED)) {
            tracing::debug!("a limit on file sizes will end the process: {error}");
        }
    }
}

/// Waits for Ctrl-C, or for the signal with which service managers stop a process.
pub(super) async fn interrupt() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            return std::future::pending().await;
        };
        tokio::select! {
            Ok(()) = tokio::signal::ctrl_c() => {}
            Some(()) = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
