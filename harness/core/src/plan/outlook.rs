//! What a whole run would do: each drill, how long that takes, and on which lane.

use std::time::Duration;

use super::{DrillPlan, Plan, duration_of};
use crate::schedule::{Part, Slot, simulate};
use crate::{LoadedRule, Result, Routing, Settings};

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
    /// What a run of `plan` would do with `rules` under `routing`.
    ///
    /// # Errors
    /// As [`simulate`].
    pub fn of(
        plan: &Plan,
        settings: &Settings,
        rules: &[LoadedRule],
        routing: &Routing,
    ) -> Result<Self> {
        let drills: Vec<_> = plan
            .drills
            .iter()
            .map(|drill| DrillPlan::of(drill, settings, rules, routing))
            .collect();
        let parts = |ends: fn(&DrillPlan) -> [Duration; 2]| {
            let each = drills
                .iter()
                .filter(|drill| drill.infeasible.is_empty())
                .map(|planned| {
                    let [mended_after, lasts] = ends(planned);
                    let estimate = duration_of(&planned.drill, &plan.drills);
                    Part {
                        drill: planned.drill.clone(),
                        estimate,
                        mended_after,
                        lasts,
                    }
                });
            each.collect::<Vec<_>>()
        };
        let shortest = parts(|planned| [planned.mended_after.at_least, planned.lasts.at_least]);
        let longest = parts(|planned| [planned.mended_after.at_most, planned.lasts.at_most]);
        Ok(Self {
            at_best: simulate(&shortest, settings, routing)?,
            at_worst: simulate(&longest, settings, routing)?,
            drills,
        })
    }

    /// Whether a drill cannot pass with the rules as they are written.
    #[must_use]
    pub fn is_infeasible(&self) -> bool {
        self.drills.iter().any(|drill| !drill.infeasible.is_empty())
    }
}
