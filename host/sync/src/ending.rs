//! The end of a sync: its report is put together, and what it wrote appears.

use std::sync::Arc;

use super::workshop::Workshop;
use super::{SyncError, record_error, used};
use portolan_machine::clock::Moment;
use portolan_records::report::Report;
use portolan_revisions::RevisionCache;

/// What the sync came to, but for what only closing the comparison tells.
pub(super) async fn report(
    workshop: &mut Workshop,
    moment: &Moment,
    revisions: Option<Arc<RevisionCache>>,
) -> Result<Report, SyncError> {
    let shadow = match workshop.shadow.take() {
        None => None,
        Some(shadow) => {
            // It waits a moment for the candidate, which is nothing that other tasks should wait for.
            let finished = tokio::task::spawn_blocking(|| shadow.finish()).await;
            Some(finished.map_err(|_| SyncError::ThreadLost)?)
        }
    };
    let mappers = &workshop.mappers;
    let used = mappers.iter().flat_map(|mapper| used::of(mapper)).collect();
    let objects: Vec<_> = mappers.iter().map(|mapper| mapper.object).collect();
    let balance = workshop.ledger.close(&objects);
    let mut report = Report::new(balance, moment.captured_at(), moment.clock.now(), used);
    report.revision_cache = revisions.map(|cache| cache.finish());
    report.shadow = shadow;
    for mapper in mappers.iter() {
        let (object, names) = (mapper.object, mapper.unfilled.names());
        let counts = report.objects.get(&object);
        if counts.is_some_and(|counts| counts.written > 0) && !names.is_empty() {
            report.unfilled_attributes.insert(object, names);
        }
    }
    let checkpoint = workshop.checkpoint.as_ref();
    report.resumed = checkpoint.and_then(|checkpoint| checkpoint.resumed());
    Ok(report)
}

/// Closes the comparison, and lets records, recording and report appear. A sync that got nothing changes nothing.
pub(super) fn finish(workshop: Workshop, report: &mut Report) -> Result<(), SyncError> {
    let Workshop {
        sink,
        recorder,
        comparison,
        checkpoint,
        ..
    } = workshop;
    if let Some(comparison) = comparison.filter(|_| report.data_replaced) {
        let changes = comparison.close(Some(&report.coverage()), |object, removal| {
            sink.write_removal(object, &removal)?;
            Ok::<_, SyncError>(())
        })?;
        let warnings = &mut report.warnings;
        warnings.extend(comparison.warnings().iter().cloned());
        warnings.extend(changes.warnings());
        report.changes = Some(changes);
    }
    let recording = recorder
        .map(|recorder| {
            let place = recorder.place().to_owned();
            let closed = recorder.close();
            closed.map_err(|source| record_error(&place, source))
        })
        .transpose()?;
    if portolan_machine::guard::has_panicked() {
        return Err(SyncError::ThreadLost);
    }
    sink.finish(report)?;
    // An earlier recording is worth more than one without pages.
    if let Some(recording) = recording.filter(|_| report.data_replaced) {
        let place = recording.place().to_owned();
        let appeared = recording.appear();
        appeared.map_err(|source| record_error(&place, source))?;
    }
    // What is missing now is for a sync of its own, with a LAST_CAPTURED of its own; one that could do nothing
    // at all has not ended what the checkpoint is for.
    if let Some(checkpoint) = checkpoint.filter(|_| report.data_replaced) {
        checkpoint.remove();
    }
    Ok(())
}
