//! Which terms of the rules decided in a run: a term that never did may be wrong in any way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DrillRecord, Labels, UtcInstant};

/// Whether a term of a rule decided in a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermDecision {
    /// The term as a waiver names it: the rule, a colon, and the term as it is written.
    pub term: String,
    /// The drill in which the alert would have gone were the term not true; `None` if there was
    /// none.
    pub true_in: Option<String>,
    /// The drill in which the alert would have come were the term true; `None` if there was none.
    pub false_in: Option<String>,
    /// Why that is not known, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl TermDecision {
    /// What drills on two stacks decided, of the same terms: a term was seen if it was on one of
    /// them.
    #[must_use]
    pub fn together(mut here: Vec<Self>, there: Vec<Self>) -> Vec<Self> {
        for other in there {
            let Some(same) = here.iter_mut().find(|term| term.term == other.term) else {
                here.push(other);
                continue;
            };
            same.true_in = same.true_in.take().or(other.true_in);
            same.false_in = same.false_in.take().or(other.false_in);
            same.unknown = same.unknown.take().or(other.unknown);
        }
        here
    }

    /// Whether it was seen to decide both ways.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.true_in.is_some() && self.false_in.is_some()
    }
}

/// The drill of `records` whose fault lasted at one of these instants, at which a series of these
/// labels decided: rather one whose alerts have a label's value in common with it.
#[must_use]
pub fn drill_that_decided<'a>(
    labels: &Labels,
    decided_at: &[UtcInstant],
    records: &'a [DrillRecord],
) -> Option<&'a str> {
    let is_about = |record: &DrillRecord| {
        let claims = record.drill.claims();
        let mut values = claims.iter().flat_map(|claim| claim.labels.values());
        values.any(|value| labels.values().any(|label| label == value))
    };
    let lasted = records.iter().filter(|record| {
        let from = record.timeline.first_fault().map(|fault| fault.injected_at);
        let until = record.timeline.finished_at;
        let mut instants = decided_at.iter();
        from.is_some_and(|from| instants.any(|at| from <= *at && *at <= until))
    });
    let lasted: Vec<_> = lasted.collect();
    let best = lasted.iter().find(|record| is_about(record));
    let drill = best.or(lasted.first())?;
    Some(&drill.drill.name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Drill, ExpectedAlert, Fault, FaultRecord, RECORD_SCHEMA_VERSION, Timeline};

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    /// A drill on an exchange whose fault was injected 10 s after the beginning, and that ended
    /// after 60 s.
    fn record(exchange: &str) -> DrillRecord {
        let fault = Fault::stop("kafka");
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(1))
            .label("exchange", exchange);
        let timeline = Timeline {
            faults: vec![FaultRecord {
                fault: fault.clone(),
                injected_at: at(10.0),
                effect_at: None,
                reverting_at: None,
                reverted_at: None,
            }],
            ..Timeline::begun(exchange, at(60.0))
        };
        DrillRecord {
            schema_version: RECORD_SCHEMA_VERSION,
            drill: Drill::new(exchange, fault).expect_alert(alert),
            lane: None,
            timeline,
        }
    }

    #[test]
    fn drill_that_decided_lasted_then_and_is_rather_one_about_the_same_thing() {
        let records = [record("okx"), record("kraken")];
        let of = |exchange: &str, second: f64| {
            let labels = [("exchange".to_owned(), exchange.to_owned())].into();
            drill_that_decided(&labels, &[at(second)], &records)
        };
        assert_eq!(of("kraken", 30.0), Some("kraken"));
        assert_eq!(of("bybit", 30.0), Some("okx"));
        assert_eq!(of("okx", 5.0), None);
        assert_eq!(of("okx", 70.0), None);
    }

    #[test]
    fn term_is_seen_if_each_side_of_it_was_on_some_stack() {
        let term = |name: &str, true_in: Option<&str>, false_in: Option<&str>| TermDecision {
            term: name.to_owned(),
            true_in: true_in.map(str::to_owned),
            false_in: false_in.map(str::to_owned),
            unknown: None,
        };
        let here = vec![term("a", Some("x"), None), term("b", None, None)];
        let there = vec![term("a", Some("y"), Some("z")), term("c", None, None)];
        let together = TermDecision::together(here, there);
        let wanted = [
            term("a", Some("x"), Some("z")),
            term("b", None, None),
            term("c", None, None),
        ];
        assert_eq!(together, wanted);
        assert!(together[0].is_seen() && !together[1].is_seen());
    }
}
