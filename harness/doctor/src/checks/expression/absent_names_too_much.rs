//! `absent()` that does not become true when the thing it watches is gone.

mod containers;

use alertdrill_core::Finding;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, VectorSelector};

use super::of_rules::{alerts, rules};
use crate::checkout::Rule;
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Comparison, Interval, Operator, Reading, alternatives, argument, bare, call, constant, name_of,
    parts, selectors,
};

pub(in crate::checks) const ABSENT_NAMES_TOO_MUCH: Check = Check {
    id: "expression/absent-names-too-much",
    title: "`absent()` that stays silent when one of several is gone",
    run,
};

const ABSENCE: &[&str] = &["absent", "absent_over_time"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let watches_up = rules(case.checkout).any(|(_, expr)| compares_up(expr));
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        for part in parts(expr) {
            let of_absence = call(part, ABSENCE).filter(|_| !matches!(part, Expr::Paren(_)));
            let Some(of) = of_absence.and_then(argument) else {
                continue;
            };
            let said = said_of_what_is_never_absent(of)
                .or_else(|| said_of_well(&reading, of))
                .or_else(|| said_of_standstill(rule, of))
                .or_else(|| containers::any_container(of))
                .or_else(|| containers::whole_stack(case.checkout, of))
                .or_else(|| said_of_several(&reading, rule, of))
                .or_else(|| said_of_up(&reading, of).filter(|_| !watches_up));
            if let Some(said) = said {
                let place = rule.place_of("absent");
                findings.push(said.of_rule(ABSENT_NAMES_TOO_MUCH.id, rule, place));
            }
        }
    }
    findings
}

/// `absent(x or vector(0))`
fn said_of_what_is_never_absent(of: &Expr) -> Option<Said> {
    let filled = parts(of).into_iter().find(|part| match part {
        Expr::Binary(binary) if Operator::of(binary) == Operator::Or => {
            call(&binary.rhs, &["vector"]).is_some()
        }
        _ => false,
    })?;
    let is_all = std::ptr::eq(bare(of), bare(filled));
    is_all.then(|| {
        Said::error(
            "`absent` of something `or vector(…)` is never true: the vector is always there",
            "take `or vector(…)` away",
        )
    })
}

/// `absent(up == 0)`: there is nothing that is 0 as long as all is well.
fn said_of_well(reading: &Reading<'_>, of: &Expr) -> Option<Said> {
    let compared = Comparison::of(of)?;
    let values = reading.values(compared.subject, crate::expression::Guess::Nothing);
    let name = match bare(compared.subject) {
        Expr::VectorSelector(selector) => name_of(selector)?,
        _ => return None,
    };
    let asks_for_ill = compared
        .operator
        .takes(compared.number)
        .is_some_and(|taken| taken.holds(0.0) && !taken.holds(1.0));
    (values == Interval::SHARE && asks_for_ill).then(|| {
        let threshold = compared.in_words();
        Said::error(
            format!("`absent({name} {threshold})` is true as long as all is well"),
            format!("say `{name} == 0` for what is down, `absent({name})` for what is gone"),
        )
    })
}

/// `absent(rate(x[1h]))` in an alert on standstill: what stands still has the rate 0.
fn said_of_standstill(rule: &Rule, of: &Expr) -> Option<Said> {
    const STANDSTILL: [&str; 12] = [
        "no", "activity", "traffic", "stopped", "stalled", "stuck", "inactive", "idle", "silent",
        "missing", "stale", "without",
    ];
    let mut of = bare(of);
    while let Expr::Aggregate(aggregate) = of {
        of = bare(&aggregate.expr);
    }
    let growth = call(of, &["rate", "increase", "irate", "changes"])?;
    let name = &rule.name.text;
    let starts = name
        .char_indices()
        .filter(|(at, c)| *at > 0 && c.is_ascii_uppercase());
    let mut ends: Vec<_> = starts.map(|(at, _)| at).collect();
    ends.push(name.len());
    let mut from = 0;
    let speaks_of_it = ends.into_iter().any(|end| {
        let word = name.get(from..end).unwrap_or_default().to_ascii_lowercase();
        from = end;
        STANDSTILL.contains(&word.trim_matches(['_', '-', ' ']))
    });
    speaks_of_it.then(|| {
        let function = growth.func.name;
        Said::warning(
            format!(
                "`absent({function}(…))` may not be true when nothing happens: what stands still \
                 has the {function} 0"
            ),
            format!("say `{function}(…) == 0`, and `absent(…)` besides for a metric that is gone"),
        )
    })
}

/// `absent(up{job=~"a|b"})`: true only when all of them are gone.
fn said_of_several(reading: &Reading<'_>, rule: &Rule, of: &Expr) -> Option<Said> {
    let selectors = selectors(of);
    let [selector] = selectors.as_slice() else {
        return None;
    };
    let mut matchers = selector.matchers.matchers.iter();
    let several = matchers.find_map(|matcher| {
        let named = several_of(reading, matcher)?;
        Some((matcher, named))
    });
    if let Some((matcher, named)) = several {
        let what = name_of(selector).unwrap_or("it");
        return Some(Said::warning(
            format!(
                "`absent` of `{matcher}` is true only when all are gone: when one of {named} is, \
                 it may go unseen"
            ),
            format!(
                "write one `absent({what}{{{}=\"…\"}})` for each, joined by `or`",
                matcher.name
            ),
        ));
    }
    said_of_instances(reading, rule, selector)
}

fn several_of(reading: &Reading<'_>, matcher: &Matcher) -> Option<String> {
    if !matches!(matcher.op, MatchOp::Re(_)) {
        return None;
    }
    let mut named = alternatives(matcher)?;
    if matcher.name == "job" {
        let prometheus = reading.checkout.prometheus.as_ref()?;
        named.retain(|name| prometheus.jobs.iter().any(|job| job.name.text == *name));
    }
    named.retain(|name| !name.is_empty());
    let named: Vec<_> = named.iter().map(|name| format!("`{name}`")).collect();
    (named.len() > 1).then(|| named.join(", "))
}

/// An alert that speaks of an instance, and whose job has several.
fn said_of_instances(
    reading: &Reading<'_>,
    rule: &Rule,
    selector: &VectorSelector,
) -> Option<Said> {
    let speaks_of_one = rule.annotations.iter().any(|(_, text)| {
        let text = text.text.to_lowercase();
        text.contains("$labels.instance") || text.contains(".labels.instance")
    });
    let names_one = !selector.matchers.find_matchers("instance").is_empty();
    if !speaks_of_one || names_one || selector.matchers.find_matchers("job").is_empty() {
        return None;
    }
    let jobs = reading.jobs(selector)?;
    let [job] = jobs.as_slice() else {
        return None;
    };
    let targets = job.targets.len();
    (targets > 1).then(|| {
        let name = &job.name.text;
        Said::warning(
            format!(
                "job `{name}` has {targets} targets, and `absent` is true only when none of them \
                 is there: one that is gone may go unseen"
            ),
            format!("say `up{{job=\"{name}\"}} == 0` for each instance"),
        )
    })
}

/// `absent(up{job="a"})`: a target that is written in the configuration has `up` even when it is
/// down.
fn said_of_up(reading: &Reading<'_>, of: &Expr) -> Option<Said> {
    let selector = match bare(of) {
        Expr::VectorSelector(selector) => selector,
        Expr::MatrixSelector(matrix) => &matrix.vs,
        _ => return None,
    };
    if name_of(selector) != Some("up") || selector.matchers.find_matchers("job").is_empty() {
        return None;
    }
    let jobs = reading.jobs(selector)?;
    let are_written = jobs
        .iter()
        .all(|job| !job.finds_targets && !job.targets.is_empty());
    are_written.then(|| {
        let name = &jobs
            .first()
            .map(|job| job.name.text.as_str())
            .unwrap_or_default();
        Said::warning(
            format!(
                "`up` is 0, not absent, when a target of job `{name}` is down: this alert may \
                 never fire"
            ),
            format!("say `up{{job=\"{name}\"}} == 0`"),
        )
    })
}

/// Whether an expression asks whether something is up.
fn compares_up(expr: &Expr) -> bool {
    parts(expr).into_iter().any(|part| match part {
        Expr::Binary(binary) if Operator::of(binary).compares() => {
            let number = constant(&binary.lhs).or_else(|| constant(&binary.rhs));
            let sides = [&binary.lhs, &binary.rhs].into_iter();
            let mut selectors = sides.flat_map(|side| selectors(side));
            number.is_some() && selectors.any(|selector| name_of(selector) == Some("up"))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, alerts_with};
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/absent-names-too-much";
    const JOBS: &str = "--- prometheus.yml
scrape_configs:
- {job_name: a, static_configs: [{targets: ['a:1', 'b:1']}]}
- {job_name: b, static_configs: [{targets: ['c:1']}]}
";

    fn project(expr: &str) -> String {
        format!("{}{JOBS}", alerts_on(expr))
    }

    #[test]
    fn absence_of_growth_in_an_alert_on_standstill_is_found() {
        let named = |name: &str| {
            project("absent(rate(logins_total[1h]))").replace("alert: A", &format!("alert: {name}"))
        };
        for name in ["NoLogins", "UserActivityMissing", "WorkerStalled"] {
            let found = "rules.yml:5:12 warning: `absent(rate(…))` may not be true when nothing \
                         happens";
            assert_finds(ID, &named(name), &[found]);
        }
        for name in ["LoginMetricGone", "Notify"] {
            assert_silent(ID, &named(name));
        }
    }

    #[test]
    fn absence_that_is_not_seen_is_found() {
        for (expr, severity) in [
            ("absent(up{job=~\"a|b\"} == 1)", "warning"),
            ("absent(container_last_seen{name=~\"api|db\"})", "warning"),
            ("absent(up{job=\"a\"})", "warning"),
            ("absent(up{job=\"a\"} == 0)", "error"),
            ("absent(sum(x) or vector(0))", "error"),
        ] {
            let expected = format!("rules.yml:5:12 {severity}");
            assert_finds(ID, &project(expr), &[&expected]);
        }
    }

    #[test]
    fn absence_that_is_seen_is_fine() {
        for expr in [
            "absent(up{job=\"b\"} == 1)",
            "absent(sum(x))",
            "absent(x{job=\"a\"})",
            "absent(x{path=~\"/api/.*\"})",
            "absent(up{job=~\"b|c\"} == 1)",
            "absent(x{job=\"a\"}) or absent(x{job=\"b\"})",
            "absent(up{job=\"b\"}) or up{job=\"b\"} == 0",
            "absent(x == 0)",
            "absent_over_time(x{job=\"a\"}[10m])",
        ] {
            assert_silent(ID, &project(expr));
        }
    }

    #[test]
    fn alert_of_an_instance_whose_job_has_several_is_found() {
        let of = |job: &str| {
            let expr = format!("absent(x{{job=\"{job}\"}})");
            let more = "annotations: {summary: '{{ $labels.instance }} is gone'}";
            format!("{}{JOBS}", alerts_with(&expr, more))
        };
        assert_finds(ID, &of("a"), &["rules.yml:5:12 warning"]);
        assert_silent(ID, &of("b"));
    }
}
