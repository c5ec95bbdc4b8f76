//! Operations that meet each series with itself.

use std::cell::RefCell;
use std::collections::BTreeSet;

use promql_parser::label::{METRIC_NAME, Matcher};
use promql_parser::parser::{BinaryExpr, Expr, LabelModifier, VectorSelector};

use super::matching::is_matched;
use super::same::{alike, covers};
use super::{Operator, Reading, bare, parts, same, selectors};

/// The most recorded metrics that read each other and are looked through.
const DEEPEST: usize = 4;

/// How an operation meets each series with itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Itself {
    /// Both sides say the same.
    Same,
    /// One side asks for some values of these labels, which the series of both sides keep.
    ByLabels(BTreeSet<String>),
}

/// How an operation meets each series with itself; `None` if it need not.
pub(crate) fn meets_itself(reading: &Reading<'_>, binary: &BinaryExpr) -> Option<Itself> {
    let (left, right) = (seen(reading, &binary.lhs), seen(reading, &binary.rhs));
    if selectors(left).is_empty() {
        return None;
    }
    if same(left, right) {
        return Some(Itself::Same);
    }
    let labels = narrowed(left, right)?;
    let is_kept = |label: &String| {
        label != METRIC_NAME
            && is_matched(binary, label)
            && keeps(left, label)
            && keeps(right, label)
    };
    (!labels.is_empty() && labels.iter().all(is_kept)).then_some(Itself::ByLabels(labels))
}

/// The expression, or the one of the rule that records it.
fn seen<'a>(reading: &'a Reading<'_>, expr: &'a Expr) -> &'a Expr {
    let mut seen = bare(expr);
    for _ in 0..DEEPEST {
        let Expr::VectorSelector(selector) = seen else {
            break;
        };
        let Some(behind) = reading.recorded_expression(selector) else {
            break;
        };
        seen = bare(behind);
    }
    seen
}

/// The labels by which one of two expressions is narrower than the other; `None` if they differ in
/// more than that.
fn narrowed(left: &Expr, right: &Expr) -> Option<BTreeSet<String>> {
    let labels = RefCell::new(BTreeSet::new());
    let narrows = |left: &VectorSelector, right: &VectorSelector| {
        let (of_left, of_right) = (&left.matchers, &right.matchers);
        if left.name != right.name
            || !of_left.or_matchers.is_empty()
            || !of_right.or_matchers.is_empty()
        {
            return false;
        }
        let (of_left, of_right) = (&of_left.matchers, &of_right.matchers);
        let more: Vec<&Matcher> = if covers(of_left, of_right) {
            let of_left = of_left.iter();
            of_left
                .filter(|matcher| !of_right.contains(matcher))
                .collect()
        } else if covers(of_right, of_left) {
            let of_right = of_right.iter();
            of_right
                .filter(|matcher| !of_left.contains(matcher))
                .collect()
        } else {
            return false;
        };
        let names = more.into_iter().map(|matcher| matcher.name.clone());
        labels.borrow_mut().extend(names);
        true
    };
    alike(left, right, &narrows).then(|| labels.into_inner())
}

/// Whether each series of the result has the label of the one series that it is made of.
fn keeps(expr: &Expr, label: &str) -> bool {
    parts(expr).into_iter().all(|part| match part {
        Expr::Aggregate(aggregate) => match &aggregate.modifier {
            Some(LabelModifier::Include(by)) => by.labels.iter().any(|name| name == label),
            Some(LabelModifier::Exclude(without)) => {
                !without.labels.iter().any(|name| name == label)
            }
            None => false,
        },
        Expr::Call(call) => {
            let name = call.func.name;
            let changes_labels = matches!(
                name,
                "absent" | "absent_over_time" | "label_replace" | "label_join" | "scalar" | "info"
            );
            let takes_buckets = name.starts_with("histogram_") && label == "le";
            !changes_labels && !takes_buckets
        }
        Expr::Binary(binary) => !Operator::of(binary).joins_sets() && is_matched(binary, label),
        _ => true,
    })
}
