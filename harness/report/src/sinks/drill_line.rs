//! What a terminal shows of a drill when it ends, and of a run's measures.

use crate::model::report::{Agreement, RunReport};
use alertdrill_core::DrillRecord;
use alertdrill_core::style::{harmless, outcome};
use alertdrill_core::{AlertOutcome, UtcInstant, Verdict, WatchedUntil};

/// One line: the drill, its verdict, and the times of its alerts relative to the fault; then a line
/// for each alert that fired and was tolerated, and for each check.
#[must_use]
pub fn drill_line(record: &DrillRecord, verdict: &Verdict) -> String {
    let outcome = outcome(verdict.outcome);
    let DrillRecord {
        drill,
        lane,
        timeline,
        ..
    } = record;
    let lane = lane
        .as_ref()
        .map_or(String::new(), |lane| format!(" on {lane}"));
    let fault_at = timeline.first_fault().map(|fault| fault.injected_at);
    let at = |instant: Option<UtcInstant>| match (instant, fault_at) {
        (Some(instant), Some(fault_at)) => format!("{:+.1} s", instant.seconds_since(fault_at)),
        _ => "never".to_owned(),
    };
    let mut parts: Vec<_> = verdict
        .alerts
        .iter()
        .map(|alert| times(alert, timeline.watched_until, at))
        .collect();
    parts.push(format!("fault reverted {}", at(timeline.last_revert())));
    let held = timeline.checks.iter().filter(|check| check.holds);
    let notes = verdict
        .tolerated
        .iter()
        .map(|text| format!("tolerated: {text}"));
    let notes = notes.chain(timeline.watched_until.cut_short().map(str::to_owned));
    let notes = notes.chain(held.map(|check| format!("{}: {}", check.what, check.said.trim())));
    let (who, what) = (format!("{}{lane}", drill.name), parts.join("; "));
    let first_line = format!("{}: {outcome}: {}", harmless(&who), harmless(&what));
    std::iter::once(first_line)
        .chain(notes.map(|note| format!("  {}", harmless(&note))))
        .collect::<Vec<_>>()
        .join("\n")
}

fn times(
    alert: &AlertOutcome,
    watched_until: WatchedUntil,
    at: impl Fn(Option<UtcInstant>) -> String,
) -> String {
    let (Some(deadline_s), name) = (alert.deadline_s, &alert.name) else {
        let pending = alert.pending_at.map_or(String::new(), |pending| {
            format!(", pending {}", at(Some(pending)))
        });
        let onset = alert
            .onset_at
            .map_or(String::new(), |onset| format!("near {}", at(Some(onset))));
        let fired = if alert.firing_at.is_some() {
            format!("fired {}", at(alert.firing_at))
        } else {
            "silent".to_owned()
        };
        return format!(
            "{} {}",
            alert.name,
            [fired, onset].join(", ").trim_end_matches(", ").to_owned() + &pending
        );
    };
    let window = alert
        .window_s
        .map_or("none".to_owned(), |[earliest, latest]| {
            format!("{earliest:.0}–{latest:.0} s")
        });
    let (pending, firing, notified) = (
        at(alert.pending_at),
        at(alert.firing_at),
        at(alert.notified_at),
    );
    let [resolved, told] = [alert.resolved_at, alert.resolve_notified_at].map(|instant| {
        instant.map_or_else(
            || watched_until.unseen_end().to_owned(),
            |instant| at(Some(instant)),
        )
    });
    format!(
        "{name} pending {pending}, firing {firing} (window {window}, deadline {deadline_s:.0} s), notified {notified}, resolved {resolved}, resolve notified {told}"
    )
}

/// What was measured of a run, a line each.
#[must_use]
pub fn measured_lines(run: &RunReport) -> Vec<String> {
    let mut lines = vec![format!(
        "ready {:.2} s after the start of this process",
        run.info.stack_ready_s
    )];
    if let Some(measured) = &run.measured {
        lines.extend(
            measured
                .first_fault_s
                .map(|first| format!("first fault {first:.1} s after the start of this process")),
        );
        let agreement = |who: &str, agreement: Agreement| {
            let Agreement { of, found, off_ms } = agreement;
            format!("{found} of {of} firing instants found {who}, at most {off_ms:.0} ms off")
        };
        lines.extend(
            measured
                .firing_in_prometheus
                .map(|seen| agreement("in Prometheus again", seen)),
        );
        lines.extend(
            measured
                .firing_in_alertmanager
                .map(|told| agreement("in what Alertmanager told", told)),
        );
        if let (Some(memory_gib), Some(cores)) = (measured.stack_memory_gib, measured.stack_cores) {
            lines.push(format!(
                "the stack used {memory_gib:.2} GiB and {cores:.2} cores over the last 3 minutes"
            ));
        }
        lines.extend(
            measured
                .peak_memory_mib
                .map(|peak_mib| format!("this process used at most {peak_mib:.0} MiB")),
        );
    }
    lines.extend(duration_line(run));
    lines
        .into_iter()
        .map(|line| format!("measured: {line}"))
        .collect()
}

/// What the drills took once the stack was ready, against the least that they could take and
/// against one after the other; `None` if nothing was drilled.
fn duration_line(run: &RunReport) -> Option<String> {
    let RunReport {
        wall_s,
        floor_s,
        floor_of,
        one_after_the_other_s,
        info,
        ..
    } = run;
    if *floor_s == 0.0 {
        return None;
    }
    let took_s = wall_s - info.stack_ready_s;
    Some(format!(
        "the drills took {took_s:.0} s: {:.2} times the {floor_s:.0} s of the one that may take longest by its rule's \
         constants ({floor_of}); one after the other they take {one_after_the_other_s:.0} s, {:.1} times as long",
        took_s / floor_s,
        one_after_the_other_s / took_s,
    ))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::report::Measured;
    use alertdrill_core::RECORD_SCHEMA_VERSION;
    use alertdrill_core::{
        CheckRecord, Drill, ExpectedAlert, Fault, FaultRecord, Outcome, Reason, ReasonKind,
        Timeline,
    };

    pub(crate) fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    pub(crate) fn record() -> DrillRecord {
        let alert = ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120));
        let fault = Fault::stop("feed-handler-binance");
        let drill = Drill::new("feed_handler_stopped", fault.clone()).expect_alert(alert);
        let timeline = Timeline {
            faults: vec![FaultRecord {
                fault,
                injected_at: at(0.0),
                effect_at: Some(at(0.6)),
                reverting_at: Some(at(88.0)),
                reverted_at: Some(at(88.8)),
            }],
            checks: vec![CheckRecord {
                what: "no trade is lost".into(),
                holds: true,
                said: "12 trades\n".into(),
            }],
            ..Timeline::begun("feed_handler_stopped", at(120.0))
        };
        DrillRecord {
            schema_version: RECORD_SCHEMA_VERSION,
            drill,
            lane: Some("binance".into()),
            timeline,
        }
    }

    fn alert() -> AlertOutcome {
        AlertOutcome {
            name: "FeedHandlerDown".into(),
            labels: [].into(),
            severity: Some("critical".to_owned()),
            window_s: Some([60.0, 95.0]),
            deadline_s: Some(120.0),
            onset_at: Some(at(15.0)),
            pending_at: Some(at(16.5)),
            firing_at: Some(at(76.5)),
            starts_at: Some(at(76.5)),
            notified_at: Some(at(86.5)),
            resolved_at: Some(at(106.5)),
            resolve_notified_at: None,
            time_to_fire_s: Some(76.5),
        }
    }

    pub(crate) fn verdict() -> Verdict {
        judged(alert())
    }

    fn judged(alert: AlertOutcome) -> Verdict {
        let reason = Reason {
            kind: ReasonKind::ResolveNotDelivered,
            message: "`critical` was never told".into(),
        };
        let tolerated = vec!["ServiceOOMKill{} fired at +40.0 s: known".into()];
        Verdict {
            outcome: Outcome::Fail,
            reasons: vec![reason],
            alerts: vec![alert],
            tolerated,
            collateral: vec![],
        }
    }

    fn line(record: &DrillRecord, verdict: &Verdict) -> String {
        anstream::adapter::strip_str(&drill_line(record, verdict)).to_string()
    }

    #[test]
    fn line_of_a_drill_tells_each_instant_relative_to_the_fault_and_what_never_came() {
        insta::assert_snapshot!(line(&record(), &verdict()), @r"
        feed_handler_stopped on binance: FAIL: FeedHandlerDown pending +16.5 s, firing +76.5 s (window 60–95 s, deadline 120 s), notified +86.5 s, resolved +106.5 s, resolve notified never; fault reverted +88.8 s
          tolerated: ServiceOOMKill{} fired at +40.0 s: known
          no trade is lost: 12 trades
        ");
    }

    #[test]
    fn line_of_a_near_miss_tells_how_near_it_came() {
        let alert = AlertOutcome {
            deadline_s: None,
            window_s: None,
            severity: None,
            firing_at: None,
            ..alert()
        };
        insta::assert_snapshot!(line(&record(), &judged(alert)), @r"
        feed_handler_stopped on binance: FAIL: FeedHandlerDown silent, near +15.0 s, pending +16.5 s; fault reverted +88.8 s
          tolerated: ServiceOOMKill{} fired at +40.0 s: known
          no trade is lost: 12 trades
        ");
    }

    #[test]
    fn line_of_a_drill_that_was_not_watched_to_its_end_says_so() {
        let mut record = record();
        record.timeline.watched_until = WatchedUntil::Delivered;
        record.timeline.checks.clear();
        let passed = Verdict {
            outcome: Outcome::Pass,
            reasons: vec![],
            tolerated: vec![],
            ..verdict()
        };
        insta::assert_snapshot!(line(&record, &passed), @r"
        feed_handler_stopped on binance: pass: FeedHandlerDown pending +16.5 s, firing +76.5 s (window 60–95 s, deadline 120 s), notified +86.5 s, resolved +106.5 s, resolve notified not awaited; fault reverted +88.8 s
          watched until its alerts were delivered, as WATCH_UNTIL asks: that they resolve, and that nothing is lost, was not awaited
        ");
    }

    #[test]
    fn duration_of_a_run_is_told_against_its_floor_and_its_drills_one_after_the_other() {
        let info = alertdrill_core::RunInfo {
            id: "x".into(),
            started_at: at(0.0),
            finished_at: at(900.0),
            stack_ready_s: 1.0,
            rules_file: "rules.yml".into(),
            rules_sha256: String::new(),
            waivers: vec![],
        };
        let floor_of = "stalled: onset 30 s + resolve 570 s".to_owned();
        let measured = Measured {
            first_fault_s: Some(2.5),
            firing_in_prometheus: Some(Agreement {
                of: 2,
                found: 2,
                off_ms: 0.0,
            }),
            firing_in_alertmanager: Some(Agreement {
                of: 2,
                found: 1,
                off_ms: 3.2,
            }),
            stack_memory_gib: Some(1.5),
            stack_cores: Some(0.7),
            peak_memory_mib: None,
        };
        let run = RunReport {
            info,
            wall_s: 901.0,
            floor_s: 600.0,
            floor_of,
            one_after_the_other_s: 4500.0,
            measured: Some(measured),
        };
        insta::assert_snapshot!(measured_lines(&run).join("\n"), @r"
        measured: ready 1.00 s after the start of this process
        measured: first fault 2.5 s after the start of this process
        measured: 2 of 2 firing instants found in Prometheus again, at most 0 ms off
        measured: 1 of 2 firing instants found in what Alertmanager told, at most 3 ms off
        measured: the stack used 1.50 GiB and 0.70 cores over the last 3 minutes
        measured: the drills took 900 s: 1.50 times the 600 s of the one that may take longest by its rule's constants (stalled: onset 30 s + resolve 570 s); one after the other they take 4500 s, 5.0 times as long
        ");
        assert_eq!(
            measured_lines(&RunReport {
                floor_s: 0.0,
                measured: None,
                ..run
            })
            .len(),
            1
        );
    }
}
