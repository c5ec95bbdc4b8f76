//! What the drills of a plan prove, before any of them has run: of each rule that it fires, of each
//! instance that its alert comes for it too.

use std::collections::BTreeSet;

use super::undecided_terms::term_names;
use alertdrill_core::plan::Plan;
use alertdrill_core::settings::Demand;
use alertdrill_core::{
    AlertOutcome, Claim, Drill, LoadedRule, Routes, Unproven, Waiver, rule_for, rule_of_severity,
    unproven,
};

/// Something that must be proven, and what proves or excuses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What: a rule or an instance, as a waiver names it.
    pub what: String,
    /// The drills that prove it.
    pub drills: Vec<String>,
    /// Why it needs none, if a waiver says so.
    pub waived: Option<String>,
}

impl Proof {
    fn of(what: String, drills: Vec<String>, waivers: &[Waiver]) -> Self {
        let waiver = waivers.iter().find(|waiver| waiver.rule == what);
        Self {
            waived: waiver.map(|waiver| waiver.reason.clone()),
            what,
            drills,
        }
    }

    /// Whether a drill proves it or a waiver excuses it.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        !self.drills.is_empty() || self.waived.is_some()
    }
}

/// What the drills of a plan prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCoverage {
    /// Per loaded rule, the drills that make it fire.
    pub rules: Vec<Proof>,
    /// Per instance, the drills that make its alert fire for it.
    pub instances: Vec<Proof>,
    /// What no drill proves just by running, and no waiver excuses.
    pub unproven: Vec<Unproven>,
    /// What excuses the rest: the plan's waivers, and those of rules that need no drill.
    pub waivers: Vec<Waiver>,
    /// The waivers that excuse nothing: what they name is not there, or is proven.
    pub idle_waivers: Vec<Waiver>,
}

impl PlannedCoverage {
    /// What the drills of `plan` prove of these rules and routes, and of these instances of their
    /// alerts.
    #[must_use]
    pub fn of(
        rules: &[LoadedRule],
        routes: Option<&Routes>,
        to_prove: &[Claim],
        plan: &Plan,
    ) -> Self {
        let Plan { drills, .. } = plan;
        let makes_fire = |drill: &Drill, rule: &LoadedRule| {
            let mut expected = drill.expect.iter();
            expected.any(|expected| expected.rule_among(rules) == Some(rule))
        };
        let is_proven = |rule: &LoadedRule| drills.iter().any(|drill| makes_fire(drill, rule));
        let waivers = with_excuses(&plan.waivers, rules, is_proven);
        let proof = |what: String, proves: &dyn Fn(&Drill) -> bool| {
            let proving = drills.iter().filter(|drill| proves(drill));
            Proof::of(
                what,
                proving.map(|drill| drill.name.clone()).collect(),
                &waivers,
            )
        };
        let of_rule =
            |rule: &LoadedRule| proof(rule.name_among(rules), &|drill| makes_fire(drill, rule));
        let of_instance =
            |claim: &Claim| proof(claim.to_string(), &|drill| claim.is_expected_by(drill));
        let proofs: Vec<_> = rules.iter().map(of_rule).collect();
        let instances: Vec<_> = to_prove.iter().map(of_instance).collect();
        let mut unproven = unproven(drills, rules, routes);
        let undrilled = proofs.iter().chain(&instances);
        let undrilled = undrilled.filter(|proof| proof.drills.is_empty());
        let undrilled = undrilled.map(|proof| proof.what.clone());
        let excusable = undrilled.chain(unproven.iter().map(|unproven| unproven.what.clone()));
        // Which terms decide is known only after a run.
        let idle_waivers = idle_waivers(&plan.waivers, excusable.chain(term_names(rules)));
        unproven.retain(|unproven| !is_waived(&unproven.what, &waivers));
        Self {
            rules: proofs,
            instances,
            unproven,
            waivers,
            idle_waivers,
        }
    }

    /// The same of what is demanded: what no drill can prove is left out unless each term is.
    #[must_use]
    pub fn demanding(mut self, demand: Demand) -> Self {
        if demand < Demand::Terms {
            self.unproven.clear();
        }
        self
    }

    /// What is not proven and not excused, in words; empty if all is as it must be. A waiver that
    /// excuses nothing is no fault of the rules.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let missing = |proofs: &[Proof]| {
            let missing = proofs.iter().filter(|proof| !proof.is_covered());
            missing.map(|proof| proof.what.clone()).collect::<Vec<_>>()
        };
        let unproven = self.unproven.iter();
        let unproven = unproven.map(|unproven| format!("{} ({})", unproven.what, unproven.why));
        let complaints = [
            (
                unproven.collect(),
                "no drill proves what these decide, and no waiver says why not",
            ),
            (
                missing(&self.rules),
                "no drill makes these rules fire, and no waiver says why not",
            ),
            (
                missing(&self.instances),
                "no drill makes these alerts fire for each instance, and no waiver says why not",
            ),
        ];
        let complaints = complaints
            .into_iter()
            .filter(|(names, _)| !names.is_empty());
        complaints
            .map(|(names, what)| format!("{what}: {}", names.join("; ")))
            .collect()
    }
}

/// `waivers`, and one for each rule that is not proven and needs no drill: a watchdog, or one that
/// escalates a rule that is proven. No drill goes as far as that asks for, and nobody promised how
/// far that is.
pub(super) fn with_excuses(
    waivers: &[Waiver],
    rules: &[LoadedRule],
    is_proven: impl Fn(&LoadedRule) -> bool,
) -> Vec<Waiver> {
    let excuse = |rule: &LoadedRule| {
        if rule.is_watchdog {
            return Some("it always fires by intent, and each drill looks whether it does".into());
        }
        let mut proven = rules.iter().filter(|other| is_proven(other));
        let escalated = proven.find(|other| rule.escalates(other))?;
        let escalated = escalated.name_among(rules);
        Some(format!("it escalates {escalated}, which is proven"))
    };
    let unproven = rules.iter().filter(|rule| !is_proven(rule));
    let excuses = unproven.filter_map(|rule| {
        Some(Waiver {
            rule: rule.name_among(rules),
            reason: excuse(rule)?,
        })
    });
    waivers.iter().cloned().chain(excuses).collect()
}

pub(super) fn is_waived(what: &str, waivers: &[Waiver]) -> bool {
    waivers.iter().any(|waiver| waiver.rule == what)
}

/// The waivers that name none of what is `unproven`.
pub(super) fn idle_waivers(
    waivers: &[Waiver],
    unproven: impl Iterator<Item = String>,
) -> Vec<Waiver> {
    let unproven: BTreeSet<_> = unproven.collect();
    let idle = waivers
        .iter()
        .filter(|waiver| !unproven.contains(&waiver.rule));
    idle.cloned().collect()
}

/// The rule that an alert comes from. Its severity tells too, where rules have one name; where none
/// has that severity it is the rule whose severity is wrong.
pub(super) fn rule_of<'a>(alert: &AlertOutcome, rules: &'a [LoadedRule]) -> Option<&'a LoadedRule> {
    match &alert.severity {
        Some(severity) => rule_of_severity(&alert.name, &alert.labels, severity, rules),
        None => rule_for(&alert.name, &alert.labels, rules),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use alertdrill_core::{ExpectedAlert, Fault, Labels};

    fn rule(alert: &str, labels: &[(&str, &str)]) -> LoadedRule {
        LoadedRule {
            labels: owned(labels),
            ..LoadedRule::example(alert)
        }
    }

    fn owned(labels: &[(&str, &str)]) -> Labels {
        let labels = labels.iter();
        labels
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn drill(name: &str, alert: ExpectedAlert) -> Drill {
        Drill::new(name, Fault::stop("kafka")).expect_alert(alert)
    }

    fn expected(alert: &str, severity: &str) -> ExpectedAlert {
        ExpectedAlert::new(alert, severity, Duration::from_secs(1))
    }

    fn waiver(what: &str) -> Waiver {
        Waiver {
            rule: what.to_owned(),
            reason: "known".to_owned(),
        }
    }

    fn coverage(
        rules: &[LoadedRule],
        to_prove: &[Claim],
        drills: Vec<Drill>,
        waived: &[&str],
    ) -> PlannedCoverage {
        let waivers = waived.iter().map(|what| waiver(what)).collect();
        let routes = Routes::telling("pager");
        PlannedCoverage::of(rules, Some(&routes), to_prove, &Plan { drills, waivers })
    }

    #[test]
    fn rule_that_no_drill_expects_is_a_complaint_unless_it_is_waived() {
        let rules = [
            rule("Down", &[("cause", "gone")]),
            rule("Down", &[("cause", "silent")]),
            rule("Lag", &[]),
        ];
        let drills = vec![drill(
            "x",
            expected("Down", "critical").label("cause", "gone"),
        )];
        let missing = |waived: &[&str]| coverage(&rules, &[], drills.clone(), waived).complaints();
        let [complaint] = missing(&[]).try_into().unwrap();
        assert!(
            complaint.ends_with(": Down{cause=\"silent\"}; Lag"),
            "{complaint}"
        );
        let [complaint] = missing(&["Lag"]).try_into().unwrap();
        assert!(
            complaint.ends_with(": Down{cause=\"silent\"}"),
            "{complaint}"
        );
        let covered = coverage(&rules, &[], drills.clone(), &["Lag"]).rules;
        assert_eq!(covered[0].drills, ["x"]);
        assert_eq!(covered[2].waived.as_deref(), Some("known"));
    }

    #[test]
    fn rules_that_differ_in_severity_alone_are_each_to_be_drilled() {
        let rules = [
            rule("Lag", &[("severity", "warning")]),
            rule("Lag", &[("severity", "critical")]),
        ];
        let drills = vec![drill("x", expected("Lag", "critical"))];
        let [complaint] = coverage(&rules, &[], drills, &[])
            .complaints()
            .try_into()
            .unwrap();
        assert!(
            complaint.ends_with(": Lag{severity=\"warning\"}"),
            "{complaint}"
        );
    }

    #[test]
    fn instance_that_no_drill_expects_is_a_complaint_unless_it_is_waived() {
        let rules = [rule("Down", &[])];
        let to_prove = ["binance", "okx"].map(|exchange| Claim {
            alert: "Down".to_owned(),
            labels: owned(&[("exchange", exchange)]),
        });
        let drills = vec![
            drill(
                "one",
                expected("Down", "critical").label("exchange", "binance"),
            ),
            drill(
                "any",
                expected("Down", "critical").label("exchange", "{lane}"),
            ),
        ];
        let missing =
            |waived: &[&str]| coverage(&rules, &to_prove, drills.clone(), waived).complaints();
        let [complaint] = missing(&[]).try_into().unwrap();
        assert!(complaint.contains("for each instance"), "{complaint}");
        assert!(
            complaint.ends_with(": Down{exchange=\"okx\"}"),
            "{complaint}"
        );
        assert_eq!(missing(&["Down{exchange=\"okx\"}"]), [""; 0]);
    }

    #[test]
    fn rule_that_reads_the_calendar_is_a_complaint_unless_it_is_waived() {
        let by_the_hour = LoadedRule {
            query: "up == 0 and on () hour() > 8".to_owned(),
            ..rule("Down", &[])
        };
        let drills = vec![drill("x", expected("Down", "critical"))];
        let planned = |waived: &[&str]| {
            coverage(
                std::slice::from_ref(&by_the_hour),
                &[],
                drills.clone(),
                waived,
            )
        };
        let [complaint] = planned(&[]).complaints().try_into().unwrap();
        assert!(
            complaint.contains("calendar in Down (its expression reads `hour`"),
            "{complaint}"
        );
        let waived = planned(&["calendar in Down"]);
        assert_eq!(waived.complaints(), [""; 0]);
        assert_eq!(waived.idle_waivers, []);
    }

    #[test]
    fn waiver_of_what_is_proven_or_is_not_there_is_idle_and_no_fault_of_the_rules() {
        let rules = [rule("Down", &[])];
        let drills = vec![drill("x", expected("Down", "critical"))];
        let waived = ["Down", "Gone"];
        let planned = coverage(&rules, &[], drills, &waived);
        assert_eq!(planned.complaints(), [""; 0]);
        assert_eq!(planned.idle_waivers, waived.map(waiver));
    }

    #[test]
    fn waiver_of_a_term_is_not_idle_before_a_run_says_whether_the_term_decides() {
        let drills = vec![drill("x", expected("Down", "critical"))];
        let planned = coverage(&[rule("Down", &[])], &[], drills, &["Down: up == 0"]);
        assert_eq!(planned.complaints(), [""; 0]);
    }

    #[test]
    fn rule_that_always_fires_by_intent_needs_no_drill() {
        let watchdog = LoadedRule {
            is_watchdog: true,
            ..rule("Watchdog", &[])
        };
        assert_eq!(
            coverage(&[watchdog], &[], vec![], &[]).complaints(),
            [""; 0]
        );
    }

    #[test]
    fn escalation_of_a_proven_rule_is_excused_and_a_copy_of_it_is_not() {
        let of_severity = |severity: &str, query: &str| LoadedRule {
            labels: [("severity".to_owned(), severity.to_owned())].into(),
            query: query.to_owned(),
            ..LoadedRule::example("Lag")
        };
        let expected = ExpectedAlert::new("Lag", "warning", Duration::from_secs(60));
        let drill = Drill::new("lags", Fault::stop("x")).expect_alert(expected);
        let complaints = |rules: &[LoadedRule]| {
            let plan = Plan {
                drills: vec![drill.clone()],
                waivers: vec![],
            };
            let routes = Routes::telling("pager");
            PlannedCoverage::of(rules, Some(&routes), &[], &plan)
                .complaints()
                .len()
        };
        let warning = of_severity("warning", "lag > 1000");
        let page = of_severity("critical", "lag > 50000");
        let copy = of_severity("critical", "lag > 1000");
        assert_eq!(complaints(&[warning.clone(), page.clone()]), 0);
        assert_eq!(complaints(&[warning, copy]), 1);
        assert_eq!(complaints(&[page]), 0, "its severity is the drill's matter");
    }
}
