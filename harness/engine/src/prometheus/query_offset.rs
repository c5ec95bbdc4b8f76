//! How far back the evaluations of rules look (`query_offset`).
//!
//! Prometheus stamps the samples of `ALERTS` with the instant that an evaluation looks at, and not
//! with its own (`rules/alerting.go`): with an offset they lie that much before it. Here each
//! sample is given the instant of its evaluation, so that all instants of alerts count by one
//! clock. Prometheus's API does not tell the offsets, so whoever knows its files has to.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alertdrill_core::{Labels, Result, agree, fixed_labels};

use super::answers::LoadedGroup;
use crate::rule_engine::AlertSeries;

/// Tells the offset of each group of rules that has one, by the group's name. It is asked whenever
/// rules are read, because they may have been loaded anew.
pub type WrittenOffsets = Arc<dyn Fn() -> Result<BTreeMap<String, Duration>> + Send + Sync>;

/// The offsets of the rules that are loaded.
#[derive(Clone, Default)]
pub(crate) struct QueryOffsets {
    written: Option<WrittenOffsets>,
    /// The rules that have an offset, as they were when rules were read last.
    rules: Arc<Mutex<Vec<OffsetRule>>>,
}

/// A rule that has an offset.
#[derive(Debug)]
struct OffsetRule {
    alert: String,
    /// The labels that the rule adds to each of its alerts.
    labels: Labels,
    offset: Duration,
}

impl fmt::Debug for QueryOffsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = &*self.rules();
        f.debug_struct("QueryOffsets")
            .field("rules", rules)
            .finish_non_exhaustive()
    }
}

impl QueryOffsets {
    pub(super) fn written(written: WrittenOffsets) -> Self {
        Self {
            written: Some(written),
            ..Self::default()
        }
    }

    /// Gives each of `groups` its offset, and keeps those of its rules for the samples to come.
    pub(super) fn fill_in(&self, groups: &mut [LoadedGroup]) -> Result<()> {
        let Some(written) = &self.written else {
            return Ok(());
        };
        let offsets = written()?;
        for group in &mut *groups {
            group.query_offset = offsets.get(&group.name).copied().unwrap_or_default();
        }
        self.keep(groups);
        Ok(())
    }

    /// Keeps the offsets of the rules of `groups` for the samples to come.
    pub(crate) fn keep(&self, groups: &[LoadedGroup]) {
        let with_offset = groups.iter().filter(|group| !group.query_offset.is_zero());
        let rules = with_offset.flat_map(|group| {
            group.rules.iter().map(|rule| OffsetRule {
                alert: rule.name.clone(),
                labels: fixed_labels(&rule.labels),
                offset: group.query_offset,
            })
        });
        *self.rules() = rules.collect();
    }

    /// How far the samples of an evaluation may lie before it.
    pub(crate) fn longest(&self) -> Duration {
        let rules = self.rules();
        let offsets = rules.iter().map(|rule| rule.offset);
        offsets.max().unwrap_or_default()
    }

    /// The same samples, each with the instant of its evaluation.
    pub(crate) fn at_evaluations(&self, mut series: AlertSeries) -> AlertSeries {
        let rules = self.rules();
        let is_of = |rule: &&OffsetRule| {
            series.labels.get("alertname") == Some(&rule.alert)
                && agree(&rule.labels, &series.labels)
        };
        if let Some(rule) = rules.iter().find(is_of) {
            for at in &mut series.at {
                *at = at.plus(rule.offset);
            }
        }
        series
    }

    fn rules(&self) -> MutexGuard<'_, Vec<OffsetRule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
