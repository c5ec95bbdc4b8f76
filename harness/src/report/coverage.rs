//! Which of the loaded rules were made to fire: a rule that nobody has seen fire proves nothing.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::record::{DrillRecord, Waiver};
use crate::drill::{Drill, LoadedRule, Verdict, rule_for, selector};

/// Which of the loaded rules were made to fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// How many rules are loaded.
    pub rules: usize,
    /// Made to fire by a drill.
    pub fired: Vec<String>,
    /// Excused, with a reason.
    pub waived: Vec<Waiver>,
    /// Neither.
    pub missing: Vec<String>,
}

impl Coverage {
    pub(super) fn of(judged: &[(&DrillRecord, Verdict)], waivers: &[Waiver]) -> Self {
        // Per rule, whether it fired.
        let mut rules: BTreeMap<String, bool> = BTreeMap::new();
        for (record, verdict) in judged {
            let loaded = &record.timeline.rules;
            for rule in loaded {
                rules.entry(name(rule)).or_default();
            }
            let fired = verdict.alerts.iter().filter(|alert| alert.firing_at.is_some());
            for rule in fired.filter_map(|alert| rule_for(&alert.name, &alert.labels, loaded)) {
                rules.insert(name(rule), true);
            }
        }
        let (fired, silent): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(_, fired)| *fired);
        let names = |rules: Vec<(String, bool)>| rules.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        let (fired, silent) = (names(fired), names(silent));
        let (waived, missing): (Vec<_>, Vec<_>) = silent.into_iter().partition(|rule| is_waived(rule, waivers));
        let waived = waivers.iter().filter(|waiver| waived.contains(&waiver.rule)).cloned().collect::<Vec<_>>();
        Self { rules: fired.len() + waived.len() + missing.len(), fired, waived, missing }
    }
}

/// The rules that none of `drills` makes fire and that no waiver excuses.
#[must_use]
pub fn uncovered(rules: &[LoadedRule], drills: &[Drill], waivers: &[Waiver]) -> Vec<String> {
    let is_drilled = |rule: &LoadedRule| {
        let expected = drills.iter().flat_map(|drill| &drill.expect);
        expected.filter_map(|expected| rule_for(&expected.alert, &expected.labels, rules)).any(|drilled| drilled == rule)
    };
    let names = rules.iter().filter(|rule| !is_drilled(rule)).map(name);
    names.filter(|rule| !is_waived(rule, waivers)).collect()
}

fn is_waived(rule: &str, waivers: &[Waiver]) -> bool {
    waivers.iter().any(|waiver| waiver.rule == rule)
}

/// The alert's name, and in braces the labels that the rule adds, its severity apart: they tell rules of one name apart.
fn name(rule: &LoadedRule) -> String {
    selector(&rule.alert, rule.labels.iter().filter(|(name, _)| *name != "severity"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::drill::{ExpectedAlert, Fault, Severity};

    fn rule(alert: &str, cause: Option<&str>) -> LoadedRule {
        LoadedRule {
            alert: alert.into(),
            group: "g".into(),
            labels: cause.map(|cause| ("cause".to_owned(), cause.to_owned())).into_iter().collect(),
            query: "x".into(),
            for_duration: Duration::ZERO,
            keep_firing_for: Duration::ZERO,
            evaluation_interval: Duration::from_secs(5),
            query_offset: Duration::ZERO,
            scrape_interval: Duration::from_secs(15),
            scrape_duration: Duration::from_secs(1),
        }
    }

    #[test]
    fn rule_that_no_drill_expects_is_uncovered_unless_it_is_waived() {
        let rules = [rule("Down", Some("gone")), rule("Down", Some("silent")), rule("Lag", None)];
        let alert = ExpectedAlert::new("Down", Severity::Critical, Duration::from_secs(1)).label("cause", "gone");
        let drills = [Drill::new("x", Fault::stop("kafka")).expect_alert(alert)];
        assert_eq!(uncovered(&rules, &drills, &[]), ["Down{cause=\"silent\"}", "Lag"]);
        let waiver = Waiver { rule: "Lag".into(), reason: "known".into() };
        assert_eq!(uncovered(&rules, &drills, &[waiver]), ["Down{cause=\"silent\"}"]);
    }
}
