//! `portolan sync` against the simulator. Each theme has its file.

mod alone;
mod behind;
mod denied;
mod disk;
mod events;
mod everything;
mod falsified;
mod faults;
mod files;
mod interrupt;
mod moving;
mod paging;
mod permissions;
mod provenance;
mod quota;
mod renewal;
mod replay;
mod requests;
mod resume;
mod revisions;
mod shadow;
mod stdout;
mod tags;
mod together;
mod vanished;
mod whole;

pub(crate) use interrupt::signal;
