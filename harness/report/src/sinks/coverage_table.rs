//! What a terminal shows of coverage.

use std::fmt;

use tabled::builder::Builder;
use tabled::settings::Style;

use crate::model::RuleCoverage;
use alertdrill_core::dashboard::UnknownMetric;
use alertdrill_core::style::{bad, harmless, heading};

/// What is known of the coverage of rules, and of what they read.
#[derive(Clone, Debug)]
pub struct CoverageTable {
    /// Per rule, what proves or excuses it.
    pub rules: Vec<RuleCoverage>,
    /// Where the rules come from.
    pub rules_of: String,
    /// How many metrics rules and panels read.
    pub metrics: usize,
    /// Those that nothing exports; `None` if no Prometheus could be asked.
    pub unknown: Option<Vec<UnknownMetric>>,
}

impl CoverageTable {
    /// Whether each rule is covered, and no metric is known to be missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.rules.iter().all(RuleCoverage::is_covered)
            && self.unknown.as_ref().is_none_or(Vec::is_empty)
    }
}

impl fmt::Display for CoverageTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Builder::new();
        table.push_record([heading("rule"), heading("made to fire by")]);
        for rule in &self.rules {
            table.push_record([harmless(&rule.rule), proof(rule)]);
        }
        writeln!(f, "{}\n", table.build().with(Style::sharp()))?;
        let count =
            |of: fn(&RuleCoverage) -> bool| self.rules.iter().filter(|rule| of(rule)).count();
        let drilled = count(|rule| !rule.drills.is_empty());
        let covered = count(RuleCoverage::is_covered);
        let (waived, neither) = (covered - drilled, self.rules.len() - covered);
        let (all, source) = (self.rules.len(), &self.rules_of);
        writeln!(
            f,
            "{all} rules {source}: {drilled} made to fire by a drill, {waived} waived, \
             {neither} neither"
        )?;
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

fn proof(rule: &RuleCoverage) -> String {
    match (&rule.drills[..], &rule.waived) {
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

    fn text(unknown: Option<Vec<UnknownMetric>>) -> CoverageTable {
        let rule = |rule: &str, drills: &[&str], waived: Option<&str>| RuleCoverage {
            rule: rule.to_owned(),
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
            rules,
            rules_of: "loaded by Prometheus".to_owned(),
            metrics: 7,
            unknown,
        }
    }

    fn shown(text: &CoverageTable) -> String {
        anstream::adapter::strip_str(&text.to_string()).to_string()
    }

    #[test]
    fn each_rule_has_its_drills_or_its_waiver_and_each_unknown_metric_the_nearest_name() {
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

        3 rules loaded by Prometheus: 1 made to fire by a drill, 1 waived, 1 neither
        7 metrics are read by them and the dashboard, 6 of them are exported
        nothing exports container_restarts, which ServiceOOMKill reads; the nearest name
        is container_restart_count
        "#);
    }

    #[test]
    fn coverage_without_a_prometheus_does_not_claim_that_metrics_are_there() {
        let text = CoverageTable {
            rules: text(None).rules[..2].to_vec(),
            ..text(None)
        };
        assert!(text.is_complete());
        let said = "; no Prometheus was asked whether they exist\n";
        assert!(shown(&text).ends_with(said));
    }
}
