//! Why a drill did not pass, in words, with all that a reader needs to find out more.

use std::iter;

use alertdrill_core::style::harmless;
use alertdrill_core::{
    Claim, Delivery, DeliveryStatus, Drill, DrillRecord, Episode, Labels, Timeline, Tolerated,
    UtcInstant, Verdict, episodes, selector,
};

/// At most so many spans of a condition are shown.
const SPANS: usize = 4;

/// Each reason, then what happened when, relative to the fault. What was received and not wanted
/// and what to look at next follow.
#[must_use]
pub fn failure_text(record: &DrillRecord, verdict: &Verdict) -> String {
    let reasons = verdict.reasons.iter().map(|reason| {
        let kind = serde_json::to_string(&reason.kind).unwrap_or_default();
        format!("{}: {}", kind.trim_matches('"'), harmless(&reason.message))
    });
    let mut lines: Vec<String> = reasons.collect();
    let timeline = &record.timeline;
    if let Some(fault) = timeline.first_fault() {
        let from = fault.injected_at;
        let mut section = |title: &str, mut events: Vec<(UtcInstant, String)>| {
            if !events.is_empty() {
                events.sort_by_key(|(at, _)| *at);
                lines.push(title.to_owned());
                lines.extend(events.into_iter().map(|(at, what)| {
                    format!("  {:>+8.1} s  {}", at.seconds_since(from), harmless(&what))
                }));
            }
        };
        section(
            "Seconds from the fault:",
            events(&record.drill, timeline, verdict, from),
        );
        section(
            "Received and not wanted:",
            unwanted(&record.drill, timeline, from),
        );
    }
    let looked_at = timeline
        .evidence
        .first()
        .map(|first| first.at)
        .zip(timeline.first_fault());
    let when = looked_at.map_or_else(String::new, |(at, fault)| {
        format!(", as it was {:+.1} s", at.seconds_since(fault.injected_at))
    });
    if !timeline.evidence.is_empty() {
        lines.push(format!("Look at next{when}:"));
    }
    for evidence in &timeline.evidence {
        lines.push(format!(
            "  {}",
            harmless(&evidence.what)
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        ));
        lines.extend(
            harmless(&evidence.said)
                .lines()
                .map(|line| format!("    {line}")),
        );
    }
    lines.join("\n")
}

fn events(
    drill: &Drill,
    timeline: &Timeline,
    verdict: &Verdict,
    from: UtcInstant,
) -> Vec<(UtcInstant, String)> {
    let mut events = Vec::new();
    for record in &timeline.faults {
        let instants = [
            (Some(record.injected_at), "is injected"),
            (record.effect_at, "has its effect"),
            (record.reverting_at, "is being reverted"),
            (record.reverted_at, "is reverted"),
        ];
        events.extend(
            instants
                .into_iter()
                .filter_map(|(at, what)| Some((at?, format!("fault: {}: {what}", record.fault)))),
        );
    }
    // A verdict has the alerts that must fire first, in the order of the drill.
    let expected = drill.expect.iter().map(Some).chain(iter::repeat(None));
    for (alert, expected) in verdict.alerts.iter().zip(expected) {
        let at = |second: f64| UtcInstant::from_epoch_s(from.epoch_s() + second);
        let [opens, closes] = alert.window_s.map_or([None, None], |ends| ends.map(Some));
        let due = expected.map(|expected| expected.due_at(from, alert.onset_at));
        let marks = [
            (opens, "its window opens"),
            (closes, "its window closes"),
            (due.map(|due| due.seconds_since(from)), "its deadline"),
        ];
        events.extend(
            marks.into_iter().filter_map(|(second, what)| {
                Some((at(second?)?, format!("{}: {what}", alert.name)))
            }),
        );
    }
    for condition in &timeline.conditions {
        for span in condition
            .spans
            .iter()
            .filter(|span| span.until >= from)
            .take(SPANS)
        {
            events.push((
                span.from.max(from),
                format!("`{}` begins to be true", condition.query),
            ));
            events.push((
                span.until,
                format!("`{}` was true for the last time", condition.query),
            ));
        }
    }
    let claims = drill.claims();
    let is_own = |labels: &Labels| claims.iter().any(|claim| claim.concerns(labels));
    for life in episodes(timeline)
        .iter()
        .filter(|life| is_own(&life.labels))
    {
        let instants = [
            (life.pending_at, "is pending"),
            (life.firing_at, "fires"),
            (life.ended_at, "has ended"),
        ];
        events.extend(
            instants
                .into_iter()
                .filter_map(|(at, what)| Some((at?, format!("{life} {what}")))),
        );
    }
    let own = timeline
        .deliveries
        .iter()
        .filter(|delivery| is_own(&delivery.labels));
    events.extend(own.map(|delivery| (delivery.received_at, received(delivery))));
    events.extend(
        timeline
            .errors
            .iter()
            .map(|error| (error.at, format!("error: {}", error.message))),
    );
    // Alerts that differ in a label only have the same window.
    events.sort();
    events.dedup();
    events
}

/// What fired or was delivered since the fault though no running drill declares or tolerates it.
fn unwanted(drill: &Drill, timeline: &Timeline, from: UtcInstant) -> Vec<(UtcInstant, String)> {
    let expected: Vec<_> = drill
        .expect
        .iter()
        .map(|alert| (alert.claim(), alert.severity.clone()))
        .collect();
    let tolerated: Vec<Claim> = drill.tolerate.iter().map(Tolerated::claim).collect();
    let neighbours = timeline
        .neighbours
        .iter()
        .flat_map(|neighbour| &neighbour.claims);
    let excused: Vec<&Claim> = neighbours.chain(&tolerated).collect();
    let is_excused = |labels: &Labels| excused.iter().any(|claim| claim.concerns(labels));
    let is_unwanted = |life: &&Episode| {
        let expects = expected.iter().any(|(claim, _)| claim.covers(&life.labels));
        life.firing_at.is_some_and(|firing| firing >= from) && !expects && !is_excused(&life.labels)
    };
    let lives = episodes(timeline);
    let fired = lives
        .iter()
        .filter(is_unwanted)
        .filter_map(|life| Some((life.firing_at?, format!("{life} fires"))));
    let mut notified: Vec<(DeliveryStatus, &Labels)> = Vec::new();
    let mut delivered = Vec::new();
    for delivery in timeline
        .deliveries
        .iter()
        .filter(|delivery| delivery.received_at >= from && !is_excused(&delivery.labels))
    {
        let is_first = !notified.contains(&(delivery.status, &delivery.labels));
        let mut wants = expected.iter().filter(|(claim, receiver)| {
            claim.covers(&delivery.labels) && *receiver == delivery.receiver
        });
        if wants.next().is_some() && is_first {
            notified.push((delivery.status, &delivery.labels));
        } else {
            delivered.push((delivery.received_at, received(delivery)));
        }
    }
    fired.chain(delivered).collect()
}

fn received(delivery: &Delivery) -> String {
    let alert = delivery.labels.get("alertname").map_or("", String::as_str);
    let labels = selector(
        alert,
        delivery
            .labels
            .iter()
            .filter(|(name, _)| *name != "alertname"),
    );
    let what = match delivery.status {
        DeliveryStatus::Firing => "fires",
        DeliveryStatus::Resolved => "has resolved",
    };
    format!("`{}` is notified that {labels} {what}", delivery.receiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, example_record, example_verdict};
    use alertdrill_core::{AlertSample, AlertState, Evidence};

    fn labels(alert: &str) -> Labels {
        [
            ("alertname".to_owned(), alert.to_owned()),
            ("exchange".to_owned(), "okx".to_owned()),
        ]
        .into()
    }

    fn delivery(second: f64, alert: &str, receiver: &str) -> Delivery {
        let (receiver, status) = (receiver.to_owned(), DeliveryStatus::Firing);
        Delivery {
            received_at: at(second),
            receiver,
            group: None,
            said_again: false,
            status,
            starts_at: None,
            labels: labels(alert),
            annotations: Labels::new(),
        }
    }

    fn shown(record: &DrillRecord) -> String {
        failure_text(record, &example_verdict())
    }

    #[test]
    fn failure_says_what_happened_when_what_nobody_wanted_and_what_to_look_at_next() {
        let mut record = example_record();
        let sample = |second: f64, alert: &str, state| AlertSample {
            labels: labels(alert),
            at: at(second),
            state,
        };
        record.timeline.samples = vec![
            sample(16.5, "FeedHandlerDown", AlertState::Pending),
            sample(76.5, "FeedHandlerDown", AlertState::Firing),
            sample(40.0, "ServiceOOMKill", AlertState::Firing),
        ];
        record.timeline.deliveries = vec![
            delivery(86.5, "FeedHandlerDown", "critical"),
            delivery(87.0, "FeedHandlerDown", "warning"),
            delivery(50.0, "ServiceOOMKill", "critical"),
        ];
        let evidence = |what: &str, said: &str| Evidence {
            at: at(85.0),
            what: what.to_owned(),
            said: said.to_owned(),
        };
        record.timeline.evidence = vec![
            evidence(
                "the expression of FeedHandlerDown: up\n  == 0",
                "0  {exchange=\"okx\"}",
            ),
            evidence(
                "the last lines of feed-handler-okx's log",
                "starting\n\u{1b}[31mpanicked\u{1b}[0m",
            ),
        ];
        insta::assert_snapshot!(shown(&record), @r#"
        resolve_not_delivered: `critical` was never notified
        Seconds from the fault:
              +0.0 s  fault: feed-handler-binance stopped: is injected
              +0.6 s  fault: feed-handler-binance stopped: has its effect
             +16.5 s  FeedHandlerDown{exchange="okx"} is pending
             +60.0 s  FeedHandlerDown: its window opens
             +76.5 s  FeedHandlerDown{exchange="okx"} fires
             +86.5 s  `critical` is notified that FeedHandlerDown{exchange="okx"} fires
             +87.0 s  `warning` is notified that FeedHandlerDown{exchange="okx"} fires
             +88.0 s  fault: feed-handler-binance stopped: is being reverted
             +88.8 s  fault: feed-handler-binance stopped: is reverted
             +95.0 s  FeedHandlerDown: its window closes
            +120.0 s  FeedHandlerDown: its deadline
        Received and not wanted:
             +40.0 s  ServiceOOMKill{exchange="okx"} fires
             +50.0 s  `critical` is notified that ServiceOOMKill{exchange="okx"} fires
             +87.0 s  `warning` is notified that FeedHandlerDown{exchange="okx"} fires
        Look at next, as it was +85.0 s:
          the expression of FeedHandlerDown: up == 0
            0  {exchange="okx"}
          the last lines of feed-handler-okx's log
            starting
            panicked
        "#);
    }

    #[test]
    fn drill_that_broke_nothing_has_its_reasons_alone() {
        let mut record = example_record();
        record.timeline.faults = vec![];
        assert_eq!(
            shown(&record),
            "resolve_not_delivered: `critical` was never notified"
        );
    }
}
