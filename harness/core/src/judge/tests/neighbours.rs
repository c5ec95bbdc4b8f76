//! Drills that run beside the one that is judged.

use super::*;

fn kraken_down() -> Labels {
    labels(&[
        ("alertname", "FeedHandlerDown"),
        ("exchange", "kraken"),
        ("severity", "critical"),
    ])
}

/// A drill beside this one, which answers for what it causes on `exchange`.
fn neighbour(exchange: &str, from_s: f64, until_s: Option<f64>) -> Neighbour {
    Neighbour {
        drill: "beside".into(),
        claims: vec![Claim {
            alert: "FeedHandlerDown".into(),
            labels: labels(&[("exchange", exchange)]),
        }],
        faults: vec![format!("feed-handler-{exchange} stopped")],
        from: at(from_s),
        until: until_s.map(at),
    }
}

#[test]
fn alert_that_a_neighbour_answers_for_is_not_collateral() {
    let story = Story::good()
        .alert(&kraken_down(), 30, 90, 110)
        .with(|timeline| timeline.neighbours.push(neighbour("kraken", 10.0, None)));
    assert_eq!(story.verdict().reasons, []);
}

#[test]
fn alert_that_lost_its_labels_is_the_matter_of_the_neighbour_that_it_could_mean() {
    let blind = labels(&[("alertname", "FeedHandlerUp"), ("severity", "critical")]);
    let mut beside = neighbour("kraken", 10.0, None);
    beside.claims[0].alert = "FeedHandlerUp".into();
    let story = Story::good()
        .alert(&blind, 30, 90, 110)
        .with(|timeline| timeline.neighbours.push(beside));
    assert_eq!(story.verdict().reasons, []);
}

#[test]
fn neighbours_alert_does_not_make_the_own_drill_pass() {
    let story = Story::silent()
        .alert(&kraken_down(), 30, 90, 110)
        .with(|timeline| timeline.neighbours.push(neighbour("kraken", 10.0, None)));
    assert_eq!(kinds(&story.verdict()), [ReasonKind::Missed]);
}

#[test]
fn neighbour_that_ended_before_answers_for_nothing() {
    let story = Story::good()
        .alert(&kraken_down(), 30, 90, 110)
        .with(|timeline| {
            timeline
                .neighbours
                .push(neighbour("kraken", -100.0, Some(20.0)));
        });
    assert_eq!(kinds(&story.verdict()), [ReasonKind::Collateral]);
}

#[test]
fn alert_that_nobody_answers_for_is_reported_once_by_the_drill_that_broke_something_last() {
    let okx = labels(&[
        ("alertname", "FeedHandlerDown"),
        ("exchange", "okx"),
        ("severity", "critical"),
    ]);
    let with_neighbour_from = |from_s| {
        let story = Story::good().alert(&okx, 30, 90, 110);
        story
            .with(|timeline| timeline.neighbours.push(neighbour("kraken", from_s, None)))
            .verdict()
    };
    let earlier = with_neighbour_from(-10.0);
    assert_eq!(kinds(&earlier), [ReasonKind::Collateral]);
    assert!(
        earlier.reasons[0].message.ends_with(
            "no running drill declares; beside it ran beside (feed-handler-kraken stopped)"
        ),
        "{:?}",
        earlier.reasons
    );
    assert_eq!(with_neighbour_from(50.0).reasons, []);
    assert_eq!(kinds(&with_neighbour_from(95.0)), [ReasonKind::Collateral]);
}
