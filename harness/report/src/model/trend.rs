//! How long an alert took in the runs before this one, and whether it has become slower.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::milestone::Milestone;

/// With fewer earlier runs, no time is called usual.
const ENOUGH: usize = 5;
/// A value is an outlier if it lies beyond the third quartile by more than so many times the
/// distance between the quartiles (Tukey's fence).
const FENCE: f64 = 1.5;
/// Instants are known to the second: a smaller difference is no difference.
const KNOWN_TO_S: f64 = 1.0;

/// How long an alert took until a milestone, in this run and in the runs before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    /// The milestone. The time until [`Milestone::Firing`] counts from the fault, the time until
    /// [`Milestone::Resolved`] from the revert, any other from the milestone before.
    pub until: Milestone,
    /// Seconds in this run.
    pub now_s: f64,
    /// Seconds in the runs before, the latest last.
    pub earlier_s: Vec<f64>,
    /// The range in which they usually are; `None` if there are too few.
    pub usual_s: Option<[f64; 2]>,
    /// Whether it has become slower than that range allows.
    pub is_slower: bool,
}

impl Trend {
    pub(super) fn of(until: Milestone, now_s: f64, earlier_s: Vec<f64>) -> Self {
        let usual_s = usual(&earlier_s);
        let is_slower = usual_s.is_some_and(|[_, latest_s]| {
            now_s > latest_s.max(quartile(&earlier_s, 3) + KNOWN_TO_S)
        });
        Self {
            until,
            now_s,
            earlier_s,
            usual_s,
            is_slower,
        }
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(
            |seconds| format!("{seconds:.1} s"),
            |shortest, longest| format!("{shortest:.1} to {longest:.1} s"),
        ))
    }
}

impl Trend {
    /// The trend in words, with a time and a range of times as these write them.
    pub(crate) fn told(
        &self,
        time: impl Fn(f64) -> String,
        range: impl Fn(f64, f64) -> String,
    ) -> String {
        let since = match self.until {
            Milestone::Notified => "notified after firing",
            Milestone::Resolved => "resolved after the revert",
            Milestone::ResolveNotified => "resolve notified after resolving",
            _ => "fired after the fault",
        };
        let runs = match self.earlier_s.len() {
            1 => "1 run".to_owned(),
            count => format!("{count} runs"),
        };
        let usually = self.usual_s.map_or(String::new(), |[shortest, longest]| {
            format!("usually {} in ", range(shortest, longest))
        });
        format!("{since}: {}, {usually}{runs} before", time(self.now_s))
    }
}

/// The range between Tukey's fences, not below zero; `None` if there are too few times.
fn usual(times_s: &[f64]) -> Option<[f64; 2]> {
    let (low_s, high_s) = (quartile(times_s, 1), quartile(times_s, 3));
    let beyond_s = FENCE * (high_s - low_s);
    (times_s.len() >= ENOUGH).then_some([(low_s - beyond_s).max(0.0), high_s + beyond_s])
}

/// The first, second or third quartile, interpolated between the two nearest values; 0 if there are
/// no values.
fn quartile(times_s: &[f64], number: usize) -> f64 {
    let mut sorted = times_s.to_vec();
    sorted.sort_by(f64::total_cmp);
    let quarters = number * sorted.len().saturating_sub(1);
    let (below, above) = (sorted.get(quarters / 4), sorted.get(quarters.div_ceil(4)));
    #[allow(clippy::cast_precision_loss, reason = "it is below 4")]
    let part = (quarters % 4) as f64 / 4.0;
    below
        .zip(above)
        .map_or(0.0, |(below, above)| below + (above - below) * part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::folded;

    fn trend(now_s: f64, earlier_s: &[f64]) -> Trend {
        Trend::of(Milestone::Firing, now_s, earlier_s.to_vec())
    }

    #[test]
    fn alert_is_slower_when_it_took_longer_than_the_spread_of_the_runs_before() {
        let before = [60.0, 62.0, 64.0, 66.0, 68.0];
        assert_eq!(trend(70.0, &before).usual_s, Some([56.0, 72.0]));
        assert!(!trend(72.0, &before).is_slower);
        let slower = trend(75.0, &before);
        assert!(slower.is_slower);
        insta::assert_snapshot!(folded(&slower.to_string()), @"fired after the fault: 75.0 s, usually 56.0 to 72.0 s in 5 runs before");
    }

    #[test]
    fn alert_of_which_there_is_little_to_compare_with_is_not_slower() {
        assert_eq!(trend(500.0, &[60.0; 4]).usual_s, None);
        assert!(!trend(500.0, &[60.0; 4]).is_slower);
        let shown = trend(500.0, &[60.0; 4]).to_string();
        assert_eq!(shown, "fired after the fault: 500.0 s, 4 runs before");
    }

    #[test]
    fn alert_that_always_takes_the_same_is_not_slower_for_less_than_a_second() {
        assert!(!trend(10.9, &[10.0; 6]).is_slower);
        assert!(trend(11.1, &[10.0; 6]).is_slower);
    }
}
