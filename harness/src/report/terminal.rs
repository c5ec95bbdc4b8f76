//! What a terminal shows of a drill: one line when it ends, and why if it did not pass.

use crate::drill::{AlertOutcome, Drill, Outcome, Timeline, UtcInstant, Verdict};

/// One line: the drill, its verdict, and the times of its alerts relative to the fault.
#[must_use]
pub fn drill_line(drill: &Drill, timeline: &Timeline, verdict: &Verdict) -> String {
    let outcome = match verdict.outcome {
        Outcome::Pass => "pass",
        Outcome::Skipped => "skipped",
        Outcome::Error => "error",
        Outcome::Fail => "FAIL",
    };
    let fault_at = timeline.faults.first().map(|fault| fault.injected_at);
    let reverted_at = timeline.faults.first().and_then(|fault| fault.reverted_at);
    let alerts: Vec<_> = verdict.alerts.iter().map(|alert| times(alert, fault_at, reverted_at)).collect();
    format!("{}: {outcome}: {}", drill.name, alerts.join("; "))
}

fn times(alert: &AlertOutcome, fault_at: Option<UtcInstant>, reverted_at: Option<UtcInstant>) -> String {
    let at = |instant: Option<UtcInstant>| match (instant, fault_at) {
        (Some(instant), Some(fault_at)) => format!("{:+.1} s", instant.seconds_since(fault_at)),
        _ => "never".to_owned(),
    };
    let window = alert.window_s.map_or("none".to_owned(), |[earliest, latest]| format!("{earliest:.0}–{latest:.0} s"));
    format!(
        "{} pending {}, firing {} (window {window}, deadline {:.0} s), notified {}, fault reverted {}, resolved {}, resolve notified {}",
        alert.name,
        at(alert.pending_at),
        at(alert.firing_at),
        alert.deadline_s,
        at(alert.notified_at),
        at(reverted_at),
        at(alert.resolved_at),
        at(alert.resolve_notified_at),
    )
}

/// Why a drill did not pass: a line per reason, and beside it what fired and was tolerated.
#[must_use]
pub fn failure_text(verdict: &Verdict) -> String {
    let reasons = verdict.reasons.iter().map(|reason| {
        let kind = serde_json::to_string(&reason.kind).unwrap_or_default();
        format!("{}: {}", kind.trim_matches('"'), reason.message)
    });
    let tolerated = verdict.tolerated.iter().map(|text| format!("tolerated: {text}"));
    reasons.chain(tolerated).collect::<Vec<_>>().join("\n")
}
