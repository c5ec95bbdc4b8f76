//! Other processes of this machine.

use serde::{Deserialize, Serialize};

/// A process, distinguished from a later one that gets the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessId {
    /// Its number.
    pub id: u32,
    /// When it started, in ticks of the kernel's clock since the machine's boot; 0 if unknown.
    pub started_at_ticks: u64,
}

impl ProcessId {
    /// This process.
    #[must_use]
    pub fn own() -> Self {
        let id = std::process::id();
        Self {
            id,
            started_at_ticks: stat(id).map_or(0, |stat| stat.started_at_ticks),
        }
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_alive(self) -> bool {
        is_alive(self.id)
            && stat(self.id).is_some_and(|stat| stat.started_at_ticks == self.started_at_ticks)
    }
}

/// Whether the process `id` still runs. A zombie, which waits for its parent, does not.
#[must_use]
pub fn is_alive(id: u32) -> bool {
    stat(id).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

struct Stat {
    state: char,
    started_at_ticks: u64,
}

/// What `proc_pid_stat(5)` says of a process: its state is the third field, its start the
/// twenty-second.
fn stat(id: u32) -> Option<Stat> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The state follows the name, which is in parentheses and may hold any character.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some(Stat {
        state,
        started_at_ticks: fields.nth(18)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_process_is_alive_and_one_that_was_waited_for_is_not() {
        assert!(ProcessId::own().is_alive());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
    }

    #[test]
    fn process_that_got_the_number_of_an_earlier_one_is_another_one() {
        let own = ProcessId::own();
        let started_at_ticks = own.started_at_ticks - 1;
        let earlier = ProcessId {
            started_at_ticks,
            ..own
        };
        assert!(!earlier.is_alive());
    }
}
