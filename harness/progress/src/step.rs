//! One thing that is being done or awaited.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use indicatif::ProgressBar;

use super::{SIGN_OF_LIFE_EVERY, Terminal, WindowBar, has_been_silent, line, one_line};

/// One thing that is being done or awaited.
#[derive(Debug)]
pub struct Step {
    who: String,
    what: String,
    began: Instant,
    shown: Shown,
}

/// Where a step is shown.
#[derive(Debug)]
enum Shown {
    /// In a log; `last_line` is when the step last printed a line.
    Log { last_line: Mutex<Instant> },
    /// On a terminal, on its own line.
    Own { bar: ProgressBar },
    /// On the line that a drill keeps.
    Held { about: String, bar: ProgressBar },
    /// On the line of all that wait.
    Queued { terminal: Arc<Terminal> },
}

impl Step {
    pub(super) fn begin(terminal: Option<&Arc<Terminal>>, who: String, what: String) -> Self {
        let shown = match terminal {
            None => in_a_log(&who, &what),
            Some(terminal) => match terminal.held(&who) {
                Some(held) => Shown::Held {
                    about: held.about,
                    bar: held.bar,
                },
                None => Shown::Own {
                    bar: terminal.add(&who),
                },
            },
        };
        let step = Self {
            who,
            what,
            began: Instant::now(),
            shown,
        };
        step.show(None, "");
        step
    }

    pub(super) fn queue(terminal: Option<&Arc<Terminal>>, who: String, what: String) -> Self {
        let shown = match terminal {
            None => in_a_log(&who, &what),
            Some(terminal) => {
                terminal.enter_queue(&who);
                Shown::Queued {
                    terminal: Arc::clone(terminal),
                }
            }
        };
        Self {
            who,
            what,
            began: Instant::now(),
            shown,
        }
    }

    /// Shows the step's state.
    pub fn update(&self, state: &str) {
        self.tell(None, state);
    }

    /// Shows the step's state, and how the present lies to the windows of its alerts.
    pub fn update_in(&self, bar: WindowBar, state: &str) {
        self.tell(Some(bar), state);
    }

    /// As [`Step::update`], for steps that wait in large numbers: elsewhere than on a terminal they
    /// print only if this process has printed nothing else for a while.
    pub fn update_if_silent(&self, state: &str) {
        if !matches!(self.shown, Shown::Log { .. }) || has_been_silent() {
            self.update(state);
        }
    }

    fn tell(&self, bar: Option<WindowBar>, state: &str) {
        let Shown::Log { last_line } = &self.shown else {
            self.show(bar, state);
            return;
        };
        let Ok(mut last_line) = last_line.lock() else {
            return;
        };
        if last_line.elapsed() >= SIGN_OF_LIFE_EVERY {
            *last_line = Instant::now();
            let bar = bar.map_or_else(String::new, |bar| format!("{bar} "));
            let Self { who, what, .. } = self;
            let (state, took) = (one_line(state), self.began.elapsed());
            line(&format!("{who}: {what}: {bar}{state} ({took:.0?})"));
        }
    }

    fn show(&self, window: Option<WindowBar>, state: &str) {
        let (about, bar) = match &self.shown {
            Shown::Held { about, bar } => (format!(" ({about})"), bar),
            Shown::Own { bar } => (String::new(), bar),
            Shown::Log { .. } | Shown::Queued { .. } => return,
        };
        let blank = || WindowBar::BLANK.to_owned();
        bar.set_prefix(window.map_or_else(blank, |window| window.to_string()));
        let (who, what, state) = (&self.who, one_line(&self.what), one_line(state));
        let separator = if state.is_empty() { "" } else { ": " };
        bar.set_message(format!("{who}{about}: {what}{separator}{state}"));
    }

    /// Ends the step and shows its result.
    pub fn done(self, result: &str) {
        let Self { who, what, .. } = &self;
        let took_s = self.began.elapsed().as_secs_f64();
        let text = format!("{who}: {what}: {result} ({took_s:.1} s)");
        match &self.shown {
            Shown::Own { bar } => bar.suspend(|| line(&text)),
            Shown::Log { .. } => line(&text),
            Shown::Held { .. } => self.show(None, result),
            Shown::Queued { .. } => {}
        }
    }
}

fn in_a_log(who: &str, what: &str) -> Shown {
    line(&format!("{who}: {what} …"));
    Shown::Log {
        last_line: Mutex::new(Instant::now()),
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        match &self.shown {
            Shown::Own { bar } => bar.finish_and_clear(),
            Shown::Queued { terminal } => terminal.leave_queue(&self.who),
            Shown::Held { .. } | Shown::Log { .. } => {}
        }
    }
}
