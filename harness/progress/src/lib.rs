//! Shows a person what the harness does or waits for, and how long that may still take.
//!
//! A terminal has a board at its foot, which changes in place: what runs, what waits, what is done,
//! and one line of totals. Elsewhere (CI logs) a line is printed when something changes: a drill
//! begins, its fault has its effect, its alerts fire, it ends. If nothing changes for minutes, one
//! line says that it still goes on.
//!
//! A process shows the drills that it runs itself. Under nextest each drill is a process, whose
//! output nextest catches and shows if it fails: there nobody counts all drills but nextest.

mod board;
mod log;
mod step;
mod time_text;
mod window_bar;

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use alertdrill_core::Outcome;
use alertdrill_core::plan::Forecast;
use alertdrill_core::style::harmless;

use board::{Board, Moment, Size};

pub use step::Step;
pub use window_bar::WindowBar;

/// How often a terminal's board is drawn.
const DRAWN_EVERY: Duration = Duration::from_millis(250);

/// Where steps are shown: standard error, so that standard output stays the test runner's.
#[derive(Debug)]
pub struct Progress {
    shared: Arc<Shared>,
}

/// What all steps of a progress share.
#[derive(Debug)]
struct Shared {
    terminal: Option<Terminal>,
    board: Arc<Mutex<Board>>,
}

/// The foot of a terminal, where the board is drawn.
#[derive(Debug)]
struct Terminal {
    bars: MultiProgress,
    foot: Mutex<Option<ProgressBar>>,
    size: fn() -> Size,
}

/// A drill's line on the board, until this is dropped.
#[derive(Debug)]
pub struct DrillLine {
    shared: Arc<Shared>,
    who: String,
}

impl Default for Progress {
    fn default() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self::on(is_terminal.then(|| Terminal::new(MultiProgress::new(), Size::of_the_terminal)))
    }
}

impl Progress {
    /// As lines of a log, even if standard error is a terminal: tests capture those.
    #[must_use]
    pub fn in_a_log() -> Self {
        Self::on(None)
    }

    fn on(terminal: Option<Terminal>) -> Self {
        let board = Arc::default();
        Self {
            shared: Arc::new(Shared { terminal, board }),
        }
    }

    /// Whether it shows its lines on a terminal, where they change in place.
    #[must_use]
    pub fn is_on_a_terminal(&self) -> bool {
        self.shared.terminal.is_some()
    }

    /// Says which drills this process will run: from now on they are counted, and wait.
    pub fn will_run(&self, drills: impl IntoIterator<Item = String>) {
        self.shared.board().announce(drills);
        self.shared.draw();
    }

    /// Says by what the end of these drills is expected.
    pub fn expect_the_end_by(&self, forecast: Forecast) {
        self.shared.board().forecast(forecast);
    }

    /// Begins the drill `who`, which keeps a line of a terminal for all its steps. The line shows
    /// its state, and what it is `about` (its fault) on its `lane`.
    #[must_use]
    pub fn begin(&self, who: &str, lane: Option<&str>, about: &str) -> DrillLine {
        let about = one_line(about);
        let begun = match lane {
            Some(lane) => format!("begins on {lane}: {about}"),
            None => format!("begins: {about}"),
        };
        self.shared.board().begin(who, lane, about);
        self.shared.draw();
        self.note(who, &begun);
        DrillLine {
            shared: Arc::clone(&self.shared),
            who: who.to_owned(),
        }
    }

    /// Notes a change of the drill `who` in a log. A terminal shows such a change in the drill's
    /// line.
    pub fn note(&self, who: &str, change: &str) {
        if self.shared.terminal.is_none() {
            log::line(&format!("{who}: {change}"));
        }
    }

    /// Says what is known of the drill `who` before its end. Its line on a terminal keeps it.
    pub fn so_far(&self, who: &str, known: &str) {
        self.shared.board().so_far(who, one_line(known));
        self.note(who, &format!("so far: {known}"));
    }

    /// Counts the drill `who` among those that ended, and prints the line that says how.
    pub fn ended(&self, who: &str, outcome: Outcome, text: &str) {
        let mut board = self.shared.board();
        board.end(who, outcome);
        let standing = board.standing(&Moment::now());
        drop(board);
        match standing {
            Some(standing) if self.shared.terminal.is_none() => {
                log::line(&format!("{text} ({standing})"));
            }
            _ => self.line(text),
        }
        self.shared.draw();
    }

    /// Counts the drill `who` among those that could not be tested. Somebody else says why.
    pub fn never_judged(&self, who: &str) {
        self.shared.board().end(who, Outcome::Error);
        self.shared.draw();
    }

    /// Begins a step of `who`: a drill's name, or `stack`.
    pub fn step(&self, who: impl Into<String>, what: impl Into<String>) -> Step {
        Step::begin(&self.shared, who.into(), what.into())
    }

    /// Prints a line that stays.
    pub fn line(&self, text: &str) {
        self.shared.line(text);
    }
}

impl Shared {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints a line that stays. Nobody may hold the board: it is drawn anew below the line.
    fn line(&self, text: &str) {
        match &self.terminal {
            Some(terminal) => drop(terminal.bars.println(log::coloured(text))),
            None => log::line(text),
        }
    }

    /// Has the board drawn from now on, if it is on a terminal, and as long as there is something
    /// on it.
    fn draw(&self) {
        if let Some(terminal) = &self.terminal {
            terminal.draw(&self.board);
        }
    }
}

impl Terminal {
    fn new(bars: MultiProgress, size: fn() -> Size) -> Self {
        let foot = Mutex::default();
        Self { bars, foot, size }
    }

    fn draw(&self, board: &Arc<Mutex<Board>>) {
        let is_empty = {
            let board = board.lock().unwrap_or_else(PoisonError::into_inner);
            board.is_empty()
        };
        let mut foot = self.foot.lock().unwrap_or_else(PoisonError::into_inner);
        if is_empty {
            if let Some(foot) = foot.take() {
                foot.finish_and_clear();
            }
            return;
        }
        foot.get_or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new_spinner());
            bar.set_style(drawn_from(Arc::clone(board), self.size));
            bar.enable_steady_tick(DRAWN_EVERY);
            bar
        });
    }
}

/// A bar whose text is the board as it is when it is drawn.
fn drawn_from(board: Arc<Mutex<Board>>, size: fn() -> Size) -> ProgressStyle {
    let Ok(style) = ProgressStyle::with_template("{board}") else {
        return ProgressStyle::default_spinner();
    };
    style.with_key(
        "board",
        move |_: &indicatif::ProgressState, into: &mut dyn std::fmt::Write| {
            let board = board.lock().unwrap_or_else(PoisonError::into_inner);
            let lines = board.lines(&Moment::now(), size());
            let _ = into.write_str(&log::coloured(&lines.join("\n")));
        },
    )
}

impl Drop for DrillLine {
    fn drop(&mut self) {
        self.shared.board().leave(&self.who);
        self.shared.draw();
    }
}

/// `text` without line breaks and control characters, so that it stays on its line.
fn one_line(text: &str) -> String {
    let text = harmless(text);
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
