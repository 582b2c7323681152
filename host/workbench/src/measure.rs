use std::time::{Duration, Instant};

use super::Rig;
use portolan_page::Page;
use portolan_sandbox::{CallError, Engine, Limits, Mapped, Usage};

/// Number of times that a page is mapped. The fastest round counts: slower rounds measure the machine's other
/// load.
const ROUNDS: usize = 5;

/// The resources that a module uses for a page, without the host's part (validation, and for an overlay the
/// stock mapping and merging).
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Number of records, of patches, or of subjects with verdicts.
    pub rows: usize,
    /// Number of described objects; time and instructions cover all of them.
    pub objects: usize,
    /// Time for the whole page.
    pub time: Duration,
    /// Limit of the time.
    pub time_limit: Duration,
    /// Largest linear memory, in bytes.
    pub memory_bytes: usize,
    /// Limit of the linear memory, in bytes.
    pub memory_limit_bytes: usize,
    /// Output for the whole page, in bytes.
    pub output_bytes: usize,
    /// Limit of the output, in bytes.
    pub output_limit_bytes: usize,
    /// WebAssembly instructions for the whole page, if the engine counts them.
    pub instructions: Option<u64>,
}

/// Maps a page a few times. The result is `None` if the module fails.
pub(super) fn measure(engine: &Engine, rig: &Rig, page: &Page) -> Option<Measured> {
    if let Some(assessor) = rig.assessor() {
        let call = || assessor.assess_measured(engine, page);
        return measured(page, assessor.component.limits(), &call);
    }
    let mapper = rig.mapper(page.object)?;
    match mapper.amenders.first() {
        None => {
            let call = || mapper.module.map_measured(engine, page);
            measured(page, mapper.module.component.limits(), &call)
        }
        Some(amender) => {
            let stock = mapper.module.map(engine, page).ok()?;
            let overlay = &amender.overlay;
            let call = || overlay.amend_measured(engine, page, &stock.payload, &stock.rows);
            measured(page, overlay.component.limits(), &call)
        }
    }
}

fn measured(
    page: &Page,
    limits: &Limits,
    call: &dyn Fn() -> Result<(Mapped, Usage), CallError>,
) -> Option<Measured> {
    let mut fastest: Option<Measured> = None;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let (mapped, usage) = call().ok()?;
        let time = start.elapsed();
        if fastest.as_ref().is_some_and(|fastest| fastest.time <= time) {
            continue;
        }
        let page_bytes = page.body().len();
        fastest = Some(Measured {
            rows: mapped.rows.len(),
            objects: page.described().count(),
            time,
            time_limit: limits.time(page_bytes),
            memory_bytes: usage.memory_bytes,
            memory_limit_bytes: limits.memory_bytes,
            output_bytes: mapped.payload.len(),
            output_limit_bytes: limits.output_bytes(page_bytes),
            instructions: usage.instructions,
        });
    }
    fastest
}
