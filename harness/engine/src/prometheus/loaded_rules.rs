//! From the groups that are loaded to the rules that a judge needs.

use std::time::Duration;

use alertdrill_core::{LoadedRule, RecordingRule, Recordings, Result, SickRule};

use super::answers::{LoadedGroup, RuleKind};
use super::{bad_answer, duration};
use crate::rule_engine::{Evaluated, Evaluations};

/// The health of a rule whose last evaluation failed.
const SICK: &str = "err";

/// How long rules wait for what they read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScrapeWaits {
    /// The longest scrape interval of any target.
    pub(crate) interval: Duration,
    /// The longest scrape timeout.
    pub(crate) timeout: Duration,
    /// What scrapes really take.
    pub(crate) usual: Duration,
}

/// The alerting rules of `groups`, which read what the rules `recording` record.
///
/// # Errors
/// [`alertdrill_core::Error::BadAnswer`] of an expression or a duration that is none.
pub(crate) fn alerting_rules_of(
    groups: Vec<LoadedGroup>,
    recording: &[RecordingRule],
    waits: ScrapeWaits,
) -> Result<Vec<LoadedRule>> {
    let recordings = Recordings(recording);
    let mut loaded = Vec::new();
    for group in groups {
        let evaluation_interval = duration(group.interval)?;
        let alerting = group.rules.into_iter();
        for rule in alerting.filter(|rule| rule.kind == RuleKind::Alerting) {
            let reads_up = recordings.read_up(&rule.query);
            let reads_up = reads_up.map_err(|reason| bad_answer(&rule.query, &reason))?;
            let recorded_within = recordings.delay_of(&rule.query);
            let sick = (rule.health == SICK).then_some(rule.last_error);
            let sick = sick.or_else(|| recordings.sick_one_of(&rule.query));
            loaded.push(LoadedRule {
                annotations: rule.annotations,
                sick,
                is_watchdog: false,
                alert: rule.name,
                group: group.name.clone(),
                labels: rule.labels,
                query: rule.query,
                for_duration: duration(rule.duration)?,
                keep_firing_for: duration(rule.keep_firing_for)?,
                evaluation_interval,
                query_offset: group.query_offset,
                recorded_within,
                scrape_interval: waits.interval,
                scrape_duration: if reads_up { waits.timeout } else { waits.usual },
            });
        }
    }
    Ok(loaded)
}

/// How far the alerting rules of `groups` are evaluated, and which of them cannot be.
///
/// # Errors
/// [`alertdrill_core::Error::BadAnswer`] of a duration that is none.
pub(crate) fn evaluations_of(groups: Vec<LoadedGroup>) -> Result<Evaluations> {
    let mut evaluations = Evaluations::default();
    for group in groups {
        let of_group = Evaluated {
            until: group.last_evaluation,
            interval: duration(group.interval)?,
        };
        let alerting = group.rules.into_iter();
        for rule in alerting.filter(|rule| rule.kind == RuleKind::Alerting) {
            if rule.health == SICK {
                evaluations.sick.push(SickRule {
                    alert: rule.name,
                    group: group.name.clone(),
                    labels: rule.labels,
                    at: rule.last_evaluation.unwrap_or(of_group.until),
                    error: rule.last_error,
                });
                continue;
            }
            let known = evaluations.until.entry(rule.name).or_insert(of_group);
            known.until = known.until.min(of_group.until);
            known.interval = known.interval.max(of_group.interval);
        }
    }
    Ok(evaluations)
}

/// The recording rules of `groups`.
///
/// # Errors
/// [`alertdrill_core::Error::BadAnswer`] of a duration that is none.
pub(crate) fn recording_rules_of(groups: &[LoadedGroup]) -> Result<Vec<RecordingRule>> {
    let mut recording = Vec::new();
    for group in groups {
        let evaluation_interval = duration(group.interval)?;
        let rules = group.rules.iter();
        let of_group = rules.filter(|rule| rule.kind == RuleKind::Recording);
        recording.extend(of_group.map(|rule| RecordingRule {
            metric: rule.name.clone(),
            query: rule.query.clone(),
            evaluation_interval,
            sick: (rule.health == SICK).then(|| rule.last_error.clone()),
        }));
    }
    Ok(recording)
}
