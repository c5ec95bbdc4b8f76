//! Alerts that always fire, to show that the way to the receiver works: no drill makes them fire,
//! and one that does not fire is what is wrong.

use crate::promql::is_constant;
use crate::{LoadedRule, Settings};

/// The same rules, those marked that always fire by intent: the settings name their alert, or no
/// sample and no clock can change their expression (`vector(1)`) and the settings name no receiver
/// that an alert of their severity must reach.
#[must_use]
pub fn with_watchdogs(rules: Vec<LoadedRule>, settings: &Settings) -> Vec<LoadedRule> {
    let rules = rules.into_iter();
    let marked = rules.map(|rule| LoadedRule {
        is_watchdog: is_watchdog(&rule, settings),
        ..rule
    });
    marked.collect()
}

fn is_watchdog(rule: &LoadedRule, settings: &Settings) -> bool {
    if settings.watchdogs.contains(&rule.alert) {
        return true;
    }
    let severity = rule.fixed_labels().remove("severity");
    let is_known = severity.is_some() || !rule.labels.contains_key("severity");
    let must_reach_somebody =
        severity.is_some_and(|severity| settings.receiver_of(&severity).is_some());
    let names_receivers = !settings.receivers.is_empty();
    names_receivers && is_known && !must_reach_somebody && is_constant(&rule.query).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_marked(alert: &str, query: &str, severity: Option<&str>) -> bool {
        let settings = Settings {
            watchdogs: vec!["Watchdog".to_owned()],
            ..Settings::example()
        };
        let severity = severity.map(|severity| ("severity".to_owned(), severity.to_owned()));
        let rule = LoadedRule {
            query: query.to_owned(),
            labels: severity.into_iter().collect(),
            ..LoadedRule::example(alert)
        };
        with_watchdogs(vec![rule], &settings)[0].is_watchdog
    }

    #[test]
    fn alert_that_the_settings_name_is_a_watchdog_whatever_its_rule() {
        assert!(is_marked(
            "Watchdog",
            "up{job=\"prometheus\"} == 1",
            Some("critical")
        ));
    }

    #[test]
    fn constant_that_no_receiver_waits_for_is_a_watchdog() {
        assert!(is_marked("DeadMansSwitch", "vector(1)", Some("none")));
        assert!(is_marked("DeadMansSwitch", "vector(1) > 0", None));
    }

    #[test]
    fn constant_that_somebody_is_paged_for_and_what_can_change_are_no_watchdogs() {
        assert!(!is_marked("AlwaysFiring", "vector(1)", Some("critical")));
        assert!(!is_marked(
            "AlwaysFiring",
            "vector(1)",
            Some("{{ $labels.severity }}")
        ));
        assert!(!is_marked("FiringAtNight", "hour() > 20", Some("none")));
        assert!(!is_marked("Down", "up == 0", Some("none")));
    }
}
