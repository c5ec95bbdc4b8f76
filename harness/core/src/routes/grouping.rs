//! Which alerts Alertmanager tells of in one notification.

use crate::{Claim, ExpectedAlert, Labels, Route, Routes};

impl Routes {
    /// Whether one of `expected` could be told later than its owner promises only because one of
    /// `others` stands in its group: an alert that joins a group which was told already waits for
    /// the next `group_interval`. Such drills do not run at once, for alone each would pass.
    #[must_use]
    pub fn told_late_beside(&self, expected: &[ExpectedAlert], others: &[Claim]) -> bool {
        expected.iter().any(|mine| {
            let mut own = mine.claim().known_labels();
            own.insert("severity".to_owned(), mine.severity.clone());
            let own = self.arriving(own);
            let promised = mine.promises.delivered_within();
            let too_slow = self.taken_by(&own).into_iter();
            let too_slow = too_slow.filter(|route| route.group_interval > promised);
            let too_slow: Vec<_> = too_slow.collect();
            others.iter().any(|theirs| {
                let theirs = self.arriving(theirs.known_labels());
                let taken = self.taken_by(&theirs);
                too_slow.iter().any(|route| {
                    let is_taken = taken.iter().any(|other| std::ptr::eq(*other, *route));
                    is_taken && route.may_hold_both(&own, &theirs)
                })
            })
        })
    }

    /// Every route that an alert may take of which these labels are known.
    fn taken_by(&self, known: &Labels) -> Vec<&Route> {
        self.possible_for(known).into_iter().flatten().collect()
    }
}

impl Route {
    /// Whether alerts with these labels may stand in one of its groups.
    fn may_hold_both(&self, one: &Labels, other: &Labels) -> bool {
        if self.group_by.contains(Self::BY_ALL_LABELS) {
            return false;
        }
        let mut labels = self.group_by.iter();
        labels.all(|label| match (one.get(label), other.get(label)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::routes_of;
    use super::*;

    fn told_late(route: &str, mine: (&str, &str), theirs: (&str, &str)) -> bool {
        let routes = format!("{{route: {route}, receivers: [{{name: a}}, {{name: b}}]}}");
        let routes = routes_of(&routes).unwrap();
        let deadline = Duration::from_secs(60);
        let alert = |(name, job): (&str, &str)| {
            ExpectedAlert::new(name, "critical", deadline).label("job", job)
        };
        routes.told_late_beside(&[alert(mine)], &[alert(theirs).claim()])
    }

    #[test]
    fn alert_that_joins_a_group_is_told_late_if_the_interval_is_longer_than_what_is_promised() {
        let (api, db) = (("Down", "api"), ("Down", "db"));
        // Five minutes is the default, and a minute is promised.
        assert!(told_late("{receiver: a}", api, db));
        assert!(told_late("{receiver: a, group_by: [alertname]}", api, db));
        assert!(told_late("{receiver: a, group_by: [cluster]}", api, db));
        assert!(!told_late("{receiver: a, group_interval: 1m}", api, db));
    }

    #[test]
    fn alerts_of_other_groups_and_on_other_routes_do_not_keep_each_other_waiting() {
        let (api, db) = (("Down", "api"), ("Down", "db"));
        assert!(!told_late("{receiver: a, group_by: [job]}", api, db));
        assert!(!told_late("{receiver: a, group_by: [...]}", api, db));
        let slow = ("Slow", "api");
        assert!(!told_late(
            "{receiver: a, group_by: [alertname]}",
            api,
            slow
        ));
        let apart = "{receiver: a, routes: [{receiver: b, matchers: ['job=db']}]}";
        assert!(!told_late(apart, api, db));
    }
}
