//! The end of a run on a terminal: how long each alert took to be detected, notified and resolved,
//! against window and deadline.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Alignment, Modify, Style};

use crate::model::report::DrillReport;
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
/// From which column on there are only numbers.
const FIRST_NUMBER: usize = 3;

/// A row per alert of each drill, those of drills that did not pass first; then what the numbers
/// are.
#[must_use]
pub fn end_table(drills: &[DrillReport]) -> String {
    if drills.is_empty() {
        return String::new();
    }
    let mut drills: Vec<_> = drills.iter().collect();
    drills.sort_by_key(|drill| {
        (
            std::cmp::Reverse(drill.verdict),
            drill.faults.first().map(|fault| fault.injected_at),
        )
    });
    let mut table = Builder::new();
    table.push_record(HEADINGS.map(heading));
    drills
        .into_iter()
        .flat_map(rows)
        .for_each(|row| table.push_record(row));
    let mut table = table.build();
    table
        .with(Style::sharp().remove_vertical())
        .with(Modify::new(Columns::new(FIRST_NUMBER..)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()));
    format!("{table}\nSeconds after the fault; resolved and resolve notified after its revert.")
}

fn rows(drill: &DrillReport) -> Vec<[String; 9]> {
    let name = match &drill.lane {
        Some(lane) => format!("{} on {lane}", drill.name),
        None => drill.name.clone(),
    };
    let mut alerts: Vec<([String; 7], usize)> = Vec::new();
    for alert in &drill.alerts {
        let cells = cells(drill, alert);
        match alerts.last_mut() {
            // Of each exchange, for example: nothing but the labels tells them apart.
            Some((last, count)) if *last == cells => *count += 1,
            _ => alerts.push((cells, 1)),
        }
    }
    if alerts.is_empty() {
        alerts.push(Default::default());
    }
    // Of several alerts the first has the drill's name.
    let names = std::iter::once([harmless(&name), outcome(drill.verdict)])
        .chain(std::iter::repeat_with(Default::default));
    let rows = names.zip(alerts).map(
        |(
            [name, verdict],
            ([alert, detected, window, deadline, notified, resolved, told], count),
        )| {
            let alert = if count > 1 {
                format!("{alert} ×{count}")
            } else {
                alert
            };
            [
                name, verdict, alert, detected, window, deadline, notified, resolved, told,
            ]
        },
    );
    rows.collect()
}

fn cells(drill: &DrillReport, alert: &AlertOutcome) -> [String; 7] {
    let fault_at = drill.faults.first().map(|fault| fault.injected_at);
    let reverted_at = drill
        .faults
        .iter()
        .filter_map(|fault| fault.reverted_at)
        .max();
    let blamed = |kinds: &[ReasonKind]| {
        drill
            .reasons
            .iter()
            .any(|reason| kinds.contains(&reason.kind))
    };
    let marked = |text: String, is_bad: bool| {
        if is_bad && !text.is_empty() {
            bad(text)
        } else {
            text
        }
    };
    let must_fire = alert.deadline_s.is_some();
    let detected = match (alert.firing_at, must_fire) {
        (Some(_), _) => since(alert.firing_at, fault_at),
        (None, true) => "never".to_owned(),
        (None, false) => "silent".to_owned(),
    };
    let out_of_time = alert.time_to_fire_s.is_none_or(|fired_s| {
        alert
            .deadline_s
            .is_none_or(|deadline_s| fired_s > deadline_s)
            || alert
                .window_s
                .is_some_and(|[earliest_s, latest_s]| fired_s < earliest_s || fired_s > latest_s)
    });
    let is_late = out_of_time
        && blamed(&[
            ReasonKind::Missed,
            ReasonKind::TooEarly,
            ReasonKind::Late,
            ReasonKind::FalseAlarm,
        ]);
    let or = |absent: &str, text: String| {
        if text.is_empty() && alert.firing_at.is_some() {
            absent.to_owned()
        } else {
            text
        }
    };
    [
        harmless(&alert.name),
        marked(detected, is_late),
        alert
            .window_s
            .map_or_else(String::new, |[earliest_s, latest_s]| {
                format!("{earliest_s:.0}–{latest_s:.0}")
            }),
        alert
            .deadline_s
            .map_or_else(String::new, |deadline_s| format!("{deadline_s:.0}")),
        marked(
            or("never", since(alert.notified_at, fault_at)),
            blamed(&[ReasonKind::NotDelivered]),
        ),
        marked(
            or(
                drill.watched_until.unseen_end(),
                since(
                    alert.resolved_at.filter(|_| alert.firing_at.is_some()),
                    reverted_at,
                ),
            ),
            blamed(&[ReasonKind::NotResolved]),
        ),
        marked(
            or(
                drill.watched_until.unseen_end(),
                since(alert.resolve_notified_at, reverted_at),
            ),
            blamed(&[ReasonKind::ResolveNotDelivered]),
        ),
    ]
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
    use crate::sinks::drill_line::tests::{record, verdict};
    use alertdrill_core::{Labels, Outcome, Verdict, WatchedUntil};

    fn drill(name: &str, verdict: Verdict) -> DrillReport {
        DrillReport {
            name: name.to_owned(),
            ..DrillReport::of(&record(), verdict, vec![])
        }
    }

    #[test]
    fn each_alert_has_its_times_beside_its_window_and_deadline_and_what_did_not_pass_comes_first() {
        let failed = verdict();
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
        insta::assert_snapshot!(table, @r"
        ┌──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────┐
        │ drill                      verdict  alert               detected  window  deadline  notified  resolved  resolve notified │
        ├──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────┤
        │ fails on binance           FAIL     FeedHandlerDown        +76.5   60–95       120     +86.5     +17.7             never │
        │                                     FeedHandlerDown        never   60–95       120                                       │
        │ near_miss on binance       pass     FeedHandlerDown       silent                                                         │
        │ without_alerts on binance  pass                                                                                          │
        │ of_two_lanes on binance    pass     FeedHandlerDown ×2     +76.5   60–95       120     +86.5     +17.7             never │
        └──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
        Seconds after the fault; resolved and resolve notified after its revert.
        ");
    }

    #[test]
    fn what_was_too_late_or_never_came_is_marked() {
        let alert = AlertOutcome {
            labels: Labels::new(),
            ..verdict().alerts[0].clone()
        };
        let table = end_table(&[drill(
            "x",
            Verdict {
                alerts: vec![alert],
                ..verdict()
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
            ..verdict().alerts[0].clone()
        };
        let passed = Verdict {
            outcome: Outcome::Pass,
            reasons: vec![],
            alerts: vec![unresolved],
            ..verdict()
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
