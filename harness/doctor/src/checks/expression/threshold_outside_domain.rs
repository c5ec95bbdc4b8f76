//! A threshold that the values never reach, or never leave.

mod limits;
mod units;

use alertdrill_core::Finding;
use promql_parser::parser::Expr;

use super::of_rules::{alerts, place, told};
use crate::checks::check::{Case, Check, Said};
use crate::expression::{
    Answers, Comparison, Guess, Interval, Operator, Reading, always_answers, bare, chain, constant,
    parts, selectors,
};

pub(in crate::checks) const THRESHOLD_OUTSIDE_DOMAIN: Check = Check {
    id: "expression/threshold-outside-domain",
    title: "a threshold outside of the values that are compared with it",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let reading = Reading::of(case);
    let mut findings = Vec::new();
    for (rule, expr) in alerts(case.checkout) {
        for part in parts(expr) {
            let compared = (!matches!(part, Expr::Paren(_))).then(|| Comparison::of(part));
            let Some(compared) = compared.flatten() else {
                continue;
            };
            let is_whole = std::ptr::eq(bare(expr), part);
            let chained = chain(part).1.len() > 1;
            if chained || constant(compared.subject).is_some() {
                continue;
            }
            let said = said(&reading, &compared, is_whole)
                .or_else(|| units::share_in_words(rule, &compared))
                .or_else(|| units::percentage_in_words(&reading, rule, &compared))
                .or_else(|| units::bytes_in_words(rule, &compared))
                .or_else(|| units::minutes_in_words(rule, &compared))
                .or_else(|| limits::no_limit(case, expr, &compared))
                .or_else(|| limits::no_end(&compared));
            if let Some(said) = said {
                let place = place(rule, compared.subject);
                findings.push(said.of_rule(THRESHOLD_OUTSIDE_DOMAIN.id, rule, place));
            }
        }
    }
    findings
}

fn said(reading: &Reading<'_>, compared: &Comparison<'_>, is_whole: bool) -> Option<Said> {
    units::time_since_1970(reading, compared)
        .or_else(|| never(reading, compared, Guess::Nothing))
        .or_else(|| always(reading, compared).filter(|_| is_whole))
        .or_else(|| never(reading, compared, Guess::ByNames))
        .or_else(|| units::percentage(reading, compared))
        .or_else(|| units::cores(compared))
        .or_else(|| units::bytes(compared))
        .or_else(|| units::seconds(compared))
        .or_else(|| units::milliseconds(compared))
}

/// No value is on that side of the threshold.
fn never(reading: &Reading<'_>, compared: &Comparison<'_>, guess: Guess) -> Option<Said> {
    let values = reading.values(compared.subject, guess);
    if values.is_any() || !compared.operator.takes_none_of(values, compared.number) {
        return None;
    }
    let (shown, threshold) = (told(compared.subject), compared.in_words());
    let help = help(values, compared);
    Some(match guess {
        Guess::Nothing => Said::error(
            format!(
                "`{shown}` is {}, so it is never `{threshold}`",
                values.in_words()
            ),
            help,
        ),
        Guess::ByNames => Said::warning(
            format!(
                "`{shown}` may be {}, as a part of a whole is, and then it is never `{threshold}`",
                values.in_words()
            ),
            help,
        ),
    })
}

fn help(values: Interval, compared: &Comparison<'_>) -> String {
    let number = compared.number;
    let counts = matches!(bare(compared.subject), Expr::Aggregate(aggregate)
        if aggregate.op.to_string() == "count");
    if counts && number <= 1.0 {
        "what there is none of has no count: say `absent(…)`, or `(count(…) or vector(0))`"
            .to_owned()
    } else if values.lies_in(Interval::SHARE) && (1.0..=100.0).contains(&number) {
        format!("compare with {}, or multiply by 100", number / 100.0)
    } else {
        format!(
            "compare with a number that it can have: {}",
            values.in_words()
        )
    }
}

/// Each value is on that side of the threshold.
fn always(reading: &Reading<'_>, compared: &Comparison<'_>) -> Option<Said> {
    let values = reading.values(compared.subject, Guess::Nothing);
    let is_always = !values.is_any()
        && compared.operator != Operator::IsNot
        && compared.operator.takes_all_of(values, compared.number)
        && !selectors(compared.subject).is_empty()
        && always_answers(reading, compared.subject) == Some(Answers::WithoutComparison);
    is_always.then(|| {
        let (shown, threshold) = (told(compared.subject), compared.in_words());
        Said::warning(
            format!(
                "`{shown}` is {}, so it is always `{threshold}`: the alert fires as long as there \
                 is data",
                values.in_words()
            ),
            "compare with a number that divides good from bad",
        )
    })
}

#[cfg(test)]
mod tests;
