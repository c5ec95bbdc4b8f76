//! What of an expression is compared, and what of it must be true.

use promql_parser::parser::Expr;

use super::parts::is_vector;
use super::{Operator, bare, constant};

/// A vector that is compared with a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison<'a> {
    pub(crate) subject: &'a Expr,
    /// As it reads with the number on its right.
    pub(crate) operator: Operator,
    pub(crate) number: f64,
}

impl<'a> Comparison<'a> {
    /// The comparison that an expression is; none if it gives 0 or 1 (`bool`).
    pub(crate) fn of(expr: &'a Expr) -> Option<Self> {
        let Expr::Binary(binary) = bare(expr) else {
            return None;
        };
        let operator = Operator::of(binary);
        if !operator.compares() || binary.return_bool() {
            return None;
        }
        let scalar = |side: &Expr| (!is_vector(side)).then(|| constant(side)).flatten();
        match (scalar(&binary.lhs), scalar(&binary.rhs)) {
            (None, Some(number)) => Some(Self {
                subject: &binary.lhs,
                operator,
                number,
            }),
            (Some(number), None) => Some(Self {
                subject: &binary.rhs,
                operator: operator.turned(),
                number,
            }),
            _ => None,
        }
    }

    /// `> 80`
    pub(crate) fn in_words(&self) -> String {
        format!("{} {}", self.operator.sign(), self.number)
    }
}

/// What is compared with one or more numbers, and with which: of `(x > 5) < 9` it is `x`.
pub(crate) fn chain(expr: &Expr) -> (&Expr, Vec<(Operator, f64)>) {
    let mut subject = bare(expr);
    let mut compared = Vec::new();
    while let Some(outer) = Comparison::of(subject) {
        compared.push((outer.operator, outer.number));
        subject = bare(outer.subject);
    }
    (subject, compared)
}

/// The comparisons of which one or all must be true, not those within what is compared, and not
/// those that mute.
pub(crate) fn comparisons(expr: &Expr) -> Vec<Comparison<'_>> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(next) = open.pop() {
        let Expr::Binary(binary) = bare(next) else {
            continue;
        };
        match Operator::of(binary) {
            Operator::And | Operator::Or => open.extend([&*binary.rhs, &*binary.lhs]),
            Operator::Unless => open.push(&binary.lhs),
            _ => found.extend(Comparison::of(next)),
        }
    }
    found
}

/// The sides of `and`, all of which must be true; the expression itself if it has none.
pub(crate) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(next) = open.pop() {
        match bare(next) {
            Expr::Binary(binary) if Operator::of(binary) == Operator::And => {
                open.extend([&*binary.rhs, &*binary.lhs]);
            }
            Expr::Binary(binary) if Operator::of(binary) == Operator::Unless => {
                open.push(&binary.lhs);
            }
            other => found.push(other),
        }
    }
    found
}
