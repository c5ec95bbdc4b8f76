//! What a person sees while the harness works: what it does or waits for, and how long that may still take.
//!
//! A spinner per step on a terminal; elsewhere (CI logs) a line when a step begins, one when it ends, and a sign of life
//! in between.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(15);

/// When this process last said anything elsewhere than on a terminal.
static LAST_LINE: Mutex<Option<Instant>> = Mutex::new(None);

/// Where steps are shown: standard error, so that standard output stays the test runner's.
#[derive(Debug)]
pub struct Progress {
    bars: Option<MultiProgress>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { bars: std::io::stderr().is_terminal().then(MultiProgress::new) }
    }
}

impl Progress {
    /// Begins a step of `who`: a drill's name, or `stack`.
    pub fn step(&self, who: impl Into<String>, what: impl Into<String>) -> Step {
        let step = Step {
            who: who.into(),
            what: what.into(),
            began: Instant::now(),
            bar: self.bars.as_ref().map(|bars| bars.add(spinner())),
            last_line: Mutex::new(Instant::now()),
        };
        match &step.bar {
            Some(bar) => bar.set_message(format!("{}: {}", step.who, step.what)),
            None => line(&format!("{}: {} …", step.who, step.what)),
        }
        step
    }

    /// Prints a line that stays.
    pub fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => drop(bars.println(text)),
            None => line(text),
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

#[allow(clippy::print_stderr, reason = "this is the one place that writes progress")]
fn line(text: &str) {
    eprintln!("{text}");
    *LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
}

fn has_been_silent() -> bool {
    LAST_LINE.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|last| last.elapsed() >= SIGN_OF_LIFE_EVERY)
}

/// One thing that is being done or awaited.
#[derive(Debug)]
pub struct Step {
    who: String,
    what: String,
    began: Instant,
    bar: Option<ProgressBar>,
    last_line: Mutex<Instant>,
}

impl Step {
    /// Tells how it stands.
    pub fn update(&self, state: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}: {}: {state}", self.who, self.what));
            return;
        }
        let Ok(mut last_line) = self.last_line.lock() else { return };
        if last_line.elapsed() >= SIGN_OF_LIFE_EVERY {
            *last_line = Instant::now();
            line(&format!("{}: {}: {state} ({:.0?})", self.who, self.what, self.began.elapsed()));
        }
    }

    /// As [`Step::update`], of what many steps wait for at once: elsewhere than on a terminal only if nobody else of this process
    /// says anything.
    pub fn update_if_silent(&self, state: &str) {
        if self.bar.is_some() || has_been_silent() {
            self.update(state);
        }
    }

    /// Ends the step, and says what it came to.
    pub fn done(self, result: &str) {
        let text = format!("{}: {}: {result} ({:.1} s)", self.who, self.what, self.began.elapsed().as_secs_f64());
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| line(&text));
                bar.finish_and_clear();
            }
            None => line(&text),
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
