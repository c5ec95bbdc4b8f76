//! What reports say of an alert in words, the same everywhere.

use alertdrill_core::{AlertOutcome, Labels, UtcInstant, selector};

/// An alert with the labels that tell it from others of its name.
pub(crate) fn told_apart(alert: &str, labels: &Labels) -> String {
    selector(
        alert,
        labels
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "alertname" | "severity")),
    )
}

/// An instant as what it is after the fault; as itself, if there was none.
pub(crate) fn since(began_at: Option<UtcInstant>, at: UtcInstant) -> String {
    began_at.map_or_else(
        || at.to_string(),
        |began_at| format!("{:+.1} s", at.seconds_since(began_at)),
    )
}

/// When an alert did what, and when it had to.
pub(crate) fn alert_times(alert: &AlertOutcome, began_at: Option<UtcInstant>) -> String {
    let times = [
        (
            "near",
            alert.onset_at.filter(|_| alert.deadline_s.is_none()),
        ),
        ("pending", alert.pending_at),
        ("firing", alert.firing_at),
        ("notified", alert.notified_at),
        (
            if alert.firing_at.is_some() {
                "resolved"
            } else {
                "no longer"
            },
            alert.resolved_at,
        ),
        ("resolve notified", alert.resolve_notified_at),
    ];
    let known = times
        .into_iter()
        .filter_map(|(what, at)| at.map(|at| format!("{what} {}", since(began_at, at))));
    let mut parts: Vec<_> = known.collect();
    if let (Some([earliest, latest]), Some(deadline_s)) = (alert.window_s, alert.deadline_s) {
        parts.push(format!(
            "window {earliest:.0}–{latest:.0} s, deadline {deadline_s:.0} s"
        ));
    } else if alert.firing_at.is_none() {
        parts.push("silent".to_owned());
    }
    format!(
        "{}: {}",
        told_apart(&alert.name, &alert.labels),
        parts.join(", ")
    )
}
