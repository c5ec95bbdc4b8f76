//! The selectors of rules, and how they stand in their expressions.

use std::collections::HashSet;

use alertdrill_core::Finding;
use promql_parser::parser::{Expr, VectorSelector};

use crate::checkout::Rule;
use crate::checks::check::{Case, Said};
use crate::expression::{self, children};

/// A selector in a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selected<'a> {
    pub(super) rule: &'a Rule,
    pub(super) selector: &'a VectorSelector,
    /// The metric's name.
    pub(super) name: &'a str,
    /// Whether another selector stands in for it by `or`.
    pub(super) has_alternative: bool,
}

/// Every selector with a name, of rules that are not loaded.
pub(super) fn unloaded_selectors<'a>(case: &'a Case<'_>) -> Vec<Selected<'a>> {
    let mut found = Vec::new();
    for rule in case.unloaded.iter().flat_map(|file| &file.rules) {
        if let Ok(expression) = &rule.expression.parsed {
            collect(rule, expression, false, &mut found);
        }
    }
    found
}

/// The findings `id` of selectors, each at its metric's name: one for each name in a rule.
pub(super) fn findings_of_names(
    case: &Case<'_>,
    id: &'static str,
    said: impl Fn(&Selected<'_>) -> Option<Said>,
) -> Vec<Finding> {
    let mut seen = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let (rule, name) = (selected.rule, selected.name);
        let Some(said) = said(&selected) else {
            continue;
        };
        if seen.insert((std::ptr::from_ref(rule), name)) {
            findings.push(said.of_rule(id, rule, rule.place_of(name)));
        }
    }
    findings
}

/// Every selector with a name, of every rule.
pub(super) fn selectors<'a>(case: &'a Case<'_>) -> Vec<Selected<'a>> {
    let mut found = Vec::new();
    for rule in case.checkout.rules() {
        if let Ok(expression) = &rule.expression.parsed {
            collect(rule, expression, false, &mut found);
        }
    }
    found
}

fn collect<'a>(rule: &'a Rule, it: &'a Expr, has_alternative: bool, found: &mut Vec<Selected<'a>>) {
    let mut add = |selector: &'a VectorSelector| {
        if let Some(name) = &selector.name {
            found.push(Selected {
                rule,
                selector,
                name,
                has_alternative,
            });
        }
    };
    match it {
        Expr::VectorSelector(selector) => add(selector),
        Expr::MatrixSelector(matrix) => add(&matrix.vs),
        Expr::Binary(binary) if binary.op.to_string() == "or" => {
            let stands_in =
                |other: &Expr| has_alternative || !expression::selectors(other).is_empty();
            collect(rule, &binary.lhs, stands_in(&binary.rhs), found);
            collect(rule, &binary.rhs, stands_in(&binary.lhs), found);
        }
        other => {
            for part in children(other) {
                collect(rule, part, has_alternative, found);
            }
        }
    }
}
