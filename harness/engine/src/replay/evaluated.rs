//! What rules said of a recording, in the words of the core.

use alertdrill_core::{
    AlertSample, Error, LoadedRule, RecordedServer, RecordingRule, Result, RuleAt, RulesSaid,
    SentWords, SickRule, UnknownMetrics, UtcInstant,
};

use super::messages::EvaluatedAnswer;
use crate::prometheus::{LoadedGroup, ScrapeWaits, alerting_rules_of, recording_rules_of};

/// What rules said of a recording.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// What judges need.
    pub said: RulesSaid,
    /// Per alerting rule, what its expression yielded.
    pub vectors: Vec<RuleVector>,
    /// How often a rule read a sample of which it is not certain that the server saw it in time.
    pub near: u64,
    /// How many evaluations there were.
    pub evaluations: u64,
}

/// What a rule's expression yielded, at all evaluations together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleVector {
    /// The rule.
    pub rule: RuleAt,
    /// The same for the same samples at the same instants.
    pub fingerprint: String,
    /// At how many evaluations there were any.
    pub true_slots: u64,
}

impl Evaluated {
    /// What the replayer answered, for a `server` with these waits.
    pub(super) fn of(answer: EvaluatedAnswer, server: &RecordedServer) -> Result<Self> {
        let EvaluatedAnswer {
            groups,
            alerts,
            told,
            sick,
            vectors,
            unknown_metrics,
            near,
            evaluations,
        } = answer;
        let until = groups.iter().map(|group| group.last_evaluation).max();
        let recording = recording_rules_of(&groups)?;
        let unknown_metrics = unknown_metrics.into_iter();
        let unknown_metrics = unknown_metrics
            .filter_map(|unknown| {
                let in_group = |group: &&LoadedGroup| group.name == unknown.group;
                let rules = groups
                    .iter()
                    .filter(in_group)
                    .flat_map(|group| &group.rules);
                let rule = rules.into_iter().find(|rule| rule.name == unknown.rule)?;
                Some(UnknownMetrics {
                    alert: unknown.rule,
                    labels: rule.labels.clone(),
                    metrics: unknown.metrics,
                })
            })
            .collect();
        let rules = rules_of_groups(groups, &recording, server)?;
        let mut samples = Vec::new();
        for series in alerts {
            for at in series.at_ms {
                samples.push(AlertSample {
                    labels: series.labels.clone(),
                    at: instant(at)?,
                    state: series.state,
                });
            }
        }
        samples.sort_by_key(|sample| sample.at);
        let sent = told.into_iter().map(|told| {
            Ok(SentWords {
                at: instant(told.at_ms)?,
                labels: told.labels,
                annotations: told.annotations,
            })
        });
        let sick = sick.into_iter().map(|sick| {
            Ok(SickRule {
                at: instant(sick.at_ms)?,
                alert: sick.alert,
                group: sick.group,
                labels: sick.labels,
                error: sick.error,
            })
        });
        let vectors = vectors.into_iter().map(|vector| RuleVector {
            rule: RuleAt {
                group: vector.group,
                index: vector.index,
            },
            fingerprint: vector.fingerprint,
            true_slots: vector.true_slots,
        });
        Ok(Self {
            said: RulesSaid {
                rules,
                samples,
                sent: sent.collect::<Result<_>>()?,
                sick: sick.collect::<Result<_>>()?,
                unknown_metrics,
                until,
            },
            vectors: vectors.collect(),
            near,
            evaluations,
        })
    }
}

fn rules_of_groups(
    groups: Vec<LoadedGroup>,
    recording: &[RecordingRule],
    server: &RecordedServer,
) -> Result<Vec<LoadedRule>> {
    let waits = ScrapeWaits {
        interval: server.scrape_interval,
        timeout: server.scrape_timeout,
        usual: server.usual_scrape,
    };
    alerting_rules_of(groups, recording, waits)
}

/// The instant so many milliseconds after the epoch.
fn instant(epoch_ms: i64) -> Result<UtcInstant> {
    UtcInstant::from_epoch_ms(epoch_ms).ok_or_else(|| Error::BadAnswer {
        attempted: "have rules evaluated".to_owned(),
        reason: format!("{epoch_ms} ms is no instant"),
    })
}
