//! The end of a sync: builds its report, and puts its output into place.

use std::sync::Arc;

use super::workshop::Workshop;
use super::{SyncError, record_error, used};
use portolan_machine::clock::Moment;
use portolan_records::report::Report;
use portolan_revisions::RevisionCache;

/// The report of the sync, without the changes, which are known only after the comparison is closed.
pub(super) async fn report(
    workshop: &mut Workshop,
    moment: &Moment,
    revisions: Option<Arc<RevisionCache>>,
) -> Result<Report, SyncError> {
    let shadow = match workshop.shadow.take() {
        None => None,
        Some(shadow) => {
            // `finish` blocks for up to five seconds, so it runs off the async threads.
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

/// Closes the comparison, and puts records, recording and report into place. A sync that fetched nothing
/// leaves earlier output unchanged.
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
    // An earlier recording is kept instead of one without pages.
    if let Some(recording) = recording.filter(|_| report.data_replaced) {
        let place = recording.place().to_owned();
        let appeared = recording.appear();
        appeared.map_err(|source| record_error(&place, source))?;
    }
    // A complete or partial sync is over: missing objects are for the next sync, with its own LAST_CAPTURED.
    // A sync that could fetch nothing keeps the checkpoint.
    if let Some(checkpoint) = checkpoint.filter(|_| report.data_replaced) {
        checkpoint.remove();
    }
    Ok(())
}
