//! What a `PromQL` expression reads, and what it compares that with.

mod deciding_terms;
mod result_labels;
mod selectors;
mod terms;

use std::collections::BTreeSet;
use std::convert::Infallible;

use promql_parser::parser::Expr;
use promql_parser::util::{ExprVisitor, walk_expr};

pub use deciding_terms::{DecidingTerm, deciding_terms_of};
pub use result_labels::result_labels_of;
pub use selectors::{Selector, looks_back_of, selectors_of};
use terms::compared_with_a_number;
pub use terms::{Limit, Role, Term, number_of, terms_of};

/// The functions that tell the time without an argument
/// (<https://prometheus.io/docs/prometheus/latest/querying/functions/>).
const OF_A_CLOCK: [&str; 9] = [
    "time",
    "minute",
    "hour",
    "day_of_week",
    "day_of_month",
    "day_of_year",
    "days_in_month",
    "month",
    "year",
];

/// The metrics that an expression reads, as they are or over a range.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn metrics_of(expression: &str) -> Result<BTreeSet<String>, String> {
    read_by(expression, true)
}

/// The metrics that an expression reads as they are now, and not over a range.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn metrics_now_of(expression: &str) -> Result<BTreeSet<String>, String> {
    read_by(expression, false)
}

fn read_by(expression: &str, ranges_too: bool) -> Result<BTreeSet<String>, String> {
    struct Metrics {
        ranges_too: bool,
        names: BTreeSet<String>,
    }
    impl ExprVisitor for Metrics {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            match part {
                Expr::VectorSelector(selector) => self.names.extend(selector.name.clone()),
                Expr::MatrixSelector(range) if self.ranges_too => {
                    self.names.extend(range.vs.name.clone());
                }
                _ => {}
            }
            Ok(true)
        }
    }
    let mut metrics = Metrics {
        ranges_too,
        names: BTreeSet::new(),
    };
    walk(&mut metrics, expression)?;
    Ok(metrics.names)
}

/// The functions that an expression calls.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn functions_of(expression: &str) -> Result<BTreeSet<String>, String> {
    struct Functions(BTreeSet<String>);
    impl ExprVisitor for Functions {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            if let Expr::Call(call) = part {
                self.0.insert(call.func.name.to_owned());
            }
            Ok(true)
        }
    }
    let mut functions = Functions(BTreeSet::new());
    walk(&mut functions, expression)?;
    Ok(functions.0)
}

/// The numbers that an expression's values have to be above.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn thresholds_of(expression: &str) -> Result<Vec<f64>, String> {
    struct Thresholds(Vec<f64>);
    impl ExprVisitor for Thresholds {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            if let Expr::Binary(binary) = part
                && let Some((_, operator, number)) = compared_with_a_number(binary)
                && matches!(operator.as_str(), ">" | ">=")
            {
                self.0.push(number);
            }
            Ok(true)
        }
    }
    let mut thresholds = Thresholds(Vec::new());
    walk(&mut thresholds, expression)?;
    Ok(thresholds.0)
}

/// Whether neither a sample nor a clock can change what an expression yields.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn is_constant(expression: &str) -> Result<bool, String> {
    struct Constant(bool);
    impl ExprVisitor for Constant {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            self.0 &= match part {
                Expr::VectorSelector(_) | Expr::MatrixSelector(_) => false,
                Expr::Call(call) => !OF_A_CLOCK.contains(&call.func.name),
                _ => true,
            };
            Ok(self.0)
        }
    }
    let mut constant = Constant(true);
    walk(&mut constant, expression)?;
    Ok(constant.0)
}

/// What an expression compares with numbers, as `PromQL`, in its order.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn compared_of(expression: &str) -> Result<Vec<String>, String> {
    struct Compared(Vec<String>);
    impl ExprVisitor for Compared {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            if let Expr::Binary(binary) = part
                && let Some((compared, _, _)) = compared_with_a_number(binary)
            {
                let compared = compared.to_string();
                if !self.0.contains(&compared) {
                    self.0.push(compared);
                }
            }
            Ok(true)
        }
    }
    let mut compared = Compared(Vec::new());
    walk(&mut compared, expression)?;
    Ok(compared.0)
}

fn walk(
    visitor: &mut impl ExprVisitor<Error = Infallible>,
    expression: &str,
) -> Result<(), String> {
    let expression = promql_parser::parser::parse(expression)?;
    let _ = walk_expr(visitor, &expression);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_those_of_instants_and_of_ranges() {
        let expression =
            "increase(errors_total[2m]) > 0 or last_over_time(lag[1m]) unless on (job) up == 1";
        assert_eq!(
            metrics_of(expression).unwrap(),
            ["errors_total", "lag", "up"].map(str::to_owned).into()
        );
        assert_eq!(
            metrics_now_of(expression).unwrap(),
            ["up"].map(str::to_owned).into()
        );
    }

    #[test]
    fn functions_are_found_wherever_they_are_called() {
        let expression = "a > 1 and on () (hour() > 8 or sum(rate(b[1m])) > absent(c))";
        assert_eq!(
            functions_of(expression).unwrap(),
            ["absent", "hour", "rate"].map(str::to_owned).into()
        );
    }

    #[test]
    fn thresholds_are_what_values_have_to_be_above() {
        let expression = "time() - last_over_time(seen[1m]) > 120 and on (job) up == 1";
        assert_eq!(thresholds_of(expression).unwrap(), [120.0]);
        assert_eq!(thresholds_of("1000 < lag and 5 > age").unwrap(), [1000.0]);
    }

    #[test]
    fn what_is_compared_with_numbers_is_each_part_that_is() {
        let expression =
            "time() - last_over_time(seen[1m]) > 120 and on (job) up{job=\"x\"} == 1 unless a > b";
        assert_eq!(
            compared_of(expression).unwrap(),
            ["time() - last_over_time(seen[1m])", "up{job=\"x\"}"]
        );
        assert_eq!(compared_of("0 == up or 1000 < lag").unwrap(), ["up", "lag"]);
    }

    #[test]
    fn expression_is_constant_that_reads_neither_a_metric_nor_a_clock() {
        for (expression, expected) in [
            ("vector(1)", true),
            ("1 < bool 2", true),
            ("vector(time())", false),
            ("day_of_week() == 6", false),
            ("absent(up)", false),
            ("rate({job=\"a\"}[1m]) > 0", false),
        ] {
            assert_eq!(is_constant(expression), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn what_is_no_promql_is_refused() {
        assert!(metrics_of("sum by (").is_err());
    }
}
