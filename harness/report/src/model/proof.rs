//! What the drills of a plan prove, before any of them has run: of each rule that it fires, of each
//! instance that its alert comes for it too.

use std::collections::BTreeSet;

use super::terms::term_names;
use alertdrill_core::plan::Plan;
use alertdrill_core::{Claim, Labels, LoadedRule, Waiver, rule_for};

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
    /// The waivers that excuse nothing: what they name is not there, or is proven.
    pub idle_waivers: Vec<Waiver>,
}

impl PlannedCoverage {
    /// What the drills of `plan` prove of these rules, and of these instances of their alerts.
    #[must_use]
    pub fn of(rules: &[LoadedRule], to_prove: &[Claim], plan: &Plan) -> Self {
        let Plan { drills, waivers } = plan;
        let proof = |what: String, proves: &dyn Fn(&alertdrill_core::Drill) -> bool| {
            let proving = drills.iter().filter(|drill| proves(drill));
            Proof::of(
                what,
                proving.map(|drill| drill.name.clone()).collect(),
                waivers,
            )
        };
        let of_rule = |rule: &LoadedRule| {
            proof(rule.name_among(rules), &|drill| {
                drill.expect.iter().any(|expected| {
                    let severity = Some(&expected.severity);
                    fired_rule(&expected.alert, &expected.labels, severity, rules) == Some(rule)
                })
            })
        };
        let of_instance =
            |claim: &Claim| proof(claim.to_string(), &|drill| claim.is_expected_by(drill));
        let proofs: Vec<_> = rules.iter().map(of_rule).collect();
        let instances: Vec<_> = to_prove.iter().map(of_instance).collect();
        let unproven = proofs.iter().chain(&instances);
        let unproven = unproven.filter(|proof| proof.drills.is_empty());
        let unproven = unproven.map(|proof| proof.what.clone());
        // Which terms decide is known only after a run.
        let idle_waivers = idle_waivers(waivers, unproven.chain(term_names(rules)));
        Self {
            rules: proofs,
            instances,
            idle_waivers,
        }
    }

    /// What is not proven and not excused, and which waivers are to go, in words; empty if all is
    /// as it must be.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let missing = |proofs: &[Proof]| {
            let missing = proofs.iter().filter(|proof| !proof.is_covered());
            missing.map(|proof| proof.what.clone()).collect::<Vec<_>>()
        };
        let idle = self.idle_waivers.iter().map(|waiver| waiver.rule.clone());
        let complaints = [
            (
                missing(&self.rules),
                "no drill makes these rules fire, and no waiver says why not",
            ),
            (
                missing(&self.instances),
                "no drill makes these alerts fire for each instance, and no waiver says why not",
            ),
            (
                idle.collect(),
                "these waivers excuse nothing: what they name is proven, or is not there",
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

/// The rule that an alert of these labels comes from. Its severity tells too, where rules have one
/// name; where none has that severity it is the rule whose severity is wrong.
pub(super) fn fired_rule<'a>(
    alert: &str,
    labels: &Labels,
    severity: Option<&String>,
    rules: &'a [LoadedRule],
) -> Option<&'a LoadedRule> {
    let mut with_severity = labels.clone();
    if let Some(severity) = severity {
        with_severity.insert("severity".to_owned(), severity.clone());
    }
    rule_for(alert, &with_severity, rules).or_else(|| rule_for(alert, labels, rules))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use alertdrill_core::{Drill, ExpectedAlert, Fault};

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
        PlannedCoverage::of(rules, to_prove, &Plan { drills, waivers })
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
    fn waiver_of_what_is_proven_or_is_not_there_is_a_complaint() {
        let rules = [rule("Down", &[])];
        let drills = vec![drill("x", expected("Down", "critical"))];
        let waived = ["Down", "Gone"];
        let [complaint] = coverage(&rules, &[], drills, &waived)
            .complaints()
            .try_into()
            .unwrap();
        assert!(complaint.contains("excuse nothing"), "{complaint}");
        assert!(complaint.ends_with(": Down; Gone"), "{complaint}");
    }

    #[test]
    fn waiver_of_a_term_is_not_idle_before_a_run_says_whether_the_term_decides() {
        let drills = vec![drill("x", expected("Down", "critical"))];
        let planned = coverage(&[rule("Down", &[])], &[], drills, &["Down: up == 0"]);
        assert_eq!(planned.complaints(), [""; 0]);
    }
}
