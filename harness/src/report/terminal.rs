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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::drill::{ExpectedAlert, Fault, FaultRecord, Reason, ReasonKind, Severity, SteadyState, TIMELINE_SCHEMA_VERSION};

    fn at(second: f64) -> UtcInstant {
        UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap()
    }

    fn drill() -> Drill {
        let alert = ExpectedAlert::new("FeedHandlerDown", Severity::Critical, Duration::from_secs(120));
        Drill::new("feed_handler_stopped", Fault::stop("feed-handler-binance")).expect_alert(alert)
    }

    fn timeline() -> Timeline {
        let fault = Fault::stop("feed-handler-binance");
        let fault = FaultRecord { fault, injected_at: at(0.0), effect_at: Some(at(0.6)), reverted_at: Some(at(88.8)) };
        Timeline {
            schema_version: TIMELINE_SCHEMA_VERSION,
            drill: "feed_handler_stopped".into(),
            rules: vec![],
            routing: None,
            steady_state: SteadyState::default(),
            faults: vec![fault],
            samples: vec![],
            evaluated_until: [].into(),
            deliveries: vec![],
            suppressions: vec![],
            errors: vec![],
            finished_at: at(120.0),
        }
    }

    fn verdict() -> Verdict {
        let alert = AlertOutcome {
            name: "FeedHandlerDown".into(),
            labels: [].into(),
            severity: Severity::Critical,
            window_s: Some([60.0, 95.0]),
            deadline_s: 120.0,
            pending_at: Some(at(16.5)),
            firing_at: Some(at(76.5)),
            notified_at: Some(at(86.5)),
            resolved_at: Some(at(106.5)),
            resolve_notified_at: None,
            time_to_fire_s: Some(76.5),
        };
        let reason = Reason { kind: ReasonKind::ResolveNotDelivered, message: "`critical` was never told".into() };
        let tolerated = vec!["ServiceOOMKill{} fired at +40.0 s: known".into()];
        Verdict { outcome: Outcome::Fail, reasons: vec![reason], alerts: vec![alert], tolerated, collateral: vec![] }
    }

    #[test]
    fn line_of_a_drill_tells_each_instant_relative_to_the_fault_and_what_never_came() {
        insta::assert_snapshot!(drill_line(&drill(), &timeline(), &verdict()), @"feed_handler_stopped: FAIL: FeedHandlerDown pending +16.5 s, firing +76.5 s (window 60–95 s, deadline 120 s), notified +86.5 s, fault reverted +88.8 s, resolved +106.5 s, resolve notified never");
    }

    #[test]
    fn failure_is_a_line_per_reason_and_tells_what_was_tolerated() {
        insta::assert_snapshot!(failure_text(&verdict()), @r"
        resolve_not_delivered: `critical` was never told
        tolerated: ServiceOOMKill{} fired at +40.0 s: known
        ");
    }
}
