//! `portolan sync` against the simulator: each theme has its file.

mod behind;
mod denied;
mod disk;
mod everything;
mod falsified;
mod faults;
mod files;
mod interrupt;
mod moving;
mod paging;
mod quota;
mod renewal;
mod replay;
mod requests;
mod revisions;
mod stdout;
mod together;
mod vanished;

pub(crate) use interrupt::signal;
