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
    let parts: Vec<_> = if fault_at.is_none() {
        let decided = "decided before a fault".to_owned();
        let promised = verdict.alerts.iter().map(promised);
        promised.chain([decided]).collect()
    } else {
        let reverted = format!("fault reverted {}", at(timeline.last_revert()));
        let alike = verdict.alerts.chunk_by(are_alike);
        let times = alike.map(|alerts| times(alerts, timeline, at));
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

/// Whether the times of both are told at once: of a drill that breaks many services, a line for
/// each would be a page.
fn are_alike(one: &AlertOutcome, other: &AlertOutcome) -> bool {
    one.name == other.name && one.deadline_s.is_some() && one.deadline_s == other.deadline_s
}

/// The times of alerts that had to fire and are alike, or of one that had to stay silent.
fn times(
    alerts: &[AlertOutcome],
    timeline: &Timeline,
    at: impl Fn(Option<UtcInstant>) -> String,
) -> String {
    let [alert, others @ ..] = alerts else {
        return String::new();
    };
    let Some(deadline_s) = alert.deadline_s else {
        return times_of_silent(alert, at);
    };
    let name = match alerts.len() {
        1 => alert.name.clone(),
        many => format!("{many} × {}", alert.name),
    };
    let is_same = others.iter().all(|other| other.window_s == alert.window_s);
    let window = match alert.window_s {
        _ if !is_same => String::new(),
        window => format!("window {}, ", window.map_or("none".to_owned(), window_text)),
    };
    let all = |instant: fn(&AlertOutcome) -> Option<UtcInstant>| {
        span(alerts.iter().map(instant), &at, "never")
    };
    let ends = |instant: fn(&AlertOutcome) -> Option<UtcInstant>| {
        span(
            alerts.iter().map(instant),
            &at,
            timeline.watched_until.unseen_end(),
        )
    };
    let mut parts = vec![
        format!("{name} pending {}", all(|alert| alert.pending_at)),
        format!(
            "firing {} ({window}deadline {deadline_s:.0} s)",
            all(|alert| alert.firing_at)
        ),
        format!("resolved {}", ends(|alert| alert.resolved_at)),
    ];
    // A replay delivers nothing, and without an Alertmanager nobody is told.
    if timeline.replayed.is_none() && timeline.witness != Witness::Nobody {
        parts.insert(2, format!("notified {}", all(|alert| alert.notified_at)));
        parts.push(format!(
            "resolve notified {}",
            ends(|alert| alert.resolve_notified_at)
        ));
    }
    parts.join(", ")
}

/// From the first to the last of these instants, and how many of them never came, in the word for
/// that.
fn span(
    instants: impl Iterator<Item = Option<UtcInstant>>,
    at: impl Fn(Option<UtcInstant>) -> String,
    never: &str,
) -> String {
    let (came, missing): (Vec<_>, Vec<_>) = instants.partition(Option::is_some);
    let (Some(first), Some(last)) = (came.iter().min(), came.iter().max()) else {
        return never.to_owned();
    };
    let (first, last) = (at(*first), at(*last));
    let span = if first == last {
        first
    } else {
        format!("{} to {last}", first.trim_end_matches(" s"))
    };
    match missing.len() {
        0 => span,
        missing => format!("{span}, {missing} of them {never}"),
    }
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
    use std::time::Duration;

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
    fn alerts_that_are_alike_are_told_at_once_with_the_first_and_the_last_instant() {
        let first = example_alert();
        let later = |instant: Option<UtcInstant>| Some(instant?.plus(Duration::from_secs(15)));
        let last = AlertOutcome {
            pending_at: later(first.pending_at),
            firing_at: later(first.firing_at),
            notified_at: None,
            window_s: Some([75.0, 110.0]),
            ..first.clone()
        };
        let verdict = Verdict {
            alerts: vec![first.clone(), first, last],
            ..example_verdict()
        };
        insta::assert_snapshot!(folded(&line(&example_record(), &verdict)), @r"
        feed_handler_stopped on binance: FAIL: 3 × FeedHandlerDown pending +16.5 to
        +31.5 s, firing +76.5 to +91.5 s (deadline 120 s), notified +86.5 s, 1 of them
        never, resolved +106.5 s, resolve notified never; fault reverted +88.8 s
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
