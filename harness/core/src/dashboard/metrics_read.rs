//! Which metrics rules and a dashboard read.

use std::collections::{BTreeMap, BTreeSet};

use super::Dashboard;
use crate::LoadedRule;
use crate::promql::metrics_of;
use crate::{Error, Result};

/// Per metric that `rules` or `dashboard` read, the rules and panels that do.
///
/// # Errors
/// [`Error::BadDescription`] of a query that is no `PromQL`.
pub fn metrics_read(
    rules: &[LoadedRule],
    dashboard: Option<&Dashboard>,
) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let mut read: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut reads = |who: &str, metrics: Result<BTreeSet<String>, String>| {
        let bad = |reason| Error::BadDescription {
            what: format!("a query of {who}"),
            reason,
        };
        for metric in metrics.map_err(bad)? {
            read.entry(metric).or_default().insert(who.to_owned());
        }
        Ok(())
    };
    rules
        .iter()
        .try_for_each(|rule| reads(&rule.alert, metrics_of(&rule.query)))?;
    let Some(dashboard) = dashboard else {
        return Ok(read);
    };
    for panel in &dashboard.panels {
        panel
            .queries
            .iter()
            .try_for_each(|query| reads(&panel.title, query.metrics()))?;
    }
    dashboard
        .annotations
        .iter()
        .try_for_each(|query| reads("annotations", metrics_of(&query.expr)))?;
    for variable in &dashboard.variables {
        // `label_values(metric, label)`.
        let metric = variable
            .strip_prefix("label_values(")
            .and_then(|rest| rest.split_once(','))
            .map(|(metric, _)| metric);
        reads("variables", metric.map_or(Ok(BTreeSet::new()), metrics_of))?;
    }
    Ok(read)
}
