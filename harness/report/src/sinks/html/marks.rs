//! What is marked on an axis of time: the times of faults and alerts, and their instants.

use super::axis::Axis;
use crate::model::DrillReport;
use crate::sinks::phrases::since;
use alertdrill_core::{AlertOutcome, UtcInstant};

/// A time from one instant to another; both are places on an axis, in percent.
pub(super) struct Band {
    pub(super) class: &'static str,
    pub(super) left: f64,
    pub(super) width: f64,
    pub(super) title: String,
}

/// An instant, as a place on an axis, in percent.
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) left: f64,
    pub(super) title: String,
}

impl Mark {
    pub(super) fn style(&self) -> String {
        format!("left:{:.2}%", self.left)
    }
}

impl Band {
    pub(super) fn of(class: &'static str, from: f64, until: f64, title: String) -> Self {
        Self {
            class,
            left: from,
            width: (until - from).max(0.0),
            title,
        }
    }

    pub(super) fn style(&self) -> String {
        format!("left:{:.2}%;width:{:.2}%", self.left, self.width)
    }
}

/// The times during which the drill's faults lasted. A fault that was not reverted lasts to the
/// edge.
pub(super) fn fault_bands(drill: &DrillReport, axis: Axis) -> Vec<Band> {
    let began_at = drill.fault_at();
    let bands = drill.faults.iter().map(|fault| {
        let until = fault.reverted_at.map_or(100.0, |at| axis.place(at));
        let ended = fault.reverted_at.map_or("not reverted".to_owned(), |at| {
            format!("reverted {}", since(began_at, at))
        });
        let title = format!(
            "{} {}: {}, {ended}",
            fault.target,
            fault.kind,
            since(began_at, fault.injected_at)
        );
        Band::of("fault", axis.place(fault.injected_at), until, title)
    });
    bands.collect()
}

/// An alert's window, and the times during which it was pending and firing. An alert that was not
/// seen to resolve fires to the edge.
pub(super) fn alert_bands(
    alert: &AlertOutcome,
    fault_at: Option<UtcInstant>,
    axis: Axis,
) -> Vec<Band> {
    let mut bands = Vec::new();
    let opens_at = |[earliest, _]: [f64; 2]| after_fault(earliest, fault_at, axis);
    if let Some([earliest, latest]) = alert.window_s
        && let Some(left) = alert.window_s.and_then(opens_at)
    {
        let title = format!("window: {earliest:.0} s to {latest:.0} s after the fault");
        let until = left + (latest - earliest) / axis.seconds * 100.0;
        bands.push(Band::of("window", left, until.min(100.0), title));
    }
    let ended = alert.resolved_at.map_or(100.0, |at| axis.place(at));
    if let Some(pending) = alert.pending_at {
        let until = alert.firing_at.map_or(ended, |at| axis.place(at));
        let title = format!("pending {}", since(fault_at, pending));
        bands.push(Band::of("pending", axis.place(pending), until, title));
    }
    if let Some(firing) = alert.firing_at {
        let resolved = |at| format!("resolved {}", since(fault_at, at));
        let end = alert
            .resolved_at
            .map_or("not seen to resolve".to_owned(), resolved);
        let title = format!("firing {}, {end}", since(fault_at, firing));
        bands.push(Band::of("firing", axis.place(firing), ended, title));
    }
    bands
}

/// An alert's deadline and the instants of its notifications.
pub(super) fn alert_marks(
    alert: &AlertOutcome,
    fault_at: Option<UtcInstant>,
    axis: Axis,
) -> Vec<Mark> {
    let deadline = alert.deadline_s.and_then(|deadline_s| {
        let title = format!("deadline {deadline_s:.0} s after the fault");
        let left = after_fault(deadline_s, fault_at, axis)?;
        let class = "deadline";
        Some(Mark { class, left, title })
    });
    let notified = |what: &str, at: Option<UtcInstant>| {
        let at = at?;
        let (class, left) = ("notified", axis.place(at));
        let title = format!("{what} {}", since(fault_at, at));
        Some(Mark { class, left, title })
    };
    let marks = [
        deadline,
        notified("notified", alert.notified_at),
        notified("resolve notified", alert.resolve_notified_at),
    ];
    marks.into_iter().flatten().collect()
}

/// Where an instant after the fault is. What lies beyond the end is not drawn: `None`.
fn after_fault(seconds: f64, fault_at: Option<UtcInstant>, axis: Axis) -> Option<f64> {
    let place = axis.unbound(fault_at?) + seconds / axis.seconds * 100.0;
    (place <= 100.0).then_some(place)
}
