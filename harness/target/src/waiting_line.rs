//! The drills that wait for their leases, in whatever process they run. The core decides whose turn
//! it is ([`InLine::is_next`]).

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use alertdrill_core::schedule::{Holdings, InLine, LineState, holdings_of};
use alertdrill_core::{Drill, Result, Settings, UtcInstant};
use jiff::Timestamp;

use crate::register::{Entry, Register};

/// Numbers the entries of this process, to tell them apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The drills that wait on one stack.
#[derive(Debug)]
pub struct WaitingLine {
    waiting: Register<InLine>,
}

/// A drill's place in the line; while the drill runs, it says so to the others. Dropping it gives
/// the place up.
#[derive(Debug)]
pub struct Ticket<'a> {
    line: &'a WaitingLine,
    name: String,
    waiting: InLine,
}

impl WaitingLine {
    /// The line of the stack with this state folder.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub fn in_folder(state: &Path) -> Result<Self> {
        Ok(Self {
            waiting: Register::in_folder(state.join("waiting"))?,
        })
    }

    /// Queues `drill`, which takes about `duration`, for the leases that it needs.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub fn queue(
        &self,
        drill: &Drill,
        settings: &Settings,
        duration: Duration,
    ) -> Result<Ticket<'_>> {
        let wants = holdings_of(drill, settings);
        let waiting = InLine {
            drill: drill.name.clone(),
            duration,
            wants,
            state: LineState::WithoutStack,
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

    /// Removes the entries of processes that have ended.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub fn forget_the_dead(&self) -> Result<()> {
        self.waiting.forget_the_dead()
    }
}

impl Ticket<'_> {
    /// Whether the drill may start now, without delaying a drill that is before it in the line and
    /// needs the same leases.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`] or [`alertdrill_core::Error::BadDescription`].
    pub(super) fn is_next(&self) -> Result<bool> {
        let register = &self.line.waiting;
        let (snapshot, own) = (register.snapshot()?, register.path(&self.name));
        let counts = |entry: &&Entry<InLine>| match entry.value.state {
            LineState::WithoutStack => entry.writer == std::process::id(),
            LineState::Ready | LineState::Aside { .. } | LineState::Running { .. } => {
                entry.is_current
            }
        };
        let others = snapshot.entries.iter().filter(|entry| entry.path != own);
        let others = others.filter(counts).map(|entry| &entry.value);
        let runs = |other: &&InLine| matches!(other.state, LineState::Running { .. });
        let (run, wait): (Vec<_>, Vec<_>) = others.partition(runs);
        Ok(self.waiting.is_next(&wait, &run, Timestamp::now().into()))
    }

    /// Changes when the line changes. As long as it stays, a drill that cannot start now still
    /// cannot.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`] or [`alertdrill_core::Error::BadDescription`].
    pub(super) fn version_of_the_line(&self) -> Result<u64> {
        Ok(self.line.waiting.snapshot()?.version)
    }

    /// Says that its process has the stack, and that it could go.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub(super) fn is_ready(&mut self) -> Result<()> {
        self.set_state(LineState::Ready)
    }

    /// Says that its process has the stack, and that the running drills `behind` keep it waiting by
    /// something other than leases.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub(super) fn stand_aside(&mut self, behind: BTreeSet<String>) -> Result<()> {
        self.set_state(LineState::Aside { behind })
    }

    /// Says that its drill runs from now on, and what it holds.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub(super) fn runs(&mut self, holdings: Holdings) -> Result<()> {
        let now = UtcInstant::from(Timestamp::now());
        self.waiting.wants = holdings;
        let ends_by = now.plus(self.waiting.duration);
        self.set_state(LineState::Running { ends_by })
    }

    /// Says what its drill still holds.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::File`].
    pub(super) fn holds(&mut self, holdings: Holdings) -> Result<()> {
        if self.waiting.wants == holdings {
            return Ok(());
        }
        self.waiting.wants = holdings;
        self.line.waiting.write(&self.name, &self.waiting)
    }

    fn set_state(&mut self, state: LineState) -> Result<()> {
        if self.waiting.state == state {
            return Ok(());
        }
        self.waiting.state = state;
        self.line.waiting.write(&self.name, &self.waiting)
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        // A file that stays is ignored once this process has ended.
        let _ = std::fs::remove_file(self.line.waiting.path(&self.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alertdrill_core::{Fault, Placement};

    fn on_lane(name: &str) -> Drill {
        Drill::new(name, Fault::stop("handler-{lane}"))
    }

    fn exclusive(on: &str) -> Drill {
        Drill::new(on, Fault::stop(on))
    }

    struct QueueInFolder {
        _folder: tempfile::TempDir,
        line: WaitingLine,
    }

    impl QueueInFolder {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self {
                line: WaitingLine::in_folder(folder.path()).unwrap(),
                _folder: folder,
            }
        }

        fn queue(&self, drill: &Drill, duration_s: u64) -> Ticket<'_> {
            self.line
                .queue(drill, &Settings::example(), Duration::from_secs(duration_s))
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
        let line = QueueInFolder::new();
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
        let line = QueueInFolder::new();
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
        let line = QueueInFolder::new();
        let short = line.queue(&on_lane("short"), 10);
        // Process 1 is there on every machine.
        let elsewhere = line.line.waiting.path("").with_file_name("1-0-long.json");
        for (state, short_is_next) in [
            (LineState::WithoutStack, true),
            (LineState::Ready, false),
            (
                LineState::Aside {
                    behind: BTreeSet::new(),
                },
                true,
            ),
        ] {
            let long = InLine {
                drill: "long".to_owned(),
                duration: Duration::from_secs(100),
                state: state.clone(),
                ..short.waiting.clone()
            };
            let staged = elsewhere.with_extension("part");
            std::fs::write(&staged, serde_json::to_vec(&long).unwrap()).unwrap();
            std::fs::rename(&staged, &elsewhere).unwrap();
            assert_eq!(are_next([&short]), [short_is_next], "{state:?}");
        }
    }

    #[test]
    fn drill_that_is_over_before_others_can_go_passes_them() {
        let line = QueueInFolder::new();
        let mut runs = line.queue(&on_lane("runs"), 100);
        let settings = Settings::example();
        let placed = on_lane("runs").placed(&Placement::on([("lane", "okx")]), &settings);
        runs.runs(holdings_of(&placed, &settings)).unwrap();
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
        let line = QueueInFolder::new();
        let mut runs = line.queue(&exclusive("offload"), 100);
        runs.runs(holdings_of(&exclusive("offload"), &Settings::example()))
            .unwrap();
        let mut broker = line.queue(&exclusive("kafka"), 10);
        broker.stand_aside(["offload".to_owned()].into()).unwrap();
        let (long, short) = (
            line.queue(&on_lane("long"), 200),
            line.queue(&on_lane("short"), 50),
        );
        assert_eq!(are_next([&long, &short]), [false, true]);
        drop(runs);
        assert_eq!(are_next([&long, &short]), [false, false]);
    }

    #[test]
    fn drill_that_stands_aside_waits_for_those_in_its_way_and_not_for_all_that_run() {
        let line = QueueInFolder::new();
        let run = |on: &str, duration_s| {
            let mut runs = line.queue(&exclusive(on), duration_s);
            runs.runs(holdings_of(&exclusive(on), &Settings::example()))
                .unwrap();
            runs
        };
        let _in_its_way = run("sink", 20);
        let _elsewhere = run("offload", 1000);
        let mut broker = line.queue(&exclusive("kafka"), 10);
        broker.stand_aside(["sink".to_owned()].into()).unwrap();
        let waits = line.queue(&on_lane("lane"), 50);
        assert_eq!(are_next([&waits]), [false]);
    }

    #[test]
    fn drill_that_stands_aside_is_passed_by() {
        let line = QueueInFolder::new();
        let short = line.queue(&on_lane("short"), 10);
        let mut long = line.queue(&on_lane("long"), 100);
        assert_eq!(are_next([&short]), [false]);
        long.stand_aside(BTreeSet::new()).unwrap();
        assert_eq!(are_next([&short]), [true]);
    }
}
