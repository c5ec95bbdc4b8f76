//! What one drill would do, and when, as far as the rules as they are written tell.

use std::time::Duration;

use crate::schedule::{TimedDrill, held_exclusively, places};
use crate::{
    DELIVERY_ALLOWANCE, Drill, ExpectedAlert, LoadedRule, Placement, Reason, Route, Routes,
    Settings, Window, infeasible, rule_for,
};

/// A time that is known to lie between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// The shortest that it can be.
    pub at_least: Duration,
    /// The longest that it can be.
    pub at_most: Duration,
}

/// What one drill would do.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillPlan {
    /// The drill.
    pub drill: Drill,
    /// The services, paths and lanes that it holds for itself alone, as a person reads them.
    pub holds: Vec<String>,
    /// Why it cannot pass, known without breaking anything; empty if it can.
    pub infeasible: Vec<Reason>,
    /// Per alert that it expects, when that fires; `None` if no such rule is written.
    pub windows: Vec<Option<Window>>,
    /// From its fault's effect to the revert.
    pub broken_for: Between,
    /// From its fault's effect to when it gives back what it has mended.
    pub mended_after: Between,
    /// From its fault's effect to its last look. What is checked afterwards is not counted.
    pub lasts: Between,
}

impl DrillPlan {
    /// It as one of the drills of `all`, each of whose times lies so far `within` what is known.
    pub(super) fn timed(&self, all: &[Drill], within: impl Fn(Between) -> Duration) -> TimedDrill {
        TimedDrill {
            drill: self.drill.clone(),
            estimate: duration_of(&self.drill, all),
            mended_after: within(self.mended_after),
            lasts: within(self.lasts),
        }
    }

    /// What `drill` would do with `rules` and `routes`.
    #[must_use]
    pub fn of(
        drill: &Drill,
        settings: &Settings,
        rules: &[LoadedRule],
        routes: Option<&Routes>,
    ) -> Self {
        let expected = drill.expect.iter();
        let with_rules = expected.map(|alert| {
            let rule = alert.rule_among(rules);
            rule.map(|rule| (rule, alert))
        });
        let with_rules: Vec<_> = with_rules.collect();
        let windows = with_rules.iter().map(|found| {
            let (rule, alert) = (*found)?;
            Some(Window::derive(rule, alert.onset))
        });
        let windows: Vec<_> = windows.collect();

        let taken = taken_by(&with_rules, routes);
        let broken_for = broken_for(drill, rules, &taken, &windows);
        // As the runner waits: until everything was scraped again, then for the next evaluation.
        let scraped = rules.iter().map(LoadedRule::scraped_within).max();
        let scraped = scraped.unwrap_or_default();
        let evaluated = rules.iter().map(|rule| rule.evaluation_interval).max();
        let seen = scraped + evaluated.unwrap_or_default();
        let intervals = taken.iter().map(|route| route.group_interval);
        let told_within = intervals.max().unwrap_or_default() + DELIVERY_ALLOWANCE;
        let ends = with_rules.iter().flatten();
        let ends = ends.map(|(rule, alert)| Window::latest_resolve(rule, alert.recovery));
        let resolved = ends.max().map_or(Duration::ZERO, |end| end + told_within);
        let mended_after = broken_for.then(Between {
            at_least: scraped,
            at_most: seen,
        });
        let lasts = broken_for.then(Between {
            at_least: seen,
            at_most: resolved.max(seen),
        });
        Self {
            drill: drill.clone().placed(&Placement::default(), settings),
            holds: held_exclusively(drill, settings),
            infeasible: infeasible_anywhere(drill, settings, rules, routes),
            windows,
            broken_for,
            mended_after,
            lasts,
        }
    }
}

/// Why `drill` cannot pass, wherever it is placed; else why it cannot on the first lane on which
/// that is so.
fn infeasible_anywhere(
    drill: &Drill,
    settings: &Settings,
    rules: &[LoadedRule],
    routes: Option<&Routes>,
) -> Vec<Reason> {
    let anywhere = drill.clone().placed(&Placement::default(), settings);
    let placed = places(drill, settings).unwrap_or_default().into_iter();
    let each = [anywhere]
        .into_iter()
        .chain(placed.map(|place| place.drill));
    let mut reasons = each.map(|drill| infeasible(&drill, rules, routes));
    reasons
        .find(|reasons| !reasons.is_empty())
        .unwrap_or_default()
}

/// The routes that the expected alerts may take; all of them if that is not known, and none if
/// there are none.
fn taken_by<'a>(
    expected: &[Option<(&LoadedRule, &ExpectedAlert)>],
    routes: Option<&'a Routes>,
) -> Vec<&'a Route> {
    let Some(routes) = routes else {
        return Vec::new();
    };
    let known = expected.iter().flatten();
    let ways = known
        .flat_map(|(rule, alert)| routes.possible_for(&routes.arriving(alert.labels_by(rule))));
    let taken: Vec<_> = ways.flatten().collect();
    if taken.is_empty() {
        routes.all()
    } else {
        taken
    }
}

/// A fault lasts until its alerts have fired, been delivered and lasted for as long as it is held;
/// a near miss until it has been held for long enough.
fn broken_for(
    drill: &Drill,
    rules: &[LoadedRule],
    taken: &[&Route],
    windows: &[Option<Window>],
) -> Between {
    let waits = taken.iter().map(|route| route.group_wait);
    let told = Between {
        at_least: waits.clone().min().unwrap_or_default(),
        at_most: waits.max().unwrap_or_default() + DELIVERY_ALLOWANCE,
    };
    let expected = windows.iter().zip(&drill.expect);
    let fires = expected.filter_map(|(window, expected)| {
        let (window, held_for) = ((*window)?, expected.held_for);
        Some(Between {
            at_least: window.earliest + told.at_least + held_for,
            at_most: window.latest + told.at_most + held_for,
        })
    });
    let silent = drill.silent.iter().filter_map(|silent| {
        let hold = silent.hold_with(rule_for(&silent.alert, &silent.labels, rules)?);
        let onset = if silent.near.is_some() {
            silent.onset
        } else {
            Duration::ZERO
        };
        Some(Between {
            at_least: hold,
            at_most: onset + hold,
        })
    });
    fires
        .chain(silent)
        .fold(Between::default(), Between::longer)
}

impl Between {
    fn longer(self, other: Self) -> Self {
        Self {
            at_least: self.at_least.max(other.at_least),
            at_most: self.at_most.max(other.at_most),
        }
    }

    fn then(self, next: Self) -> Self {
        Self {
            at_least: self.at_least + next.at_least,
            at_most: self.at_most + next.at_most,
        }
    }
}

/// About how long a drill of `drills` takes, by its own numbers: the longer ones start first. A
/// near miss that is held for as long as its rule needs takes about as long as the drill that makes
/// the same alert fire.
#[must_use]
pub fn duration_of(drill: &Drill, drills: &[Drill]) -> Duration {
    let deadline_of = |alert: &str| {
        let expected = drills.iter().flat_map(|drill| &drill.expect);
        let expected = expected.filter(|expected| expected.alert == alert);
        let deadlines = expected.map(|expected| expected.deadline);
        deadlines.max().unwrap_or_default()
    };
    let expected = drill.expect.iter();
    let expected = expected.map(|expected| {
        let ExpectedAlert {
            deadline,
            held_for,
            recovery,
            ..
        } = expected;
        *deadline + *held_for + *recovery
    });
    let silent = drill.silent.iter().map(|silent| match silent.hold {
        Some(hold) => silent.onset + hold,
        None => deadline_of(&silent.alert),
    });
    expected.chain(silent).max().unwrap_or_default()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{Fault, SilentAlert};

    pub(in crate::plan) fn rule(alert: &str, for_s: u64) -> LoadedRule {
        LoadedRule {
            for_duration: Duration::from_secs(for_s),
            ..LoadedRule::example(alert)
        }
    }

    fn expecting(deadline_s: u64) -> Drill {
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(deadline_s));
        let alert = alert.onset(Duration::from_secs(2), Duration::from_secs(4));
        Drill::new("x", Fault::stop("kafka")).expect_alert(alert)
    }

    fn plan(drill: &Drill, alert: &str) -> DrillPlan {
        DrillPlan::of(
            drill,
            &Settings::example(),
            &[rule(alert, 60)],
            Some(&Routes::telling("pager")),
        )
    }

    fn in_seconds(between: Between) -> (u64, u64) {
        (between.at_least.as_secs(), between.at_most.as_secs())
    }

    #[test]
    fn fault_lasts_until_its_alert_is_delivered_and_the_drill_until_its_end_is() {
        let plan = plan(&expecting(120), "Down");
        let Window { earliest, latest } = plan.windows[0].unwrap();
        assert_eq!(
            (earliest.as_secs(), latest.as_secs()),
            (62, 4 + 15 + 5 + 5 + 60)
        );
        assert_eq!(in_seconds(plan.broken_for), (62 + 10, 89 + 10 + 5));
        assert_eq!(in_seconds(plan.mended_after), (72 + 20, 104 + 25));
        assert_eq!(in_seconds(plan.lasts), (72 + 25, 104 + 35 + 30 + 5));
        assert_eq!(plan.infeasible, []);
    }

    #[test]
    fn near_miss_lasts_as_long_as_it_is_held_near_and_until_that_can_no_longer_be_seen() {
        let silent = SilentAlert::new("Down")
            .near("up == 0", Duration::from_secs(30))
            .hold(Duration::from_secs(40));
        let drill = Drill::new("x", Fault::stop("kafka")).silent(silent);
        let plan = plan(&drill, "Down");
        assert_eq!(in_seconds(plan.broken_for), (40, 70));
        assert_eq!(in_seconds(plan.lasts), (65, 95));
    }

    #[test]
    fn drill_whose_alert_has_no_rule_or_cannot_keep_its_deadline_is_infeasible() {
        let without_rule = plan(&expecting(120), "Up");
        assert_eq!(without_rule.infeasible.len(), 1);
        assert_eq!(without_rule.windows, [None]);
        assert_eq!(plan(&expecting(84), "Down").infeasible.len(), 1);
    }
}
