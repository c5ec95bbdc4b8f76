//! A condition that another one in it excludes, or that excludes nothing.

use alertdrill_core::Finding;
use promql_parser::label::MatchOp;
use promql_parser::parser::{Expr, VectorSelector};

use super::of_rules::{alerts, place, rules, told};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Answers, Interval, Operator, Reading, always_answers, bare, call, chain, comparisons,
    conjuncts, constant, joins, name_of, parts, same, selectors,
};

pub(in crate::checks) const CONTRADICTION: Check = Check {
    id: "expression/contradiction",
    title: "a condition that can never be true, or that is none",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in rules(case.checkout) {
        for selector in selectors(expr) {
            let said = said_of_matchers(selector);
            let name = name_of(selector).unwrap_or("{");
            let found = said.map(|said| said.of_rule(CONTRADICTION.id, rule, rule.place_of(name)));
            findings.extend(found);
        }
    }
    for (rule, expr) in alerts(case.checkout) {
        let said = said_of_bounds(expr)
            .or_else(|| said_of_unless(expr))
            .or_else(|| said_of_constants(expr))
            .or_else(|| said_of_a_filler(expr))
            .or_else(|| said_of_a_truth(expr))
            .or_else(|| said_of_no_condition(&reading, expr));
        let found = said.map(|(said, part)| {
            let place = place(rule, part);
            said.of_rule(CONTRADICTION.id, rule, place)
        });
        findings.extend(found);
    }
    findings
}

/// `{a="x", a="y"}`
fn said_of_matchers(selector: &VectorSelector) -> Option<Said> {
    let matchers = &selector.matchers.matchers;
    let asked = matchers
        .iter()
        .filter(|matcher| matches!(matcher.op, MatchOp::Equal));
    let mut pairs = asked.flat_map(|asked| {
        let all = matchers.iter().filter(|other| other.name == asked.name);
        all.map(move |other| (asked, other))
    });
    let (asked, other) = pairs.find(|(asked, other)| !other.is_match(&asked.value))?;
    Some(Said::error(
        format!("no series has both `{asked}` and `{other}`"),
        format!("say `{}=~\"…|…\"` for one of several values", asked.name),
    ))
}

/// `x > 90 and x < 10`, `x > 5 < 3`
fn said_of_bounds(expr: &Expr) -> Option<(Said, &Expr)> {
    for part in parts(expr) {
        let is_condition = matches!(part, Expr::Binary(_));
        if !is_condition {
            continue;
        }
        let mut bounds: Vec<(&Expr, Interval, String)> = Vec::new();
        for side in conjuncts(part) {
            let (subject, compared) = chain(side);
            if constant(subject).is_some() {
                continue;
            }
            for (operator, number) in compared {
                let Some(taken) = operator.takes(number) else {
                    continue;
                };
                let threshold = format!("{} {number}", operator.sign());
                let earlier = bounds.iter().find(|(other, bounds, _)| {
                    same(other, subject) && bounds.and(taken).is_empty()
                });
                if let Some((_, _, earlier)) = earlier {
                    let shown = told(subject);
                    let said = Said::error(
                        format!("`{shown}` is never both `{earlier}` and `{threshold}`"),
                        "join the two by `or` if one of them is enough, or mend one bound",
                    );
                    return Some((said, subject));
                }
                bounds.push((subject, taken, threshold));
            }
        }
    }
    None
}

/// `x unless x`
fn said_of_unless(expr: &Expr) -> Option<(Said, &Expr)> {
    joins(expr).find_map(|binary| {
        let is_whole = binary
            .modifier
            .as_ref()
            .is_none_or(|how| how.matching.is_none());
        if Operator::of(binary) != Operator::Unless || !is_whole {
            return None;
        }
        let ((left, of_left), (right, of_right)) = (chain(&binary.lhs), chain(&binary.rhs));
        let bounds = |compared: &[(Operator, f64)]| {
            compared
                .iter()
                .try_fold(Interval::ANY, |bounds, (operator, number)| {
                    Some(bounds.and(operator.takes(*number)?))
                })
        };
        let mutes_all = same(left, right) && bounds(&of_left)?.lies_in(bounds(&of_right)?);
        mutes_all.then(|| {
            let (shown, by) = (told(&binary.lhs), told(&binary.rhs));
            let said = Said::error(
                format!("`unless {by}` takes away all that `{shown}` gives"),
                "name another metric, or other matchers, after `unless`",
            );
            (said, &*binary.lhs)
        })
    })
}

/// `x and y == bool 1`: with `bool`, a side has all its series whether they are so or not.
fn said_of_a_truth(expr: &Expr) -> Option<(Said, &Expr)> {
    joins(expr).find_map(|binary| {
        let operator = Operator::of(binary);
        let sides: &[&Expr] = match operator {
            Operator::And => &[&binary.lhs, &binary.rhs],
            Operator::Unless => &[&binary.rhs],
            _ => return None,
        };
        let is_truth = |side: &Expr| matches!(bare(side), Expr::Binary(it) if it.return_bool());
        let side = *sides.iter().find(|side| is_truth(side))?;
        let said = Said::error(
            format!(
                "`{}` asks for nothing: with `bool` a comparison that is false has a result, too \
                 (0), and `{}` only asks whether there is one",
                told(side),
                operator.sign()
            ),
            "leave `bool` away",
        );
        Some((said, side))
    })
}

/// `vector(0) > 0`
fn said_of_constants(expr: &Expr) -> Option<(Said, &Expr)> {
    conjuncts(expr).into_iter().find_map(|side| {
        let (subject, compared) = chain(side);
        let number = constant(subject)?;
        let value = Interval::between(number, number);
        let never = compared
            .iter()
            .find(|(operator, than)| operator.takes_none_of(value, *than));
        let (operator, than) = never?;
        let said = Said::error(
            format!("{number} is never `{} {than}`", operator.sign()),
            "compare a metric with the number",
        );
        Some((said, side))
    })
}

/// `x > 5 or vector(0)`
fn said_of_a_filler(expr: &Expr) -> Option<(Said, &Expr)> {
    let Expr::Binary(binary) = bare(expr) else {
        return None;
    };
    let is_filled =
        Operator::of(binary) == Operator::Or && call(&binary.rhs, &["vector"]).is_some();
    let compares = !comparisons(&binary.lhs).is_empty();
    (is_filled && compares).then(|| {
        let filler = told(&binary.rhs);
        let said = Said::error(
            format!("`or {filler}` behind the comparison always gives a result, so the alert always fires"),
            "put it into what is compared: `(… or vector(0)) > 5`",
        );
        (said, &*binary.lhs)
    })
}

/// An expression that compares nothing.
fn said_of_no_condition<'a>(reading: &Reading<'_>, expr: &'a Expr) -> Option<(Said, &'a Expr)> {
    if let Some(name) = truth(expr) {
        let message = format!("`{name}` is there whether it is 0 or 1, so the alert always fires");
        return Some((Said::error(message, format!("say `{name} == 0`")), expr));
    }
    let said = match always_answers(reading, expr)? {
        Answers::WithTruth => Said::error(
            "with `bool` a comparison that is false has a result, too \
             (0), so the alert always fires",
            "take `bool` away",
        ),
        Answers::WithoutComparison if computes_a_number(expr) => Said::error(
            format!(
                "`{}` is compared with nothing, so the alert fires as long as there is data",
                told(expr)
            ),
            "say how much is too much: `… > 5`",
        ),
        Answers::WithoutComparison => Said::warning(
            format!(
                "`{}` is compared with nothing: the alert may fire as long as there is data",
                told(expr)
            ),
            "say how much is too much: `… > 5`",
        ),
    };
    Some((said, expr))
}

/// The metric that tells what is well and what is not, if an expression is nothing but that.
fn truth(expr: &Expr) -> Option<&str> {
    let Expr::VectorSelector(selector) = bare(expr) else {
        return None;
    };
    let truths = [
        "up",
        "probe_success",
        "mysql_up",
        "pg_up",
        "redis_up",
        "mongodb_up",
    ];
    name_of(selector).filter(|name| truths.contains(name))
}

/// Whether it surely computes how much there is of something, and is no idiom for that it is there.
fn computes_a_number(expr: &Expr) -> bool {
    parts(expr).into_iter().any(|part| match part {
        Expr::Call(call) => matches!(
            call.func.name,
            "rate" | "irate" | "increase" | "histogram_quantile" | "predict_linear" | "deriv"
        ),
        Expr::Aggregate(aggregate) => aggregate.op.to_string() == "avg",
        Expr::Binary(binary) => Operator::of(binary) == Operator::DividedBy,
        _ => false,
    }) && !matches!(bare(expr), Expr::VectorSelector(_))
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{assert_fine, assert_found};

    const ID: &str = "expression/contradiction";

    #[test]
    fn condition_that_is_never_true_is_found() {
        assert_found(
            ID,
            "error",
            &[
                "x > 90 and x < 10",
                "x > 90 and y > 3 and x <= 90",
                "up == 0 and up == 1",
                "x > 5 < 3",
                "(x == 0) > 0",
                "x unless x",
                "(x > 90) unless (x > 80)",
                "x{a=\"1\", a=\"2\"} > 5",
                "x{a=\"1\", a!=\"1\"} > 5",
                "vector(0) > 0",
                "count(x > 5 and x < 2) > 3",
            ],
        );
    }

    #[test]
    fn condition_that_is_none_is_found() {
        for (expr, severity) in [
            ("sum(rate(x_total[5m]))", "error"),
            ("x > bool 5", "error"),
            ("sum(rate(x_total[5m])) > 5 or vector(0)", "error"),
            ("x > 5 or on() vector(1)", "error"),
            ("up{job=\"api\"}", "error"),
            ("(x > bool 5) * (y > bool 3)", "error"),
            ("histogram_quantile(0.9, rate(x_bucket[5m]))", "error"),
            ("errors / requests", "error"),
            ("sum(x)", "warning"),
            ("x > 5 and on () (y == bool 1)", "error"),
            ("(x > bool 5) and y > 1", "error"),
            ("x > 5 unless y > bool 3", "error"),
            ("time() - x", "warning"),
        ] {
            assert_found(ID, severity, &[expr]);
        }
    }

    #[test]
    fn conditions_that_can_be_true_are_fine() {
        assert_fine(
            ID,
            &[
                "x > 10 and x < 90",
                "x > 90 or x < 10",
                "x > 5 < 9",
                "x{a=\"1\"} > 90 and on () x{a=\"2\"} < 10",
                "x > 90 and x offset 1h < 10",
                "vector(1)",
                "vector(1) > 0",
                "absent(x)",
                "ALERTS{alertname=\"A\"}",
                "x unless y",
                "(x > 80) unless (x > 90)",
                "x and y > 5",
                "app_info{version=\"1\"}",
                "problem_present",
                "(x > bool 5) == 1",
                "sum(x > bool 5) > 2",
                "x > 5 and on () (y > bool 1) == 1",
                "count(x > 5)",
                "sum by (job) (x > 5)",
                "x{a=~\"1|2\", a!=\"1\"} > 5",
                "(x > 5) * on (job) group_left (name) job_info",
                "increase(x_total[5m]) > 0 unless on (instance) up == 0",
                "count_over_time(x[5m])",
                "group by (job) (x)",
                "x > y and y > 0",
            ],
        );
    }
}
