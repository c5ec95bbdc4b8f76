//! How long a proposed drill may take.

use std::time::Duration;

use alertdrill_core::promql::looks_back_of;
use alertdrill_core::{LoadedRule, Onset, Promises, Window};

/// A service that is told to stop may go on for as long: compose's own patience.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// The waits of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) within: Duration,
    pub(super) onset: Option<Duration>,
    pub(super) recovers_within: Option<Duration>,
    pub(super) ended_within: Option<Duration>,
}

/// The waits of the alert of `rule`, whose expression needs up to `onset` to become true.
pub(super) fn waits(rule: &LoadedRule, onset: Duration) -> Waits {
    let onset = Onset {
        earliest: Duration::ZERO,
        latest: onset,
    };
    let latest = Window::derive(rule, onset).latest;
    let looks_back = looks_back(rule);
    let ends = Window::latest_resolve(rule, Duration::ZERO);
    let as_usual = Promises::default().ended_within();
    let unless_zero = |wait: Duration| (!wait.is_zero()).then(|| humane(wait));
    Waits {
        within: humane(latest + STOPS_WITHIN),
        onset: unless_zero(onset.latest),
        recovers_within: unless_zero(looks_back),
        ended_within: (ends > as_usual).then(|| humane(ends)),
    }
}

/// How far back the rule looks.
pub(super) fn looks_back(rule: &LoadedRule) -> Duration {
    looks_back_of(&rule.query).unwrap_or_default()
}

/// The next longer duration that a person would write.
pub(super) fn humane(duration: Duration) -> Duration {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    let step = match seconds {
        0..=30 => 5,
        31..=120 => 10,
        121..=600 => 30,
        601..=3600 => 60,
        _ => 300,
    };
    Duration::from_secs(seconds.div_ceil(step) * step)
}

/// As Prometheus writes it: `1m30s`.
pub(super) fn text_of(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let text: Vec<_> = parts
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    let text = text.concat();
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_up_to_what_people_write() {
        let rounded = |seconds| text_of(humane(Duration::from_secs(seconds)));
        let written = [0, 4, 31, 65, 121, 150, 601, 3601].map(rounded);
        assert_eq!(
            written,
            ["0s", "5s", "40s", "1m10s", "2m30s", "2m30s", "11m", "1h5m"]
        );
    }

    #[test]
    fn deadline_is_the_end_of_the_rules_window_and_the_time_of_a_stop() {
        let rule = LoadedRule {
            query: "rate(x[5m]) > 1".to_owned(),
            for_duration: Duration::from_secs(60),
            ..LoadedRule::example("A")
        };
        let waits = waits(&rule, looks_back(&rule));
        // 300 s onset, 15 s scrape, 5 s its duration, 5 s evaluation, 60 s `for`, 10 s stop.
        assert_eq!(text_of(waits.within), "7m");
        let texts =
            [waits.onset, waits.recovers_within, waits.ended_within].map(|wait| wait.map(text_of));
        assert_eq!(texts, [Some("5m".to_owned()), Some("5m".to_owned()), None]);
    }
}
