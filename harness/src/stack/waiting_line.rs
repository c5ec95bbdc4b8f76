//! The drills that wait for their leases, in whatever process, and whose turn it is.
//!
//! First go those that keep others out, for as long as nobody is there to be waited for: at the end
//! they would wait until everybody has left; of these the shortest first, so that few wait long.
//! Then, of the others, the longest.
//!
//! Who comes late and keeps others out would have the whole stack stand idle until the last of
//! those that run has ended. So a drill may pass those before it if it is over before they can go,
//! by what the drills that run say of their ends.

mod rehearsal;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::leases::{Holdings, wanted_by};
use super::project::Settings;
use crate::Result;
use crate::drill::{Drill, LeaseMode, UtcInstant, seconds};
use crate::register::{Entry, Register};

pub use rehearsal::{Part, Slot, rehearse};

/// Tells the entries of one process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The drills that wait on one stack.
#[derive(Debug)]
pub struct WaitingLine {
    waiting: Register<Waiting>,
}

/// A drill that waits, or that has left the line and runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    drill: String,
    #[serde(with = "seconds", rename = "duration_s")]
    duration: Duration,
    wants: Holdings,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Its process does not have the stack yet, and may have to wait until the others' have left
    /// it: it counts only among the drills of its own process, which all get the stack at once.
    WithoutStack,
    /// It would go if nobody hindered it.
    Ready,
    /// A drill that runs keeps it from going, whoever else waits.
    Aside,
    /// It runs, and will have ended by then if it takes as long as it thought.
    Running { ends_by: UtcInstant },
}

/// A place in the line, and then the word that the drill runs; given up when this is dropped.
#[derive(Debug)]
pub struct Ticket<'a> {
    line: &'a WaitingLine,
    name: String,
    waiting: Waiting,
}

impl WaitingLine {
    /// The line of the stack with this state folder.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn in_folder(state: &Path) -> Result<Self> {
        Ok(Self {
            waiting: Register::in_folder(state.join("waiting"))?,
        })
    }

    /// Queues up for what `drill` needs, which takes about `duration`.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn queue(
        &self,
        drill: &Drill,
        settings: &Settings,
        duration: Duration,
    ) -> Result<Ticket<'_>> {
        let wants = wanted_by(drill, settings);
        let waiting = Waiting {
            drill: drill.name.clone(),
            duration,
            wants,
            state: State::WithoutStack,
        };
        let place = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{place}-{}", drill.name);
        self.waiting.write(&name, &waiting)?;
        Ok(Ticket {
            line: self,
            name,
            waiting,
        })
    }

    /// Forgets what waited in processes that have ended.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn forget_the_dead(&self) -> Result<()> {
        self.waiting.forget_the_dead()
    }
}

impl Ticket<'_> {
    /// Whether it hinders nobody who goes first: whoever waits for the same and is before it can
    /// only go when it has ended.
    ///
    /// # Errors
    /// [`crate::Error::File`] or [`crate::Error::BadDescription`].
    pub(super) fn is_next(&self) -> Result<bool> {
        let (snapshot, own) = (
            self.line.waiting.snapshot()?,
            self.line.waiting.path(&self.name),
        );
        let counts = |entry: &&Entry<Waiting>| match entry.value.state {
            State::WithoutStack => entry.writer == std::process::id(),
            State::Ready | State::Aside | State::Running { .. } => entry.is_current,
        };
        let others = snapshot
            .entries
            .iter()
            .filter(|entry| entry.path != own)
            .filter(counts)
            .map(|entry| &entry.value);
        let (run, wait): (Vec<_>, Vec<_>) =
            others.partition(|other| matches!(other.state, State::Running { .. }));
        Ok(self.waiting.is_next(&wait, &run, Timestamp::now().into()))
    }

    /// Another number when the line is another: until then nobody who cannot go now can go.
    ///
    /// # Errors
    /// [`crate::Error::File`] or [`crate::Error::BadDescription`].
    pub(super) fn version_of_the_line(&self) -> Result<u64> {
        Ok(self.line.waiting.snapshot()?.version)
    }

    /// Says that its process has the stack, and whether a drill that runs keeps it waiting, by
    /// something else than leases.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub(super) fn stand_aside(&mut self, stands_aside: bool) -> Result<()> {
        self.be(if stands_aside {
            State::Aside
        } else {
            State::Ready
        })
    }

    /// Says that its drill runs from now on, and what it holds.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub(super) fn runs(&mut self, holdings: Holdings) -> Result<()> {
        let now = UtcInstant::from(Timestamp::now());
        self.waiting.wants = holdings;
        self.be(State::Running {
            ends_by: now.plus(self.waiting.duration),
        })
    }

    /// Says what its drill holds still.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub(super) fn holds(&mut self, holdings: Holdings) -> Result<()> {
        if self.waiting.wants == holdings {
            return Ok(());
        }
        self.waiting.wants = holdings;
        self.line.waiting.write(&self.name, &self.waiting)
    }

    fn be(&mut self, state: State) -> Result<()> {
        if self.waiting.state == state {
            return Ok(());
        }
        self.waiting.state = state;
        self.line.waiting.write(&self.name, &self.waiting)
    }
}

impl Waiting {
    fn is_next(&self, wait: &[&Self], run: &[&Self], now: UtcInstant) -> bool {
        let rank = |one: &Self| {
            let keeps_out = wait.iter().filter(|other| one.keeps_out(other)).count()
                + usize::from(one.keeps_out(self));
            let urgency = if keeps_out > 0 {
                Duration::MAX.saturating_sub(one.duration)
            } else {
                one.duration
            };
            (keeps_out, urgency, one.drill.clone())
        };
        let mine = rank(self);
        let mut before: Vec<_> = wait
            .iter()
            .map(|other| (rank(other), *other))
            .filter(|(rank, _)| *rank > mine)
            .collect();
        // Who stands aside lets others pass, but not for so long that it would go last and alone.
        before.retain(|((keeps_out, _, _), other)| other.state != State::Aside || *keeps_out > 0);
        before.sort_by(|(a, _), (b, _)| b.cmp(a));
        // Per drill before this one, when those that it has to wait for have ended.
        let mut can_go: Vec<(&Self, UtcInstant)> = Vec::new();
        for (_, other) in before {
            let behind = can_go
                .iter()
                .filter(|(first, _)| first.hinders(other))
                .map(|(first, at)| at.plus(first.duration));
            let keeps_waiting = |one: &&&Self| other.state == State::Aside || one.hinders(other);
            let held = run
                .iter()
                .filter(keeps_waiting)
                .filter_map(|one| one.ends_by())
                .chain(behind);
            let at = held.fold(now, UtcInstant::max);
            if other.hinders(self) && at <= now.plus(self.duration) {
                return false;
            }
            can_go.push((other, at));
        }
        true
    }

    fn ends_by(&self) -> Option<UtcInstant> {
        if let State::Running { ends_by } = self.state {
            Some(ends_by)
        } else {
            None
        }
    }

    /// Whether it disturbs what the other needs undisturbed, and not because both want the same for
    /// themselves.
    fn keeps_out(&self, other: &Self) -> bool {
        self.wants.iter().any(|(name, mode)| {
            *mode == LeaseMode::Exclusive && other.wants.get(name) == Some(&LeaseMode::Shared)
        })
    }

    fn hinders(&self, other: &Self) -> bool {
        self.wants.iter().any(|(name, mode)| {
            other
                .wants
                .get(name)
                .is_some_and(|theirs| *mode.max(theirs) == LeaseMode::Exclusive)
        })
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        // What stays behind is forgotten with this process.
        let _ = std::fs::remove_file(self.line.waiting.path(&self.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::Fault;
    use crate::stack::leases::tests::settings;

    fn on_lane(name: &str) -> Drill {
        Drill::new(name, Fault::stop("handler-{lane}")).on_a_lane()
    }

    fn exclusive(on: &str) -> Drill {
        Drill::new(on, Fault::stop(on)).exclusive(on)
    }

    struct Line {
        _folder: tempfile::TempDir,
        line: WaitingLine,
    }

    impl Line {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self {
                line: WaitingLine::in_folder(folder.path()).unwrap(),
                _folder: folder,
            }
        }

        fn queue(&self, drill: &Drill, duration_s: u64) -> Ticket<'_> {
            self.line
                .queue(drill, &settings(), Duration::from_secs(duration_s))
                .unwrap()
        }
    }

    /// Whether each is next, as somebody sees it who reads the files anew.
    fn are_next<const N: usize>(tickets: [&Ticket<'_>; N]) -> [bool; N] {
        tickets.map(|ticket| {
            std::thread::sleep(Duration::from_millis(10));
            ticket.is_next().unwrap()
        })
    }

    #[test]
    fn longest_drill_goes_first_among_those_that_wait_for_the_same() {
        let line = Line::new();
        let short = line.queue(&on_lane("short"), 10);
        let elsewhere = line.queue(&exclusive("offload"), 5);
        assert_eq!(are_next([&short, &elsewhere]), [true, true]);
        let long = line.queue(&on_lane("long"), 100);
        assert_eq!(are_next([&short, &long, &elsewhere]), [false, true, true]);
        drop(long);
        assert_eq!(are_next([&short]), [true]);
    }

    #[test]
    fn drill_that_keeps_others_out_goes_before_them() {
        let line = Line::new();
        let feed = line.queue(&on_lane("feed"), 300);
        let offload = line.queue(&exclusive("offload"), 300);
        let (broker, slow) = (
            line.queue(&exclusive("kafka"), 10),
            line.queue(&exclusive("kafka"), 20),
        );
        assert_eq!(
            are_next([&feed, &offload, &broker, &slow]),
            [false, true, true, false]
        );
        let prometheus = line.queue(&exclusive("prometheus"), 5);
        assert_eq!(
            are_next([&feed, &offload, &broker, &prometheus]),
            [false, false, false, true]
        );
        drop((broker, slow, prometheus));
        assert_eq!(are_next([&feed, &offload]), [true, true]);
    }

    #[test]
    fn drill_of_another_process_counts_only_when_that_has_the_stack() {
        let line = Line::new();
        let short = line.queue(&on_lane("short"), 10);
        // Process 1 is there on every machine.
        let elsewhere = line.line.waiting.path("").with_file_name("1-0-long.json");
        for (state, short_is_next) in [
            (State::WithoutStack, true),
            (State::Ready, false),
            (State::Aside, true),
        ] {
            let long = Waiting {
                drill: "long".to_owned(),
                duration: Duration::from_secs(100),
                state,
                ..short.waiting.clone()
            };
            std::fs::write(
                elsewhere.with_extension("part"),
                serde_json::to_vec(&long).unwrap(),
            )
            .unwrap();
            std::fs::rename(elsewhere.with_extension("part"), &elsewhere).unwrap();
            assert_eq!(are_next([&short]), [short_is_next], "{state:?}");
        }
    }

    #[test]
    fn drill_that_is_over_before_others_can_go_passes_them() {
        let line = Line::new();
        let mut runs = line.queue(&on_lane("runs"), 100);
        runs.runs(wanted_by(&on_lane("runs").placed_on("okx"), &settings()))
            .unwrap();
        let broker = line.queue(&exclusive("kafka"), 10);
        let (long, short) = (
            line.queue(&on_lane("long"), 200),
            line.queue(&on_lane("short"), 50),
        );
        assert_eq!(are_next([&broker, &long, &short]), [true, false, true]);
        drop(broker);
        // A lane is free for the longer one.
        assert_eq!(are_next([&long, &short]), [true, false]);
        let broker = line.queue(&exclusive("kafka"), 10);
        drop(runs);
        assert_eq!(are_next([&broker, &long, &short]), [true, false, false]);
    }

    #[test]
    fn drill_that_keeps_others_out_and_stands_aside_is_passed_only_by_who_is_over_in_time() {
        let line = Line::new();
        let mut runs = line.queue(&exclusive("offload"), 100);
        runs.runs(wanted_by(&exclusive("offload"), &settings()))
            .unwrap();
        let mut broker = line.queue(&exclusive("kafka"), 10);
        broker.stand_aside(true).unwrap();
        let (long, short) = (
            line.queue(&on_lane("long"), 200),
            line.queue(&on_lane("short"), 50),
        );
        assert_eq!(are_next([&long, &short]), [false, true]);
        drop(runs);
        assert_eq!(are_next([&long, &short]), [false, false]);
    }

    #[test]
    fn drill_that_stands_aside_is_passed_by() {
        let line = Line::new();
        let short = line.queue(&on_lane("short"), 10);
        let mut long = line.queue(&on_lane("long"), 100);
        assert_eq!(are_next([&short]), [false]);
        long.stand_aside(true).unwrap();
        assert_eq!(are_next([&short]), [true]);
    }
}
