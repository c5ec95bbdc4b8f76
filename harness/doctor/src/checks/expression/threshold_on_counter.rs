//! A counter that is compared with a number.

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use super::of_rules::{alerts, place, told};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Comparison, Operator, Reading, argument, bare, comparisons, conjuncts, constant, first_name,
    name_of,
};
use crate::knowledge::MetricKind;

pub(in crate::checks) const THRESHOLD_ON_COUNTER: Check = Check {
    id: "expression/threshold-on-counter",
    title: "a counter is compared with a number, not its increase",
    run,
};

/// Counters of damage that stays until the machine is restarted: to alert on them is right.
const OF_DAMAGE: &[&str] = &["node_edac_", "smartmon_", "smartctl_"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        for branch in branches(expr) {
            let conjuncts = conjuncts(branch);
            let each = conjuncts.iter().map(|side| said(&reading, side));
            let Some(each) = each.collect::<Option<Vec<_>>>() else {
                continue;
            };
            for (said, subject) in each {
                let place = place(rule, subject);
                findings.push(said.of_rule(THRESHOLD_ON_COUNTER.id, rule, place));
            }
        }
    }
    findings
}

/// The sides of `or`.
fn branches(expr: &Expr) -> Vec<&Expr> {
    match bare(expr) {
        Expr::Binary(binary) if Operator::of(binary) == Operator::Or => {
            let mut all = branches(&binary.lhs);
            all.extend(branches(&binary.rhs));
            all
        }
        other => vec![other],
    }
}

fn said<'a>(reading: &Reading<'_>, side: &'a Expr) -> Option<(Said, &'a Expr)> {
    let all = comparisons(side);
    let [compared] = all.as_slice() else {
        return None;
    };
    let Comparison { subject, .. } = compared;
    let counters = match counted(reading, subject)? {
        Counted::One => false,
        Counted::Ratio => true,
        Counted::Quantile => return Some((said_of_quantile(subject), subject)),
    };
    let name = first_name(subject)?;
    let threshold = compared.in_words();
    if counters {
        let message = format!(
            "`{}` divides counters: it is the share since they began to count, which hardly moves \
             any more after some days",
            told(subject)
        );
        let help = "divide increases of the same range: `rate(…[5m]) / rate(…[5m])`";
        return Some((Said::warning(message, help), subject));
    }
    let help = format!("compare how much it grew: `increase({name}[5m]) {threshold}`");
    match compared.operator {
        Operator::Above | Operator::AtLeast if compared.number > 0.0 => {
            let message = format!(
                "`{name}` is a counter: once it is {threshold}, the alert fires until the counter \
                 begins again at 0"
            );
            Some((Said::error(message, help), subject))
        }
        Operator::Above | Operator::IsNot if compared.number == 0.0 => {
            let message = format!(
                "`{name}` is a counter: after one event the alert fires until the counter begins \
                 again at 0"
            );
            Some((Said::warning(message, help), subject))
        }
        Operator::Below if compared.number > 0.0 => {
            let message = format!(
                "`{name}` is a counter: it is {threshold} after each restart and never again later"
            );
            Some((Said::warning(message, help), subject))
        }
        _ => None,
    }
}

/// What of counters is compared.
enum Counted {
    One,
    Ratio,
    /// The quantile of a histogram's buckets as they are.
    Quantile,
}

fn said_of_quantile(subject: &Expr) -> Said {
    Said::warning(
        format!(
            "`{}` is a quantile of all since the buckets began to count, which hardly moves any more \
             after some days",
            told(subject)
        ),
        "take the buckets' rate: `histogram_quantile(…, sum by (le) (rate(…_bucket[5m])))`",
    )
}

fn counted(reading: &Reading<'_>, subject: &Expr) -> Option<Counted> {
    match bare(subject) {
        Expr::VectorSelector(selector) => {
            let name = name_of(selector)?;
            if selector.offset.is_some() || OF_DAMAGE.iter().any(|start| name.starts_with(start)) {
                return None;
            }
            if let Some(recorded) = reading.recorded_expression(selector) {
                let is_other = !matches!(bare(recorded), Expr::VectorSelector(_));
                return is_other.then(|| counted(reading, recorded)).flatten();
            }
            let is_counter = matches!(reading.kind(name), Some((MetricKind::Counter, _)));
            is_counter.then_some(Counted::One)
        }
        Expr::Call(call) if call.func.name == "histogram_quantile" => {
            are_raw_buckets(argument(call)?).then_some(Counted::Quantile)
        }
        Expr::Aggregate(aggregate) => {
            let op = aggregate.op.to_string();
            let keeps = ["sum", "max", "min", "avg", "topk", "bottomk"];
            keeps
                .contains(&op.as_str())
                .then(|| counted(reading, &aggregate.expr))
                .flatten()
        }
        Expr::Binary(binary) => {
            let (left, right) = (&*binary.lhs, &*binary.rhs);
            let operator = Operator::of(binary);
            match (constant(left), constant(right)) {
                (None, Some(_)) if is_scaling(operator) => counted(reading, left),
                (Some(_), None) if operator == Operator::Times || operator == Operator::Plus => {
                    counted(reading, right)
                }
                (None, None) => {
                    let (left, right) = (counted(reading, left)?, counted(reading, right)?);
                    match (operator, left, right) {
                        (Operator::Plus, Counted::One, Counted::One) => Some(Counted::One),
                        (Operator::DividedBy, _, Counted::One) => Some(Counted::Ratio),
                        _ => None,
                    }
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether it is a histogram's buckets as they are, summed or not.
fn are_raw_buckets(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Aggregate(aggregate) => are_raw_buckets(&aggregate.expr),
        Expr::VectorSelector(selector) => {
            selector.offset.is_none()
                && name_of(selector)
                    .is_some_and(|name| name.ends_with("_bucket") && !name.contains(':'))
        }
        _ => false,
    }
}

fn is_scaling(operator: Operator) -> bool {
    matches!(
        operator,
        Operator::Times | Operator::DividedBy | Operator::Plus | Operator::Minus
    )
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_fine, assert_found};
    use crate::test_projects::assert_finds;

    const ID: &str = "expression/threshold-on-counter";

    #[test]
    fn raw_counter_is_found() {
        for (expr, severity) in [
            ("http_errors_total > 100", "error"),
            ("100 < sum by (job) (http_errors_total)", "error"),
            ("sum(http_errors_total) * 2 >= 100", "error"),
            ("http_errors_total{code=\"500\"} > 0", "warning"),
            ("sum(errors_total) / sum(requests_total) > 0.05", "warning"),
            (
                "sum(errors_total) / sum(requests_total) * 100 > 5",
                "warning",
            ),
            ("logins_total < 5", "warning"),
            (
                "histogram_quantile(0.9, work_seconds_bucket) > 1",
                "warning",
            ),
            (
                "histogram_quantile(0.9, sum by (le) (work_seconds_bucket)) > 1",
                "warning",
            ),
        ] {
            assert_found(ID, severity, &[expr]);
        }
    }

    #[test]
    fn each_side_of_or_is_found() {
        let project = alerts_on("a_total > 5 or b_total > 5");
        assert_finds(ID, &project, &["rules.yml:5:", "rules.yml:5:"]);
    }

    #[test]
    fn growth_differences_and_guards_are_fine() {
        assert_fine(
            ID,
            &[
                "increase(http_errors_total[5m]) > 100",
                "rate(http_errors_total[5m]) > 0",
                "histogram_quantile(0.9, sum by (le) (rate(work_seconds_bucket[5m]))) > 1",
                "http_errors_total - http_errors_total offset 5m > 10",
                "started_total - finished_total > 5",
                "increase(errors_total[5m]) > 3 and requests_total > 100",
                "http_requests_total == 0",
                "node_edac_uncorrectable_errors_total > 0",
                "time() - backup_created > 5",
                "app_info == 1",
                "changes(x_total[5m]) > 3",
                "queue_length > 100",
                "app_active_users_total > 100",
                "django_migrations_unapplied_total > 0",
                "app_memory_total < 100",
                "job:errors:rate5m > 5",
                "rate(a_total[5m]) / (requests_total > 10) > 1",
            ],
        );
    }
}
