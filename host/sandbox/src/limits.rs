//! What a module may use, with units and reasons.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The bounds of one call of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for any page: a hundred times what the slowest stock mapper needs, so that a busy machine
    /// is no reason to lose a page.
    pub time_base: Duration,
    /// Time for every further MiB of the page, for the cost follows the input, not the author.
    pub time_per_mebibyte: Duration,
    /// Linear memory of an instance. A stock mapper needs about four times its page.
    pub memory_bytes: usize,
    /// Answer to any page, in bytes.
    pub output_base_bytes: usize,
    /// Answer for every byte of the page: a mapper selects, it does not multiply.
    pub output_per_page_byte: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time_base: Duration::from_secs(1),
            time_per_mebibyte: Duration::from_secs(1),
            memory_bytes: 256 * MEBIBYTE,
            output_base_bytes: 4 * MEBIBYTE,
            output_per_page_byte: 4,
        }
    }
}

const MEBIBYTE: usize = 1024 * 1024;

impl Limits {
    /// How long a call with a page of this size may take.
    #[must_use]
    pub fn time(&self, page_bytes: usize) -> Duration {
        let share = page_bytes as f64 / MEBIBYTE as f64;
        self.time_base + self.time_per_mebibyte.mul_f64(share)
    }

    /// How many bytes a call with a page of this size may give back.
    #[must_use]
    pub const fn output_bytes(&self, page_bytes: usize) -> usize {
        self.output_base_bytes + self.output_per_page_byte * page_bytes
    }
}

/// Tables of a mapper hold its indirect functions; a stock mapper has a few dozen, Python 15,000.
pub(super) const TABLE_ELEMENTS: usize = 100_000;

/// Parts of a component. One made of one core module has up to four: itself and shims. Python has a dozen
/// libraries, each its own, and the stubs in place of WASI.
pub(super) const CORE_INSTANCES: u32 = 64;

/// One per part at most.
pub(super) const TABLES: u32 = 64;

/// The guest's own, and those of the stubs in place of WASI.
pub(super) const MEMORIES: u32 = 4;

/// Refuses growth past the limit with an error that names it: a guest that merely saw its allocation
/// fail would abort, and the report would say `unreachable`.
#[derive(Debug)]
pub(super) struct Meter {
    memory_limit_bytes: usize,
    memory_bytes: usize,
}

impl Meter {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            memory_limit_bytes: limits.memory_bytes,
            memory_bytes: 0,
        }
    }

    /// What has been granted until now. Linear memory never shrinks, so that this is also the peak.
    pub(super) const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

/// Growth that was refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct GrowthRefused(pub(super) String);

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.memory_bytes - current + desired;
        if total > self.memory_limit_bytes {
            let limit = self.memory_limit_bytes;
            return Err(GrowthRefused(format!(
                "it wanted {total} bytes of memory, more than its limit of {limit} bytes; memory-mebibytes of its table in [modules] raises that"
            ))
            .into());
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            return Err(GrowthRefused(format!(
                "it wanted a table of {desired} elements, more than its limit of {TABLE_ELEMENTS}"
            ))
            .into());
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_grow_with_the_page() {
        let limits = Limits::default();
        assert_eq!(limits.time(0), Duration::from_secs(1));
        assert_eq!(limits.time(2 * MEBIBYTE), Duration::from_secs(3));
        assert_eq!(limits.output_bytes(MEBIBYTE), 8 * MEBIBYTE);
    }

    #[test]
    fn growth_past_the_limit_names_it() {
        let mut meter = Meter::new(&Limits {
            memory_bytes: 100,
            ..Limits::default()
        });
        assert!(meter.memory_growing(0, 60, None).expect("allowed"));
        assert!(meter.memory_growing(0, 40, None).expect("allowed"));
        let error = meter.memory_growing(40, 41, None).expect_err("refused");
        assert!(error.to_string().contains("limit of 100 bytes"), "{error}");
    }
}
