//! When a run that is going on will end: what is left of it, simulated.
//!
//! Each drill is taken to need what lies half-way between its shortest and its longest, stretched
//! as those were that have ended. So what no file tells (how long steady state is waited for) is
//! learned from the run itself.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{DrillPlan, Plan, duration_of};
use crate::schedule::{TimedDrill, Underway, time_left};
use crate::{LoadedRule, Routes, Settings};

/// So many drills as planned are added to those that have ended: one that ended oddly says little
/// about the others.
const DRILLS_AS_PLANNED: u32 = 2;
/// A run is taken to go at most so much faster or slower than planned.
const PACE: [f64; 2] = [0.25, 4.0];

/// What the end of a run is expected by.
#[derive(Clone, Debug)]
pub struct Forecast {
    drills: Vec<TimedDrill>,
    settings: Settings,
    routes: Option<Routes>,
}

/// How far a drill is, if it does not wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Running {
        /// How long it has run.
        taken: Duration,
        /// The lane that it has, if it needs one.
        lane: Option<String>,
    },
    /// It has ended.
    Ended {
        /// How long it took; `None` if it never had its turn.
        took: Option<Duration>,
    },
}

impl Forecast {
    /// For a run of `plan` with `rules` and `routes`. A drill that cannot pass with them takes no
    /// time: it breaks nothing.
    #[must_use]
    pub fn of(
        plan: &Plan,
        settings: &Settings,
        rules: &[LoadedRule],
        routes: Option<&Routes>,
    ) -> Self {
        let drills = plan.drills.iter();
        let planned = drills.map(|drill| DrillPlan::of(drill, settings, rules, routes));
        let feasible = planned.filter(|planned| planned.infeasible.is_empty());
        let timed = feasible.map(|planned| {
            let half_way = |time: super::Between| (time.at_least + time.at_most) / 2;
            // As it was written: its place is chosen anew.
            let written = plan.drills.iter().find(|it| it.name == planned.drill.name);
            let drill = written.unwrap_or(&planned.drill).clone();
            TimedDrill {
                estimate: duration_of(&drill, &plan.drills),
                drill,
                mended_after: half_way(planned.mended_after),
                lasts: half_way(planned.lasts),
            }
        });
        Self {
            drills: timed.collect(),
            settings: settings.clone(),
            routes: routes.cloned(),
        }
    }

    /// How long it takes until the last drill ends, if each stands where `standings` say; one that
    /// is not in there waits. `None` if a drill could never go: then the run says so itself.
    #[must_use]
    pub fn left(&self, standings: &BTreeMap<String, Standing>) -> Option<Duration> {
        let pace = self.pace(standings);
        let (mut underway, mut waiting) = (Vec::new(), Vec::new());
        for timed in &self.drills {
            let timed = TimedDrill {
                mended_after: timed.mended_after.mul_f64(pace),
                lasts: timed.lasts.mul_f64(pace),
                ..timed.clone()
            };
            match standings.get(&timed.drill.name) {
                None => waiting.push(timed),
                Some(Standing::Running { taken, lane }) => underway.push(Underway {
                    timed,
                    lane: lane.clone(),
                    taken: *taken,
                }),
                Some(Standing::Ended { .. }) => {}
            }
        }
        time_left(&underway, &waiting, &self.settings, self.routes.as_ref()).ok()
    }

    /// How much longer drills take than planned.
    fn pace(&self, standings: &BTreeMap<String, Standing>) -> f64 {
        let ended =
            self.drills
                .iter()
                .filter_map(|timed| match standings.get(&timed.drill.name)? {
                    Standing::Ended { took: Some(took) } => Some((timed.lasts, *took)),
                    _ => None,
                });
        let (planned, took) = ended.fold(<(Duration, Duration)>::default(), |sums, drill| {
            (sums.0 + drill.0, sums.1 + drill.1)
        });
        let all: Duration = self.drills.iter().map(|timed| timed.lasts).sum();
        let count = u32::try_from(self.drills.len()).unwrap_or(u32::MAX).max(1);
        let as_planned = all / count * DRILLS_AS_PLANNED;
        if as_planned.is_zero() {
            return 1.0;
        }
        let pace = (took + as_planned).as_secs_f64() / (planned + as_planned).as_secs_f64();
        pace.clamp(PACE[0], PACE[1])
    }
}

#[cfg(test)]
mod tests {
    use super::super::drill_plan::tests::rule;
    use super::*;
    use crate::{Drill, ExpectedAlert, Fault};

    fn drill(name: &str, alert: &str) -> Drill {
        let alert = ExpectedAlert::new(alert, "critical", Duration::from_secs(120));
        Drill::new(name, Fault::stop("kafka")).expect_alert(alert)
    }

    /// Two drills on the same service, which each last 97 to 166 s.
    fn forecast() -> Forecast {
        let plan = Plan {
            drills: vec![
                drill("one", "Down"),
                drill("two", "Late"),
                drill("x", "None"),
            ],
            waivers: vec![],
        };
        let rules = [rule("Down", 60), rule("Late", 60)];
        Forecast::of(
            &plan,
            &Settings::example(),
            &rules,
            Some(&Routes::telling("pager")),
        )
    }

    fn left_s(standings: &[(&str, Standing)]) -> u64 {
        let standings = standings.iter().cloned();
        let standings = standings.map(|(name, standing)| (name.to_owned(), standing));
        forecast().left(&standings.collect()).unwrap().as_secs()
    }

    fn running(taken_s: u64) -> Standing {
        Standing::Running {
            taken: Duration::from_secs(taken_s),
            lane: None,
        }
    }

    fn ended(took_s: u64) -> Standing {
        let took = Some(Duration::from_secs(took_s));
        Standing::Ended { took }
    }

    #[test]
    fn run_that_has_begun_takes_less_the_further_it_is() {
        let at_the_start = left_s(&[]);
        let half_a_minute_later = left_s(&[("one", running(30))]);
        assert_eq!(at_the_start - half_a_minute_later, 30);
        let lasts = forecast().drills[0].lasts.as_secs();
        let one_is_done = left_s(&[("one", ended(lasts)), ("two", running(10))]);
        assert_eq!(one_is_done, lasts - 10);
        assert_eq!(left_s(&[("one", ended(lasts)), ("two", ended(lasts))]), 0);
    }

    #[test]
    fn drills_that_took_longer_than_planned_make_the_end_later_and_one_odd_drill_not_by_much() {
        let lasts = forecast().drills[0].lasts.as_secs();
        let as_planned = left_s(&[("one", ended(lasts))]);
        let slow = left_s(&[("one", ended(lasts * 2))]);
        assert!(as_planned < slow && slow < as_planned * 2, "{slow}");
        let at_once = left_s(&[("one", ended(0))]);
        assert!(
            as_planned / 2 < at_once && at_once < as_planned,
            "{at_once}"
        );
    }

    #[test]
    fn drill_that_cannot_pass_and_one_that_never_had_its_turn_take_no_time() {
        assert_eq!(forecast().drills.len(), 2);
        let never = Standing::Ended { took: None };
        assert_eq!(left_s(&[("one", never.clone()), ("two", never)]), 0);
    }
}
