//! A pattern in a matcher that compares texts, or one of a shell in a matcher that takes regular
//! expressions.

use alertdrill_core::Finding;
use promql_parser::label::{MatchOp, Matcher};

use super::of_rules::rules;
use crate::checks::check::{Case, Check, Said};
use crate::expression::selectors;

pub(in crate::checks) const PATTERN_MISREAD: Check = Check {
    id: "expression/pattern-misread",
    title: "a matcher's pattern is read in another way than it is written for",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // That there is no such job or instance is told of them.
    let is_told = |matcher: &Matcher| {
        let is_of_targets = ["job", "instance"].contains(&matcher.name.as_str());
        is_of_targets && case.checkout.prometheus.is_some() && matches!(matcher.op, MatchOp::Equal)
    };
    for (rule, expr) in rules(case.checkout) {
        let selectors = selectors(expr);
        let matchers = selectors.iter().flat_map(|it| &it.matchers.matchers);
        let found = matchers.filter(|it| !is_told(it) && it.name != "__name__");
        if let Some((said, matcher)) = found.into_iter().find_map(|it| Some((said(it)?, it))) {
            let place = rule.place_of(&matcher.value);
            findings.push(said.of_rule(PATTERN_MISREAD.id, rule, place));
        }
    }
    findings
}

fn said(matcher: &Matcher) -> Option<Said> {
    let (name, value) = (&matcher.name, &matcher.value);
    match matcher.op {
        MatchOp::Equal | MatchOp::NotEqual if is_a_pattern(value) => {
            let (what, sign) = if matches!(matcher.op, MatchOp::Equal) {
                ("may match nothing", "=~")
            } else {
                ("may leave out nothing", "!~")
            };
            Some(Said::warning(
                format!("`{matcher}` {what}: it compares the text `{value}` as it is"),
                format!("write `{name}{sign}\"{value}\"`, which takes it as a pattern"),
            ))
        }
        MatchOp::Re(_) | MatchOp::NotRe(_) => {
            let letter = of_a_shell(value)?;
            Some(Said::warning(
                format!(
                    "`{matcher}` may match other values than it means: `{letter}*` is any number of \
                     `{letter}`, not `{letter}` and whatever follows"
                ),
                format!("write `{letter}.*`"),
            ))
        }
        _ => None,
    }
}

/// Whether a text is a pattern of regular expressions, and no plain value.
fn is_a_pattern(value: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_-.*)".contains(c));
    let has_alternatives = value.match_indices('|').any(|(at, _)| {
        let before = value.get(..at).and_then(|it| it.chars().next_back());
        let after = value.get(at + 1..).and_then(|it| it.chars().next());
        is_word(before) && after.is_some_and(|c| c.is_alphanumeric() || "_-.(^/".contains(c))
    });
    has_alternatives || value.contains(".*") || value.contains(".+")
}

/// The letter before a star, in a pattern that has nothing else of regular expressions.
fn of_a_shell(value: &str) -> Option<char> {
    if value.contains(['.', '[', '(', '\\', '+', '?', '^', '$', '{']) {
        return None;
    }
    let at = value.find('*')?;
    let before = value.get(..at)?.chars().next_back()?;
    (before.is_alphanumeric() || "_-/".contains(before)).then_some(before)
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_fine, assert_found};
    use crate::test_projects::assert_finds;

    const ID: &str = "expression/pattern-misread";

    #[test]
    fn pattern_that_is_compared_as_a_text_is_found() {
        assert_found(
            ID,
            "warning",
            &[
                "rate(http_requests_total{status=\"500|502\"}[5m]) > 1",
                "node_filesystem_avail_bytes{fstype!=\"tmpfs|overlay\"} < 1e9",
                "rate(http_requests_total{status=\"5.*\"}[5m]) > 1",
                "up{job=\"a|b\"} == 0",
            ],
        );
    }

    #[test]
    fn pattern_of_a_shell_is_found() {
        assert_finds(
            ID,
            &alerts_on("rate(http_requests_total{status=~\"5*\"}[5m]) > 1"),
            &[
                "rules.yml:5:46 warning: `status=~\"5*\"` may match other values than it means: `5*` \
                 is any number of `5`",
            ],
        );
        assert_found(
            ID,
            "warning",
            &["node_disk_io_now{device=~\"sda|nvme*\"} > 1"],
        );
    }

    #[test]
    fn look_alikes_are_fine() {
        assert_fine(
            ID,
            &[
                "rate(http_requests_total{status=~\"500|502\"}[5m]) > 1",
                "rate(http_requests_total{status=~\"5..\"}[5m]) > 1",
                "rate(http_requests_total{status=~\"5.*\"}[5m]) > 1",
                "rate(http_requests_total{path=\"/a/*\"}[5m]) > 1",
                "rate(http_requests_total{path=\"/**\"}[5m]) > 1",
                "rate(http_requests_total{path=~\"orders_*.xx\"}[5m]) > 1",
                "rate(http_requests_total{path=\"|\"}[5m]) > 1",
                "rate(http_requests_total{version=\"1.2\"}[5m]) > 1",
            ],
        );
    }
}
