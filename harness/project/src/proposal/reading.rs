//! What a rule looks at, term by term.

use std::collections::BTreeSet;

use alertdrill_core::promql::{Limit, Role, Selector, functions_of, selectors_of, terms_of};

/// One thing that a rule looks at.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) query: String,
    pub(super) limits: Vec<Limit>,
    pub(super) selectors: Vec<Selector>,
    pub(super) functions: BTreeSet<String>,
}

impl Look {
    /// Whether one of its metrics is meant.
    pub(super) fn metric_is(&self, is_meant: impl Fn(&str) -> bool) -> bool {
        self.selector_of(is_meant).is_some()
    }

    /// The first selector whose metric is meant.
    pub(super) fn selector_of(&self, is_meant: impl Fn(&str) -> bool) -> Option<&Selector> {
        let mut selectors = self.selectors.iter();
        selectors.find(|selector| selector.metric.as_deref().is_some_and(&is_meant))
    }

    pub(super) fn calls(&self, function: &str) -> bool {
        self.functions.contains(function)
    }

    /// Whether it is true while its value is low: `== 0`, `< 1`, `!= 1`.
    pub(super) fn wants_less(&self) -> bool {
        let counts_zeros = self.query.contains("== 0") && self.calls_for_more();
        let mut limits = self.limits.iter();
        counts_zeros
            || limits.any(|limit| match limit.operator.as_str() {
                "<" | "<=" => true,
                "==" => limit.query == "0",
                "!=" => limit.query == "1",
                _ => false,
            })
    }

    /// Whether it looks at each series by itself, as it is or over a time.
    pub(super) fn is_of_each_series(&self) -> bool {
        let query = self.query.trim_matches(['(', ')']);
        let inner = query
            .split_once("_over_time(")
            .map_or(query, |(_, inner)| inner);
        let metrics = self
            .selectors
            .iter()
            .filter_map(|one| one.metric.as_deref());
        let end = metrics.map(|metric| inner.strip_prefix(metric).unwrap_or("?"));
        let is_selector = |end: &str| end.is_empty() || end.starts_with(['{', '[']);
        self.selectors.len() == 1 && end.into_iter().all(is_selector)
    }

    /// Whether it is true while its value is high.
    pub(super) fn calls_for_more(&self) -> bool {
        let mut limits = self.limits.iter();
        limits.any(|limit| [">", ">="].contains(&limit.operator.as_str()))
    }
}

/// What a rule looks at. What must not be so is left out.
#[derive(Debug)]
pub(super) struct Looks {
    /// Each of them is enough.
    pub(super) bring: Vec<Look>,
    /// What must be so besides.
    pub(super) besides: Vec<Look>,
}

/// What a rule looks at.
///
/// # Errors
/// Why it is no `PromQL`.
pub(super) fn looks_of(query: &str) -> Result<Looks, String> {
    let (mut bring, mut besides) = (Vec::new(), Vec::new());
    for term in terms_of(query)? {
        let looks = match term.role {
            Role::First | Role::Or => &mut bring,
            Role::And => &mut besides,
            Role::Unless => continue,
        };
        looks.push(Look {
            selectors: selectors_of(&term.query)?,
            functions: functions_of(&term.query)?,
            query: term.query,
            limits: term.limits,
        });
    }
    Ok(Looks { bring, besides })
}
