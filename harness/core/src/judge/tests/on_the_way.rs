//! Labels that change on the way from Prometheus to the receiver.

use super::*;

/// The good story, in which every delivery has labels that `change` made.
fn delivered_with(change: impl Fn(&mut Labels)) -> Story {
    Story::good().with(|timeline| {
        for delivery in &mut timeline.deliveries {
            change(&mut delivery.labels);
        }
    })
}

#[test]
fn external_labels_are_added_on_the_way() {
    let added = delivered_with(|labels| {
        labels.insert("cluster".into(), "k2".into());
    });
    assert_eq!(added.verdict().reasons, []);
    assert_eq!(added.verdict().alerts[0].notified_at, Some(at(90.0)));
}

#[test]
fn label_that_nobody_requires_may_be_rewritten_or_dropped_on_the_way() {
    let rewritten = delivered_with(|labels| {
        labels.insert("severity".into(), "page".into());
    });
    assert_eq!(rewritten.verdict().reasons, []);
    let dropped = delivered_with(|labels| {
        labels.remove("severity");
    });
    assert_eq!(dropped.verdict().reasons, []);
}

#[test]
fn culprit_that_is_lost_on_the_way_fails_the_drill() {
    let lost = delivered_with(|labels| {
        labels.remove("exchange");
    });
    assert_fails_with(
        &lost,
        ReasonKind::WrongLabels,
        "was delivered without exchange=\"binance\": relabelling on the way has taken it",
    );
}

#[test]
fn delivery_of_another_alert_of_the_same_rule_is_not_this_ones() {
    let mut of_kraken = binance_down();
    of_kraken.insert("exchange".into(), "kraken".into());
    let story = Story::silent()
        .alert(&binance_down(), 20, 80, 110)
        .alert(&of_kraken, 20, 80, 110)
        .notified(DeliveryStatus::Firing, "critical", &of_kraken, 90.0);
    let verdict = story.verdict();
    assert!(kinds(&verdict).contains(&ReasonKind::NotDelivered));
    assert_eq!(verdict.alerts[0].notified_at, None);
}
