//! The limits of a module, with units and reasons.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The limits of one call of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time for any page: a hundred times as long as the slowest stock mapper takes, so that a busy
    /// machine does not lose a page.
    pub time_base: Duration,
    /// The additional time for each MiB of the page, because the cost grows with the input.
    pub time_per_mebibyte: Duration,
    /// The linear memory of an instance, in bytes. A stock mapper needs about four times its page.
    pub memory_bytes: usize,
    /// The size of the answer to any page, in bytes.
    pub output_base_bytes: usize,
    /// The additional size of the answer for each byte of the page. A mapper selects from the page, so a
    /// small factor suffices.
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
    /// The time that a call with a page of this size may take.
    #[must_use]
    pub fn time(&self, page_bytes: usize) -> Duration {
        let share = page_bytes as f64 / MEBIBYTE as f64;
        self.time_base + self.time_per_mebibyte.mul_f64(share)
    }

    /// The size of the answer that a call with a page of this size may return, in bytes.
    #[must_use]
    pub const fn output_bytes(&self, page_bytes: usize) -> usize {
        self.output_base_bytes + self.output_per_page_byte * page_bytes
    }
}

/// A mapper's tables hold its indirect functions; a stock mapper has a few dozen, Python has 15,000.
pub(super) const TABLE_ELEMENTS: usize = 100_000;

/// The number of parts of a component. A component of one core module has up to four: itself and shims.
/// Python has a part for each of its dozen libraries, and stubs in place of WASI.
pub(super) const CORE_INSTANCES: u32 = 64;

/// The number of tables: at most one per part.
pub(super) const TABLES: u32 = 64;

/// The number of memories: the guest's own, and those of the stubs in place of WASI.
pub(super) const MEMORIES: u32 = 4;

/// Refuses growth past the limit with an error that names it. If its allocation just failed, a guest would
/// abort, and the report would say `unreachable`.
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

    /// The memory granted so far, in bytes. Linear memory never shrinks, so this is also the peak.
    pub(super) const fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }
}

/// A refusal of growth.
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
                "it requested {total} bytes of memory, more than its limit of {limit} bytes; memory-mebibytes of its table in [modules] raises the limit"
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
                "it requested a table of {desired} elements, more than its limit of {TABLE_ELEMENTS}"
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
