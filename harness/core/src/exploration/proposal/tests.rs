use super::*;
use crate::exploration::{CellOutcome, CellSpan, FailureKind, TabledSeries};

fn at(step: u32) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + 5.0 * f64::from(step)).unwrap()
}

fn moved(metric: &str, how: Movement, steady: Option<[f64; 2]>, came_to: f64) -> MovedSeries {
    MovedSeries {
        metric: metric.to_owned(),
        labels: [("job", "api"), ("instance", "api:80")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        service: Some("api".to_owned()),
        how,
        steady,
        came_to: Some(came_to),
        at: at(10),
        strength: 5.0,
    }
}

/// A cell that is broken from step 10 to 20, in which `series` moved.
fn cell(series: MovedSeries) -> MapCell {
    let key = CellKey {
        service: "my-api".to_owned(),
        failure: FailureKind::Hung,
        on: None,
    };
    let service = key.service.clone();
    MapCell {
        span: Some(CellSpan {
            injected_at: at(10),
            effect_at: Some(at(10)),
            reverting_at: Some(at(20)),
            reverted_at: Some(at(20)),
            finished_at: at(24),
        }),
        moved: vec![MovedSeries {
            service: Some(service),
            ..series
        }],
        ..MapCell::unknown(key, CellOutcome::Unseen, "")
    }
}

fn expression(series: MovedSeries, elsewhere: f64) -> Option<String> {
    let step = Duration::from_secs(5);
    let values = (0..40).map(|step| {
        Some(match step {
            10..=20 => series.came_to.unwrap(),
            30 => elsewhere,
            _ => 1.0,
        })
    });
    let table = SeriesTable {
        start: Some(at(0)),
        step,
        series: vec![TabledSeries {
            metric: series.metric.clone(),
            labels: series.labels.clone(),
            values: values.collect(),
        }],
    };
    let candidates = candidates_for(&cell(series), &table, step);
    candidates
        .into_iter()
        .next()
        .map(|candidate| candidate.expr)
}

#[test]
fn limit_lies_between_what_it_came_to_here_and_what_it_was_anywhere_else() {
    let queue = || moved("queue", Movement::Left, Some([1.0, 1.0]), 100.0);
    assert_eq!(
        expression(queue(), 1.0).as_deref(),
        Some(r#"queue{job="api"} > 50"#)
    );
    assert_eq!(
        expression(queue(), 80.0).as_deref(),
        Some(r#"queue{job="api"} > 90"#)
    );
    assert_eq!(
        expression(queue(), 100.0),
        None,
        "it comes to that elsewhere too"
    );
}

#[test]
fn state_that_is_gone_and_a_series_that_ended_need_no_limit() {
    let up = moved("up", Movement::Left, Some([1.0, 1.0]), 0.0);
    assert_eq!(
        expression(up, 1.0).as_deref(),
        Some(r#"up{job="api"} == 0"#)
    );
    let ended = moved("size", Movement::Ended, None, 0.0);
    assert_eq!(
        expression(ended, 1.0).as_deref(),
        Some(r#"absent(size{job="api"})"#)
    );
    let stalled = moved("sent_total", Movement::Pace, Some([9.0, 11.0]), 0.0);
    assert_eq!(
        expression(stalled, 1.0).as_deref(),
        Some(r#"rate(sent_total{job="api"}[20s]) == 0"#)
    );
}

#[test]
fn candidate_is_the_text_of_a_rule() {
    let step = Duration::from_secs(5);
    let series = moved("size", Movement::Ended, None, 0.0);
    let candidates = candidates_for(&cell(series), &SeriesTable::default(), step);
    insta::assert_snapshot!(candidates[0].text(), @r#"
    - alert: MyApiHung
      expr: 'absent(size{job="api"})'
      for: 10s
      labels:
        severity: warning
      annotations:
        summary: "my-api is hung"
    "#);
}
