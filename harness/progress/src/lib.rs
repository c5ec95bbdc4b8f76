//! What a person sees while the harness works: what it does or waits for, and how long that may
//! still take.
//!
//! On a terminal a line per running drill, which changes in place, and one for all that wait;
//! elsewhere (CI logs) a line when a step begins, one when it ends, and a sign of life in between.

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

/// When this process last said anything elsewhere than on a terminal.
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
    /// By whom they are of.
    held: Mutex<BTreeMap<String, HeldLine>>,
    queue: Mutex<Queue>,
}

/// The line of a drill from its first step to its last.
#[derive(Clone, Debug)]
struct HeldLine {
    about: String,
    bar: ProgressBar,
}

/// Who waits for its turn, in one line.
#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<String>,
    bar: Option<ProgressBar>,
}

/// A line on a terminal that is `who`'s until this is dropped.
#[derive(Debug)]
pub struct Line {
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

    /// Whether its lines are on a terminal, and change in place.
    #[must_use]
    pub fn is_on_a_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Keeps a line of a terminal for all steps of `who`, a drill, and says there what it is
    /// `about`: its lane and its fault. Of such a drill a terminal shows how it stands, and not
    /// what each step came to.
    #[must_use]
    pub fn line_of(&self, who: &str, about: &str) -> Line {
        if let Some(terminal) = &self.terminal {
            let held = HeldLine {
                about: one_line(about),
                bar: terminal.add(who),
            };
            terminal.lock_held().insert(who.to_owned(), held);
        }
        Line {
            terminal: self.terminal.clone(),
            who: who.to_owned(),
        }
    }

    /// Begins a step of `who`: a drill's name, or `stack`.
    pub fn step(&self, who: impl Into<String>, what: impl Into<String>) -> Step {
        Step::begin(self.terminal.as_ref(), who.into(), what.into())
    }

    /// Begins to wait for the turn of `who`; a terminal shows all that wait in one line.
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
    /// A new line, below the others and above that of those who wait.
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
            bar.set_message(format!(
                "{} wait for their leases: {}",
                self.waiting.len(),
                self.waiting.join(", ")
            ));
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let held = self
            .terminal
            .as_ref()
            .and_then(|terminal| terminal.lock_held().remove(&self.who));
        if let Some(held) = held {
            held.bar.finish_and_clear();
        }
    }
}

/// To be started once it has its place: before that it would draw itself elsewhere.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed:>4} {prefix} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

/// What others wrote, so that it stays on its line.
fn one_line(text: &str) -> String {
    harmless(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// `text` with its colours where a terminal is to have them.
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
    LAST_LINE
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .is_none_or(|last| last.elapsed() >= SIGN_OF_LIFE_EVERY)
}

#[cfg(test)]
mod tests;
