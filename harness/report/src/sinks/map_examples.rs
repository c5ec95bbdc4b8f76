//! A map that tests show.

use alertdrill_core::UtcInstant;
use alertdrill_core::exploration::{
    CellAlert, CellKey, CellOutcome, CellSpan, Delivered, ExplorationMap, FailureKind,
    MAP_SCHEMA_VERSION, MapCell, MovedSeries, Movement, ProposedRule, Segment, TouchedService,
};

fn at(second: f64) -> UtcInstant {
    UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
}

fn cell(service: &str, failure: FailureKind, outcome: CellOutcome, from_s: f64) -> MapCell {
    let key = CellKey {
        service: service.to_owned(),
        failure,
        on: (failure == FailureKind::CutOff).then(|| "back".to_owned()),
    };
    MapCell {
        span: Some(CellSpan {
            injected_at: at(from_s),
            effect_at: Some(at(from_s + 1.0)),
            reverting_at: Some(at(from_s + 60.0)),
            reverted_at: Some(at(from_s + 61.0)),
            finished_at: at(from_s + 80.0),
        }),
        segment: Some("segment-1".to_owned()),
        ..MapCell::unknown(key, outcome, "")
    }
}

fn alert(from_s: f64, receiver: Option<&str>) -> CellAlert {
    CellAlert {
        alert: "WorkerDown".to_owned(),
        labels: [("alertname".to_owned(), "WorkerDown".to_owned())].into(),
        pending_at: Some(at(from_s + 4.0)),
        firing_at: Some(at(from_s + 14.0)),
        told: receiver.map(|receiver| Delivered {
            receiver: receiver.to_owned(),
            at: at(from_s + 19.0),
        }),
        resolved_at: Some(at(from_s + 70.0)),
    }
}

/// Two services, one of each that matters.
pub(crate) fn example_map() -> ExplorationMap {
    let mut stopped = cell("worker", FailureKind::Stopped, CellOutcome::Pages, 0.0);
    stopped.alerts.push(alert(0.0, Some("pager")));
    let mut hung = cell("worker", FailureKind::Hung, CellOutcome::Unseen, 100.0);
    hung.moved.push(MovedSeries {
        metric: "up".to_owned(),
        labels: [("job".to_owned(), "worker\"<b>".to_owned())].into(),
        service: Some("worker".to_owned()),
        how: Movement::Left,
        steady: Some([1.0, 1.0]),
        came_to: Some(0.0),
        at: at(104.0),
        strength: 20.0,
    });
    hung.moved_count = 12;
    hung.reached.push(TouchedService {
        service: "redis".to_owned(),
        health: None,
        moved: 3,
    });
    hung.proposals.push(ProposedRule {
        text: "- alert: WorkerHung\n  expr: 'up{job=\"worker\"} == 0'\n".to_owned(),
        because: "up{job=\"worker\"} came to 0".to_owned(),
        fires_after_s: 12.0,
    });
    let mut slow = cell("redis", FailureKind::Slow, CellOutcome::NoEffect, 200.0);
    slow.because = "within 30 s, redis was not seen to be slow".to_owned();
    let mut cut = cell("redis", FailureKind::CutOff, CellOutcome::Untold, 300.0);
    cut.alerts.push(alert(300.0, None));
    let memory = CellKey {
        service: "redis".to_owned(),
        failure: FailureKind::OutOfMemory,
        on: None,
    };
    ExplorationMap {
        schema_version: MAP_SCHEMA_VERSION,
        project: "shop".to_owned(),
        rules_file: "prometheus/rules".to_owned(),
        rules_sha256: "0".repeat(64),
        judged_by: None,
        hold_s: 60.0,
        segments: vec![Segment {
            schema_version: Segment::SCHEMA_VERSION,
            name: "segment-1".to_owned(),
            begun_at: at(-100.0),
            ended_at: at(400.0),
            steady: [at(-100.0), at(-1.0)],
        }],
        services: vec!["redis".to_owned(), "worker".to_owned()],
        cells: vec![
            stopped,
            hung,
            slow,
            cut,
            cell("redis", FailureKind::Hung, CellOutcome::Blind, 500.0),
            MapCell::unknown(memory, CellOutcome::NotApplicable, "it has no memory limit"),
        ],
    }
}
