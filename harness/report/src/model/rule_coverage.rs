//! Which of the loaded rules were made to fire: a rule that was never seen to fire may be wrong.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use alertdrill_core::{Drill, DrillRecord, LoadedRule, Verdict, Waiver, rule_for, selector};

/// Which of the loaded rules were made to fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// How many rules are loaded.
    pub rules: usize,
    /// Made to fire by a drill.
    pub fired: Vec<String>,
    /// Excused, with a reason.
    pub waived: Vec<Waiver>,
    /// Neither made to fire nor excused.
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
            let fired = verdict
                .alerts
                .iter()
                .filter(|alert| alert.firing_at.is_some());
            for rule in fired.filter_map(|alert| rule_for(&alert.name, &alert.labels, loaded)) {
                rules.insert(name(rule), true);
            }
        }
        let (fired, silent): (Vec<_>, Vec<_>) = rules.into_iter().partition(|(_, fired)| *fired);
        let names = |rules: Vec<(String, bool)>| {
            rules.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let (fired, silent) = (names(fired), names(silent));
        let (waived, missing): (Vec<_>, Vec<_>) = silent
            .into_iter()
            .partition(|rule| is_waived(rule, waivers));
        let waived = waivers
            .iter()
            .filter(|waiver| waived.contains(&waiver.rule))
            .cloned()
            .collect::<Vec<_>>();
        Self {
            rules: fired.len() + waived.len() + missing.len(),
            fired,
            waived,
            missing,
        }
    }
}

/// What proves a rule, or excuses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCoverage {
    /// The rule: the alert's name, and in braces the labels that it adds, without its severity.
    pub rule: String,
    /// The drills that make it fire.
    pub drills: Vec<String>,
    /// Why it needs none, if a waiver says so.
    pub waived: Option<String>,
}

impl RuleCoverage {
    /// Whether a drill makes it fire or a waiver excuses it.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        !self.drills.is_empty() || self.waived.is_some()
    }
}

/// Per rule, which of `drills` make it fire, or which waiver excuses it.
#[must_use]
pub fn rule_coverage(
    rules: &[LoadedRule],
    drills: &[Drill],
    waivers: &[Waiver],
) -> Vec<RuleCoverage> {
    let makes_fire = |drill: &Drill, rule: &LoadedRule| {
        let mut drilled = drill
            .expect
            .iter()
            .filter_map(|expected| expected.rule_among(rules));
        drilled.any(|drilled| drilled == rule)
    };
    let covered = rules.iter().map(|rule| RuleCoverage {
        rule: name(rule),
        drills: drills
            .iter()
            .filter(|drill| makes_fire(drill, rule))
            .map(|drill| drill.name.clone())
            .collect(),
        waived: waivers
            .iter()
            .find(|waiver| waiver.rule == name(rule))
            .map(|waiver| waiver.reason.clone()),
    });
    covered.collect()
}

/// The rules that none of `drills` makes fire and that no waiver excuses.
#[must_use]
pub fn uncovered(rules: &[LoadedRule], drills: &[Drill], waivers: &[Waiver]) -> Vec<String> {
    let covered = rule_coverage(rules, drills, waivers).into_iter();
    covered
        .filter(|rule| !rule.is_covered())
        .map(|rule| rule.rule)
        .collect()
}

fn is_waived(rule: &str, waivers: &[Waiver]) -> bool {
    waivers.iter().any(|waiver| waiver.rule == rule)
}

/// The alert's name, and in braces the labels that the rule adds, without its severity. These
/// labels distinguish rules of one name.
fn name(rule: &LoadedRule) -> String {
    selector(
        &rule.alert,
        rule.labels.iter().filter(|(name, _)| *name != "severity"),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use alertdrill_core::{ExpectedAlert, Fault};

    fn rule(alert: &str, cause: Option<&str>) -> LoadedRule {
        LoadedRule {
            labels: cause
                .map(|cause| ("cause".to_owned(), cause.to_owned()))
                .into_iter()
                .collect(),
            ..LoadedRule::example(alert)
        }
    }

    #[test]
    fn rule_that_no_drill_expects_is_uncovered_unless_it_is_waived() {
        let rules = [
            rule("Down", Some("gone")),
            rule("Down", Some("silent")),
            rule("Lag", None),
        ];
        let alert =
            ExpectedAlert::new("Down", "critical", Duration::from_secs(1)).label("cause", "gone");
        let drills = [Drill::new("x", Fault::stop("kafka")).expect_alert(alert)];
        assert_eq!(
            uncovered(&rules, &drills, &[]),
            ["Down{cause=\"silent\"}", "Lag"]
        );
        let waiver = Waiver {
            rule: "Lag".into(),
            reason: "known".into(),
        };
        assert_eq!(
            uncovered(&rules, &drills, std::slice::from_ref(&waiver)),
            ["Down{cause=\"silent\"}"]
        );
        let covered = rule_coverage(&rules, &drills, &[waiver]);
        assert_eq!(
            (&covered[0].drills, &covered[0].waived),
            (&vec!["x".to_owned()], &None)
        );
        assert_eq!(
            (&covered[2].drills, covered[2].waived.as_deref()),
            (&vec![], Some("known"))
        );
    }
}
