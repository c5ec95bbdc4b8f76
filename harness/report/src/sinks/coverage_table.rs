//! What a terminal shows of coverage.

use std::fmt;

use tabled::builder::Builder;
use tabled::settings::Style;

use crate::model::{PlannedCoverage, Proof, undecided};
use alertdrill_core::dashboard::UnknownMetric;
use alertdrill_core::style::{bad, harmless, heading};
use alertdrill_core::{TermDecision, Waiver};

/// What is known of the coverage of rules, and of what they read.
#[derive(Clone, Debug)]
pub struct CoverageTable {
    /// What proves or excuses each rule and each instance.
    pub planned: PlannedCoverage,
    /// In which drills of the last whole run the rules' terms decided; empty if there was none.
    pub terms: Vec<TermDecision>,
    /// What excuses a term.
    pub waivers: Vec<Waiver>,
    /// Where the rules come from.
    pub rules_of: String,
    /// How many metrics rules and panels read.
    pub metrics: usize,
    /// Those that nothing exports; `None` if no Prometheus could be asked.
    pub unknown: Option<Vec<UnknownMetric>>,
}

impl CoverageTable {
    /// Whether each rule and each instance is covered, no waiver is idle, each term that a run
    /// tells of decided, and no metric is known to be missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.planned.complaints().is_empty()
            && self.planned.idle_waivers.is_empty()
            && undecided(&self.terms, &self.waivers).is_empty()
            && self.unknown.as_ref().is_none_or(Vec::is_empty)
    }
}

impl fmt::Display for CoverageTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlannedCoverage {
            rules, instances, ..
        } = &self.planned;
        proofs(f, "rule", rules)?;
        if !instances.is_empty() {
            proofs(f, "instance", instances)?;
        }
        self.decisions(f)?;
        let source = &self.rules_of;
        writeln!(f, "{} rules {source}: {}", rules.len(), tally(rules))?;
        if !instances.is_empty() {
            writeln!(f, "{} instances: {}", instances.len(), tally(instances))?;
        }
        for unproven in &self.planned.unproven {
            let text = format!("no drill proves {}: {}", unproven.what, unproven.why);
            writeln!(f, "{}", bad(harmless(&text)))?;
        }
        for waiver in &self.planned.idle_waivers {
            let text = format!(
                "the waiver of {} excuses nothing: it is proven, or is not there",
                waiver.rule
            );
            writeln!(f, "{}", bad(harmless(&text)))?;
        }
        write!(
            f,
            "{} metrics are read by them and the dashboard",
            self.metrics
        )?;
        let Some(unknown) = &self.unknown else {
            return writeln!(f, "; no Prometheus was asked whether they exist");
        };
        let exported = self.metrics - unknown.len();
        writeln!(f, ", {exported} of them are exported")?;
        let mut missing_ones = unknown.iter().map(missing);
        missing_ones.try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl CoverageTable {
    fn decisions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return writeln!(
                f,
                "No run of the whole suite has said yet which terms of the rules decide."
            );
        }
        let mut table = Builder::new();
        let [term, lets, keeps] = ["term", "brings its alert in", "keeps it away in"];
        table.push_record([heading(term), heading(lets), heading(keeps)]);
        for term in &self.terms {
            let waiver = self.waivers.iter().find(|waiver| waiver.rule == term.term);
            let drill = |drill: &Option<String>| match (drill, waiver) {
                (Some(drill), _) => harmless(drill),
                (None, Some(waiver)) => format!("none; waived: {}", harmless(&waiver.reason)),
                (None, None) => bad("no drill"),
            };
            let name = harmless(&term.term);
            table.push_record([name, drill(&term.true_in), drill(&term.false_in)]);
        }
        writeln!(f, "{}\n", table.build().with(Style::sharp()))
    }
}

fn proofs(f: &mut fmt::Formatter<'_>, of: &str, all: &[Proof]) -> fmt::Result {
    let mut table = Builder::new();
    table.push_record([heading(of), heading("made to fire by")]);
    for proof in all {
        table.push_record([harmless(&proof.what), proven_by(proof)]);
    }
    writeln!(f, "{}\n", table.build().with(Style::sharp()))
}

fn tally(all: &[Proof]) -> String {
    let count = |of: fn(&Proof) -> bool| all.iter().filter(|proof| of(proof)).count();
    let drilled = count(|proof| !proof.drills.is_empty());
    let covered = count(Proof::is_covered);
    let (waived, neither) = (covered - drilled, all.len() - covered);
    format!("{drilled} made to fire by a drill, {waived} waived, {neither} neither")
}

fn proven_by(proof: &Proof) -> String {
    match (&proof.drills[..], &proof.waived) {
        ([], None) => bad("no drill, and no waiver says why not"),
        ([], Some(reason)) => format!("none; waived: {}", harmless(reason)),
        (drills, _) => harmless(&drills.join("\n")),
    }
}

fn missing(unknown: &UnknownMetric) -> String {
    let nearest = unknown.nearest.as_ref();
    let nearest = nearest.map_or_else(String::new, |nearest| {
        format!("; the nearest name is {nearest}")
    });
    let readers: Vec<_> = unknown.read_by.iter().map(String::as_str).collect();
    let text = format!(
        "nothing exports {}, which {} reads{nearest}",
        unknown.metric,
        readers.join(", ")
    );
    bad(harmless(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::folded;
    use alertdrill_core::Unproven;

    fn text(unknown: Option<Vec<UnknownMetric>>) -> CoverageTable {
        let rule = |rule: &str, drills: &[&str], waived: Option<&str>| Proof {
            what: rule.to_owned(),
            drills: drills.iter().map(|drill| (*drill).to_owned()).collect(),
            waived: waived.map(str::to_owned),
        };
        let rules = vec![
            rule(
                "Down{cause=\"gone\"}",
                &["handler_stopped", "handler_gone_for_90_s"],
                None,
            ),
            rule("Watchdog", &[], Some("always fires")),
            rule("Lag\u{1b}[2J", &[], None),
        ];
        CoverageTable {
            planned: PlannedCoverage {
                waivers: Vec::new(),
                rules,
                instances: vec![rule("Down{exchange=\"okx\"}", &[], None)],
                unproven: vec![Unproven {
                    what: "mute time interval night".to_owned(),
                    why: "no drill waits for it".to_owned(),
                }],
                idle_waivers: vec![Waiver {
                    rule: "Down{exchange=\"ftx\"}".to_owned(),
                    reason: "closed".to_owned(),
                }],
            },
            terms: vec![TermDecision {
                term: "Down{cause=\"gone\"}: up == 0".to_owned(),
                true_in: Some("handler_stopped".to_owned()),
                false_in: None,
                unknown: None,
            }],
            waivers: vec![],
            rules_of: "loaded by Prometheus".to_owned(),
            metrics: 7,
            unknown,
        }
    }

    fn shown(text: &CoverageTable) -> String {
        anstream::adapter::strip_str(&text.to_string()).to_string()
    }

    #[test]
    fn each_rule_and_instance_has_its_drills_or_its_waiver_and_each_unknown_metric_the_nearest_name()
     {
        let unknown = UnknownMetric {
            metric: "container_restarts".into(),
            read_by: ["ServiceOOMKill".to_owned()].into(),
            nearest: Some("container_restart_count".into()),
        };
        let text = text(Some(vec![unknown]));
        assert!(!text.is_complete());
        insta::assert_snapshot!(folded(&shown(&text)), @r#"
        ┌────────────────────┬──────────────────────────────────────┐
        │ rule               │ made to fire by                      │
        ├────────────────────┼──────────────────────────────────────┤
        │ Down{cause="gone"} │ handler_stopped                      │
        │                    │ handler_gone_for_90_s                │
        │ Watchdog           │ none; waived: always fires           │
        │ Lag                │ no drill, and no waiver says why not │
        └────────────────────┴──────────────────────────────────────┘

        ┌──────────────────────┬──────────────────────────────────────┐
        │ instance             │ made to fire by                      │
        ├──────────────────────┼──────────────────────────────────────┤
        │ Down{exchange="okx"} │ no drill, and no waiver says why not │
        └──────────────────────┴──────────────────────────────────────┘

        ┌─────────────────────────────┬─────────────────────┬──────────────────┐
        │ term                        │ brings its alert in │ keeps it away in │
        ├─────────────────────────────┼─────────────────────┼──────────────────┤
        │ Down{cause="gone"}: up == 0 │ handler_stopped     │ no drill         │
        └─────────────────────────────┴─────────────────────┴──────────────────┘

        3 rules loaded by Prometheus: 1 made to fire by a drill, 1 waived, 1 neither
        1 instances: 0 made to fire by a drill, 0 waived, 1 neither
        no drill proves mute time interval night: no drill waits for it
        the waiver of Down{exchange="ftx"} excuses nothing: it is proven, or is not
        there
        7 metrics are read by them and the dashboard, 6 of them are exported
        nothing exports container_restarts, which ServiceOOMKill reads; the nearest name
        is container_restart_count
        "#);
    }

    #[test]
    fn coverage_without_a_prometheus_does_not_claim_that_metrics_are_there() {
        let text = CoverageTable {
            planned: PlannedCoverage {
                waivers: Vec::new(),
                rules: text(None).planned.rules[..2].to_vec(),
                instances: vec![],
                unproven: vec![],
                idle_waivers: vec![],
            },
            terms: vec![],
            ..text(None)
        };
        assert!(text.is_complete());
        let said = "; no Prometheus was asked whether they exist\n";
        assert!(shown(&text).ends_with(said));
    }
}
