//! What a terminal shows of a drill when it ends.

use alertdrill_core::style::{harmless, outcome};
use alertdrill_core::{AlertOutcome, DrillRecord, Timeline, UtcInstant, Verdict, Witness};

/// One line with the drill, its verdict, and the times of its alerts relative to the fault. A line
/// for each tolerated alert and each check follows.
#[must_use]
pub fn drill_line(record: &DrillRecord, verdict: &Verdict) -> String {
    let (drill, timeline) = (&record.drill, &record.timeline);
    let lane = record
        .lane
        .as_ref()
        .map_or(String::new(), |lane| format!(" on {lane}"));
    let fault_at = timeline.first_fault().map(|fault| fault.injected_at);
    let at = |instant: Option<UtcInstant>| match (instant, fault_at) {
        (Some(instant), Some(fault_at)) => format!("{:+.1} s", instant.seconds_since(fault_at)),
        _ => "never".to_owned(),
    };
    let alerts = verdict.alerts.iter();
    let parts: Vec<_> = if fault_at.is_none() {
        let decided = "decided before a fault".to_owned();
        alerts.map(promised).chain([decided]).collect()
    } else {
        let reverted = format!("fault reverted {}", at(timeline.last_revert()));
        let times = alerts.map(|alert| times(alert, timeline, at));
        times.chain([reverted]).collect()
    };
    let (who, what) = (format!("{}{lane}", drill.name), parts.join("; "));
    let verdict_shown = outcome(verdict.outcome);
    let first_line = format!("{}: {verdict_shown}: {}", harmless(&who), harmless(&what));

    let tolerated = verdict
        .tolerated
        .iter()
        .map(|text| format!("tolerated: {text}"));
    let cut_short = timeline.watched_until.cut_short().map(str::to_owned);
    let held = timeline.checks.iter().filter(|check| check.holds);
    let checks = held.map(|check| format!("{}: {}", check.what, check.said.trim()));
    // Of a replay that is said once, for all drills.
    let is_live = timeline.replayed.is_none();
    let not_decided = verdict.not_decided.iter().filter(|_| is_live);
    let not_decided = not_decided.map(|what| format!("not decided: {what}"));
    let notes = tolerated.chain(cut_short).chain(checks).chain(not_decided);
    let notes = notes.map(|note| format!("  {}", harmless(&note)));
    let lines: Vec<_> = std::iter::once(first_line).chain(notes).collect();
    lines.join("\n")
}

/// What is known of an alert without a fault.
fn promised(alert: &AlertOutcome) -> String {
    let window = alert.window_s.map(window_text);
    let window = window.map(|window| format!("window {window}"));
    let deadline = alert.deadline_s;
    let deadline = deadline.map(|deadline_s| format!("deadline {deadline_s:.0} s"));
    let known: Vec<_> = window.into_iter().chain(deadline).collect();
    match known.join(", ") {
        nothing if nothing.is_empty() => alert.name.clone(),
        known => format!("{} ({known})", alert.name),
    }
}

fn window_text([earliest, latest]: [f64; 2]) -> String {
    format!("{earliest:.0}–{latest:.0} s")
}

/// The times of an alert that had to fire.
fn times(
    alert: &AlertOutcome,
    timeline: &Timeline,
    at: impl Fn(Option<UtcInstant>) -> String,
) -> String {
    let Some(deadline_s) = alert.deadline_s else {
        return times_of_silent(alert, at);
    };
    let window = alert.window_s.map_or("none".to_owned(), window_text);
    let end = |instant: Option<UtcInstant>| match instant {
        Some(_) => at(instant),
        None => timeline.watched_until.unseen_end().to_owned(),
    };
    let mut parts = vec![
        format!("{} pending {}", alert.name, at(alert.pending_at)),
        format!(
            "firing {} (window {window}, deadline {deadline_s:.0} s)",
            at(alert.firing_at)
        ),
        format!("resolved {}", end(alert.resolved_at)),
    ];
    // A replay delivers nothing, and without an Alertmanager nobody is told.
    if timeline.replayed.is_none() && timeline.witness != Witness::Nobody {
        parts.insert(2, format!("notified {}", at(alert.notified_at)));
        parts.push(format!(
            "resolve notified {}",
            end(alert.resolve_notified_at)
        ));
    }
    parts.join(", ")
}

/// How near an alert came that had to stay silent.
fn times_of_silent(alert: &AlertOutcome, at: impl Fn(Option<UtcInstant>) -> String) -> String {
    let known = |what: &str, instant: Option<UtcInstant>| {
        instant.map(|_| format!("{what} {}", at(instant)))
    };
    let fired = known("fired", alert.firing_at).unwrap_or_else(|| "silent".to_owned());
    let near = known("near", alert.onset_at);
    let pending = known("pending", alert.pending_at);
    let times: Vec<_> = std::iter::once(fired).chain(near).chain(pending).collect();
    format!("{} {}", alert.name, times.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_alert, example_record, example_verdict, folded, verdict_on};
    use alertdrill_core::{Outcome, WatchedUntil};

    fn line(record: &DrillRecord, verdict: &Verdict) -> String {
        anstream::adapter::strip_str(&drill_line(record, verdict)).to_string()
    }

    #[test]
    fn line_of_a_drill_gives_each_instant_relative_to_the_fault_and_what_never_came() {
        insta::assert_snapshot!(folded(&line(&example_record(), &example_verdict())), @r"
        feed_handler_stopped on binance: FAIL: FeedHandlerDown pending +16.5 s, firing
        +76.5 s (window 60–95 s, deadline 120 s), notified +86.5 s, resolved +106.5 s,
        resolve notified never; fault reverted +88.8 s
          tolerated: ServiceOOMKill{} fired at +40.0 s: known
          no trade is lost: 12 trades
        ");
    }

    #[test]
    fn line_of_a_drill_that_broke_nothing_names_no_time_that_never_came() {
        let mut record = example_record();
        record.timeline.faults.clear();
        record.timeline.checks.clear();
        let verdict = verdict_on(AlertOutcome {
            firing_at: None,
            ..example_alert()
        });
        insta::assert_snapshot!(folded(&line(&record, &verdict)), @r"
        feed_handler_stopped on binance: FAIL: FeedHandlerDown (window 60–95 s, deadline
        120 s); decided before a fault
          tolerated: ServiceOOMKill{} fired at +40.0 s: known
        ");
    }

    #[test]
    fn line_of_a_near_miss_says_how_near_it_came() {
        let alert = AlertOutcome {
            deadline_s: None,
            window_s: None,
            severity: None,
            firing_at: None,
            ..example_alert()
        };
        insta::assert_snapshot!(folded(&line(&example_record(), &verdict_on(alert))), @r"
        feed_handler_stopped on binance: FAIL: FeedHandlerDown silent, near +15.0 s,
        pending +16.5 s; fault reverted +88.8 s
          tolerated: ServiceOOMKill{} fired at +40.0 s: known
          no trade is lost: 12 trades
        ");
    }

    #[test]
    fn line_of_a_drill_that_was_not_watched_to_its_end_says_so() {
        let mut record = example_record();
        record.timeline.watched_until = WatchedUntil::Delivered;
        record.timeline.checks.clear();
        let passed = Verdict {
            outcome: Outcome::Pass,
            reasons: vec![],
            tolerated: vec![],
            ..example_verdict()
        };
        let shown = line(&record, &passed);
        let why = WatchedUntil::Delivered.cut_short().unwrap();
        assert!(shown.contains("resolve notified not awaited"), "{shown}");
        assert!(shown.ends_with(&format!("\n  {why}")), "{shown}");
    }
}
