//! Which metrics rules and a dashboard read.

use std::collections::{BTreeMap, BTreeSet};

use super::Dashboard;
use crate::promql::metrics_of;
use crate::{Error, LoadedRule, RecordingRule, Result};

/// Per metric that the `rules`, what they record or the `dashboard` read, the rules and panels that
/// do.
///
/// # Errors
/// [`Error::BadDescription`] of a query that is no `PromQL`.
pub fn metrics_read(
    rules: &[LoadedRule],
    recording: &[RecordingRule],
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
    for rule in rules {
        reads(&rule.alert, metrics_of(&rule.query))?;
    }
    for rule in recording {
        reads(&rule.metric, metrics_of(&rule.query))?;
    }
    let Some(dashboard) = dashboard else {
        return Ok(read);
    };
    for panel in &dashboard.panels {
        for query in &panel.queries {
            reads(&panel.title, query.metrics())?;
        }
    }
    for query in &dashboard.annotations {
        reads("annotations", query.metrics())?;
    }
    for variable in &dashboard.variables {
        // `label_values(metric, label)`.
        let arguments = variable.strip_prefix("label_values(");
        if let Some((metric, _)) = arguments.and_then(|arguments| arguments.split_once(',')) {
            reads("variables", metrics_of(metric))?;
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_a_recording_rule_reads_is_read_too_and_by_its_own_name() {
        let alert = LoadedRule {
            query: "job:lag:max > 5".to_owned(),
            ..LoadedRule::example("Lag")
        };
        let recording = RecordingRule {
            metric: "job:lag:max".to_owned(),
            query: "max by (job) (lag)".to_owned(),
            evaluation_interval: Duration::from_secs(5),
            sick: None,
        };
        let read = metrics_read(&[alert], &[recording], None).unwrap();
        let read_by = |metric: &str| read[metric].iter().collect::<Vec<_>>();
        assert_eq!(read_by("job:lag:max"), ["Lag"]);
        assert_eq!(read_by("lag"), ["job:lag:max"]);
    }
}
