//! Where the time of an alert went: from the fault to its notification, and from the revert to the
//! notification of its end.
//!
//! Each step ends with a milestone. A milestone that is not known, or that the rule does not have
//! (`pending` without a `for`), is left out, and its time belongs to the next one.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::milestone::Milestone;
use super::trend::Trend;
use alertdrill_core::{AlertOutcome, ExpressionHistory, Labels, UtcInstant};

/// Where the time of an alert that fired went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// The alert's name.
    pub alert: String,
    /// The labels that it fired with.
    pub labels: Labels,
    /// The steps, in their order.
    pub steps: Vec<LatencyStep>,
    /// The milestone that the longest step on the way to its notification ended with.
    pub dominant: Option<Milestone>,
    /// Its times compared with those of the runs before; empty if there are none.
    #[serde(default)]
    pub trends: Vec<Trend>,
}

/// The time between two milestones of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LatencyStep {
    /// The milestone that it ended with.
    pub reached: Milestone,
    /// When that was reached.
    pub at: UtcInstant,
    /// Seconds since the milestone before. The first one counts from the fault, and
    /// [`Milestone::Resolved`] from the revert.
    pub took_s: f64,
}

impl Latency {
    /// Where the time of `alert` went after the fault at `fault_at`; `None` if it did not fire. If
    /// the history of its expression was not recorded, the measured onset (`onset_at`) is taken
    /// instead.
    #[must_use]
    pub fn of(
        alert: &AlertOutcome,
        fault_at: UtcInstant,
        reverted_at: Option<UtcInstant>,
        expressions: &[ExpressionHistory],
    ) -> Option<Self> {
        let firing_at = alert.firing_at?;
        let active_at = alert.pending_at.unwrap_or(firing_at);
        let expression = expressions
            .iter()
            .find(|expression| expression.is_of(&alert.name, &alert.labels));
        let true_at = expression
            .and_then(|expression| expression.true_from(fault_at))
            .or(alert.onset_at);
        // It is known to the second only; the evaluation that saw it is known better.
        let true_at = true_at.map(|at| at.min(active_at));
        let shown_at = expression.and_then(|expression| expression.first_shown(fault_at, true_at?));

        let until_notified = [
            (Milestone::FirstSample, shown_at),
            (Milestone::ExpressionTrue, true_at),
            (Milestone::Pending, alert.pending_at),
            (Milestone::Firing, Some(firing_at)),
            (Milestone::Notified, alert.notified_at),
        ];
        let after_revert = [
            (Milestone::Resolved, alert.resolved_at),
            (Milestone::ResolveNotified, alert.resolve_notified_at),
        ];
        let mut steps = steps(fault_at, &until_notified);
        let longest = steps
            .iter()
            .max_by(|a, b| a.took_s.total_cmp(&b.took_s))
            .map(|step| step.reached);
        steps.extend(
            reverted_at
                .map(|reverted_at| self::steps(reverted_at, &after_revert))
                .unwrap_or_default(),
        );
        let (alert, labels) = (alert.name.clone(), alert.labels.clone());
        Some(Self {
            alert,
            labels,
            steps,
            dominant: longest,
            trends: Vec::new(),
        })
    }

    /// The times that have become longer than usual.
    pub fn slower(&self) -> impl Iterator<Item = &Trend> {
        self.trends.iter().filter(|trend| trend.is_slower)
    }

    /// The step that ended with `milestone`.
    #[must_use]
    pub fn step(&self, milestone: Milestone) -> Option<&LatencyStep> {
        self.steps.iter().find(|step| step.reached == milestone)
    }
}

fn steps(since: UtcInstant, milestones: &[(Milestone, Option<UtcInstant>)]) -> Vec<LatencyStep> {
    let mut before = since;
    let reached = milestones
        .iter()
        .filter_map(|(milestone, at)| Some((*milestone, (*at)?)));
    let steps = reached.map(|(reached, at)| {
        // An alert can end before its fault is seen to be reverted.
        let took_s = at.seconds_since(before).max(0.0);
        before = before.max(at);
        LatencyStep {
            reached,
            at,
            took_s,
        }
    });
    steps.collect()
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| format!("{} {:.1} s", step.reached, step.took_s))
            .collect();
        f.write_str(&steps.join(", "))?;
        self.dominant
            .map_or(Ok(()), |dominant| write!(f, "; longest: {dominant}"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::examples::folded;
    use alertdrill_core::promql::Role;
    use alertdrill_core::{LineSeries, Span, TermHistory};

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn alert() -> AlertOutcome {
        AlertOutcome {
            name: "FeedHandlerDown".into(),
            labels: [("exchange".to_owned(), "okx".to_owned())].into(),
            severity: None,
            window_s: None,
            deadline_s: Some(120.0),
            onset_at: Some(at(12.0)),
            pending_at: Some(at(14.5)),
            firing_at: Some(at(74.5)),
            starts_at: None,
            notified_at: Some(at(84.5)),
            resolved_at: Some(at(99.5)),
            resolve_notified_at: Some(at(114.5)),
            time_to_fire_s: Some(74.5),
        }
    }

    fn expression() -> ExpressionHistory {
        let lines = vec![vec![(0.0, 1.0), (37.0, 1.0), (38.0, 0.0), (120.0, 0.0)]];
        let series = LineSeries {
            labels: Labels::new(),
            lines,
        };
        ExpressionHistory {
            alert: "FeedHandlerDown".into(),
            labels: Labels::new(),
            query: "up == 0".into(),
            from: at(-30.0),
            until: at(120.0),
            every: Duration::from_secs(1),
            holds: vec![Span {
                from: at(12.0),
                until: at(90.0),
            }],
            terms: vec![TermHistory {
                role: Role::First,
                query: "up".into(),
                series: vec![series],
                limits: vec![],
            }],
        }
    }

    fn shown(alert: &AlertOutcome, expressions: &[ExpressionHistory]) -> String {
        let latency = Latency::of(alert, at(0.0), Some(at(90.0)), expressions).unwrap();
        folded(&latency.to_string())
    }

    #[test]
    fn each_part_of_an_alerts_time_is_shown_and_which_is_the_longest() {
        insta::assert_snapshot!(
            shown(&alert(), &[expression()]),
            @r"
            first sample that shows it 8.0 s, expression true 4.0 s, pending 2.5 s, firing
            60.0 s, notified 10.0 s, resolved 9.5 s, resolve notified 15.0 s; longest:
            firing
            "
        );
    }

    #[test]
    fn without_its_expression_the_measured_onset_stands_for_that() {
        insta::assert_snapshot!(
            shown(&alert(), &[]),
            @r"
            expression true 12.0 s, pending 2.5 s, firing 60.0 s, notified 10.0 s, resolved
            9.5 s, resolve notified 15.0 s; longest: firing
            "
        );
    }

    #[test]
    fn time_of_a_milestone_that_was_not_reached_belongs_to_the_next() {
        let at_once = AlertOutcome {
            pending_at: None,
            onset_at: None,
            firing_at: Some(at(30.0)),
            notified_at: None,
            ..alert()
        };
        insta::assert_snapshot!(
            shown(&at_once, &[]),
            @"firing 30.0 s, resolved 9.5 s, resolve notified 15.0 s; longest: firing"
        );
    }

    #[test]
    fn what_is_known_to_the_second_is_not_after_the_evaluation_that_saw_it() {
        let seen = AlertOutcome {
            onset_at: Some(at(15.0)),
            ..alert()
        };
        let latency = Latency::of(&seen, at(0.0), None, &[]).unwrap();
        assert_eq!(
            latency.step(Milestone::ExpressionTrue).unwrap().at,
            at(14.5)
        );
        assert!(latency.step(Milestone::Pending).unwrap().took_s.abs() < 1e-9);
    }

    #[test]
    fn alert_that_never_fired_has_no_latency() {
        assert_eq!(
            Latency::of(
                &AlertOutcome {
                    firing_at: None,
                    ..alert()
                },
                at(0.0),
                None,
                &[]
            ),
            None
        );
    }

    #[test]
    fn alert_that_ended_before_its_fault_was_seen_to_be_reverted_took_no_time_to_end() {
        let latency = Latency::of(&alert(), at(0.0), Some(at(100.0)), &[]).unwrap();
        let took_s = |milestone| latency.step(milestone).unwrap().took_s;
        assert_eq!(
            (
                took_s(Milestone::Resolved),
                took_s(Milestone::ResolveNotified)
            ),
            (0.0, 14.5)
        );
    }
}
