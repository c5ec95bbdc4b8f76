//! How long a drill took, and how long it may need at most by its rules' own constants.

use std::fmt;
use std::time::Duration;

use alertdrill_core::{DrillRecord, Window, rule_for};

/// Seconds from the observation that finds the stack steady to the drill's last one.
pub(super) fn took_s(record: &DrillRecord) -> f64 {
    let timeline = &record.timeline;
    let lived = timeline
        .first_fault()
        .map(|fault| timeline.finished_at.seconds_since(fault.injected_at));
    timeline.steady_state.waited_s + lived.unwrap_or_default()
}

/// The longest that a drill may need by its rules' own constants.
pub(super) struct Floor<'a> {
    drill: &'a str,
    terms: Vec<(&'static str, Duration)>,
}

impl<'a> Floor<'a> {
    /// The latest onset, firing and resolve of its slowest alert; for a near miss, onset and hold.
    pub(super) fn of(record: &'a DrillRecord) -> Self {
        let rules = &record.timeline.rules;
        let is_cut_short = record.timeline.watched_until.is_cut_short();
        let expected = record.drill.expect.iter().filter_map(|expected| {
            let rule = expected.rule_among(rules)?;
            let (onset, window) = (expected.onset.latest, Window::derive(rule, expected.onset));
            let mut terms = vec![
                ("onset", onset),
                (
                    "`for`, scrape, evaluation",
                    window.latest.saturating_sub(onset),
                ),
            ];
            if !is_cut_short {
                if !expected.held_for.is_zero() {
                    terms.push(("held", expected.held_for));
                }
                terms.push(("resolve", Window::latest_resolve(rule, expected.recovery)));
            }
            Some(terms)
        });
        let silent = record.drill.silent.iter().filter_map(|silent| {
            let rule = rule_for(&silent.alert, &silent.labels, rules)?;
            Some(vec![
                ("onset", silent.onset),
                ("hold", silent.hold_with(rule)),
            ])
        });
        let sum = |terms: &Vec<(_, Duration)>| -> Duration {
            terms.iter().map(|(_, duration)| *duration).sum()
        };
        let terms = expected.chain(silent).max_by_key(sum);
        Self {
            drill: &record.drill.name,
            terms: terms.unwrap_or_default(),
        }
    }

    pub(super) fn seconds(&self) -> f64 {
        let seconds = self
            .terms
            .iter()
            .map(|(_, duration)| duration.as_secs_f64());
        seconds.sum()
    }
}

impl fmt::Display for Floor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written =
            |(what, duration): &(&str, Duration)| format!("{what} {:.0} s", duration.as_secs_f64());
        let terms: Vec<_> = self.terms.iter().map(written).collect();
        write!(f, "{}: {}", self.drill, terms.join(" + "))
    }
}
