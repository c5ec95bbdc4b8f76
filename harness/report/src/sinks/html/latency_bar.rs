//! Where an alert's time went, as two bars: to its notification, and to the notification of its
//! end.

use super::time_text::{between, duration};
use crate::model::{Latency, LatencyStep, Milestone, Trend};
use crate::sinks::phrases::named;

/// The bars of an alert.
pub(super) struct LatencyBars {
    pub(super) alert: String,
    pub(super) bars: Vec<LatencyBar>,
    pub(super) trends: Vec<TrendLine>,
}

/// The steps after the fault, or those after the revert.
pub(super) struct LatencyBar {
    pub(super) text: String,
    pub(super) segments: Vec<BarSegment>,
}

/// A step.
pub(super) struct BarSegment {
    pub(super) class: &'static str,
    /// Its part of the whole bar, in percent.
    pub(super) width: f64,
    pub(super) title: String,
    pub(super) is_longest: bool,
}

/// How long an alert took in the runs before, and in this one.
pub(super) struct TrendLine {
    pub(super) text: String,
    pub(super) is_slower: bool,
    /// The time of each run in percent of the longest; this run is the last.
    pub(super) heights: Vec<f64>,
}

impl LatencyBars {
    pub(super) fn of(latency: &Latency) -> Self {
        let (until_notified, after_revert): (Vec<_>, Vec<_>) = latency
            .steps
            .iter()
            .partition(|step| step.reached.is_until_notified());
        let bars = [
            ("from the fault", until_notified, latency.dominant),
            ("from the revert", after_revert, None),
        ];
        let bar = |(since, steps, longest): (_, Vec<_>, _)| LatencyBar::of(since, &steps, longest);
        Self {
            alert: named(&latency.alert, &latency.labels),
            bars: bars.into_iter().filter_map(bar).collect(),
            trends: latency.trends.iter().map(TrendLine::of).collect(),
        }
    }
}

impl LatencyBar {
    fn of(since: &str, steps: &[&LatencyStep], longest: Option<Milestone>) -> Option<Self> {
        let whole_s: f64 = steps.iter().map(|step| step.took_s).sum();
        let last = steps.last()?;
        let width = |took_s: f64| {
            if whole_s > 0.0 {
                took_s / whole_s * 100.0
            } else {
                0.0
            }
        };
        let segment = |step: &&LatencyStep| BarSegment {
            class: class(step.reached),
            width: width(step.took_s),
            title: format!("{} {}", step.reached, duration(step.took_s)),
            is_longest: longest == Some(step.reached),
        };
        let segments: Vec<_> = steps.iter().map(segment).collect();
        let longest = segments.iter().find(|segment| segment.is_longest);
        let dominates = longest.map_or(String::new(), |segment| {
            format!(", {:.0} % of that until {}", segment.width, segment.title)
        });
        Some(Self {
            text: format!(
                "{since} to {}: {}{dominates}",
                last.reached,
                duration(whole_s)
            ),
            segments,
        })
    }
}

/// A milestone's name in the style sheet.
fn class(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::FirstSample => "first-sample",
        Milestone::ExpressionTrue => "expression-true",
        Milestone::Pending => "is-pending",
        Milestone::Firing => "is-firing",
        Milestone::Notified => "is-notified",
        Milestone::Resolved => "is-resolved",
        Milestone::ResolveNotified => "resolve-notified",
    }
}

impl TrendLine {
    fn of(trend: &Trend) -> Self {
        let times = || trend.earlier_s.iter().copied().chain([trend.now_s]);
        let longest_s = times().fold(f64::MIN_POSITIVE, f64::max);
        let note = if trend.is_slower {
            "slower than usual: "
        } else {
            ""
        };
        Self {
            text: format!("{note}{}", trend.told(duration, between)),
            is_slower: trend.is_slower,
            heights: times().map(|time_s| time_s / longest_s * 100.0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_report, folded};

    #[test]
    fn bar_says_which_part_of_an_alerts_time_dominates() {
        let drill = &example_report("okx").drills[0];
        let [latency] = drill.known_latencies().try_into().unwrap();
        let bars = LatencyBars::of(&latency);
        let [bar] = bars.bars.try_into().ok().unwrap();
        let text = "from the fault to notified: 1 min 15 s, 80 % of that until firing 1 min";
        assert_eq!(bar.text, text);
        let widths: Vec<_> = bar
            .segments
            .iter()
            .map(|segment| (segment.class, segment.width.round()))
            .collect();
        assert_eq!(
            widths,
            [
                ("is-pending", 7.0),
                ("is-firing", 80.0),
                ("is-notified", 13.0)
            ]
        );
    }

    #[test]
    fn trend_says_when_an_alert_has_become_slower() {
        let earlier_s = vec![60.0, 62.0, 64.0, 66.0, 68.0];
        let trend = Trend {
            until: Milestone::Firing,
            now_s: 136.0,
            earlier_s,
            usual_s: Some([56.0, 72.0]),
            is_slower: true,
        };
        let line = TrendLine::of(&trend);
        insta::assert_snapshot!(
            folded(&line.text),
            @r"
        slower than usual: fired after the fault: 2 min 16 s, usually 56 s to 1 min 12 s
        in 5 runs before
        "
        );
        assert_eq!(line.heights[4..], [50.0, 100.0]);
    }
}
