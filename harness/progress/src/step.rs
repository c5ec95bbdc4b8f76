//! One thing that is being done or awaited.

use std::sync::Arc;
use std::time::Instant;

use super::board::{Moment, StepId};
use super::{Shared, WindowBar, log, one_line};

/// One thing that is being done or awaited.
#[derive(Debug)]
pub struct Step {
    who: String,
    what: String,
    began: Instant,
    shared: Arc<Shared>,
    /// Its own line on the board; `None` for a step of a drill, which keeps one for all of them.
    own: Option<StepId>,
}

impl Step {
    pub(super) fn begin(shared: &Arc<Shared>, who: String, what: String) -> Self {
        let own = {
            let mut board = shared.board();
            let is_drill = board.show(&who, one_line(&what), String::new(), None);
            (!is_drill).then(|| board.add_step(&who, one_line(&what)))
        };
        shared.draw();
        if own.is_some() && shared.terminal.is_none() {
            log::line(&format!("{who}: {what} …"));
        }
        Self {
            who,
            what,
            began: Instant::now(),
            shared: Arc::clone(shared),
            own,
        }
    }

    /// Shows the step's state.
    pub fn update(&self, state: &str) {
        self.show(None, state);
    }

    /// Shows the step's state, and how the present lies to the windows of its alerts.
    pub fn update_in(&self, bar: WindowBar, state: &str) {
        self.show(Some(bar), state);
    }

    fn show(&self, bar: Option<WindowBar>, state: &str) {
        let state = one_line(state);
        let mut board = self.shared.board();
        match self.own {
            Some(own) => board.show_step(own, state),
            None => {
                board.show(&self.who, one_line(&self.what), state, bar);
            }
        }
        drop(board);
        if self.shared.terminal.is_none() {
            log::line_if_silent(|| self.shared.board().sign_of_life(&Moment::now()));
        }
    }

    /// Ends the step and shows its result.
    pub fn done(self, result: &str) {
        if self.own.is_some() {
            let took_s = self.began.elapsed().as_secs_f64();
            let Self { who, what, .. } = &self;
            let text = format!("{who}: {what}: {result} ({took_s:.1} s)");
            self.shared.line(&text);
        } else {
            self.show(None, result);
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(own) = self.own {
            self.shared.board().remove_step(own);
            self.shared.draw();
        }
    }
}
