//! Operations of which a side has several series where one is asked for.

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr, LabelModifier, VectorMatchCardinality};

use super::of_rules::{place, rules, told};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{Operator, Reading, joins, name_of, parts, selectors, why_no_match};

pub(in crate::checks) const MANY_TO_MANY: Check = Check {
    id: "expression/many-to-many",
    title: "several series where an operation takes one",
    run,
};

/// Metrics of which a target always has several series, and the labels by which they differ.
const SEVERAL: &[(&str, &str)] = &[
    ("node_cpu_seconds_total", "mode"),
    ("node_cpu", "mode"),
    ("windows_cpu_time_total", "mode"),
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in rules(case.checkout) {
        for binary in joins(expr) {
            if Operator::of(binary).joins_sets() || why_no_match(&reading, binary).is_some() {
                continue;
            }
            if let Some(said) = said(&reading, binary) {
                let place = place(rule, &binary.lhs);
                findings.push(said.of_rule(MANY_TO_MANY.id, rule, place));
            }
        }
    }
    findings
}

fn said(reading: &Reading<'_>, binary: &BinaryExpr) -> Option<Said> {
    let modifier = binary.modifier.as_ref();
    let card = modifier.map(|modifier| &modifier.card);
    let (many_left, many_right) = match card {
        Some(VectorMatchCardinality::ManyToOne(_)) => (true, false),
        Some(VectorMatchCardinality::OneToMany(_)) => (false, true),
        _ => (false, false),
    };
    let left = (!many_left)
        .then(|| several(reading, binary, &binary.lhs))
        .flatten();
    let right = (!many_right)
        .then(|| several(reading, binary, &binary.rhs))
        .flatten();
    let sign = Operator::of(binary).sign();
    let (side, label, is_left) = match (left, right) {
        (Some(label), None) => (&binary.lhs, label, true),
        (_, Some(label)) => (&binary.rhs, label, false),
        (None, None) => return maybe(reading, binary, many_left || many_right),
    };
    let joins_many = many_left || many_right;
    let help = if joins_many || !is_left {
        format!("aggregate `{label}` away on that side, or match by it, too")
    } else {
        format!(
            "aggregate `{label}` away on that side, \
             or let it be the side of many: `{sign} … group_left`"
        )
    };
    Some(Said::error(
        format!(
            "`{}` has one series per `{label}`, and `{sign}` takes one per match: Prometheus \
             refuses it at each evaluation",
            told(side)
        ),
        help,
    ))
}

/// Each side has a label of its own metric that the match does not tell apart: it may have several
/// values, and then each side has several series.
fn maybe(reading: &Reading<'_>, binary: &BinaryExpr, joins_many: bool) -> Option<Said> {
    let left = open_label(reading, binary, &binary.lhs)?;
    let right = open_label(reading, binary, &binary.rhs)?;
    let sign = Operator::of(binary).sign();
    (!joins_many).then(|| {
        Said::warning(
            format!(
                "there may be several series per match on both sides of `{sign}`, by `{left}` on \
                 the left and by `{right}` on the right: Prometheus refuses that at each evaluation"
            ),
            "aggregate each side by the labels that it is matched by: `sum by (…) (…)`",
        )
    })
}

/// A label that a metric as it is exported surely has besides those of its target, that is neither
/// matched by nor fixed.
fn open_label(reading: &Reading<'_>, binary: &BinaryExpr, side: &Expr) -> Option<String> {
    let matching = binary.modifier.as_ref()?.matching.as_ref()?;
    let LabelModifier::Include(on) = matching else {
        return None;
    };
    let aggregates = parts(side)
        .into_iter()
        .any(|part| matches!(part, Expr::Aggregate(_) | Expr::Binary(_)));
    let selectors = selectors(side);
    let ([selector], false) = (selectors.as_slice(), aggregates) else {
        return None;
    };
    let shape = reading.shape(side);
    let fixed = |label: &str| {
        let mut matchers = selector.matchers.matchers.iter();
        matchers.any(|matcher| matcher.name == label)
    };
    let mut labels = shape.always.iter().filter(|label| {
        !["job", "instance"].contains(&label.as_str())
            && !on.labels.contains(label)
            && !fixed(label)
            && !reading.knowledge.is_common_label(label)
    });
    labels.next().cloned()
}

/// The label by which a side surely has several series that the match does not tell apart.
fn several(reading: &Reading<'_>, binary: &BinaryExpr, side: &Expr) -> Option<String> {
    let modifier = binary.modifier.as_ref()?;
    let matching = modifier.matching.as_ref()?;
    let is_matched = |label: &str| match matching {
        LabelModifier::Include(on) => on.labels.iter().any(|name| name == label),
        LabelModifier::Exclude(ignored) => !ignored.labels.iter().any(|name| name == label),
    };
    let shape = reading.shape(side);
    let is_one_of = |label: &str| {
        let mut matchers = shape.matchers.iter();
        shape.is_one || matchers.any(|matcher| matcher.name == label) || !shape.can_have(label)
    };
    let aggregates = parts(side).into_iter().any(|part| {
        matches!(part, Expr::Aggregate(_) | Expr::Binary(_))
            || matches!(part, Expr::Call(call) if call.func.name.starts_with("histogram_")
                || call.func.name.starts_with("absent"))
    });
    if let ([selector], false) = (selectors(side).as_slice(), aggregates) {
        let name = name_of(selector)?;
        let known = SEVERAL.iter().find(|(metric, _)| *metric == name);
        let label = known.map(|(_, label)| *label);
        let label = label.or_else(|| name.ends_with("_bucket").then_some("le"));
        if let Some(label) = label.filter(|label| !is_matched(label) && !is_one_of(label)) {
            return Some(label.to_owned());
        }
    }
    let has_instances = shape.always.contains("instance") && !is_matched("instance");
    (has_instances
        && !is_one_of("instance")
        && is_matched("job")
        && has_several_targets(reading, side))
    .then(|| "instance".to_owned())
}

/// Whether the one job that a side reads has several targets.
fn has_several_targets(reading: &Reading<'_>, side: &Expr) -> bool {
    let selectors = selectors(side);
    let [selector] = selectors.as_slice() else {
        return false;
    };
    let jobs = reading.jobs(selector).unwrap_or_default();
    matches!(jobs.as_slice(), [job] if job.targets.len() > 1)
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_fine, assert_found};
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/many-to-many";
    /// A program whose metrics have labels.
    const SOURCE: &str = "--- app.py\nfrom prometheus_client import Counter, start_http_server\n\
        Counter('done_total', 'x', ['kind'])\nCounter('failed_total', 'x', ['kind', 'why'])\n\
        start_http_server(8000)\n";

    fn of_the_source(expr: &str) -> String {
        of_source(expr, SOURCE)
    }

    fn of_source(expr: &str, source: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: app\n  \
             static_configs: [{{targets: ['localhost:8000']}}]\n--- rules.yml\ngroups:\n\
             - name: g\n  rules:\n  - alert: A\n    expr: {expr}\n{source}"
        )
    }

    #[test]
    fn label_of_all_metrics_of_a_program_makes_no_series() {
        let source = |labels: &str| {
            format!(
                "--- app.js\nconst client = require('prom-client');\n\
                 client.register.setDefaultLabels({{ {labels}: 'shop' }});\n\
                 const used = new client.Gauge({{ name: 'pool_used', help: 'x', labelNames: ['state'] }});\n\
                 const most = new client.Gauge({{ name: 'pool_most', help: 'x', labelNames: ['kind'] }});\n\
                 used.set({{ state: s }}, 1);\nmost.set({{ kind: k }}, 2);\n"
            )
        };
        let expr = "pool_used{state='total'} >= on() pool_most{kind='a'}";
        assert_silent(ID, &of_source(expr, &source("service")));
        let expr = "pool_used >= on() pool_most";
        assert_finds(
            ID,
            &of_source(expr, &source("service")),
            &["rules.yml:5:11"],
        );
    }

    #[test]
    fn labels_that_both_sides_leave_open_may_be_several_series() {
        let expr = "rate(failed_total[5m]) / on (job) rate(done_total[5m]) > 1";
        let expected = "rules.yml:5:16 warning: there may be several series per match on both \
                        sides of `/`, by `kind` on the left and by `kind` on the right";
        assert_finds(ID, &of_the_source(expr), &[expected]);
        for expr in [
            "rate(failed_total[5m]) / on (job, kind) group_left rate(done_total[5m]) > 1",
            "sum by (job) (rate(failed_total[5m])) / on (job) rate(done_total[5m]) > 1",
            "rate(failed_total{kind='a', why='b'}[5m]) / on (job) rate(done_total[5m]) > 1",
            "rate(failed_total[5m]) / on (job, kind) rate(done_total[5m]) > 1",
        ] {
            assert_silent(ID, &of_the_source(expr));
        }
    }

    #[test]
    fn several_series_where_one_is_taken_are_found() {
        assert_found(
            ID,
            "error",
            &[
                "node_load1 / on (instance) rate(node_cpu_seconds_total[5m]) > 2",
                "rate(x_bucket[5m]) / on (job, instance) rate(x_count[5m]) > 2",
                "node_load1 / on (instance) group_left node_cpu_seconds_total > 2",
            ],
        );
    }

    #[test]
    fn job_with_several_targets_is_found() {
        let project = |targets: &str| {
            let rules = alerts_on("a{job=\"api\"} / on (job) sum by (job) (b) > 2");
            format!(
                "{rules}--- prometheus.yml
scrape_configs: [{{job_name: api, static_configs: [{{targets: [{targets}]}}]}}]
"
            )
        };
        assert_finds(ID, &project("'a:1', 'b:1'"), &["rules.yml:5:12 error"]);
        assert_silent(ID, &project("'a:1'"));
    }

    #[test]
    fn one_series_and_sides_of_many_are_fine() {
        assert_fine(
            ID,
            &[
                "node_load1 / on (instance) count by (instance) \
                 (node_cpu_seconds_total{mode=\"idle\"}) > 2",
                "node_cpu_seconds_total * on (instance) group_left (nodename) node_uname_info > 2",
                "rate(x_bucket{le=\"1\"}[5m]) / on (job, instance) rate(x_count[5m]) > 2",
                "a / on (job) sum by (job) (b) > 2",
                "a / ignoring (status) group_left b > 2",
                "a and on (job) b",
                "a / b > 1",
            ],
        );
    }
}
