//! The host's state for one call of a module: its meter, its log, and its last error.

use std::borrow::Cow;

use wasmtime::{Store, Trap};

use super::CallError;
use super::bindings::assessor_world::portolan::assessor;
use super::bindings::mapping_world::exports::portolan::mapper::mapping::PageError;
use super::bindings::mapping_world::portolan::mapper::{diagnostics, types};
use super::limits::{GrowthRefused, Limits, Meter};
use portolan_machine::text::printable;
use portolan_page::{Page, Wanted};

/// The number of lines of one call that reach the log.
const LOG_LINES: usize = 100;
/// The number of characters in one line.
pub(super) const LOG_LINE_CHARACTERS: usize = 1024;

/// The resources that one call of a module used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The peak of linear memory, in bytes.
    pub memory_bytes: usize,
    /// WebAssembly instructions; `None` if the engine does not count them.
    pub instructions: Option<u64>,
}

/// The state of one instance.
pub(super) struct Guest {
    meter: Meter,
    lines: usize,
    last_error: Option<String>,
}

/// The resources that the instance of this store has used so far.
pub(super) fn usage(store: &Store<Guest>) -> Usage {
    Usage {
        memory_bytes: store.data().meter.memory_bytes(),
        instructions: store.get_fuel().ok().map(|left| u64::MAX - left),
    }
}

/// The page body for a module: with environment values if it has the grant, else without members that it does
/// not read.
pub(super) fn body<'p>(
    page: &'p Page,
    sees_values: bool,
    wanted: Option<&Wanted>,
) -> Cow<'p, [u8]> {
    match wanted {
        _ if sees_values => Cow::Borrowed(page.body_with_values()),
        Some(wanted) => page.body_with(wanted),
        None => Cow::Borrowed(page.body()),
    }
}

/// The context of a page, for a module.
pub(super) fn context(page: &Page, config: &str) -> types::PageContext {
    types::PageContext {
        object: page.object.name().into(),
        operation: page.object.describe_operation().action(),
        partition: page.origin.partition.clone(),
        account_id: page.origin.account_id.to_string(),
        region: page.origin.region.to_string(),
        captured_at: page.origin.captured_at.clone(),
        config: config.to_owned(),
    }
}

/// Converts a failure: to the limit that was exceeded, or to the trap with the module's last error.
pub(super) fn failure(
    module: &str,
    limits: &Limits,
    error: &wasmtime::Error,
    guest: Guest,
    page_bytes: usize,
) -> CallError {
    let module = module.to_owned();
    if let Some(GrowthRefused(what)) = error.downcast_ref() {
        return CallError::MemoryExceeded {
            module,
            what: what.clone(),
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => CallError::TimeExceeded {
            module,
            limit_milliseconds: limits
                .time(page_bytes)
                .as_millis()
                .try_into()
                .unwrap_or(u64::MAX),
            page_bytes,
        },
        Some(trap) => CallError::Trapped {
            module,
            message: guest.last_error.unwrap_or_else(|| trap.to_string()),
        },
        // wasmtime has no type for this error.
        None if format!("{error:#}").contains("fuel allocated for hostcalls") => {
            CallError::OutputExceeded {
                module,
                limit_bytes: limits.output_bytes(page_bytes),
                page_bytes,
            }
        }
        None => CallError::BadAnswer {
            module,
            message: printable(&format!("{error:#}"), LOG_LINE_CHARACTERS),
        },
    }
}

/// Converts a module's own refusal of a page.
pub(super) fn refusal(module: &str, error: PageError) -> CallError {
    let (what, text) = match error {
        PageError::UnsupportedObject(text) => ("unsupported object", text),
        PageError::MalformedPage(text) => ("malformed page", text),
        PageError::Internal(text) => ("internal error", text),
    };
    CallError::Refused {
        module: module.to_owned(),
        message: format!("{what}: {}", printable(&text, LOG_LINE_CHARACTERS)),
    }
}

impl Guest {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            meter: Meter::new(limits),
            lines: 0,
            last_error: None,
        }
    }

    /// The limiter of its memory and tables.
    pub(super) const fn meter(&mut self) -> &mut Meter {
        &mut self.meter
    }

    /// The last error that the module logged before it failed.
    pub(super) fn last_words(self) -> Option<String> {
        self.last_error
    }
}

impl types::Host for Guest {}

impl assessor::types::Host for Guest {}

impl assessor::diagnostics::Host for Guest {
    fn log(&mut self, level: assessor::diagnostics::Level, message: String) {
        use assessor::diagnostics::Level;
        let level = match level {
            Level::Error => diagnostics::Level::Error,
            Level::Warn => diagnostics::Level::Warn,
            Level::Info => diagnostics::Level::Info,
            Level::Debug => diagnostics::Level::Debug,
        };
        diagnostics::Host::log(self, level, message);
    }
}

impl diagnostics::Host for Guest {
    fn log(&mut self, level: diagnostics::Level, message: String) {
        self.lines += 1;
        let message = printable(&message, LOG_LINE_CHARACTERS);
        if matches!(level, diagnostics::Level::Error) {
            // Stored even beyond the log's limit, so that a flood of lines does not hide the panic that ends
            // it.
            self.last_error = Some(message.clone());
        }
        if self.lines > LOG_LINES {
            return;
        }
        match level {
            diagnostics::Level::Error => tracing::debug!(target: "mapper", "error: {message}"),
            diagnostics::Level::Warn => tracing::warn!(target: "mapper", "{message}"),
            diagnostics::Level::Info => tracing::info!(target: "mapper", "{message}"),
            diagnostics::Level::Debug => tracing::debug!(target: "mapper", "{message}"),
        }
    }
}
