//! A rule that fires only while another one does, of which it is a part.

use alertdrill_core::Finding;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, VectorSelector};

use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::checks::told::unmuted;
use crate::expression::{Comparison, Operator, bare, name_of};

pub(in crate::checks) const WITHIN_ANOTHER: Check = Check {
    id: "helpful/within-another",
    title: "each outage that a rule tells is told by a wider rule, too",
    run,
};

const HELP: &str = "leave these series out of the wider rule (`job!=\"…\"`), or let an inhibition \
                    mute one of the two";

/// So many rules are compared with each other; of more, nothing is said.
const MOST_RULES: usize = 1000;
/// Labels of rules by which different people are told.
const OF_PEOPLE: [&str; 6] = ["team", "owner", "receiver", "notify", "tenant", "squad"];

/// A rule that compares series of one metric with a number.
struct Condition<'a> {
    rule: &'a Rule,
    selector: &'a VectorSelector,
    compared: Comparison<'a>,
}

impl<'a> Condition<'a> {
    fn of(rule: &'a Rule) -> Option<Self> {
        let compared = Comparison::of(rule.expression.parsed.as_ref().ok()?)?;
        let Expr::VectorSelector(selector) = bare(compared.subject) else {
            return None;
        };
        let is_plain = selector.offset.is_none() && selector.at.is_none();
        (is_plain && selector.matchers.or_matchers.is_empty()).then_some(Self {
            rule,
            selector,
            compared,
        })
    }

    /// Whether it is of this metric's state, which says by itself that something is down.
    fn is_of_a_state(&self) -> bool {
        name_of(self.selector)
            .is_some_and(|name| ["up", "probe_success"].contains(&name) || name.ends_with("_up"))
    }

    fn asks_the_same(&self, other: &Self) -> bool {
        let is_down = |it: &Self| {
            let taken = it.compared.operator.takes(it.compared.number);
            it.compared.operator != Operator::IsNot
                && taken.is_some_and(|taken| taken.holds(0.0) && !taken.holds(1.0))
        };
        name_of(self.selector) == name_of(other.selector) && is_down(self) && is_down(other)
    }

    /// Whether each of its series is one of `wide`, which has others, too.
    fn is_within(&self, wide: &Self) -> bool {
        let of_name = |it: &&Matcher| it.name != "__name__";
        let own: Vec<_> = self
            .selector
            .matchers
            .matchers
            .iter()
            .filter(of_name)
            .collect();
        let mut of_wide = wide
            .selector
            .matchers
            .matchers
            .iter()
            .filter(of_name)
            .peekable();
        let takes_more =
            of_wide.clone().count() < own.len() || of_wide.clone().any(|it| !own.contains(&it));
        takes_more
            && of_wide.all(|wide| {
                own.iter().any(|own| {
                    let is_one = own.op == MatchOp::Equal && own.name == wide.name;
                    *own == wide || is_one && wide.is_match(&own.value)
                })
            })
    }

    fn people(&self) -> Vec<&str> {
        let labels = OF_PEOPLE.iter().map(|name| self.rule.label(name));
        labels
            .map(|it| it.map_or("", |text| text.text.as_str()))
            .collect()
    }
}

fn run(case: &Case<'_>) -> Vec<Finding> {
    let all = case.checkout.alerts().filter_map(Condition::of);
    let all: Vec<_> = all.filter(Condition::is_of_a_state).collect();
    if all.len() > MOST_RULES {
        return Vec::new();
    }
    let pairs = all.iter().filter_map(|narrow| {
        let wide = all.iter().find(|wide| {
            narrow.asks_the_same(wide) && narrow.is_within(wide) && narrow.people() == wide.people()
        })?;
        Some((narrow.rule, wide.rule))
    });
    let pairs = unmuted(case, pairs.collect()).into_iter();
    let findings = pairs.map(|(narrow, wide)| {
        let severity = match severity(wide) {
            it if it == severity(narrow) => "the same severity".to_owned(),
            Some(severity) => format!("the severity `{severity}`"),
            None => "no severity".to_owned(),
        };
        let said = Said::warning(
            format!(
                "each outage may be told twice: `{}` with {severity} fires for these series, too \
                 ({}:{})",
                wide.name.text,
                wide.path().display(),
                wide.name.place.line
            ),
            HELP,
        );
        said.of_rule(WITHIN_ANOTHER.id, narrow, narrow.name.place)
    });
    findings.collect()
}

fn severity(rule: &Rule) -> Option<&str> {
    Some(rule.label("severity")?.text.as_str())
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "helpful/within-another";

    fn rules(narrow: &str, wide: &str) -> String {
        format!(
            "--- rules.yml
groups:
  - name: g
    rules:
      - {{alert: AnyDown, {wide}}}
      - {{alert: ApiDown, {narrow}}}
"
        )
    }

    const EXPECTED: &str = "rules.yml:5:17 warning: each outage may be told twice: `AnyDown` with \
                            the same severity fires for these series, too (rules.yml:4)";

    #[test]
    fn rule_within_another_of_the_same_severity_is_found() {
        for (narrow, wide) in [
            ("expr: 'up{job=\"api\"} == 0'", "expr: up == 0"),
            (
                "expr: 'up{job=\"api\"} < 1', for: 1m",
                "expr: up == 0, for: 2m",
            ),
            (
                "expr: 'up{job=\"api\"} == 0'",
                "expr: 'up{job=~\"api|web\"} == 0'",
            ),
            (
                "expr: 'up{job=\"api\"} == 0'",
                "expr: 'up{job!=\"db\"} == 0'",
            ),
            (
                "expr: 'probe_success{instance=\"a\"} == 0'",
                "expr: probe_success == 0",
            ),
            (
                "expr: 'up{job=\"api\"} == 0', labels: {severity: page, service: api}",
                "expr: up == 0, labels: {severity: page}",
            ),
        ] {
            assert_finds(ID, &rules(narrow, wide), &[EXPECTED]);
        }
    }

    #[test]
    fn rule_within_another_of_other_severity_is_found() {
        let page = "expr: 'up{job=\"api\"} == 0', labels: {severity: page}";
        let info = "expr: up == 0, labels: {severity: info}";
        let expected = "rules.yml:5:17 warning: each outage may be told twice: `AnyDown` with the \
                        severity `info` fires";
        assert_finds(ID, &rules(page, info), &[expected]);
    }

    #[test]
    fn look_alikes_are_silent() {
        for (narrow, wide) in [
            (
                "expr: 'up{job=\"api\"} == 0'",
                "expr: 'up{job!=\"api\"} == 0'",
            ),
            (
                "expr: 'up{job=\"api\"} == 0'",
                "expr: 'up{job=~\"web|db\"} == 0'",
            ),
            ("expr: 'up{job=\"api\"} == 0'", "expr: up == 1"),
            ("expr: up == 0", "expr: up == 0"),
            ("expr: 'sum(up{job=\"api\"}) == 0'", "expr: up == 0"),
            ("expr: 'x{job=\"api\"} == 0'", "expr: x == 0"),
            (
                "expr: 'up{job=\"api\"} == 0', labels: {team: a}",
                "expr: up == 0, labels: {team: b}",
            ),
        ] {
            assert_silent(ID, &rules(narrow, wide));
        }
    }

    #[test]
    fn rule_that_an_inhibition_mutes_is_silent() {
        let project = |equal: &str| {
            format!(
                "--- alertmanager.yml
route: {{receiver: a}}
receivers: [{{name: a, webhook_configs: [{{url: 'https://a.example.org'}}]}}]
inhibit_rules: [{{source_matchers: [alertname=ApiDown], target_matchers: [alertname=AnyDown], \
                 equal: [{equal}]}}]
{}",
                rules("expr: 'up{job=\"api\"} == 0'", "expr: up == 0")
            )
        };
        assert_silent(ID, &project("job"));
        assert_finds(ID, &project("alertname"), &[EXPECTED]);
    }
}
