//! The series that an expression selects.

use std::convert::Infallible;
use std::time::Duration;

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

/// Some of all series.
#[derive(Clone, Debug)]
pub struct Selector {
    /// The metric, if it is written before the braces.
    pub metric: Option<String>,
    /// How far back samples are selected; `None` takes the newest.
    pub range: Option<Duration>,
    matchers: Vec<Matcher>,
}

impl Selector {
    fn of(selector: &VectorSelector, range: Option<Duration>) -> Self {
        let matchers = &selector.matchers;
        let alternatives = matchers.or_matchers.iter().flatten();
        Self {
            metric: selector.name.clone(),
            range,
            matchers: matchers
                .matchers
                .iter()
                .chain(alternatives)
                .cloned()
                .collect(),
        }
    }

    /// The value that `label` must have, if there is just one.
    #[must_use]
    pub fn value_of(&self, label: &str) -> Option<&str> {
        let mut matchers = self.matchers.iter();
        let only =
            matchers.find(|matcher| matcher.name == label && matcher.op == MatchOp::Equal)?;
        Some(&only.value)
    }

    /// Whether series whose `label` has this value are selected, as far as that label tells.
    #[must_use]
    pub fn admits(&self, label: &str, value: &str) -> bool {
        let mut matchers = self.matchers.iter();
        matchers.all(|matcher| matcher.name != label || matcher.is_match(value))
    }

    /// Whether it says anything of `label`.
    #[must_use]
    pub fn tells(&self, label: &str) -> bool {
        self.matchers.iter().any(|matcher| matcher.name == label)
    }

    /// Its matchers: each label, and the value or the pattern that it must or must not have.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let matchers = self.matchers.iter();
        matchers.map(|matcher| (matcher.name.as_str(), matcher.value.as_str()))
    }
}

/// What an expression selects, in its order.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn selectors_of(expression: &str) -> Result<Vec<Selector>, String> {
    struct Selectors(Vec<Selector>);
    impl ExprVisitor for Selectors {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            match part {
                Expr::VectorSelector(selector) => self.0.push(Selector::of(selector, None)),
                Expr::MatrixSelector(matrix) => {
                    self.0.push(Selector::of(&matrix.vs, Some(matrix.range)));
                }
                _ => {}
            }
            Ok(true)
        }
    }
    let mut selectors = Selectors(Vec::new());
    let expression = promql_parser::parser::parse(expression)?;
    let _ = walk_expr(&mut selectors, &expression);
    Ok(selectors.0)
}

/// The longest time that an expression looks back, by ranges and subqueries.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn looks_back_of(expression: &str) -> Result<Duration, String> {
    struct LooksBack(Duration);
    impl ExprVisitor for LooksBack {
        type Error = Infallible;
        fn pre_visit(&mut self, part: &Expr) -> Result<bool, Infallible> {
            let range = match part {
                Expr::MatrixSelector(matrix) => matrix.range,
                Expr::Subquery(subquery) => subquery.range,
                _ => Duration::ZERO,
            };
            self.0 = self.0.max(range);
            Ok(true)
        }
    }
    let mut looks_back = LooksBack(Duration::ZERO);
    let expression = promql_parser::parser::parse(expression)?;
    let _ = walk_expr(&mut looks_back, &expression);
    Ok(looks_back.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_have_their_metrics_ranges_and_matchers() {
        let expression = "rate(errors{job=\"api\", code=~\"5..\", env!=\"dev\"}[5m]) > 0 or up";
        let selectors = selectors_of(expression).unwrap();
        let [errors, up] = selectors.as_slice() else {
            panic!("{selectors:?}");
        };
        assert_eq!(errors.metric.as_deref(), Some("errors"));
        assert_eq!(errors.range, Some(Duration::from_secs(300)));
        assert_eq!(
            (errors.value_of("job"), errors.value_of("code")),
            (Some("api"), None)
        );
        assert!(errors.admits("code", "503") && !errors.admits("code", "404"));
        assert!(!errors.admits("env", "dev") && errors.admits("zone", "x"));
        assert!(errors.tells("env") && !errors.tells("zone"));
        assert_eq!((up.metric.as_deref(), up.range), (Some("up"), None));
    }

    #[test]
    fn longest_look_back_is_that_of_ranges_and_subqueries() {
        let of = |expression| looks_back_of(expression).unwrap().as_secs();
        assert_eq!(of("max_over_time(rate(x[1m])[10m:]) > 0"), 600);
        assert_eq!(of("up == 0"), 0);
    }
}
