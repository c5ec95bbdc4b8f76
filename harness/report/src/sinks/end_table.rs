//! The end of a run on a terminal: how long each alert took to be detected, notified and resolved,
//! beside its window and its deadline.

use std::cmp::Reverse;

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Alignment, Modify, Style};

use crate::model::DrillReport;
use alertdrill_core::style::{bad, harmless, heading, outcome};
use alertdrill_core::{AlertOutcome, ReasonKind, UtcInstant};

const HEADINGS: [&str; 9] = [
    "drill",
    "verdict",
    "alert",
    "detected",
    "window",
    "deadline",
    "notified",
    "resolved",
    "resolve notified",
];
/// The reasons that blame the instant at which an alert fired.
const OUT_OF_TIME: [ReasonKind; 4] = [
    ReasonKind::Missed,
    ReasonKind::TooEarly,
    ReasonKind::Late,
    ReasonKind::FalseAlarm,
];
/// From this column on there are only numbers.
const FIRST_NUMBER: usize = 3;

/// A row per alert of each drill, drills that did not pass first; a line below says what the
/// numbers are.
#[must_use]
pub fn end_table(drills: &[DrillReport]) -> String {
    if drills.is_empty() {
        return String::new();
    }
    let mut drills: Vec<_> = drills.iter().collect();
    drills.sort_by_key(|drill| (Reverse(drill.verdict), drill.fault_at()));
    let mut table = Builder::new();
    table.push_record(HEADINGS.map(heading));
    for row in drills.into_iter().flat_map(rows) {
        table.push_record(row);
    }
    let mut table = table.build();
    table
        .with(Style::sharp().remove_vertical())
        .with(Modify::new(Columns::new(FIRST_NUMBER..)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()));
    format!("{table}\nSeconds after the fault; resolved and resolve notified after its revert.")
}

fn rows(drill: &DrillReport) -> Vec<Vec<String>> {
    let name = match &drill.lane {
        Some(lane) => format!("{} on {lane}", drill.name),
        None => drill.name.clone(),
    };
    let mut alerts: Vec<([String; 7], usize)> = Vec::new();
    for alert in &drill.alerts {
        let cells = cells(drill, alert);
        match alerts.last_mut() {
            // One alert for each of several exchanges, for example: they differ in labels alone.
            Some((last, count)) if *last == cells => *count += 1,
            _ => alerts.push((cells, 1)),
        }
    }
    if alerts.is_empty() {
        alerts.push(Default::default());
    }
    // Only the first of a drill's rows has its name.
    let names = std::iter::once([harmless(&name), outcome(drill.verdict)])
        .chain(std::iter::repeat_with(Default::default));
    let rows = names
        .zip(alerts)
        .map(|([name, verdict], (mut cells, count))| {
            if count > 1 {
                let [alert, ..] = &mut cells;
                *alert = format!("{alert} ×{count}");
            }
            [name, verdict].into_iter().chain(cells).collect()
        });
    rows.collect()
}

fn cells(drill: &DrillReport, alert: &AlertOutcome) -> [String; 7] {
    let (fault_at, reverted_at) = (drill.fault_at(), drill.last_reverted_at());
    let blamed = |kinds: &[ReasonKind]| {
        let mut reasons = drill.reasons.iter();
        reasons.any(|reason| kinds.contains(&reason.kind))
    };
    let marked = |text: String, is_bad: bool| {
        if is_bad && !text.is_empty() {
            bad(text)
        } else {
            text
        }
    };
    // An alert that did not fire cannot be notified or resolved.
    let or = |absent: &str, text: String| {
        let is_absent = text.is_empty() && alert.firing_at.is_some();
        if is_absent { absent.to_owned() } else { text }
    };
    let detected = match (alert.firing_at, alert.deadline_s) {
        (Some(_), _) => since(alert.firing_at, fault_at),
        (None, Some(_)) => "never".to_owned(),
        (None, None) => "silent".to_owned(),
    };
    let ends = |[earliest_s, latest_s]: [f64; 2]| format!("{earliest_s:.0}–{latest_s:.0}");
    let deadline = |deadline_s: f64| format!("{deadline_s:.0}");
    let notified = or("never", since(alert.notified_at, fault_at));
    let resolved_at = alert.resolved_at.filter(|_| alert.firing_at.is_some());
    let unseen_end = drill.watched_until.unseen_end();
    let resolved = or(unseen_end, since(resolved_at, reverted_at));
    let resolve_notified = or(unseen_end, since(alert.resolve_notified_at, reverted_at));
    [
        harmless(&alert.name),
        marked(detected, is_out_of_time(alert) && blamed(&OUT_OF_TIME)),
        alert.window_s.map_or_else(String::new, ends),
        alert.deadline_s.map_or_else(String::new, deadline),
        marked(notified, blamed(&[ReasonKind::NotDelivered])),
        marked(resolved, blamed(&[ReasonKind::NotResolved])),
        marked(resolve_notified, blamed(&[ReasonKind::ResolveNotDelivered])),
    ]
}

/// Whether an alert did not fire in its window and before its deadline.
fn is_out_of_time(alert: &AlertOutcome) -> bool {
    alert.time_to_fire_s.is_none_or(|fired_s| {
        let is_in = |[earliest_s, latest_s]: [f64; 2]| (earliest_s..=latest_s).contains(&fired_s);
        let is_late = alert
            .deadline_s
            .is_none_or(|deadline_s| fired_s > deadline_s);
        is_late || !alert.window_s.is_none_or(is_in)
    })
}

fn since(instant: Option<UtcInstant>, earlier: Option<UtcInstant>) -> String {
    instant
        .zip(earlier)
        .map_or_else(String::new, |(instant, earlier)| {
            format!("{:+.1}", instant.seconds_since(earlier))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_record, example_verdict};
    use alertdrill_core::{Labels, Outcome, Verdict, WatchedUntil};

    fn drill(name: &str, verdict: Verdict) -> DrillReport {
        DrillReport {
            name: name.to_owned(),
            ..DrillReport::of(&example_record(), verdict, vec![])
        }
    }

    #[test]
    fn each_alert_has_its_times_beside_its_window_and_deadline_and_what_did_not_pass_comes_first() {
        let failed = example_verdict();
        let late = AlertOutcome {
            firing_at: None,
            notified_at: None,
            resolved_at: None,
            time_to_fire_s: None,
            ..failed.alerts[0].clone()
        };
        let silent = AlertOutcome {
            deadline_s: None,
            window_s: None,
            ..late.clone()
        };
        let passed = |alerts| Verdict {
            outcome: Outcome::Pass,
            reasons: vec![],
            alerts,
            ..failed.clone()
        };
        let drills = [
            drill("near_miss", passed(vec![silent])),
            drill("without_alerts", passed(vec![])),
            drill("of_two_lanes", passed(vec![failed.alerts[0].clone(); 2])),
            drill(
                "fails\u{1b}[2J",
                Verdict {
                    alerts: vec![failed.alerts[0].clone(), late],
                    ..failed.clone()
                },
            ),
        ];
        let table = anstream::adapter::strip_str(&end_table(&drills)).to_string();
        insta::assert_snapshot!(table);
    }

    #[test]
    fn what_was_too_late_or_never_came_is_marked() {
        let alert = AlertOutcome {
            labels: Labels::new(),
            ..example_verdict().alerts[0].clone()
        };
        let table = end_table(&[drill(
            "x",
            Verdict {
                alerts: vec![alert],
                ..example_verdict()
            },
        )]);
        assert!(
            table.contains(&bad("never")) && !table.contains(&bad("+76.5")),
            "{table}"
        );
        assert_eq!(end_table(&[]), "");
    }

    #[test]
    fn end_that_was_not_awaited_is_not_called_never() {
        let unresolved = AlertOutcome {
            resolved_at: None,
            resolve_notified_at: None,
            ..example_verdict().alerts[0].clone()
        };
        let passed = Verdict {
            outcome: Outcome::Pass,
            reasons: vec![],
            alerts: vec![unresolved],
            ..example_verdict()
        };
        let cut_short = DrillReport {
            watched_until: WatchedUntil::Delivered,
            ..drill("edited", passed)
        };
        let table = end_table(&[cut_short]);
        assert_eq!(
            (
                table.matches("not awaited").count(),
                table.matches("never").count()
            ),
            (2, 0),
            "{table}"
        );
    }
}
