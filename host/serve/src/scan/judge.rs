//! The assessment of a scan's folder.

use std::io::{BufWriter, Write};
use std::path::Path;

use portolan_assess::{AssessError, Assessment, Finding, Mutes, Output};
use portolan_machine::aside;
use portolan_sandbox::{EngineError, Loader, SetError};
use portolan_sync::config::Config;
use serde::Serialize;

use super::rows;

/// The file of the findings in an output.
pub(super) const FINDINGS: &str = "Finding.jsonl";

/// A line of the file: a finding, and what the store keeps beside it.
#[derive(Serialize)]
struct JudgedLine<'f> {
    #[serde(flatten)]
    finding: &'f Finding,
    service: &'f str,
    is_running: Option<bool>,
}

/// An output could not be assessed.
#[derive(Debug, thiserror::Error)]
pub(super) enum JudgeError {
    #[error(transparent)]
    Assess(#[from] AssessError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Modules(#[from] SetError),
    #[error("cannot write findings: {0}")]
    Write(#[from] std::io::Error),
}

/// Judges an output, and writes every finding beside its records.
pub(super) fn assess(folder: &Path, config: &Config) -> Result<Assessment, JudgeError> {
    let output = Output::open(folder)?;
    let engine = portolan_sandbox::engine(&config.mapping, 1)?;
    let cache = portolan_sandbox::open_cache(&config.mapping);
    let loader = Loader::new(&engine, cache.as_ref(), &config.mapping)?;
    let assessors = config.assessing.load(&loader)?;
    let place = folder.join(FINDINGS);
    let mut file = BufWriter::new(aside::beside(&place, ".portolan-assess-")?);
    // The mutes of the store act when findings are read.
    let mutes = Mutes::default();
    let assessing = &config.assessing;
    let assessment = portolan_assess::run(
        &engine,
        &assessors,
        &output,
        assessing,
        mutes,
        |finding, record| {
            let line = JudgedLine {
                finding,
                service: rows::service(&finding.subject_object, record),
                is_running: rows::runs(finding, record),
            };
            serde_json::to_writer(&mut file, &line).map_err(std::io::Error::from)?;
            file.write_all(b"\n")?;
            Ok::<_, JudgeError>(())
        },
    )?;
    let file = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.persist(&place).map_err(|error| error.error)?;
    Ok(assessment)
}
