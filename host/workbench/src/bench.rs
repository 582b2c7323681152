//! The speed of a module in the engine of a sync, compared with the stock mapping of the same object.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Rig, Specimen, Workbench, WorkbenchError, scaffold};
use portolan_page::Page;
use portolan_page::object::{Object, Shape};
use portolan_page::recording;

/// Largest number of times that each side maps a page.
const ROUNDS: usize = 200;
/// Rounds without the clock: caches fill, and memory is mapped.
const WARM_UP_ROUNDS: usize = 5;
/// Longest time for the rounds of one object, after [`LEAST_ROUNDS`].
const TIME: Duration = Duration::from_secs(5);
/// Fewer rounds give no reliable median.
const LEAST_ROUNDS: usize = 10;
/// Largest number of timed pages of one object.
const PAGES: usize = 20;
/// Objects of the page that replaces a recording. ECS describes that many at once.
const SAMPLE_OBJECTS: usize = 100;

/// The speed of a module with the pages of one object. Both sides take turns, on one core.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Speed {
    /// Number of timed pages.
    pub pages: u64,
    /// Number of objects in these pages.
    pub objects: u64,
    /// Bytes of the page bodies.
    pub bytes: u64,
    /// Number of times that each side mapped a page.
    pub rounds: u64,
    /// Speed with the module.
    pub module: MappingSpeed,
    /// Speed with the stock mapping alone; absent for an assessor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<MappingSpeed>,
}

/// The speed from a page to valid records.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MappingSpeed {
    /// Median time of a page, in microseconds.
    pub page_microseconds: f64,
    /// Records per second.
    pub records_per_second: f64,
}

impl Speed {
    /// The module's time for a page as a multiple of the stock mapping's.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let stock = self.stock.as_ref()?.page_microseconds;
        Some(self.module.page_microseconds / stock.max(f64::MIN_POSITIVE))
    }
}

/// Times a module against the stock mapping. Without a recording, it uses sample pages.
///
/// # Errors
/// If a sync would refuse the module, a line is not a page, no page is of an object that the module is for,
/// or the module cannot map a page.
pub fn bench(
    bench: &Workbench,
    specimen: &Specimen,
    file: Option<&Path>,
) -> Result<BTreeMap<Object, Speed>, WorkbenchError> {
    let mut rig = bench.mount(specimen)?;
    // There is no other assessor to compare one with.
    let mut stock = match rig.assessor() {
        None => Some(bench.mount_stock()?),
        Some(_) => None,
    };
    let mut chosen: BTreeMap<Object, Vec<Page>> = BTreeMap::new();
    match file {
        Some(file) => {
            for read in rig.pages(file)? {
                let (_, page) = read?;
                let pages = chosen.entry(page.object).or_default();
                if rig.is_for(page.object) && pages.len() < PAGES {
                    pages.push(page);
                }
            }
        }
        None if stock.is_none() => {
            return Err(WorkbenchError::Unfit(format!(
                "there are no sample batches for {}; name a file with --pages",
                rig.name()
            )));
        }
        None => {
            for object in rig.objects() {
                chosen.insert(object, vec![sample(object)?]);
            }
        }
    }
    chosen.retain(|_, pages| !pages.is_empty());
    if chosen.is_empty() {
        return Err(WorkbenchError::Unfit(format!(
            "no page is of an object that {} is for; leave out --pages to time it with sample pages",
            rig.name()
        )));
    }
    let mut speeds = BTreeMap::new();
    for (object, pages) in chosen {
        speeds.insert(object, race(bench, &mut rig, stock.as_mut(), &pages)?);
    }
    Ok(speeds)
}

/// A page of as many objects as ECS describes at once, copied from the sample pages of new modules.
fn sample(object: Object) -> Result<Page, WorkbenchError> {
    let line = scaffold::sample_pages(object).lines().next();
    let unfit = |reason: String| WorkbenchError::Unfit(format!("no sample page: {reason}"));
    let page = recording::read_line(line.unwrap_or_default().as_bytes()).map_err(unfit)?;
    let Shape::List(member) = object.shape() else {
        return Ok(page);
    };
    let mut body: Value =
        serde_json::from_slice(page.body()).map_err(|error| unfit(error.to_string()))?;
    if let Some(objects) = body[member].as_array_mut() {
        *objects = objects
            .iter()
            .cycle()
            .take(SAMPLE_OBJECTS)
            .cloned()
            .collect();
    }
    let body = Bytes::from(body.to_string());
    Page::read(object, page.origin, body).map_err(|error| unfit(error.to_string()))
}

fn race(
    bench: &Workbench,
    rig: &mut Rig,
    mut stock: Option<&mut Rig>,
    pages: &[Page],
) -> Result<Speed, WorkbenchError> {
    let mut times = vec![[Vec::new(), Vec::new()]; pages.len()];
    let mut records = [0; 2];
    let start = Instant::now();
    let mut rounds = 0;
    for round in 0..WARM_UP_ROUNDS + ROUNDS {
        let is_warm = round >= WARM_UP_ROUNDS;
        if round >= WARM_UP_ROUNDS + LEAST_ROUNDS && start.elapsed() > TIME {
            break;
        }
        records = [0; 2];
        for (page, times) in pages.iter().zip(&mut times) {
            let sides = [Some(&mut *rig), stock.as_deref_mut()];
            for (side, side_rig) in sides.into_iter().flatten().enumerate() {
                let start = Instant::now();
                let made = side_rig.records(bench.engine(), page);
                let time = start.elapsed();
                let made = made.map_err(|error| WorkbenchError::Unfit(error.to_string()))?;
                records[side] += made.len();
                if is_warm {
                    times[side].push(time);
                }
            }
        }
        rounds += usize::from(is_warm);
    }
    let pace = |side: usize| {
        let medians: Vec<Duration> = times.iter().map(|times| median(&times[side])).collect();
        let sum: Duration = medians.iter().sum();
        MappingSpeed {
            page_microseconds: median(&medians).as_secs_f64() * 1e6,
            records_per_second: records[side] as f64 / sum.as_secs_f64().max(f64::MIN_POSITIVE),
        }
    };
    Ok(Speed {
        pages: pages.len() as u64,
        objects: pages
            .iter()
            .map(|page| page.described().count() as u64)
            .sum(),
        bytes: pages.iter().map(|page| page.body().len() as u64).sum(),
        rounds: rounds as u64,
        module: pace(0),
        stock: stock.is_some().then(|| pace(1)),
    })
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
