//! An operator that takes other sides than the expression reads as.

use alertdrill_core::Finding;
use promql_parser::parser::{BinaryExpr, Expr};

use super::of_rules::{alerts, place, told};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Answers, Comparison, Operator, Reading, always_answers, bare, call, comparisons, constant,
    joins, same,
};

pub(in crate::checks) const BINDS_OTHERWISE: Check = Check {
    id: "expression/binds-otherwise",
    title: "an operator takes other sides than it reads as",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        let mut said: Vec<(Said, &Expr)> = Vec::new();
        for binary in joins(expr) {
            said.extend(filling(binary));
            said.extend(part_of_whole(binary));
        }
        if said.is_empty() {
            said.extend(side_without_condition(&reading, expr));
        }
        findings.extend(
            said.into_iter()
                .map(|(said, part)| said.of_rule(BINDS_OTHERWISE.id, rule, place(rule, part))),
        );
    }
    findings
}

/// `a or vector(0) / b`: what fills a gap is divided, and `a` is not.
fn filling(binary: &BinaryExpr) -> Option<(Said, &Expr)> {
    let Expr::Binary(taken) = &*binary.rhs else {
        return None;
    };
    let operator = Operator::of(taken);
    if Operator::of(binary) != Operator::Or || operator.joins_sets() || !fills(&binary.rhs) {
        return None;
    }
    let sign = operator.sign();
    let (left, filled) = (told(&binary.lhs), told(&taken.lhs));
    let said = Said::error(
        format!(
            "`{sign}` binds tighter than `or`: it takes `{filled}` alone, and `{left}` stands as it \
             is"
        ),
        format!("set the two in parentheses: `({left} or {filled}) {sign} …`"),
    );
    Some((said, &binary.lhs))
}

/// Whether an expression that is not in parentheses begins with `vector(…)`.
fn fills(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(binary) => fills(&binary.lhs),
        Expr::Call(it) => {
            it.func.name == "vector"
                && it
                    .args
                    .args
                    .first()
                    .is_some_and(|it| constant(it).is_some())
        }
        _ => false,
    }
}

/// `all - free / all`: only `free` is divided.
fn part_of_whole(binary: &BinaryExpr) -> Option<(Said, &Expr)> {
    if Operator::of(binary) != Operator::Minus || constant(&binary.lhs).is_some() {
        return None;
    }
    let mut divided = &*binary.rhs;
    let ratio = loop {
        let Expr::Binary(inner) = divided else {
            return None;
        };
        match Operator::of(inner) {
            Operator::DividedBy => break inner,
            Operator::Times => divided = &inner.lhs,
            _ => return None,
        }
    };
    same(&binary.lhs, &ratio.rhs).then(|| {
        let (whole, part) = (told(&binary.lhs), told(&ratio.lhs));
        let said = Said::error(
            format!("`/` binds tighter than `-`: only `{part}` is divided by `{whole}`"),
            format!("set the difference in parentheses: `({whole} - {part}) / {whole}`"),
        );
        (said, &*binary.lhs)
    })
}

/// `a or b > 5`: `a` is compared with nothing.
fn side_without_condition<'a>(reading: &Reading<'_>, expr: &'a Expr) -> Option<(Said, &'a Expr)> {
    let Expr::Binary(binary) = bare(expr) else {
        return None;
    };
    if Operator::of(binary) != Operator::Or {
        return None;
    }
    for (side, other) in [(&binary.lhs, &binary.rhs), (&binary.rhs, &binary.lhs)] {
        let is_compared = !comparisons(other).is_empty() || Comparison::of(other).is_some();
        let always = always_answers(reading, side) == Some(Answers::WithoutComparison);
        if is_compared && always && call(side, &["vector", "absent"]).is_none() {
            let (side_shown, other) = (told(side), told(other));
            let said = Said::error(
                format!(
                    "`{side_shown}` is compared with nothing, for `or` joins it with all of \
                     `{other}`: the alert fires as long as it is there"
                ),
                "compare each side, or set the two in parentheses and compare them together",
            );
            return Some((said, side));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{assert_fine, assert_found};

    const ID: &str = "expression/binds-otherwise";

    #[test]
    fn operator_that_takes_less_than_it_reads_as_is_found() {
        assert_found(
            ID,
            "error",
            &[
                "100 * (1 - sum(rate(x_total{code=\"500\"}[5m])) or vector(0) / \
                 sum(rate(x_total[5m]))) < 95",
                "sum(rate(x_total[5m])) or vector(0) > 5",
                "sum(rate(x_total[5m])) or vector(0) * 100 > 5",
                "rate(a_total[5m]) or rate(b_total[5m]) > 0.1",
                "rate(a_total[5m]) > 0.1 or sum(rate(b_total[5m]))",
                "node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes / \
                 node_memory_MemTotal_bytes * 100 > 80",
                "sum(size) - sum(free) / sum(size) > 0.9",
            ],
        );
    }

    #[test]
    fn what_is_in_parentheses_or_compared_on_both_sides_is_fine() {
        assert_fine(
            ID,
            &[
                "(sum(rate(x_total{code=\"500\"}[5m])) or vector(0)) / sum(rate(x_total[5m])) > 0.05",
                "sum(rate(x_total[5m])) > 5 or vector(0) > 1 and x",
                "rate(a_total[5m]) > 1 or rate(b_total[5m]) > 0.1",
                "up == 0 or absent(up)",
                "absent(up) or up == 0",
                "(size - free) / size > 0.9",
                "1 - free / size > 0.9",
                "size - free / 2 > 5",
                "maintenance or x > 5",
                "sum(a) or sum(b)",
                "(a_total or b_total) > 5",
            ],
        );
    }
}
