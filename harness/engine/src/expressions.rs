//! The values of the expressions of a drill's alerts, read from Prometheus's samples at the drill's
//! end.

use std::collections::BTreeSet;
use std::time::Duration;

use alertdrill_core::promql::{Limit, Term, number_of, terms_of};
use alertdrill_core::{
    CONDITION_RESOLUTION, Cadence, Drill, Error, ExpressionHistory, Labels, LimitHistory,
    LineSeries, Result, Span, Subject, TermHistory, Timeline, UtcInstant, subjects,
};

use crate::rule_engine::{Ranges, Series};

/// Prometheus answers with at most 11,000 instants (`web/api/v1/api.go`).
const MOST_INSTANTS: f64 = 10_000.0;

/// The values of the expressions of the alerts that decide `drill`, from just before its first
/// fault to its end; empty if it injected no fault.
///
/// # Errors
/// [`Error::NoAnswer`], [`Error::BadAnswer`], or [`Error::BadDescription`] of an expression that
/// cannot be read.
pub async fn expression_histories(
    engine: &dyn Ranges,
    drill: &Drill,
    timeline: &Timeline,
) -> Result<Vec<ExpressionHistory>> {
    let Some(fault) = timeline.first_fault() else {
        return Ok(Vec::new());
    };
    // Two scrapes earlier, to show the steady state too.
    let before = 2 * Cadence::of(&timeline.rules).scrape_interval;
    let (from, until) = (fault.injected_at.minus(before), timeline.finished_at);
    let seconds = (until.seconds_since(from) / MOST_INSTANTS)
        .ceil()
        .max(CONDITION_RESOLUTION.as_secs_f64());
    let times = Times {
        engine,
        from,
        until,
        every: Duration::from_secs_f64(seconds),
    };
    let mut histories = Vec::new();
    for subject in subjects(drill, timeline) {
        histories.push(times.history(subject).await?);
    }
    Ok(histories)
}

/// The instants that a server is asked for.
struct Times<'a> {
    engine: &'a dyn Ranges,
    from: UtcInstant,
    until: UtcInstant,
    every: Duration,
}

impl Times<'_> {
    async fn history(&self, subject: Subject<'_>) -> Result<ExpressionHistory> {
        let query = &subject.rule.query;
        let bad = |reason: String| Error::BadDescription {
            what: format!("the expression `{query}`"),
            reason,
        };
        let held = self.ask(query, &subject).await?;
        let values = held.flat_map(|series| series.values);
        let true_at: BTreeSet<_> = values.map(|(at, _)| at).collect();
        let mut terms = Vec::new();
        for term in terms_of(query).map_err(bad)? {
            terms.push(self.term(term, &subject).await?);
        }
        Ok(ExpressionHistory {
            query: query.clone(),
            from: self.from,
            until: self.until,
            every: self.every,
            holds: Span::through(true_at, self.every),
            terms,
            alert: subject.claim.alert,
            labels: subject.claim.labels,
        })
    }

    async fn term(&self, term: Term, subject: &Subject<'_>) -> Result<TermHistory> {
        let series = self.lines(&term.query, subject).await?;
        let mut limits = Vec::new();
        for Limit { operator, query } in term.limits {
            let series = match number_of(&query) {
                Some(value) => vec![self.constant(value)],
                None => self.lines(&query, subject).await?,
            };
            limits.push(LimitHistory {
                operator,
                query,
                series,
            });
        }
        Ok(TermHistory {
            role: term.role,
            query: term.query,
            series,
            limits,
        })
    }

    fn constant(&self, value: f64) -> LineSeries {
        let last = self.until.seconds_since(self.from);
        LineSeries {
            labels: Labels::new(),
            lines: vec![vec![(0.0, value), (last, value)]],
        }
    }

    async fn lines(&self, query: &str, subject: &Subject<'_>) -> Result<Vec<LineSeries>> {
        let (from, every) = (self.from, self.every);
        let line = |it: Series| LineSeries::through(it.labels, &it.values, from, every);
        Ok(self.ask(query, subject).await?.map(line).collect())
    }

    /// The series of `query` that concern the subject. They are chosen here and not by the query,
    /// because the expression itself may make a label.
    async fn ask<'a>(
        &self,
        query: &str,
        subject: &'a Subject<'_>,
    ) -> Result<impl Iterator<Item = Series> + use<'a>> {
        let span = (self.from, self.until);
        let all = self.engine.range(query, span, self.every).await?;
        let all = all.into_iter();
        Ok(all.filter(|series| subject.concerns(&series.labels)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{body_string_contains, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::Prometheus;
    use alertdrill_core::{ExpectedAlert, Fault, FaultRecord, LoadedRule};

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn drill() -> (Drill, Timeline) {
        let fault = Fault::stop("feed-handler-okx");
        let alert = ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120));
        let drill = Drill::new("x", fault.clone())
            .expect_alert(alert.label("exchange", "okx").label("cause", "gone"));
        let rule = LoadedRule {
            labels: [("cause".to_owned(), "gone".to_owned())].into(),
            ..LoadedRule::example("FeedHandlerDown")
        };
        let fault = FaultRecord {
            fault,
            injected_at: at(0.0),
            effect_at: None,
            reverting_at: None,
            reverted_at: None,
        };
        let timeline = Timeline {
            rules: vec![rule],
            faults: vec![fault],
            ..Timeline::begun("x", at(60.0))
        };
        (drill, timeline)
    }

    async fn answers(server: &MockServer, query: &str, result: serde_json::Value) {
        let answer =
            json!({"status": "success", "data": {"resultType": "matrix", "result": result}});
        Mock::given(method("POST"))
            .and(path("/api/v1/query_range"))
            .and(body_string_contains(query))
            .respond_with(ResponseTemplate::new(200).set_body_json(answer))
            .mount(server)
            .await;
    }

    #[tokio::test]
    async fn expression_is_asked_for_with_its_value_apart_and_of_the_drills_own_labels_only() {
        let (drill, timeline) = drill();
        let (start, down) = (at(-30.0).epoch_s(), at(10.0).epoch_s());
        let up = [0.0, 1.0, 2.0].map(|second| json!([start + second, "1"]));
        let server = MockServer::start().await;
        answers(
            &server,
            "query=up+%3D%3D+0&",
            json!([
                {"metric": {"exchange": "okx"}, "values": [[down, "0"], [down + 1.0, "0"]]},
                {"metric": {"exchange": "kraken"}, "values": [[start, "0"]]},
            ]),
        )
        .await;
        answers(
            &server,
            "query=up&",
            json!([
                {"metric": {"exchange": "okx"}, "values": up},
                {"metric": {"exchange": "kraken"}, "values": [[start, "1"]]},
            ]),
        )
        .await;
        let prometheus = Prometheus::new(&server.address().to_string());
        let histories = expression_histories(&prometheus, &drill, &timeline).await;
        let [history] = histories.unwrap().try_into().unwrap();
        assert_eq!((history.from, history.until), (at(-30.0), at(60.0)));
        let down = Span {
            from: at(10.0),
            until: at(11.0),
        };
        assert_eq!(history.holds, [down]);
        let [term] = history.terms.try_into().unwrap();
        assert_eq!(term.query, "up");
        let [series] = term.series.try_into().unwrap();
        assert_eq!(series.lines, [[(0.0, 1.0), (2.0, 1.0)]]);
        let [limit] = term.limits.try_into().unwrap();
        assert_eq!(limit.operator, "==");
        assert_eq!(limit.series[0].lines[0], [(0.0, 0.0), (90.0, 0.0)]);
    }

    #[tokio::test]
    async fn query_that_fails_is_an_error_and_not_an_expression_that_was_never_true() {
        let (drill, timeline) = drill();
        let server = MockServer::start().await;
        let prometheus = Prometheus::new(&server.address().to_string());
        let histories = expression_histories(&prometheus, &drill, &timeline).await;
        assert!(histories.is_err(), "{histories:?}");
        let unbroken = Timeline {
            faults: vec![],
            ..timeline
        };
        let histories = expression_histories(&prometheus, &drill, &unbroken).await;
        assert_eq!(histories.unwrap(), []);
    }
}
