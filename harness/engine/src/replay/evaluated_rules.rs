//! What rules said of a recording, in the words of the core.

use std::time::Duration;

use alertdrill_core::{
    AlertSample, Error, LoadedRule, RecordedServer, RecordingRule, Result, RuleAt, RulesSaid,
    SentWords, SickRule, UnknownMetrics, UtcInstant, rule_for,
};

use super::messages::EvaluatedAnswer;
use crate::prometheus::{LoadedGroup, ScrapeWaits, alerting_rules_of, recording_rules_of};

/// What rules said of a recording.
#[derive(Clone, Debug)]
pub struct EvaluatedRules {
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
}

impl EvaluatedRules {
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
            let alert = series.labels.get("alertname").map_or("", String::as_str);
            let rule = rule_for(alert, &series.labels, &rules);
            // They are stamped with the instant that the evaluation looked at.
            let offset = rule.map_or(Duration::ZERO, |rule| rule.query_offset);
            for at in series.at_ms {
                samples.push(AlertSample {
                    labels: series.labels.clone(),
                    at: instant(at)?.plus(offset),
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
pub(super) fn instant(epoch_ms: i64) -> Result<UtcInstant> {
    UtcInstant::from_epoch_ms(epoch_ms).ok_or_else(|| Error::BadAnswer {
        attempted: "have rules evaluated".to_owned(),
        reason: format!("{epoch_ms} ms is no instant"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use alertdrill_core::Labels;
    use serde_json::json;

    use super::*;

    fn server() -> RecordedServer {
        let wait = Duration::from_secs(5);
        RecordedServer {
            program: "prometheus".to_owned(),
            version: "2.53.3".to_owned(),
            look_back: wait,
            evaluation_interval: wait,
            scrape_interval: wait,
            scrape_timeout: wait,
            usual_scrape: wait,
            external_labels: Labels::new(),
            external_url: String::new(),
            features: BTreeSet::new(),
        }
    }

    #[test]
    fn samples_of_a_rule_with_an_offset_carry_the_instant_of_their_evaluation() {
        let rule = |name: &str| json!({"type": "alerting", "name": name, "query": "x > 0", "health": "ok"});
        let group = |name: &str, offset_s: u64, rule| {
            json!({"name": name, "file": "r.yml", "interval": 5, "queryOffset": offset_s,
                "lastEvaluation": "2026-01-01T00:00:00Z", "rules": [rule]})
        };
        let alert = |name: &str| json!({"labels": {"alertname": name}, "state": "firing", "at_ms": [100_000]});
        let answer = json!({
            "groups": [group("late", 30, rule("Late")), group("now", 0, rule("Now"))],
            "alerts": [alert("Late"), alert("Now")],
            "evaluations": 2,
        });
        let answer: EvaluatedAnswer = serde_json::from_value(answer).unwrap();
        let said = EvaluatedRules::of(answer, &server()).unwrap().said;
        let at_s: Vec<_> = said
            .samples
            .iter()
            .map(|sample| sample.at.epoch_s())
            .collect();
        assert_eq!(at_s, [100.0, 130.0]);
    }
}
