//! What a run has proven: a rule that was never seen to fire may be wrong, and one that fires for
//! one exchange may forget another.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::proof::{idle_waivers, is_waived, rule_of, with_excuses};
use super::undecided_terms::term_names;
use alertdrill_core::{DrillRecord, RunInfo, TermDecision, Verdict, Waiver, unproven};

/// Which of the loaded rules were made to fire, and for which instances.
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
    /// The alerts that must come for each culprit; empty in a report of the time before that was
    /// asked.
    #[serde(default)]
    pub instances: Proven,
    /// Per term of the rules, the drills in which it decided; empty unless the whole suite ran.
    #[serde(default)]
    pub terms: Vec<TermDecision>,
    /// The terms that no drill decides both ways and that no waiver excuses.
    #[serde(default)]
    pub undecided: Vec<String>,
    /// What depends on the calendar or on other alerts, so that no drill proves it just by running,
    /// and no waiver excuses it.
    #[serde(default)]
    pub unproven: Vec<String>,
    /// The waivers that excuse nothing: what they name is proven, or is not there.
    #[serde(default)]
    pub idle_waivers: Vec<Waiver>,
}

/// What was to be proven, by what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proven {
    /// Proven by a drill.
    pub proven: Vec<String>,
    /// Excused, with a reason.
    pub waived: Vec<Waiver>,
    /// Neither proven nor excused.
    pub missing: Vec<String>,
}

impl Proven {
    /// Of what was to be proven, each with whether it was.
    fn of(all: impl IntoIterator<Item = (String, bool)>, waivers: &[Waiver]) -> Self {
        let mut sorted = Self::default();
        for (what, is_proven) in all {
            let waiver = waivers.iter().find(|waiver| waiver.rule == what);
            match (is_proven, waiver) {
                (true, _) => sorted.proven.push(what),
                (false, Some(waiver)) => sorted.waived.push(waiver.clone()),
                (false, None) => sorted.missing.push(what),
            }
        }
        sorted
    }

    fn unproven(&self) -> impl Iterator<Item = String> {
        let waived = self.waived.iter().map(|waiver| waiver.rule.clone());
        waived.chain(self.missing.iter().cloned())
    }
}

impl Coverage {
    /// What the judged drills of a run prove. `terms` is `None` unless the whole suite ran.
    pub(super) fn of(
        judged: &[(&DrillRecord, Verdict)],
        info: &RunInfo,
        terms: Option<Vec<TermDecision>>,
    ) -> Self {
        // Per rule, whether it fired.
        let mut rules: BTreeMap<String, bool> = BTreeMap::new();
        for (record, verdict) in judged {
            let loaded = &record.timeline.rules;
            for rule in loaded {
                // One that does not fire, though it always must, fails the drill.
                *rules.entry(rule.name_among(loaded)).or_default() |= rule.is_watchdog;
            }
            let fired = verdict
                .alerts
                .iter()
                .filter(|alert| alert.firing_at.is_some());
            for rule in fired.filter_map(|alert| rule_of(alert, loaded)) {
                rules.insert(rule.name_among(loaded), true);
            }
        }
        let loaded = judged
            .iter()
            .map(|(record, _)| record.timeline.rules.as_slice());
        let loaded = loaded.max_by_key(|rules| rules.len()).unwrap_or_default();
        let waivers = with_excuses(&info.waivers, loaded, |rule| {
            rules.get(&rule.name_among(loaded)) == Some(&true)
        });
        let rules = Proven::of(rules, &waivers);
        let instances = info.to_prove.iter().map(|claim| {
            let mut alerts = judged.iter().flat_map(|(_, verdict)| &verdict.alerts);
            (
                claim.to_string(),
                alerts.any(|alert| claim.is_proven_by(alert)),
            )
        });
        let instances = Proven::of(instances, &waivers);
        let undecided = match &terms {
            Some(terms) => {
                let unseen = terms.iter().filter(|term| !term.is_seen());
                unseen.map(|term| term.term.clone()).collect()
            }
            None => judged
                .iter()
                .flat_map(|(record, _)| term_names(&record.timeline.rules))
                .collect::<Vec<_>>(),
        };
        let mut unproven = unproven_by(judged);
        let excusable = rules.unproven().chain(instances.unproven());
        let excusable = excusable.chain(undecided).chain(unproven.iter().cloned());
        let idle_waivers = idle_waivers(&info.waivers, excusable);
        unproven.retain(|what| !is_waived(what, &waivers));
        let terms = terms.unwrap_or_default();
        Self {
            undecided: super::undecided_terms::undecided(&terms, &waivers)
                .into_iter()
                .map(|term| term.term.clone())
                .collect(),
            terms,
            unproven,
            idle_waivers,
            rules: rules.proven.len() + rules.waived.len() + rules.missing.len(),
            fired: rules.proven,
            waived: rules.waived,
            missing: rules.missing,
            instances,
        }
    }
}

/// The names of what the drills of a run cannot prove of the rules and routes that they saw.
fn unproven_by(judged: &[(&DrillRecord, Verdict)]) -> Vec<String> {
    let drills: Vec<_> = judged
        .iter()
        .map(|(record, _)| record.drill.clone())
        .collect();
    let mut seen = judged.iter().map(|(record, _)| &record.timeline);
    let names = seen.find_map(|timeline| {
        let unproven = unproven(&drills, &timeline.rules, timeline.routes.as_ref());
        (!timeline.rules.is_empty()).then(|| unproven.into_iter().map(|it| it.what).collect())
    });
    names.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_record, example_report, example_verdict};
    use alertdrill_core::{Claim, LoadedRule};

    #[test]
    fn rule_that_always_fires_by_intent_is_proven_without_a_drill() {
        let mut record = example_record();
        let watchdog = LoadedRule {
            is_watchdog: true,
            ..LoadedRule::example("Watchdog")
        };
        record.timeline.rules = vec![watchdog, LoadedRule::example("Lag")];
        let info = example_report("okx").run.info;
        let coverage = Coverage::of(&[(&record, example_verdict())], &info, None);
        assert_eq!(
            (coverage.fired, coverage.missing),
            (vec!["Watchdog".into()], vec!["Lag".into()])
        );
    }

    #[test]
    fn run_proves_the_instances_whose_alert_fired_and_no_others() {
        let mut record = example_record();
        record.timeline.rules = vec![LoadedRule::example("FeedHandlerDown")];
        let mut verdict = example_verdict();
        verdict.alerts[0].labels = [("exchange".to_owned(), "okx".to_owned())].into();
        let claim = |exchange: &str| Claim {
            alert: "FeedHandlerDown".to_owned(),
            labels: [("exchange".to_owned(), exchange.to_owned())].into(),
        };
        let waiver = |what: Claim| Waiver {
            rule: what.to_string(),
            reason: "known".to_owned(),
        };
        let info = RunInfo {
            to_prove: ["okx", "kraken", "bybit"].map(claim).to_vec(),
            waivers: vec![waiver(claim("bybit")), waiver(claim("okx"))],
            ..example_report("okx").run.info
        };
        let coverage = Coverage::of(&[(&record, verdict)], &info, None);
        assert_eq!(coverage.fired, ["FeedHandlerDown"]);
        let instances = coverage.instances;
        assert_eq!(instances.proven, [claim("okx").to_string()]);
        assert_eq!(instances.waived, [waiver(claim("bybit"))]);
        assert_eq!(instances.missing, [claim("kraken").to_string()]);
        assert_eq!(coverage.idle_waivers, [waiver(claim("okx"))]);
    }
}
