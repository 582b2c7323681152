//! The assessment of a scan's folder. The one place that `sync --assess` and the service share, once that exists.

use std::io::{BufWriter, Write};
use std::path::Path;

use portolan_assess::{AssessError, Assessment, Output, Request};
use portolan_machine::aside;
use portolan_sandbox::{EngineError, LoadError, Loader, Mapping, SetError};

/// The file of the findings in an output.
pub(super) const FINDINGS: &str = "Finding.jsonl";

/// An output could not be assessed.
#[derive(Debug, thiserror::Error)]
pub(super) enum JudgeError {
    #[error(transparent)]
    Assess(#[from] AssessError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Modules(#[from] SetError),
    #[error(transparent)]
    Assessors(#[from] LoadError),
    #[error("cannot write findings: {0}")]
    Write(#[from] std::io::Error),
}

/// Judges an output with the stock assessors, and writes every finding beside its records.
pub(super) fn assess(folder: &Path, mapping: &Mapping) -> Result<Assessment, JudgeError> {
    let output = Output::open(folder)?;
    let engine = portolan_sandbox::engine(mapping, 1)?;
    let cache = portolan_sandbox::open_cache(mapping);
    let loader = Loader::new(&engine, cache.as_ref(), mapping)?;
    let assessors = loader.stock_assessors()?;
    let place = folder.join(FINDINGS);
    let mut file = BufWriter::new(aside::beside(&place, ".portolan-assess-")?);
    let request = Request::default();
    let assessment = portolan_assess::run(&engine, &assessors, &output, &request, |finding| {
        serde_json::to_writer(&mut file, finding).map_err(std::io::Error::from)?;
        file.write_all(b"\n")?;
        Ok::<_, JudgeError>(())
    })?;
    let file = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.persist(&place).map_err(|error| error.error)?;
    Ok(assessment)
}
