//! Where an alert's time went, as two bars: to its notification, and to that of its end.

use crate::sinks::phrases::told_apart;
use crate::{Latency, LatencyStep, Milestone, Trend};

/// Where an alert's time went.
pub(crate) struct LatencyBar {
    pub(crate) alert: String,
    pub(crate) ways: Vec<Way>,
    pub(crate) trends: Vec<TrendLine>,
}

/// The steps from the fault, or from the revert, on.
pub(crate) struct Way {
    pub(crate) text: String,
    pub(crate) parts: Vec<Part>,
}

/// A step.
pub(crate) struct Part {
    pub(crate) class: &'static str,
    /// Its part of the whole way, in percent.
    pub(crate) width: f64,
    pub(crate) title: String,
    pub(crate) is_longest: bool,
}

/// What something took in the runs before, and now.
pub(crate) struct TrendLine {
    pub(crate) text: String,
    pub(crate) is_slower: bool,
    /// One per run, the present one last, as parts of the longest, in percent.
    pub(crate) heights: Vec<f64>,
}

impl LatencyBar {
    pub(crate) fn of(latency: &Latency) -> Self {
        let (to_told, to_ended): (Vec<_>, Vec<_>) = latency
            .steps
            .iter()
            .partition(|step| step.reached.is_on_the_way_to_the_notification());
        let ways = [
            ("from the fault", to_told, latency.dominant),
            ("from the revert", to_ended, None),
        ];
        Self {
            alert: told_apart(&latency.alert, &latency.labels),
            ways: ways
                .into_iter()
                .filter_map(|(since, steps, longest)| Way::of(since, &steps, longest))
                .collect(),
            trends: latency.trends.iter().map(TrendLine::of).collect(),
        }
    }
}

impl Way {
    fn of(since: &str, steps: &[&LatencyStep], longest: Option<Milestone>) -> Option<Self> {
        let whole_s: f64 = steps.iter().map(|step| step.took_s).sum();
        let last = steps.last()?;
        let parts: Vec<_> = steps
            .iter()
            .map(|step| Part {
                class: step.reached.class(),
                width: if whole_s > 0.0 {
                    step.took_s / whole_s * 100.0
                } else {
                    0.0
                },
                title: format!("{} {:.1} s", step.reached, step.took_s),
                is_longest: longest == Some(step.reached),
            })
            .collect();
        let longest = parts.iter().find(|part| part.is_longest);
        let dominates = longest.map_or(String::new(), |part| {
            format!(", {:.0} % of that until {}", part.width, part.title)
        });
        Some(Self {
            text: format!("{since} to {}: {whole_s:.1} s{dominates}", last.reached),
            parts,
        })
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
            text: format!("{note}{trend}"),
            is_slower: trend.is_slower,
            heights: times().map(|time_s| time_s / longest_s * 100.0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::html::tests::report;

    #[test]
    fn bar_tells_which_part_of_an_alerts_time_dominates() {
        let [latency] = report("okx").drills[0]
            .known_latencies()
            .try_into()
            .unwrap();
        let bar = LatencyBar::of(&latency);
        let [way] = bar.ways.try_into().ok().unwrap();
        insta::assert_snapshot!(way.text, @"from the fault to notified: 75.0 s, 80 % of that until firing 60.0 s");
        let widths: Vec<_> = way
            .parts
            .iter()
            .map(|part| (part.class, part.width.round()))
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
            line.text,
            @"slower than usual: fired after the fault: 136.0 s, usually 56.0 to 72.0 s in 5 runs before"
        );
        assert_eq!(line.heights[4..], [50.0, 100.0]);
    }
}
