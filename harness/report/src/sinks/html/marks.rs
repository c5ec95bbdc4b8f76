//! What is marked in time: the times of faults and alerts, and their instants. The style sheet
//! places them by their seconds, wherever they are drawn.

use super::run_time::RunTime;
use super::time_text::duration;
use crate::model::DrillReport;
use alertdrill_core::{AlertOutcome, UtcInstant};

/// A time from one instant to another, in seconds of the run's time.
#[derive(Clone)]
pub(super) struct Band {
    pub(super) class: &'static str,
    pub(super) from_s: f64,
    pub(super) until_s: f64,
    pub(super) title: String,
}

/// An instant, in seconds of the run's time.
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) at_s: f64,
    pub(super) title: String,
}

impl Mark {
    pub(super) fn style(&self) -> String {
        format!("--a:{:.1}", self.at_s)
    }
}

impl Band {
    pub(super) fn style(&self) -> String {
        let until_s = self.until_s.max(self.from_s);
        format!("--a:{:.1};--b:{until_s:.1}", self.from_s)
    }
}

/// How long after the fault an instant is, in words.
pub(super) fn after(began_at: Option<UtcInstant>, at: UtcInstant) -> String {
    let seconds = began_at.map_or(0.0, |began_at| at.seconds_since(began_at));
    if seconds < 0.0 {
        format!("{} before the fault", duration(-seconds))
    } else {
        format!("{} after the fault", duration(seconds))
    }
}

/// The times during which the drill's faults lasted. A fault that was not reverted lasts to the
/// run's end.
pub(super) fn fault_bands(drill: &DrillReport, time: RunTime) -> Vec<Band> {
    let began_at = drill.fault_at();
    let bands = drill.faults.iter().map(|fault| {
        let mut title = format!("{} {}", fault.target, fault.kind.replace('_', " "));
        if Some(fault.injected_at) != began_at {
            title = format!("{title} {}", after(began_at, fault.injected_at));
        }
        let lasted_s = |at: UtcInstant| at.seconds_since(fault.injected_at);
        let lasted = fault.reverted_at.map_or("not reverted".to_owned(), |at| {
            format!("reverted after {}", duration(lasted_s(at)))
        });
        Band {
            class: "fault",
            from_s: time.second(fault.injected_at),
            until_s: fault.reverted_at.map_or(time.until_s, |at| time.second(at)),
            title: format!("{title}, {lasted}"),
        }
    });
    bands.collect()
}

/// An alert's window, and the times during which it was pending and firing. An alert that was not
/// seen to resolve fires to the run's end.
pub(super) fn alert_bands(
    alert: &AlertOutcome,
    fault_at: Option<UtcInstant>,
    time: RunTime,
) -> Vec<Band> {
    let mut bands = Vec::new();
    if let (Some([earliest_s, latest_s]), Some(fault_at)) = (alert.window_s, fault_at) {
        let (earliest, latest) = (duration(earliest_s), duration(latest_s));
        bands.push(Band {
            class: "window",
            from_s: time.second(fault_at) + earliest_s,
            until_s: time.second(fault_at) + latest_s,
            title: format!("window: {earliest} to {latest} after the fault"),
        });
    }
    let ended_s = alert.resolved_at.map_or(time.until_s, |at| time.second(at));
    if let Some(pending) = alert.pending_at {
        bands.push(Band {
            class: "pending",
            from_s: time.second(pending),
            until_s: alert.firing_at.map_or(ended_s, |at| time.second(at)),
            title: format!("{} pending {}", alert.name, after(fault_at, pending)),
        });
    }
    if let Some(firing) = alert.firing_at {
        let resolved = |at| format!("resolved {}", after(fault_at, at));
        let end = alert
            .resolved_at
            .map_or("not seen to resolve".to_owned(), resolved);
        bands.push(Band {
            class: "firing",
            from_s: time.second(firing),
            until_s: ended_s,
            title: format!("{} firing {}, {end}", alert.name, after(fault_at, firing)),
        });
    }
    bands
}

/// An alert's deadline and the instants of its notifications.
pub(super) fn alert_marks(
    alert: &AlertOutcome,
    fault_at: Option<UtcInstant>,
    time: RunTime,
) -> Vec<Mark> {
    let deadline = alert.deadline_s.and_then(|deadline_s| {
        Some(Mark {
            class: "deadline",
            at_s: time.second(fault_at?) + deadline_s,
            title: format!("due {} after the fault", duration(deadline_s)),
        })
    });
    let notified = |what: &str, at: Option<UtcInstant>| {
        let at = at?;
        Some(Mark {
            class: "notified",
            at_s: time.second(at),
            title: format!("{what} {}", after(fault_at, at)),
        })
    };
    let marks = [
        deadline,
        notified("notified", alert.notified_at),
        notified("end notified", alert.resolve_notified_at),
    ];
    marks.into_iter().flatten().collect()
}
