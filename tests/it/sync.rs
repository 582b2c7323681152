//! `portolan sync` against the simulator: each theme has its file.

mod behind;
mod denied;
mod disk;
mod everything;
mod faults;
mod files;
mod interrupt;
mod moving;
mod paging;
mod provenance;
mod replay;
mod requests;
mod revisions;
mod shadow;
mod stdout;
mod vanished;

pub(crate) use interrupt::signal;
mod watching;
