//! What is running, waiting and done, as far as this process knows.

mod text;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use alertdrill_core::Outcome;
use alertdrill_core::plan::{Forecast, Standing};
use jiff::Zoned;

use super::WindowBar;

/// An expected end is worked out anew at most this often, and when something changes.
const FORECAST_HOLDS_FOR: Duration = Duration::from_secs(5);

/// When the board is looked at.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    at: Instant,
    clock: Zoned,
}

/// How many characters fit onto a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) lines: usize,
    pub(crate) columns: usize,
}

/// Which step it is that has a line for itself.
pub(crate) type StepId = u64;

/// What is running, waiting and done.
#[derive(Debug, Default)]
pub(crate) struct Board {
    /// All drills of this process, if it said which.
    drills: Vec<String>,
    running: Vec<RunningDrill>,
    steps: BTreeMap<StepId, OwnStep>,
    ended: Vec<Ended>,
    /// One per stack that the drills run on.
    forecasts: Vec<Forecast>,
    /// The time that was left when it was last worked out.
    expected: RefCell<Option<(Instant, Duration)>>,
    next_step: StepId,
}

/// A drill that runs.
#[derive(Debug)]
struct RunningDrill {
    name: String,
    lane: Option<String>,
    about: String,
    since: Instant,
    /// What is known before its end.
    so_far: Option<String>,
    what: String,
    state: String,
    bar: Option<WindowBar>,
}

/// A step of what is no drill.
#[derive(Debug)]
struct OwnStep {
    who: String,
    what: String,
    state: String,
    since: Instant,
}

/// A drill that has ended.
#[derive(Debug)]
struct Ended {
    name: String,
    /// `None` until it is judged.
    outcome: Option<Outcome>,
    /// `None` if it never had its turn.
    took: Option<Duration>,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self {
            at: Instant::now(),
            clock: Zoned::now(),
        }
    }
}

impl Size {
    pub(crate) fn of_the_terminal() -> Self {
        let (lines, columns) = console::Term::stderr().size();
        Self {
            lines: lines.into(),
            columns: columns.into(),
        }
    }
}

impl Board {
    /// These drills will run.
    pub(crate) fn announce(&mut self, drills: impl IntoIterator<Item = String>) {
        self.drills.extend(drills);
    }

    /// The end of the drills on one stack is expected by this.
    pub(crate) fn forecast(&mut self, forecast: Forecast) {
        self.forecasts.push(forecast);
        self.has_changed();
    }

    /// A drill begins.
    pub(crate) fn begin(&mut self, who: &str, lane: Option<&str>, about: String) {
        self.running.push(RunningDrill {
            name: who.to_owned(),
            lane: lane.map(ToOwned::to_owned),
            about,
            since: Instant::now(),
            so_far: None,
            what: String::new(),
            state: String::new(),
            bar: None,
        });
        self.has_changed();
    }

    /// Shows what a drill does; false if no such drill is running.
    pub(crate) fn show(
        &mut self,
        who: &str,
        what: String,
        state: String,
        bar: Option<WindowBar>,
    ) -> bool {
        let Some(drill) = self.running.iter_mut().find(|drill| drill.name == who) else {
            return false;
        };
        (drill.what, drill.state, drill.bar) = (what, state, bar);
        true
    }

    /// What is known of a drill before its end.
    pub(crate) fn so_far(&mut self, who: &str, known: String) {
        if let Some(drill) = self.running.iter_mut().find(|drill| drill.name == who) {
            drill.so_far = Some(known);
        }
    }

    /// A drill no longer runs. If it was announced, its verdict is still to come.
    pub(crate) fn leave(&mut self, who: &str) {
        if let Some(place) = self.running.iter().position(|drill| drill.name == who) {
            let drill = self.running.remove(place);
            if self.drills.contains(&drill.name) {
                self.ended.push(Ended {
                    took: Some(drill.since.elapsed()),
                    name: drill.name,
                    outcome: None,
                });
            }
            self.has_changed();
        }
    }

    /// A drill has ended.
    pub(crate) fn end(&mut self, who: &str, outcome: Outcome) {
        self.leave(who);
        match self.ended.iter_mut().find(|ended| ended.name == who) {
            Some(ended) => ended.outcome = Some(outcome),
            None => self.ended.push(Ended {
                name: who.to_owned(),
                outcome: Some(outcome),
                took: None,
            }),
        }
        self.has_changed();
    }

    /// Adds a step of what is no drill.
    pub(crate) fn add_step(&mut self, who: &str, what: String) -> StepId {
        self.next_step += 1;
        let step = OwnStep {
            who: who.to_owned(),
            what,
            state: String::new(),
            since: Instant::now(),
        };
        self.steps.insert(self.next_step, step);
        self.next_step
    }

    /// Shows the state of such a step.
    pub(crate) fn show_step(&mut self, step: StepId, state: String) {
        if let Some(step) = self.steps.get_mut(&step) {
            step.state = state;
        }
    }

    /// Takes such a step away.
    pub(crate) fn remove_step(&mut self, step: StepId) {
        self.steps.remove(&step);
    }

    /// Whether there is nothing to show: nothing runs, and nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.have_all_ended()
    }

    fn have_all_ended(&self) -> bool {
        self.count_running() == 0 && self.waiting().next().is_none()
    }

    /// Those whose verdict is still to come.
    fn count_running(&self) -> usize {
        let unjudged = self.ended.iter().filter(|drill| drill.outcome.is_none());
        self.running.len() + unjudged.count()
    }

    fn waiting(&self) -> impl Iterator<Item = &str> {
        let names = self.drills.iter().map(String::as_str);
        names.filter(|name| {
            let runs = self.running.iter().any(|drill| drill.name == *name);
            !runs && self.ended.iter().all(|drill| drill.name != *name)
        })
    }

    fn count(&self, outcomes: &[Outcome]) -> usize {
        let ended = self.ended.iter().filter_map(|drill| drill.outcome);
        ended.filter(|it| outcomes.contains(it)).count()
    }

    fn has_changed(&mut self) {
        self.expected.take();
    }

    /// How long it still takes until the last drill ends; `None` if nobody can tell.
    fn left(&self, now: &Moment) -> Option<Duration> {
        if self.forecasts.is_empty() {
            return None;
        }
        let mut expected = self.expected.borrow_mut();
        if let Some((at, left)) = *expected {
            let passed = now.at.saturating_duration_since(at);
            if passed < FORECAST_HOLDS_FOR {
                return Some(left.saturating_sub(passed));
            }
        }
        let running = self.running.iter().map(|drill| {
            let lane = drill.lane.clone();
            let taken = now.at.saturating_duration_since(drill.since);
            (drill.name.clone(), Standing::Running { taken, lane })
        });
        let ended = self.ended.iter().map(|drill| {
            let took = drill.took;
            (drill.name.clone(), Standing::Ended { took })
        });
        let standings = running.chain(ended).collect();
        let lefts = self.forecasts.iter();
        let lefts: Option<Vec<_>> = lefts.map(|forecast| forecast.left(&standings)).collect();
        let left = lefts?.into_iter().max()?;
        *expected = Some((now.at, left));
        Some(left)
    }
}
