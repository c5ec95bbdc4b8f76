//! Shows a person what the harness does or waits for, and how long that may still take.
//!
//! A terminal has one line for each running drill, which changes in place, and one line for all
//! drills that wait. Elsewhere (CI logs) a step prints a line when it begins and one when it ends,
//! and a sign of life in between.

mod step;
mod window_bar;

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use alertdrill_core::style::harmless;

pub use step::Step;
pub use window_bar::WindowBar;

const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(15);
const TURN_EVERY: Duration = Duration::from_millis(250);

/// When this process last printed a line elsewhere than on a terminal.
static LAST_LINE: Mutex<Option<Instant>> = Mutex::new(None);

/// Where steps are shown: standard error, so that standard output stays the test runner's.
#[derive(Debug)]
pub struct Progress {
    terminal: Option<Arc<Terminal>>,
}

/// The lines of a terminal that change in place.
#[derive(Debug)]
struct Terminal {
    bars: MultiProgress,
    /// The lines that drills keep, by the drills' names.
    held: Mutex<BTreeMap<String, HeldLine>>,
    queue: Mutex<Queue>,
}

/// The line of a drill from its first step to its last.
#[derive(Clone, Debug)]
struct HeldLine {
    about: String,
    bar: ProgressBar,
}

/// The drills that wait for their turn, and their common line.
#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<String>,
    bar: Option<ProgressBar>,
}

/// A drill's line on a terminal, until this is dropped.
#[derive(Debug)]
pub struct DrillLine {
    terminal: Option<Arc<Terminal>>,
    who: String,
}

impl Default for Progress {
    fn default() -> Self {
        Self::on(std::io::stderr().is_terminal().then(MultiProgress::new))
    }
}

impl Progress {
    /// As lines of a log, even if standard error is a terminal: tests capture those.
    #[must_use]
    pub fn in_a_log() -> Self {
        Self::on(None)
    }

    fn on(bars: Option<MultiProgress>) -> Self {
        let terminal = |bars| {
            Arc::new(Terminal {
                bars,
                held: Mutex::default(),
                queue: Mutex::default(),
            })
        };
        Self {
            terminal: bars.map(terminal),
        }
    }

    /// Whether it shows its lines on a terminal, where they change in place.
    #[must_use]
    pub fn is_on_a_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Keeps a line of a terminal for all steps of the drill `who`. The line shows what the drill
    /// is `about` (its lane and its fault) and its state, and not how each step ended.
    #[must_use]
    pub fn line_of(&self, who: &str, about: &str) -> DrillLine {
        if let Some(terminal) = &self.terminal {
            let held = HeldLine {
                about: one_line(about),
                bar: terminal.add(who),
            };
            terminal.lock_held().insert(who.to_owned(), held);
        }
        DrillLine {
            terminal: self.terminal.clone(),
            who: who.to_owned(),
        }
    }

    /// Begins a step of `who`: a drill's name, or `stack`.
    pub fn step(&self, who: impl Into<String>, what: impl Into<String>) -> Step {
        Step::begin(self.terminal.as_ref(), who.into(), what.into())
    }

    /// Begins to wait for the turn of `who`. A terminal shows all that wait in one line.
    pub fn queue(&self, who: impl Into<String>, what: impl Into<String>) -> Step {
        Step::queue(self.terminal.as_ref(), who.into(), what.into())
    }

    /// Prints a line that stays.
    pub fn line(&self, text: &str) {
        match &self.terminal {
            Some(terminal) => drop(terminal.bars.println(coloured(text))),
            None => line(text),
        }
    }
}

impl Terminal {
    /// A new line, below the other drills' lines and above the line of those that wait.
    fn add(&self, message: &str) -> ProgressBar {
        let queue = self.lock_queue();
        let bar = match &queue.bar {
            Some(last) => self.bars.insert_before(last, spinner()),
            None => self.bars.add(spinner()),
        };
        bar.enable_steady_tick(TURN_EVERY);
        bar.set_prefix(WindowBar::BLANK);
        bar.set_message(one_line(message));
        bar
    }

    fn held(&self, who: &str) -> Option<HeldLine> {
        self.lock_held().get(who).cloned()
    }

    fn lock_held(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, HeldLine>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter_queue(&self, who: &str) {
        let mut queue = self.lock_queue();
        queue.waiting.push(who.to_owned());
        let bar = queue.bar.get_or_insert_with(|| self.bars.add(spinner()));
        bar.enable_steady_tick(TURN_EVERY);
        bar.set_prefix(WindowBar::BLANK);
        queue.show();
    }

    fn leave_queue(&self, who: &str) {
        let mut queue = self.lock_queue();
        if let Some(place) = queue.waiting.iter().position(|waiting| waiting == who) {
            queue.waiting.remove(place);
        }
        queue.show();
        if queue.waiting.is_empty()
            && let Some(bar) = queue.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl Queue {
    fn show(&self) {
        if let Some(bar) = &self.bar {
            let (count, names) = (self.waiting.len(), self.waiting.join(", "));
            bar.set_message(format!("{count} wait for their leases: {names}"));
        }
    }
}

impl Drop for DrillLine {
    fn drop(&mut self) {
        let terminal = self.terminal.as_ref();
        if let Some(held) = terminal.and_then(|it| it.lock_held().remove(&self.who)) {
            held.bar.finish_and_clear();
        }
    }
}

/// A line that does not turn yet: it must have its place first, or it would draw itself elsewhere.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {prefix} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// `text` without line breaks and control characters, so that it stays on its line.
fn one_line(text: &str) -> String {
    let text = harmless(text);
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

/// `text` with its colours, if standard error takes colours.
fn coloured(text: &str) -> String {
    match AutoStream::choice(&std::io::stderr()) {
        ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    }
}

#[allow(
    clippy::print_stderr,
    reason = "this is the one place that writes progress"
)]
fn line(text: &str) {
    eprintln!("{}", coloured(text));
    *LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

fn has_been_silent() -> bool {
    let last_line = LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner);
    last_line.is_none_or(|last| last.elapsed() >= SIGN_OF_LIFE_EVERY)
}

#[cfg(test)]
mod tests;
