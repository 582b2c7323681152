use std::time::{Duration, Instant};

use super::Rig;
use portolan_page::Page;
use portolan_sandbox::{CallError, Engine, Limits, Mapped, Usage};

/// How often a page is mapped to time it; the fastest counts, for the others met a busy machine.
const ROUNDS: usize = 5;

/// What the module needs for a page, without the host's part (validating, and for an overlay the stock
/// mapping and merging).
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Records or patches.
    pub rows: usize,
    /// Described objects, all of which the time and the instructions went into.
    pub objects: usize,
    /// Of the whole page.
    pub time: Duration,
    /// What it may take.
    pub time_limit: Duration,
    /// Linear memory at its largest, in bytes.
    pub memory_bytes: usize,
    /// What it may be.
    pub memory_limit_bytes: usize,
    /// Of the whole page.
    pub output_bytes: usize,
    /// What it may be.
    pub output_limit_bytes: usize,
    /// WebAssembly instructions for the whole page, if the engine counts them.
    pub instructions: Option<u64>,
}

/// Maps a page a few times; nothing comes of it if the module fails.
pub(super) fn measure(engine: &Engine, rig: &Rig, page: &Page) -> Option<Measured> {
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
