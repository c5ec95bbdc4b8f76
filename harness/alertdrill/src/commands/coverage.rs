//! `alertdrill coverage`: which drill makes each rule fire, and whether what the rules read is
//! there.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use alertdrill_core::dashboard::{metrics_read, unknown_metrics};
use alertdrill_core::{Error, Result, RunOutcome, TermDecision, with_watchdogs};
use alertdrill_engine::{Prometheus, RuleEngine as _};
use alertdrill_report::{CoverageTable, PlannedCoverage, RunFolder, term_names};

use super::on_a_stack::prometheus_of_the_stack;
use super::{Done, Selection, latest_run};
use crate::async_runtime::runtime;
use crate::session::dashboard_of;
use crate::written::Written;

/// Which of the rules that Prometheus has loaded the selected drills make fire, and for which of
/// the instances that the settings name; which of the metrics that rules and panels read nothing
/// exports. It fails if a rule or an instance is neither drilled nor waived, a waiver is idle, the
/// last whole run left a term of them undecided, or a metric is unknown.
///
/// Asked is Prometheus at the address `prometheus`, else that of the stack; where none runs, the
/// rules file stands for the loaded rules, and metrics cannot be looked for.
///
/// # Errors
/// As [`Selection::plan`] and [`Written::read`]; [`Error::NoAnswer`] or [`Error::BadAnswer`] of a
/// Prometheus that runs.
pub fn coverage(
    project: &Path,
    programs: &Path,
    selection: Selection<'_>,
    prometheus: Option<&str>,
) -> Result<Done> {
    let plan = selection.plan(project)?;
    let written = Written::read(project)?;
    let to_prove = written.settings.instances_to_prove();
    let demand = written.settings.coverage;
    let routes = written.routes.clone();
    let dashboard = dashboard_of(&written.root, &written.settings)?;
    let (rules, recording, exported, rules_of) = runtime()?.block_on(async {
        let asked = match prometheus {
            Some(address) => Some((
                Prometheus::new(address),
                format!("loaded by Prometheus at {address}"),
            )),
            None => prometheus_of_the_stack(project, programs)
                .await?
                .map(|stack| (stack, "loaded by the stack's Prometheus".to_owned())),
        };
        let Some((prometheus, whence)) = asked else {
            let file = written.rules_shown().display().to_string();
            return Ok((
                written.rules,
                Vec::new(),
                None,
                format!("in {file} (no stack runs that has loaded them)"),
            ));
        };
        let rules = prometheus.alerting_rules(Duration::ZERO).await?;
        let rules = with_watchdogs(rules, &written.settings);
        let recording = prometheus.recording_rules().await?;
        let mut exported = prometheus.metric_names().await?;
        // What is recorded may yield nothing now, and is no unknown metric all the same.
        exported.extend(recording.iter().map(|rule| rule.metric.clone()));
        Ok::<_, Error>((rules, recording, Some(exported), whence))
    })?;
    let read = metrics_read(&rules, &recording, dashboard.as_ref())?;
    let names: BTreeSet<_> = term_names(&rules).collect();
    let mut terms = terms_of_the_last_run(project)?;
    terms.retain(|term| names.contains(&term.term));
    let planned = PlannedCoverage::of(&rules, routes.as_ref(), &to_prove, &plan);
    let planned = planned.demanding(demand);
    let text = CoverageTable {
        terms,
        waivers: planned.waivers.clone(),
        planned,
        rules_of,
        metrics: read.len(),
        unknown: exported.map(|exported| unknown_metrics(&read, &exported)),
    };
    let outcome = if text.is_complete() {
        RunOutcome::Passed
    } else {
        RunOutcome::Failed
    };
    Ok(Done {
        text: text.to_string(),
        outcome,
    })
}

/// What the last run said of the terms of its rules; empty if there was none of the whole suite.
fn terms_of_the_last_run(project: &Path) -> Result<Vec<TermDecision>> {
    let folder = RunFolder::existing(latest_run(project)?);
    Ok(folder.terms()?.unwrap_or_default())
}
