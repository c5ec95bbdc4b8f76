//! An operation that meets each series with itself.

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr};

use super::of_rules::{place, rules};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Itself, Operator, Reading, constant, joins, meets_itself, parts, why_no_match,
};

pub(in crate::checks) const ALWAYS_ONE: Check = Check {
    id: "expression/always-one",
    title: "a ratio that divides each series by itself",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in rules(case.checkout) {
        for binary in joins(expr) {
            let Some(itself) = meets_itself(&reading, binary) else {
                continue;
            };
            // Where a side surely lacks what the other asks for, nothing meets at all.
            if why_no_match(&reading, binary).is_some() {
                continue;
            }
            if let Some(said) = said(binary, &itself, expr) {
                let place = place(rule, &binary.lhs);
                findings.push(said.of_rule(ALWAYS_ONE.id, rule, place));
            }
        }
    }
    findings
}

fn said(binary: &BinaryExpr, itself: &Itself, whole: &Expr) -> Option<Said> {
    let operator = Operator::of(binary);
    let result = match operator {
        Operator::DividedBy => "the result is always 1",
        Operator::Minus if !fills_with_nothing(whole) => "the result is always 0",
        Operator::Above | Operator::Below => "it is never true",
        Operator::AtLeast | Operator::AtMost => "it is always true",
        _ => return None,
    };
    if binary.return_bool() || constant(&binary.lhs).is_some() {
        return None;
    }
    let sign = operator.sign();
    Some(match itself {
        Itself::Same => Said::error(
            format!("both sides of `{sign}` are the same, so {result}"),
            "compare with something else: another metric, other matchers, or an earlier time \
             (`offset`)",
        ),
        Itself::ByLabels(labels) => {
            let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
            let labels = labels.join(" and ");
            Said::error(
                format!(
                    "both sides of `{sign}` keep {labels}, so each series meets only itself and \
                     {result}"
                ),
                format!("sum both sides by labels other than {labels}: `sum by (job) (…)`"),
            )
        }
    })
}

/// Whether `x - x` stands for zeros where something else has no series: `a or b - b`.
fn fills_with_nothing(whole: &Expr) -> bool {
    parts(whole)
        .into_iter()
        .any(|part| matches!(part, Expr::Binary(binary) if Operator::of(binary) == Operator::Or))
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_fine, assert_found};
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "expression/always-one";

    #[test]
    fn share_of_itself_is_found() {
        assert_found(
            ID,
            "error",
            &[
                "sum by (status) (rate(x_total{status=~\"5..\"}[5m])) / sum by (status) \
                 (rate(x_total[5m])) > 0.05",
                "rate(errors_total{code=~\"5..\"}[5m]) / rate(errors_total[5m]) > 0.1",
                "100 * (sum without (instance) (rate(x_total{code=\"500\"}[5m])) / sum without \
                 (instance) (rate(x_total[5m]))) > 5",
                "x / x > 0.9",
                "x_bytes - x_bytes > 5",
                "rate(a_total[5m]) > rate(a_total[5m])",
            ],
        );
    }

    #[test]
    fn the_message_names_the_label() {
        let project = alerts_on("rate(x_total{code=~\"5..\"}[5m]) / rate(x_total[5m]) > 0.1");
        let said = "rules.yml:5:17 error: both sides of `/` keep `code`, so each series meets only \
                    itself and the result is always 1";
        assert_finds(ID, &project, &[said]);
    }

    #[test]
    fn share_of_a_sum_and_other_metrics_are_fine() {
        assert_fine(
            ID,
            &[
                "sum(rate(x_total{status=~\"5..\"}[5m])) / sum(rate(x_total[5m])) > 0.05",
                "sum by (job) (rate(x_total{status=~\"5..\"}[5m])) / sum by (job) \
                 (rate(x_total[5m])) > 0.05",
                "sum by (job) (rate(b_bucket{le=\"0.3\"}[5m])) / sum by (job) \
                 (rate(b_count[5m])) < 0.9",
                "rate(x_total{status=\"500\"}[5m]) / ignoring (status) group_left sum without \
                 (status) (rate(x_total[5m])) > 0.1",
                "sum by (job, status) (rate(x_total{status=~\"5..\"}[5m])) / on (job) \
                 group_left sum by (job) (rate(x_total[5m])) > 0.1",
                "x / x offset 1h > 2",
                "x_bytes{area=\"heap\"} / y_bytes{area=\"heap\"} > 0.9",
                "(sum(rate(e_total[5m])) or sum(rate(x_total[5m])) - sum(rate(x_total[5m]))) > 1",
                "rate(x_total[5m]) / rate(x_total[1h]) > 2",
            ],
        );
    }

    #[test]
    fn sides_of_which_one_surely_lacks_the_label_never_meet() {
        let project = |target: &str| {
            let rules = alerts_on(
                "rate(nginx_http_requests_total{status=~\"5..\"}[5m]) / \
                 rate(nginx_http_requests_total[5m]) > 0.1",
            );
            format!(
                "{rules}--- docker-compose.yml\nservices:\n  prometheus:\n    image: \
                 prom/prometheus\n    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml', \
                 './rules.yml:/etc/prometheus/rules.yml']\n  web: {{image: \
                 'nginx/nginx-prometheus-exporter:1.1.0'}}\n  app: {{image: me/app}}\n\
                 --- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: a\n  \
                 static_configs: [{{targets: ['{target}']}}]\n"
            )
        };
        assert_silent(ID, &project("web:9113"));
        assert_finds(ID, &project("app:8080"), &["rules.yml:5:17 error"]);
    }

    #[test]
    fn recorded_share_of_itself_is_found() {
        let project = "--- rules.yml
groups:
- name: g
  rules:
  - {record: 'code:x:rate', expr: 'sum by (code) (rate(x_total[5m]))'}
  - {record: 'code:e:rate', expr: 'sum by (code) (rate(x_total{code=~\"5..\"}[5m]))'}
  - {alert: A, expr: 'code:e:rate / code:x:rate > 0.1'}
";
        assert_finds(ID, project, &["rules.yml:6:23"]);
    }
}
