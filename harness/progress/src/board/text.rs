//! The board as lines: what runs, what waits, what is done, and the totals.

use alertdrill_core::Outcome;
use alertdrill_core::style::{bad, heading};
use console::{measure_text_width, truncate_str};

use super::super::time_text::{clock_after, left, taken};
use super::{Board, Ended, Moment, OwnStep, RunningDrill, Size};
use crate::WindowBar;

/// The width of the groups' names.
const GROUP: usize = 9;
/// Below this many columns, a line has no room for a group's name.
const GROUPS_FROM: usize = 50;
/// From how many columns on, a window's bar has how many characters between its ends.
const BARS: [(usize, usize); 2] = [(120, 24), (76, 12)];
/// From this many columns on, a line says what its drill is about, too.
const ABOUT_FROM: usize = 120;
/// The longest that a name's column may be, as a part of all columns.
const NAMES_PART: usize = 3;

impl Board {
    /// The board at a moment, in so many lines and columns at most.
    pub(crate) fn lines(&self, now: &Moment, size: Size) -> Vec<String> {
        let (waiting, done, totals) = (self.waiting_text(), self.done_text(), self.totals(now));
        let others = [&waiting, &done].into_iter().flatten().count();
        // A terminal keeps its last line for the cursor.
        let room = size.lines.saturating_sub(others + 2).max(1);
        let lines = group("running", self.running_texts(now, size, room), size)
            .chain(group("waiting", waiting, size))
            .chain(group("done", done, size))
            .chain(totals.map(|totals| totals.in_columns(size.columns)));
        lines
            .map(|line| truncate_str(line.trim_end(), size.columns, "…").into_owned())
            .collect()
    }

    /// How many are done, and when the end is expected; `None` if nobody said which drills run.
    pub(crate) fn standing(&self, now: &Moment) -> Option<String> {
        let all = self.drills.len();
        if all < 2 {
            return None;
        }
        let judged = self.ended.iter().filter(|drill| drill.outcome.is_some());
        let done = format!("{} of {all} done", judged.count());
        Some(match self.end_text(now) {
            Some(end) => format!("{done}, {end}"),
            None => done,
        })
    }

    /// That everything still goes on: for a log in which nothing has changed for minutes.
    pub(crate) fn sign_of_life(&self, now: &Moment) -> String {
        let drills = self.running.iter().map(|drill| {
            let (name, time) = (&drill.name, taken(now.at.duration_since(drill.since)));
            format!("{name} for {time}: {}", drill.what)
        });
        let steps = self.steps.values().map(|step| {
            let (who, time) = (&step.who, taken(now.at.duration_since(step.since)));
            format!("{who} for {time}: {}", said(&step.what, &step.state))
        });
        let running: Vec<_> = steps.chain(drills).collect();
        let text = format!("still running: {}", running.join("; "));
        match self.standing(now) {
            Some(standing) => format!("{text} ({standing})"),
            None => text,
        }
    }

    fn running_texts(&self, now: &Moment, size: Size, room: usize) -> Vec<String> {
        let names = self.running.iter().map(|drill| &drill.name);
        let names = names.chain(self.steps.values().map(|step| &step.who));
        let longest = names.map(|name| name.chars().count()).max();
        let name_width = longest.unwrap_or_default().min(size.columns / NAMES_PART);
        let steps = self.steps.values().map(|step| step.text(now, name_width));
        let drills = self.running.iter();
        let drills = drills.map(|drill| drill.text(now, size, name_width));
        let mut texts: Vec<_> = steps.chain(drills).collect();
        if texts.len() > room {
            let unseen = texts.split_off(room.saturating_sub(1)).len();
            texts.push(format!("… and {unseen} more"));
        }
        texts
    }

    fn waiting_text(&self) -> Option<String> {
        let waiting: Vec<_> = self.waiting().collect();
        (!waiting.is_empty()).then(|| waiting.join(", "))
    }

    /// Those that did not pass come first: whoever looks wants to know them.
    fn done_text(&self) -> Option<String> {
        let groups = [
            (bad("failed"), &[Outcome::Fail][..]),
            (heading("could not be tested"), &[Outcome::Error]),
            (heading("passed"), &[Outcome::Pass, Outcome::Skipped]),
        ];
        let groups = groups.into_iter().filter_map(|(what, outcomes)| {
            let ended = self.ended.iter();
            let is_of_these =
                |drill: &&Ended| drill.outcome.is_some_and(|it| outcomes.contains(&it));
            let of_these = ended.filter(is_of_these);
            let names: Vec<_> = of_these.map(|drill| drill.name.as_str()).collect();
            (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
        });
        let groups: Vec<_> = groups.collect();
        (!groups.is_empty()).then(|| groups.join("; "))
    }

    fn totals(&self, now: &Moment) -> Option<Totals> {
        (self.drills.len() > 1).then(|| Totals {
            all: self.drills.len(),
            passed: self.count(&[Outcome::Pass, Outcome::Skipped]),
            failed: self.count(&[Outcome::Fail]),
            untested: self.count(&[Outcome::Error]),
            running: self.count_running(),
            waiting: self.waiting().count(),
            end: self.end_text(now),
        })
    }

    fn end_text(&self, now: &Moment) -> Option<String> {
        let time_left = self.left(now).filter(|_| !self.have_all_ended())?;
        let (clock, time) = (clock_after(&now.clock, time_left), left(time_left));
        Some(format!("ends about {clock}, in {time}"))
    }
}

/// The line of totals.
struct Totals {
    all: usize,
    passed: usize,
    failed: usize,
    untested: usize,
    running: usize,
    waiting: usize,
    end: Option<String>,
}

impl Totals {
    /// As much of it as fits: the end and what failed are the last to go.
    fn in_columns(&self, columns: usize) -> String {
        let failed = match self.failed {
            0 => "0 failed".to_owned(),
            failed => bad(format!("{failed} failed")),
        };
        let passed = format!("{} passed", self.passed);
        let untested =
            (self.untested > 0).then(|| format!("{} could not be tested", self.untested));
        let waiting = format!("{} waiting", self.waiting);
        let verdicts = || [Some(passed.clone()), Some(failed.clone()), untested.clone()];
        let running = format!("{} running", self.running);
        let with_running = verdicts()
            .into_iter()
            .chain([Some(running), Some(waiting.clone())]);
        let without = verdicts().into_iter().chain([Some(waiting.clone())]);
        let long = format!("{} drills: {}", self.all, listed(with_running));
        let end = self.end.iter();
        let with_end = |text: String| {
            let parts = [text].into_iter().chain(end.clone().cloned());
            parts.collect::<Vec<_>>().join("; ")
        };
        let ways = [with_end(long), with_end(listed(without))];
        let fits = |text: &&String| measure_text_width(text) <= columns;
        let shortest = || format!("{failed}, {waiting}");
        ways.iter().find(fits).cloned().unwrap_or_else(shortest)
    }
}

impl RunningDrill {
    fn text(&self, now: &Moment, size: Size, name_width: usize) -> String {
        let time = taken(now.at.saturating_duration_since(self.since));
        let bars = BARS.iter();
        let bar = match bars.copied().find(|(from, _)| size.columns >= *from) {
            Some((_, width)) => match self.bar {
                Some(bar) => format!("{}  ", bar.drawn(width)),
                // Where there is little room, words take the bar's place.
                None if size.columns < ABOUT_FROM => String::new(),
                None => " ".repeat(width + WindowBar::ENDS + 2),
            },
            None => String::new(),
        };
        let name = fitted(&self.name, name_width);
        format!("{time:>5}  {name}  {bar}{}", self.state_text(size))
    }

    fn state_text(&self, size: Size) -> String {
        let state = match (&self.so_far, self.bar) {
            (Some(so_far), _) => format!("{so_far}; {}", self.what),
            // The bar says what is awaited.
            (None, Some(_)) => self.state.clone(),
            (None, None) => said(&self.what, &self.state),
        };
        if size.columns < ABOUT_FROM {
            return state;
        }
        // What it breaks is said while it breaks it, too.
        let about = Some(self.about.as_str()).filter(|about| !state.contains(about));
        match (self.lane.as_deref(), about) {
            (Some(lane), Some(about)) => format!("{state} ({lane}: {about})"),
            (Some(known), None) | (None, Some(known)) => format!("{state} ({known})"),
            (None, None) => state,
        }
    }
}

impl OwnStep {
    fn text(&self, now: &Moment, name_width: usize) -> String {
        let time = taken(now.at.saturating_duration_since(self.since));
        let (name, said) = (fitted(&self.who, name_width), said(&self.what, &self.state));
        format!("{time:>5}  {name}  {said}")
    }
}

/// Lines of a group, the first of which has its name before it.
fn group(
    name: &str,
    texts: impl IntoIterator<Item = String>,
    size: Size,
) -> impl Iterator<Item = String> {
    let first = (size.columns >= GROUPS_FROM).then(|| heading(format!("{name:<GROUP$}")));
    let others = first.as_ref().map(|_| " ".repeat(GROUP));
    let before = std::iter::once(first).chain(std::iter::repeat(others));
    texts
        .into_iter()
        .zip(before)
        .map(|(text, before)| before.unwrap_or_default() + &text)
}

fn fitted(name: &str, width: usize) -> String {
    format!("{:<width$}", truncate_str(name, width, "…"))
}

fn said(what: &str, state: &str) -> String {
    if state.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {state}")
    }
}

fn listed(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests;
