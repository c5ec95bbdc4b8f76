//! The time of a run as the page counts it: in seconds after its first fault.

use crate::model::{DrillReport, Report};
use alertdrill_core::UtcInstant;

/// The time of a run.
#[derive(Clone, Copy)]
pub(super) struct RunTime {
    /// The first fault of the run, from which everything counts; its beginning if nothing was
    /// broken.
    pub(super) zero: UtcInstant,
    /// When it ends, in seconds.
    pub(super) until_s: f64,
}

impl RunTime {
    #[cfg(test)]
    pub(super) fn of(report: &Report) -> Self {
        Self::with(report, &[])
    }

    /// Of a run of which there are drills `running`, too.
    pub(super) fn with(report: &Report, running: &[DrillReport]) -> Self {
        let run = &report.run.info;
        let drills = report.drills.iter().chain(running);
        let faults = drills.flat_map(|drill| &drill.faults);
        let zero = faults.map(|fault| fault.injected_at).min();
        let zero = zero.unwrap_or(run.started_at);
        Self {
            zero,
            until_s: run.finished_at.seconds_since(zero).max(1.0),
        }
    }

    /// When `at` is, in seconds.
    pub(super) fn second(self, at: UtcInstant) -> f64 {
        at.seconds_since(self.zero)
    }
}
