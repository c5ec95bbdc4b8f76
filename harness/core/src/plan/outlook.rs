//! What a whole run would do: each drill, how long that takes, and on which lane.

use std::time::Duration;

use super::{Between, DrillPlan, Plan};
use crate::schedule::{Slot, TimedDrill, places, simulate};
use crate::{LoadedRule, Result, Routes, Settings};

/// What a run of a plan would do.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What each drill would do, in the plan's order.
    pub drills: Vec<DrillPlan>,
    /// When each would run if every wait were as short as it can be.
    pub at_best: Vec<Slot>,
    /// When each would run if every wait were as long as it can be.
    pub at_worst: Vec<Slot>,
}

impl Outlook {
    /// What a run of `plan` would do with `rules` and `routes`.
    ///
    /// # Errors
    /// As [`places`] and [`simulate`].
    pub fn of(
        plan: &Plan,
        settings: &Settings,
        rules: &[LoadedRule],
        routes: Option<&Routes>,
    ) -> Result<Self> {
        for drill in &plan.drills {
            // Also of a drill that is infeasible, and so not simulated.
            places(drill, settings)?;
        }
        let drills = plan.drills.iter();
        let drills: Vec<_> = drills
            .map(|drill| DrillPlan::of(drill, settings, rules, routes))
            .collect();
        let feasible = drills.iter().filter(|drill| drill.infeasible.is_empty());
        let timed = |within: fn(Between) -> Duration| -> Vec<_> {
            let timed = feasible.clone();
            timed
                .map(|planned| planned.timed(&plan.drills, within))
                .collect()
        };
        let shortest = timed(|between| between.at_least);
        let longest = timed(|between| between.at_most);
        Ok(Self {
            at_best: simulate(&shortest, settings, routes)?,
            at_worst: simulate(&longest, settings, routes)?,
            drills,
        })
    }

    /// Each drill, in the plan's order, if every wait were half as long as it can be beyond the
    /// shortest. One that cannot pass ends at once.
    #[must_use]
    pub fn usual(&self) -> Vec<TimedDrill> {
        let all: Vec<_> = self.drills.iter().map(|it| it.drill.clone()).collect();
        let usual = self.drills.iter().map(|planned| {
            planned.timed(&all, |between| {
                if planned.infeasible.is_empty() {
                    (between.at_least + between.at_most) / 2
                } else {
                    Duration::ZERO
                }
            })
        });
        usual.collect()
    }

    /// Whether a drill cannot pass with the rules and routes as they are written.
    #[must_use]
    pub fn is_infeasible(&self) -> bool {
        self.drills.iter().any(|drill| !drill.infeasible.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Drill, ExpectedAlert, Fault};

    #[test]
    fn mistake_in_a_drill_is_an_error_even_if_the_drill_is_infeasible() {
        let alert = ExpectedAlert::new("Down", "critical", Duration::from_secs(60));
        let plan = Plan {
            drills: vec![Drill::new("x", Fault::stop("kafak")).expect_alert(alert)],
            waivers: vec![],
        };
        let outlook = Outlook::of(
            &plan,
            &Settings::example(),
            &[],
            Some(&Routes::telling("pager")),
        );
        let error = outlook.unwrap_err().to_string();
        assert!(error.contains("the nearest is `kafka`"), "{error}");
    }
}
