//! When an alert may start firing, derived from the rule that Prometheus loaded.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{LoadedRule, Onset};
use crate::seconds;

/// The step at which conditions are asked of Prometheus: how far a measured onset can lie after the
/// real one.
pub const CONDITION_RESOLUTION: Duration = Duration::from_secs(1);

/// The shortest and the longest time from a fault to the firing of its alert.
///
/// Prometheus evaluates in slots of the group's interval and fires at the first slot with `ts -
/// ActiveAt >= for` (`rules/alerting.go`), and `ActiveAt` is itself a slot: so `for` counts in
/// whole intervals, rounded up.
/// - earliest: the metric reacts at once, is scraped at once, is evaluated at once; only the onset
///   and `for` take time;
/// - latest: every wait at its longest: until the scrape, until its samples are there, until the
///   evaluation; `query_offset` delays what an evaluation can see.
///
/// vmalert counts the same way, over instants that lie before its evaluations: its own delays stand
/// in the rule's `query_offset` and `scrape_duration`.
///
/// Both ends come from the loaded rule and the scraped target, never from constants of a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Counted from the instant before the fault was injected.
    #[serde(with = "seconds", rename = "earliest_s")]
    pub earliest: Duration,
    /// Counted from the instant at which the fault's effect was seen.
    #[serde(with = "seconds", rename = "latest_s")]
    pub latest: Duration,
}

impl Window {
    /// The window of `rule` after a fault with this onset.
    #[must_use]
    pub fn derive(rule: &LoadedRule, onset: Onset) -> Self {
        let hold = whole_intervals(rule.for_duration, rule.evaluation_interval);
        Self {
            earliest: onset.earliest + hold,
            latest: onset.latest + rule.seen_within() + hold,
        }
    }

    /// The window after an onset that was measured: the instant of the sample that makes the
    /// expression true is known, and only the evaluation is still to come. What is measured may lie
    /// [`CONDITION_RESOLUTION`] after the real onset.
    #[must_use]
    pub fn after_measured_onset(rule: &LoadedRule) -> Self {
        let hold = whole_intervals(rule.for_duration, rule.evaluation_interval);
        let sight = rule.scrape_duration + rule.evaluated_within();
        Self {
            earliest: hold,
            latest: hold + sight,
        }
    }

    /// The longest time from the expression's recovery to the alert's end: sight of it, then
    /// `keep_firing_for`, which counts from the first evaluation that no longer sees the condition
    /// (`rules/alerting.go`).
    #[must_use]
    pub fn latest_resolve(rule: &LoadedRule, recovery: Duration) -> Duration {
        recovery
            + rule.seen_within()
            + whole_intervals(rule.keep_firing_for, rule.evaluation_interval)
    }
}

/// `duration`, rounded up to whole intervals.
#[must_use]
pub fn whole_intervals(duration: Duration, interval: Duration) -> Duration {
    if interval.is_zero() {
        return duration;
    }
    let intervals = duration.as_nanos().div_ceil(interval.as_nanos());
    interval.saturating_mul(u32::try_from(intervals).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(for_s: u64, interval_s: u64) -> LoadedRule {
        LoadedRule {
            for_duration: Duration::from_secs(for_s),
            evaluation_interval: Duration::from_secs(interval_s),
            ..LoadedRule::example("A")
        }
    }

    fn window_s(rule: &LoadedRule, onset_s: (u64, u64)) -> (u64, u64) {
        let onset = Onset {
            earliest: Duration::from_secs(onset_s.0),
            latest: Duration::from_secs(onset_s.1),
        };
        let window = Window::derive(rule, onset);
        (window.earliest.as_secs(), window.latest.as_secs())
    }

    #[test]
    fn window_of_a_rule_without_for_spans_one_scrape_its_duration_and_one_evaluation() {
        assert_eq!(window_s(&rule(0, 15), (0, 0)), (0, 35));
    }

    #[test]
    fn for_that_is_no_multiple_of_the_interval_rounds_up_to_it() {
        assert_eq!(window_s(&rule(60, 15), (0, 0)), (60, 95));
        assert_eq!(window_s(&rule(61, 15), (0, 0)), (75, 110));
    }

    #[test]
    fn onset_shifts_both_ends_by_its_own_bounds() {
        assert_eq!(window_s(&rule(0, 15), (120, 121)), (120, 156));
    }

    #[test]
    fn query_offset_delays_only_the_latest() {
        let rule = LoadedRule {
            query_offset: Duration::from_secs(30),
            ..rule(60, 15)
        };
        assert_eq!(window_s(&rule, (0, 0)), (60, 125));
    }

    #[test]
    fn vmalert_of_the_defaults_may_fire_31_seconds_after_prometheus_and_never_sooner() {
        let prometheus = rule(60, 15);
        let vmalert = LoadedRule {
            // `-rule.evalDelay` 30 s, and an evaluation that comes 1 s after a whole interval.
            query_offset: Duration::from_secs(31),
            ..prometheus.clone()
        };
        assert_eq!(window_s(&prometheus, (0, 0)), (60, 95));
        assert_eq!(window_s(&vmalert, (0, 0)), (60, 126));
    }

    #[test]
    fn recording_rules_in_between_delay_only_the_latest() {
        let rule = LoadedRule {
            recorded_within: Duration::from_secs(15),
            ..rule(60, 15)
        };
        assert_eq!(window_s(&rule, (0, 0)), (60, 110));
        assert_eq!(Window::after_measured_onset(&rule).latest.as_secs(), 95);
    }

    #[test]
    fn keep_firing_for_delays_the_resolve() {
        let rule = LoadedRule {
            keep_firing_for: Duration::from_secs(20),
            ..rule(60, 15)
        };
        assert_eq!(
            Window::latest_resolve(&rule, Duration::from_secs(2)),
            Duration::from_secs(2 + 35 + 30)
        );
    }

    #[test]
    fn measured_onset_leaves_only_the_evaluation_open() {
        let window = Window::after_measured_onset(&rule(60, 15));
        assert_eq!(
            (window.earliest.as_secs(), window.latest.as_secs()),
            (60, 80)
        );
        let window = Window::after_measured_onset(&rule(0, 15));
        assert_eq!(
            (window.earliest.as_secs(), window.latest.as_secs()),
            (0, 20)
        );
    }
}
