//! One incident, one alert: a second one for the same cause pages people twice.

use super::expected::Judge;
use crate::{Episode, Labels, ReasonKind, rule_for};

impl Judge<'_> {
    /// Blames each alert that fired beside `life` for the same cause, and that the drill does not
    /// declare.
    ///
    /// The same alert of another severity is no second one if it has conditions of its own and
    /// another instant: people want a warning first and a page later. A copy of the rule under
    /// another severity is one, however it is written.
    pub(super) fn judge_second_alerts(&mut self, life: &Episode) {
        let is_declared = |labels: &Labels| self.others.iter().any(|claim| claim.covers(labels));
        let mut seen = vec![&life.labels];
        let mut blamed = Vec::new();
        for other in self.fired() {
            if seen.contains(&&other.labels) {
                continue;
            }
            seen.push(&other.labels);
            if !is_declared(&other.labels) && !self.is_escalation(life, other) {
                let fired = self.relative(other.firing_at);
                blamed.push(format!(
                    "{other} fired {fired} for the same cause as {life}; one alert is expected: {}",
                    self.expected
                ));
            }
        }
        for message in blamed {
            self.blame(ReasonKind::SecondAlert, message);
        }
    }

    fn is_escalation(&self, one: &Episode, other: &Episode) -> bool {
        let at_once = one.firing_at == other.firing_at;
        let (one, other) = (&one.labels, &other.labels);
        if at_once || !differ_in_severity_alone(one, other) {
            return false;
        }
        let rule_of =
            |labels: &Labels| rule_for(&self.expected.alert, labels, &self.timeline.rules);
        match (rule_of(one), rule_of(other)) {
            (Some(one), Some(other)) => one == other || other.escalates(one),
            _ => false,
        }
    }
}

/// Whether two alerts are the same apart from their severity, which differs.
pub(super) fn differ_in_severity_alone(one: &Labels, other: &Labels) -> bool {
    let rest = |labels: &Labels| {
        let mut rest = labels.clone();
        rest.remove("severity");
        rest
    };
    one != other && rest(one) == rest(other)
}
