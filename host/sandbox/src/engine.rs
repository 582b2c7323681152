//! wasmtime, restricted to the features that a pure mapper needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

use super::bindings::assessor_world::AssessorModule;
use super::bindings::mapping_world::MappingModule;
use super::guest::Guest;
use super::limits::{self, Limits};

/// The interval of the clock that interrupts guests. Ten milliseconds take no measurable time, and are short
/// enough for budgets of a second.
const TICK: Duration = Duration::from_millis(10);

/// The stack of a guest, in bytes. serde's recursion is bounded at 128 levels, which need far less.
const STACK_BYTES: usize = 512 * 1024;

/// The memory that an instance keeps mapped between pages, in bytes: enough for a page of 100 full-size
/// tasks, so that the next page causes no page faults.
const KEEP_RESIDENT_BYTES: usize = 8 * 1024 * 1024;

/// The compiler, the pool of instances and the clock, shared by every module of a process.
pub struct Engine {
    pub(super) wasmtime: wasmtime::Engine,
    pub(super) linker: Linker<Guest>,
    pub(super) limits: Limits,
    /// The largest memory limit of any module, in bytes.
    pub(super) memory_bytes: usize,
    counts_instructions: bool,
    stop: Arc<AtomicBool>,
    clock: Option<JoinHandle<()>>,
}

/// The sandbox cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the WebAssembly sandbox on this machine: {0}")]
pub struct EngineError(String);

impl Engine {
    /// Sets up the sandbox for `parallel` calls at once.
    ///
    /// # Errors
    /// Fails if wasmtime cannot work here, for example because of too little address space.
    pub fn new(parallel: usize, limits: Limits) -> Result<Self, EngineError> {
        let memory_bytes = limits.memory_bytes;
        Self::with_memory(parallel, limits, memory_bytes)
    }

    /// Sets up a sandbox in which single modules may have more memory than `limits` allow, up to
    /// `memory_bytes`.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_memory(
        parallel: usize,
        limits: Limits,
        memory_bytes: usize,
    ) -> Result<Self, EngineError> {
        let memory_bytes = memory_bytes.max(limits.memory_bytes);
        let wasmtime = match wasmtime::Engine::new(&pooled(parallel, memory_bytes)) {
            Ok(engine) => engine,
            Err(error) => {
                // A pool reserves address space up front, which a container's limit may forbid.
                tracing::warn!("no pool of instances, pages will be mapped more slowly: {error:#}");
                wasmtime::Engine::new(&config()).map_err(failed)?
            }
        };
        Self::around(wasmtime, limits, memory_bytes, false)
    }

    /// Sets up a sandbox that also counts the instructions of its modules. That makes them slower, so it is
    /// for measurements only.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn counting_instructions(limits: Limits, memory_bytes: usize) -> Result<Self, EngineError> {
        let wasmtime = wasmtime::Engine::new(config().consume_fuel(true)).map_err(failed)?;
        let memory_bytes = memory_bytes.max(limits.memory_bytes);
        Self::around(wasmtime, limits, memory_bytes, true)
    }

    fn around(
        wasmtime: wasmtime::Engine,
        limits: Limits,
        memory_bytes: usize,
        counts_instructions: bool,
    ) -> Result<Self, EngineError> {
        let mut linker = Linker::new(&wasmtime);
        MappingModule::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)
            .map_err(failed)?;
        AssessorModule::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)
            .map_err(failed)?;
        let stop = Arc::new(AtomicBool::new(false));
        let clock = std::thread::Builder::new()
            .name("mapper-clock".into())
            .spawn({
                let (engine, stop) = (wasmtime.weak(), Arc::clone(&stop));
                move || {
                    while !stop.load(Ordering::Relaxed) {
                        std::thread::sleep(TICK);
                        let Some(engine) = engine.upgrade() else {
                            return;
                        };
                        engine.increment_epoch();
                    }
                }
            })
            .map_err(|error| EngineError(format!("no thread for the clock: {error}")))?;
        Ok(Self {
            wasmtime,
            linker,
            limits,
            memory_bytes,
            counts_instructions,
            stop,
            clock: Some(clock),
        })
    }

    /// A store for one call with a page of this size.
    pub(super) fn store(&self, limits: &Limits, page_bytes: usize) -> Store<Guest> {
        let mut store = Store::new(&self.wasmtime, Guest::new(limits));
        store.limiter(|guest| guest.meter());
        store.set_hostcall_fuel(limits.output_bytes(page_bytes));
        let ticks = limits.time(page_bytes).as_millis() / TICK.as_millis();
        if self.counts_instructions {
            // Setting fuel fails only for an engine that does not count instructions.
            let _ = store.set_fuel(u64::MAX);
        }
        // One more tick, because the clock may tick right after this.
        store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX - 1) + 1);
        store
    }

    /// The default limits of modules.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(clock) = self.clock.take() {
            // A panic of the clock has already been printed.
            let _ = clock.join();
        }
    }
}

fn failed(error: wasmtime::Error) -> EngineError {
    EngineError(format!("{error:#}"))
}

/// Turns off all features that a pure mapper does not need, because each is attack surface. Multiple memories
/// are on: in a composed component, as the tools of interpreted languages make it, wasmtime's own code
/// between the parts uses the memories of both. Without the feature wasmtime panics on such a component.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .wasm_memory64(false)
        .wasm_multi_memory(true)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .relaxed_simd_deterministic(true)
        .cranelift_nan_canonicalization(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES);
    config
}

fn pooled(parallel: usize, memory_bytes: usize) -> Config {
    let slots = u32::try_from(parallel)
        .unwrap_or(u32::MAX)
        .saturating_add(1);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots * limits::CORE_INSTANCES)
        .total_memories(slots * limits::MEMORIES)
        .total_tables(slots * limits::TABLES)
        .max_core_instances_per_component(limits::CORE_INSTANCES)
        .max_memories_per_component(limits::MEMORIES)
        .max_tables_per_component(limits::TABLES)
        .table_elements(limits::TABLE_ELEMENTS)
        .max_memory_size(memory_bytes)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        // Where the kernel can report which memory pages were written to, only those are cleared.
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(64 * 1024);
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(proposal: &str, text: &str) {
        let engine = wasmtime::Engine::new(&config()).expect("an engine");
        let bytes = wat_bytes(text);
        assert!(
            wasmtime::component::Component::new(&engine, &bytes).is_err(),
            "{proposal} is open"
        );
    }

    /// A component around a core module, from WebAssembly text.
    fn wat_bytes(core: &str) -> Vec<u8> {
        wat::parse_str(format!("(component (core module {core}))")).expect("valid text")
    }

    #[test]
    fn proposals_that_mappers_do_not_need_are_closed() {
        refuses("memory64", "(memory i64 1)");
        refuses("threads", "(memory 1 1 shared)");
        refuses("gc", "(type (struct (field i32)))");
        refuses("exceptions", "(tag (param i32))");
        refuses("tail calls", "(func $f return_call $f)");
        refuses("custom page sizes", "(memory 1 (pagesize 1))");
        refuses(
            "wide arithmetic",
            "(func (result i64 i64) i64.const 1 i64.const 1 i64.mul_wide_u)",
        );
    }

    #[test]
    fn a_plain_module_is_welcome() {
        let engine = wasmtime::Engine::new(&config()).expect("an engine");
        let bytes = wat_bytes("(memory 1) (func (result i32) i32.const 1)");
        assert!(wasmtime::component::Component::new(&engine, &bytes).is_ok());
    }
}
