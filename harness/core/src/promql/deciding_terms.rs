//! The terms of an expression that can decide whether an alert comes, and how Prometheus is asked
//! whether one did.
//!
//! A term is each comparison, each side of `and` and `unless` that filters the other, and each
//! label matcher. It *decides* at an instant if the expression's result would be another one were
//! the term otherwise: a comparison that is true decides if the alert would be gone without it, and
//! one that is false decides if the alert would be there. So two expressions are made for each
//! term, in which it is always true and never, and Prometheus is asked when their result differs
//! from that of the rule. That needs no rule of its own for each operator, and is right within
//! `absent`, `unless` and aggregations too.
//!
//! The sides of `or` need no term of their own: one that never makes the alert come has comparisons
//! that never decide.

use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{BinaryExpr, Expr, ParenExpr, VectorSelector, parse, token};

/// A term of an expression, and how Prometheus is asked when it decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingTerm {
    /// The term, as it is written in the expression; a matcher with the metric that it is on.
    pub term: String,
    /// `PromQL` that yields samples while the result would be another one were it not true.
    pub decides_true: String,
    /// `PromQL` that yields samples while the result would be another one if it were true.
    pub decides_false: String,
}

/// The terms of an expression that can decide, in its own order.
///
/// # Errors
/// Why it is no `PromQL`.
pub fn deciding_terms_of(expression: &str) -> Result<Vec<DecidingTerm>, String> {
    let whole = parse(expression)?;
    let mut terms = Terms {
        whole: &whole,
        found: Vec::new(),
    };
    terms.visit(&whole, &|same| same);
    Ok(terms.found)
}

/// Makes the whole expression with one part of it replaced.
type Rebuild<'a> = dyn Fn(Expr) -> Expr + 'a;

struct Terms<'a> {
    whole: &'a Expr,
    found: Vec<DecidingTerm>,
}

impl Terms<'_> {
    fn visit(&mut self, part: &Expr, rebuild: &Rebuild<'_>) {
        match part {
            Expr::Paren(inner) => self.visit(&inner.expr, rebuild),
            Expr::Unary(negated) => {
                self.visit(&negated.expr, &|expr| {
                    let mut negated = negated.clone();
                    negated.expr = in_parentheses(expr);
                    rebuild(Expr::Unary(negated))
                });
            }
            Expr::Aggregate(aggregate) => {
                self.visit(&aggregate.expr, &|expr| {
                    let mut aggregate = aggregate.clone();
                    aggregate.expr = Box::new(expr);
                    rebuild(Expr::Aggregate(aggregate))
                });
            }
            Expr::Subquery(subquery) => {
                self.visit(&subquery.expr, &|expr| {
                    let mut subquery = subquery.clone();
                    subquery.expr = in_parentheses(expr);
                    rebuild(Expr::Subquery(subquery))
                });
            }
            Expr::Call(call) => {
                for (place, argument) in call.args.args.iter().enumerate() {
                    self.visit(argument, &|expr| {
                        let mut call = call.clone();
                        *call.args.args[place] = expr;
                        rebuild(Expr::Call(call))
                    });
                }
            }
            Expr::VectorSelector(selector) => {
                self.matchers(selector, &|selector| {
                    rebuild(Expr::VectorSelector(selector))
                });
            }
            Expr::MatrixSelector(range) => {
                self.matchers(&range.vs, &|selector| {
                    let mut range = range.clone();
                    range.vs = selector;
                    rebuild(Expr::MatrixSelector(range))
                });
            }
            Expr::Binary(binary) => self.binary(binary, rebuild),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
        }
    }

    fn binary(&mut self, binary: &BinaryExpr, rebuild: &Rebuild<'_>) {
        let BinaryExpr { lhs, rhs, op, .. } = binary;
        let is_vector = |side: &Expr| side.value_type() == ValueType::Vector;
        self.visit(lhs, &|expr| {
            let mut binary = binary.clone();
            binary.lhs = in_parentheses(expr);
            rebuild(Expr::Binary(binary))
        });
        match op.id() {
            token::T_LAND => {
                let never = rebuild(nothing_of(lhs));
                let term = format!("and {rhs}");
                self.add(term, &rebuild(alone(lhs)), &never);
            }
            token::T_LUNLESS => {
                let never = rebuild(alone(lhs));
                let term = format!("unless {rhs}");
                self.add(term, &rebuild(nothing_of(lhs)), &never);
            }
            _ if op.is_comparison_operator() && !binary.return_bool() => {
                let looked_at = if is_vector(lhs) { lhs } else { rhs };
                if is_vector(looked_at) {
                    let comparison = Expr::Binary(binary.clone());
                    let never = rebuild(nothing_of(&comparison));
                    self.add(comparison.to_string(), &rebuild(alone(looked_at)), &never);
                }
            }
            _ => {}
        }
        self.visit(rhs, &|expr| {
            let mut binary = binary.clone();
            binary.rhs = in_parentheses(expr);
            rebuild(Expr::Binary(binary))
        });
    }

    fn matchers(&mut self, selector: &VectorSelector, rebuild: &dyn Fn(VectorSelector) -> Expr) {
        // Without a name, a selector may not do without its matchers.
        let Some(metric) = &selector.name else {
            return;
        };
        for (place, matcher) in selector.matchers.matchers.iter().enumerate() {
            let mut others = selector.matchers.matchers.clone();
            others.remove(place);
            let without = VectorSelector {
                matchers: Matchers::new(others),
                ..selector.clone()
            };
            let never = VectorSelector {
                matchers: selector.matchers.clone().append(impossible()),
                ..selector.clone()
            };
            let term = format!("{matcher} of {metric}");
            self.add(term, &rebuild(without), &rebuild(never));
        }
    }

    fn add(&mut self, term: String, always: &Expr, never: &Expr) {
        let whole = self.whole;
        let differs =
            |other: &Expr| format!("(({other}) unless ({whole})) or (({whole}) unless ({other}))");
        self.found.push(DecidingTerm {
            term,
            decides_true: differs(never),
            decides_false: differs(always),
        });
    }
}

fn in_parentheses(expr: Expr) -> Box<Expr> {
    Box::new(Expr::Paren(ParenExpr {
        expr: Box::new(expr),
    }))
}

fn alone(expr: &Expr) -> Expr {
    *in_parentheses(expr.clone())
}

/// An expression that yields nothing, of the kind of `expr`.
fn nothing_of(expr: &Expr) -> Expr {
    *in_parentheses(Expr::Binary(BinaryExpr {
        op: token::TokenType::new(token::T_LUNLESS),
        lhs: in_parentheses(expr.clone()),
        rhs: in_parentheses(expr.clone()),
        modifier: None,
    }))
}

/// A matcher that no series meets: none has such a label.
fn impossible() -> Matcher {
    Matcher::new(MatchOp::Equal, "__never__", "so")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(expression: &str) -> Vec<String> {
        let terms = deciding_terms_of(expression).unwrap().into_iter();
        terms.map(|term| term.term).collect()
    }

    #[test]
    fn terms_are_comparisons_sides_that_filter_and_matchers() {
        assert_eq!(
            names("increase(restarts{job=\"x\"}[2m]) > 0 and on (name) oom == 1"),
            [
                "job=\"x\" of restarts",
                "increase(restarts{job=\"x\"}[2m]) > 0",
                "and oom == 1",
                "oom == 1",
            ]
        );
        assert_eq!(
            names("errors > 0 or failures > 0 unless seen offset 2m"),
            ["errors > 0", "failures > 0", "unless seen offset 2m"]
        );
        assert_eq!(names("5 < sum(lag > bool 3)"), ["5 < sum(lag > bool 3)"]);
        assert_eq!(names("absent(up{job=\"x\"})"), ["job=\"x\" of up"]);
        assert_eq!(names("vector(1)"), [""; 0]);
    }

    #[test]
    fn comparison_decides_while_its_alert_would_go_or_come_without_it() {
        let [term] = deciding_terms_of("lag > 5").unwrap().try_into().unwrap();
        let whole = "(lag > 5)";
        let never = "(((lag > 5) unless (lag > 5)))";
        let always = "((lag))";
        let differs = |other: &str| format!("({other} unless {whole}) or ({whole} unless {other})");
        assert_eq!(term.decides_true, differs(never));
        assert_eq!(term.decides_false, differs(always));
    }

    #[test]
    fn matcher_decides_where_the_series_that_it_leaves_out_would_make_the_alert_come() {
        let term = deciding_terms_of("max_over_time(up{job!=\"x\"}[1m]) == 0")
            .unwrap()
            .remove(0);
        assert!(
            term.decides_false
                .starts_with("(((max_over_time(up[1m])) == 0) unless"),
            "{}",
            term.decides_false
        );
    }

    #[test]
    fn what_prometheus_is_asked_is_promql_again() {
        let expression = "avg by (x) (last_over_time(a{b=~\"c|d\"}[1m])) / 2 >= 0.5 \
                          unless on (x) -absent(e > 1) or max_over_time((f < 3)[5m:10s]) > 2";
        for term in deciding_terms_of(expression).unwrap() {
            for query in [&term.decides_true, &term.decides_false] {
                assert!(parse(query).is_ok(), "{query}");
            }
        }
    }
}
