//! What can be broken: a compose project and its containers; the journal of what is broken in it;
//! and the leases by which drills share it.

pub mod compose;
mod injecting;
mod journal;
mod leases;
mod lock_file;
mod mending;
pub mod process;
mod register;
mod waiting_line;

pub use injecting::{InjectedFault, InjectionFailed, inject};
pub use journal::{Journal, JournalContent, OpenFault, decode};
pub use leases::{Leased, Leases};
pub use mending::{Mended, heal, revert, revert_all};
pub use register::{Entry, Register, Snapshot};
pub use waiting_line::{Ticket, WaitingLine};
