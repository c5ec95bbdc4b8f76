//! Checks that instants can be compared: those of faults come from this machine's clock, those of
//! alerts from Prometheus's.
//!
//! A verdict rests on their differences. So the two clocks must agree, and neither may jump while a
//! drill runs. If both run on one machine, they jump together; the monotonic clock then shows it,
//! because it does not jump.

use std::time::Duration;

use alertdrill_core::{Clock, Error, Result, UtcInstant};

/// How far the clocks may be apart beyond the duration of the request: instants are judged to the
/// second.
const TOLERATED: Duration = Duration::from_secs(1);

/// This machine's clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub struct ClockReading {
    utc: UtcInstant,
    monotonic: Duration,
}

impl ClockReading {
    /// The time of `clock` now.
    #[must_use]
    pub fn of(clock: &dyn Clock) -> Self {
        Self {
            utc: clock.now(),
            monotonic: clock.monotonic(),
        }
    }

    /// The seconds since `earlier`, by the UTC clock and by the monotonic clock.
    fn since(self, earlier: Self) -> (f64, f64) {
        let monotonic_s = self.monotonic.as_secs_f64() - earlier.monotonic.as_secs_f64();
        (self.utc.seconds_since(earlier.utc), monotonic_s)
    }
}

/// Prometheus's clock, asked between two readings of this machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct ClockCheck {
    asked: ClockReading,
    prometheus: UtcInstant,
    answered: ClockReading,
}

impl ClockCheck {
    pub(crate) fn new(asked: ClockReading, prometheus: UtcInstant, answered: ClockReading) -> Self {
        Self {
            asked,
            prometheus,
            answered,
        }
    }

    /// A check of clocks that all show the same time.
    #[cfg(test)]
    pub(crate) fn of_the_same(utc: UtcInstant) -> Self {
        let reading = ClockReading {
            utc,
            monotonic: Duration::ZERO,
        };
        Self {
            asked: reading,
            prometheus: utc,
            answered: reading,
        }
    }

    /// Checks that instants since `earlier` can be compared.
    ///
    /// # Errors
    /// [`Error::ClocksDisagree`].
    pub fn agrees_since(&self, earlier: &Self) -> Result<()> {
        let tolerated_s = TOLERATED.as_secs_f64();
        let (by_utc_s, by_monotonic_s) = self.answered.since(earlier.asked);
        let jumped_s = by_utc_s - by_monotonic_s;
        if jumped_s.abs() > tolerated_s {
            return Err(Error::ClocksDisagree {
                how: format!("the clock of this machine has jumped by {jumped_s:+.1} s"),
            });
        }
        // The request was answered at an unknown moment between the two readings.
        let ahead_s = self.prometheus.seconds_since(self.answered.utc).max(0.0);
        let behind_s = self.asked.utc.seconds_since(self.prometheus).max(0.0);
        let apart_s = if ahead_s > 0.0 { ahead_s } else { -behind_s };
        if apart_s.abs() > tolerated_s {
            let how =
                format!("the clock of Prometheus is {apart_s:+.1} s off that of this machine");
            return Err(Error::ClocksDisagree { how });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// A check that takes 100 ms, in the middle of which Prometheus's clock is asked for, as many
    /// seconds after `begin`.
    fn check(begin: ClockReading, second: u64) -> ClockCheck {
        let at = |ms: u64| {
            let since = Duration::from_secs(second) + Duration::from_millis(ms);
            ClockReading {
                utc: begin.utc.plus(since),
                monotonic: begin.monotonic + since,
            }
        };
        ClockCheck {
            asked: at(0),
            prometheus: at(50).utc,
            answered: at(100),
        }
    }

    fn begin() -> ClockReading {
        let utc = UtcInstant::from_epoch_s(1_763_876_500.0).unwrap();
        ClockReading {
            utc,
            monotonic: Duration::from_secs(1),
        }
    }

    fn objection(check: ClockCheck, earlier: ClockCheck) -> String {
        check.agrees_since(&earlier).unwrap_err().to_string()
    }

    #[test]
    fn clocks_that_go_on_together_agree() {
        let begin = begin();
        let (first, later) = (check(begin, 0), check(begin, 300));
        first.agrees_since(&first).unwrap();
        later.agrees_since(&first).unwrap();
    }

    #[test]
    fn clock_of_this_machine_that_jumps_by_an_hour_is_noticed_though_prometheus_jumps_with_it() {
        let begin = begin();
        let mut later = check(begin, 10);
        for utc in [
            &mut later.asked.utc,
            &mut later.prometheus,
            &mut later.answered.utc,
        ] {
            *utc = utc.plus(HOUR);
        }
        let said = objection(later, check(begin, 0));
        assert!(
            said.contains("the clock of this machine has jumped by +3600.0 s"),
            "{said}"
        );
    }

    #[test]
    fn clock_of_prometheus_that_is_ahead_or_behind_is_noticed() {
        let begin = begin();
        let first = check(begin, 0);
        let ahead = ClockCheck {
            prometheus: first.prometheus.plus(Duration::from_secs(2)),
            ..first
        };
        assert!(
            objection(ahead, first).contains("is +1.9 s off"),
            "{}",
            objection(ahead, first)
        );
        let behind = ClockCheck {
            prometheus: first.prometheus.minus(Duration::from_secs(2)),
            ..first
        };
        assert!(
            objection(behind, first).contains("is -1.9 s off"),
            "{}",
            objection(behind, first)
        );
    }

    #[test]
    fn answer_that_takes_long_leaves_open_when_the_clock_was_asked_for() {
        let begin = begin();
        let mut slow = check(begin, 0);
        slow.answered = check(begin, 4).answered;
        slow.agrees_since(&slow).unwrap();
    }
}
