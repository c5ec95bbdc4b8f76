//! How long an alert took, of what it had.

use super::time_text::duration;
use crate::model::{DrillReport, Report};
use crate::sinks::phrases::named;
use alertdrill_core::AlertOutcome;

/// An alert with the labels that a reader knows it by: not those of how it was scraped, if there
/// are others.
pub(super) fn known_as(alert: &AlertOutcome) -> String {
    let mut known = alert.labels.clone();
    known.retain(|name, _| !matches!(name.as_str(), "instance" | "job" | "name"));
    let tells = |name: &String| !matches!(name.as_str(), "alertname" | "severity");
    if known.keys().any(tells) {
        named(&alert.name, &known)
    } else {
        named(&alert.name, &alert.labels)
    }
}

/// Detection times, each as a part of what was promised for it, so that one bar holds them all; and
/// the window of the one that came nearest to its promise. All in percent of the bar.
pub(super) struct DetectionBar {
    /// What it shows, in words.
    pub(super) label: String,
    pub(super) window: Option<[f64; 2]>,
    pub(super) deadline: f64,
    pub(super) times: Vec<f64>,
}

/// How much longer than what was promised, or than the latest time, a bar is.
pub(super) const BAR_BEYOND: f64 = 1.08;

/// An alert of a drill that had to fire.
#[derive(Clone, Copy)]
pub(super) struct Detection<'a> {
    pub(super) drill: &'a DrillReport,
    pub(super) alert: &'a AlertOutcome,
}

impl<'a> Detection<'a> {
    /// Those of a run.
    pub(super) fn all_of(report: &'a Report) -> impl Iterator<Item = Self> {
        report.drills.iter().flat_map(|drill| {
            let alerts = drill.alerts.iter();
            let to_fire = alerts.filter(|alert| alert.deadline_s.is_some());
            to_fire.map(move |alert| Self { drill, alert })
        })
    }

    /// The seconds that it took, and those that were promised.
    pub(super) fn took_of_promised_s(self) -> Option<(f64, f64)> {
        Some((self.alert.time_to_fire_s?, self.alert.deadline_s?))
    }
}

impl DetectionBar {
    pub(super) fn of(tightest: Detection, all: &[Detection]) -> Option<Self> {
        let (took_s, deadline_s) = tightest.took_of_promised_s()?;
        let parts = || {
            let both = all.iter().filter_map(|it| it.took_of_promised_s());
            both.map(|(took_s, promised_s)| took_s / promised_s.max(0.1))
        };
        let latest_s = tightest
            .alert
            .window_s
            .map_or(0.0, |[_, latest_s]| latest_s);
        let longest =
            parts().fold((latest_s / deadline_s.max(0.1)).max(1.0), f64::max) * BAR_BEYOND;
        let part = |seconds: f64| seconds / deadline_s.max(0.1) / longest * 100.0;
        let window = tightest.alert.window_s;
        let within = window.map_or(String::new(), |[earliest_s, latest_s]| {
            let (earliest, latest) = (duration(earliest_s), duration(latest_s));
            format!(", its window is {earliest} to {latest}")
        });
        let label = format!(
            "{} fired after {}{within}, due after {}",
            known_as(tightest.alert),
            duration(took_s),
            duration(deadline_s)
        );
        // Times that one cannot see apart are one.
        let mut times: Vec<_> = parts()
            .map(|part| (part / longest * 100.0).round())
            .collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        Some(Self {
            label,
            window: window.map(|[from_s, until_s]| [part(from_s), part(until_s - from_s)]),
            deadline: 100.0 / longest,
            times,
        })
    }
}
