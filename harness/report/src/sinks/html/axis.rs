//! An axis of time, on which places are percents.

use alertdrill_core::UtcInstant;

/// An axis of time.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) from: UtcInstant,
    pub(super) seconds: f64,
    /// The instant that its marks count from, in seconds after its beginning.
    pub(super) zero_s: f64,
}

/// A mark on the axis.
pub(super) struct Tick {
    pub(super) left: f64,
    pub(super) text: String,
}

impl Tick {
    pub(super) fn style(&self) -> String {
        format!("left:{:.2}%", self.left)
    }
}

impl Axis {
    /// From an instant to another; its marks count from `zero`.
    pub(super) fn of(from: UtcInstant, until: UtcInstant, zero: UtcInstant) -> Self {
        Self {
            from,
            seconds: until.seconds_since(from).max(1.0),
            zero_s: zero.seconds_since(from),
        }
    }

    /// Where `at` is; what lies beyond an end is placed at that end.
    pub(super) fn place(self, at: UtcInstant) -> f64 {
        self.unbound(at).clamp(0.0, 100.0)
    }

    /// Where `at` is, below 0 and above 100 if it is beyond the ends.
    pub(super) fn unbound(self, at: UtcInstant) -> f64 {
        at.seconds_since(self.from) / self.seconds * 100.0
    }

    /// About eight marks, at whole minutes if the axis is long enough.
    pub(super) fn ticks(self) -> Vec<Tick> {
        let every = [10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0]
            .into_iter()
            .find(|every| self.seconds / every <= 8.0);
        // The axis may have any length: a spoiled record may end in the year 9999.
        let every = every.unwrap_or_else(|| (self.seconds / 8.0 / 3600.0).ceil() * 3600.0);
        // Adding zero turns minus zero into zero.
        let first = (-self.zero_s / every).ceil() * every + 0.0;
        let instants = std::iter::successors(Some(first), |at| Some(at + every))
            .take_while(|at| *at + self.zero_s < self.seconds);
        let text = |at: f64| {
            if every < 60.0 {
                format!("{at:.0} s")
            } else {
                format!("{:.0} min", at / 60.0)
            }
        };
        instants
            .map(|at| Tick {
                left: (at + self.zero_s) / self.seconds * 100.0,
                text: text(at),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn texts(seconds: u64, zero_s: u64) -> Vec<String> {
        let from = UtcInstant::from_epoch_s(1_763_876_500.0).unwrap();
        let axis = Axis::of(
            from,
            from.plus(Duration::from_secs(seconds)),
            from.plus(Duration::from_secs(zero_s)),
        );
        axis.ticks().into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn axis_has_a_mark_every_whole_minute_or_less() {
        assert_eq!(
            texts(700, 0),
            ["0 min", "2 min", "4 min", "6 min", "8 min", "10 min"]
        );
    }

    #[test]
    fn axis_of_any_length_has_about_eight_marks() {
        assert_eq!(
            texts(100_000, 0),
            [
                "0 min", "240 min", "480 min", "720 min", "960 min", "1200 min", "1440 min"
            ]
        );
        assert_eq!(texts(8_000 * 365 * 24 * 3600, 0).len(), 8);
    }

    #[test]
    fn marks_count_from_the_fault_also_before_it() {
        assert_eq!(texts(150, 30), ["-30 s", "0 s", "30 s", "60 s", "90 s"]);
    }
}
