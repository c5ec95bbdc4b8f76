//! Which terms of the loaded rules decided in the drills of a run, read from Prometheus's samples
//! at the run's end.

use std::time::Duration;

use alertdrill_core::promql::deciding_terms_of;
use alertdrill_core::{
    DrillRecord, Error, LoadedRule, Result, TermDecision, UtcInstant, drill_that_decided,
};

use crate::rule_engine::Ranges;

/// Prometheus answers with at most 11,000 instants (`web/api/v1/api.go`).
const MOST_INSTANTS: f64 = 10_000.0;

/// Per term of each of `rules`, the drills of `records` in which it decided; empty if they injected
/// no fault. What cannot be asked is said of its term.
pub async fn term_decisions(
    engine: &dyn Ranges,
    rules: &[LoadedRule],
    records: &[DrillRecord],
) -> Vec<TermDecision> {
    let faults = records.iter().filter_map(|it| it.timeline.first_fault());
    let from = faults.map(|fault| fault.injected_at).min();
    let until = records.iter().map(|it| it.timeline.finished_at).max();
    let Some(span) = from.zip(until) else {
        return Vec::new();
    };
    let mut decisions = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.is_watchdog) {
        let asked = Asked {
            engine,
            span,
            every: step(rule, span),
            records,
        };
        let name = rule.name_among(rules);
        decisions.extend(asked.decisions(&name, &rule.query).await);
    }
    decisions
}

/// How far the instants are apart that are asked for: as the rule's evaluations, if that many can
/// be answered.
fn step(rule: &LoadedRule, (from, until): (UtcInstant, UtcInstant)) -> Duration {
    let least_s = (until.seconds_since(from) / MOST_INSTANTS).max(0.0);
    rule.evaluation_interval
        .max(Duration::from_secs_f64(least_s.ceil()))
}

/// What a server is asked for.
struct Asked<'a> {
    engine: &'a dyn Ranges,
    span: (UtcInstant, UtcInstant),
    every: Duration,
    records: &'a [DrillRecord],
}

impl Asked<'_> {
    async fn decisions(&self, rule: &str, expression: &str) -> Vec<TermDecision> {
        let terms = match deciding_terms_of(expression) {
            Ok(terms) => terms,
            Err(reason) => return vec![unknown(format!("{rule}: {expression}"), reason)],
        };
        let mut decisions = Vec::new();
        for asked in terms {
            let term = format!("{rule}: {}", asked.term);
            let drills = async {
                let true_in = self.drill(&asked.decides_true).await?;
                Ok::<_, Error>((true_in, self.drill(&asked.decides_false).await?))
            };
            decisions.push(match drills.await {
                Ok((true_in, false_in)) => TermDecision {
                    term,
                    true_in,
                    false_in,
                    unknown: None,
                },
                Err(error) => unknown(term, error.explained()),
            });
        }
        decisions
    }

    /// The drill in which `query` yielded a sample.
    async fn drill(&self, query: &str) -> Result<Option<String>> {
        let answered = self.engine.range(query, self.span, self.every).await?;
        let mut deciding = answered.iter().filter_map(|series| {
            let instants: Vec<_> = series.values.iter().map(|(at, _)| *at).collect();
            drill_that_decided(&series.labels, &instants, self.records)
        });
        Ok(deciding.next().map(str::to_owned))
    }
}

fn unknown(term: String, reason: String) -> TermDecision {
    TermDecision {
        term,
        true_in: None,
        false_in: None,
        unknown: Some(reason),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{body_string_contains, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::Prometheus;
    use alertdrill_core::{Drill, Fault, FaultRecord, RECORD_SCHEMA_VERSION, Timeline};

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn record() -> DrillRecord {
        let fault = Fault::stop("kafka");
        let timeline = Timeline {
            faults: vec![FaultRecord {
                fault: fault.clone(),
                injected_at: at(0.0),
                effect_at: None,
                reverting_at: None,
                reverted_at: None,
            }],
            ..Timeline::begun("kafka_stopped", at(60.0))
        };
        DrillRecord {
            schema_version: RECORD_SCHEMA_VERSION,
            drill: Drill::new("kafka_stopped", fault),
            lane: None,
            timeline,
        }
    }

    /// A rule of two terms, asked of a server that answers `result` to whatever contains `query`,
    /// and that refuses all else.
    async fn decisions(query: &str, result: serde_json::Value) -> Vec<TermDecision> {
        let server = MockServer::start().await;
        let answer =
            json!({"status": "success", "data": {"resultType": "matrix", "result": result}});
        Mock::given(method("POST"))
            .and(body_string_contains(query))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(&server)
            .await;
        let prometheus = Prometheus::new(&server.address().to_string());
        term_decisions(&prometheus, &[LoadedRule::example("Down")], &[record()]).await
    }

    #[tokio::test]
    async fn term_decided_in_the_drill_whose_time_a_sample_is_of() {
        let values = json!([{"metric": {}, "values": [[at(30.0).epoch_s(), "1"]]}]);
        let [term] = decisions("query=", values).await.try_into().unwrap();
        assert_eq!(term.term, "Down: up == 0");
        assert!(term.is_seen());
        assert_eq!(term.false_in.as_deref(), Some("kafka_stopped"));
        let [term] = decisions("query=", json!([])).await.try_into().unwrap();
        assert!(!term.is_seen() && term.unknown.is_none());
    }

    #[tokio::test]
    async fn term_that_cannot_be_asked_for_is_unknown_and_says_why() {
        let [term] = decisions("something else", json!([]))
            .await
            .try_into()
            .unwrap();
        assert!(!term.is_seen());
        assert!(term.unknown.unwrap().contains("failed to"));
    }
}
