//! One drill: steady state → journal → inject → see its effect → watch → revert → watch it resolve
//! → steady state again.
//!
//! The order of the phases stands here, and each phase in a file of its own. Everything that
//! happens goes into the drill's timeline; nothing is judged here.

use std::collections::BTreeSet;
use std::time::Duration;

use alertdrill_core::schedule::conditions_for;
use alertdrill_core::settings::SteadyCondition;
use alertdrill_core::{RESOLVED_RESENT_FOR, Result, Timeline, infeasible, with_watchdogs};
use alertdrill_target::Leased;

use super::evidence::look_closer;
use super::state::{Life, STEADY_AGAIN_WITHIN, Surroundings};
use super::steady::{Alerts, Demand};

/// Over how long scrapes are looked at to know how long they take, before there is a drill's own
/// time to look at.
const USUAL_SCRAPES: Duration = Duration::from_mins(5);

/// Runs the drill that holds `leased`, and answers with what it saw; what kept it from its end is
/// in there too. What the drill has disturbed it gives back as soon as that is mended.
pub async fn run(leased: &mut Leased<'_>, around: Surroundings<'_>) -> Timeline {
    let drill = leased.drill.clone();
    let mut life = Life::new(&drill, leased, around);
    life.show_so_far();
    if let Err(error) = life.live().await {
        life.note(&error);
    }
    if let Err(error) = life.settle().await {
        life.note(&error);
    }
    life.timeline
}

impl Life<'_, '_> {
    async fn live(&mut self) -> Result<()> {
        let Surroundings {
            engine,
            observer,
            settings,
            ..
        } = self.around;
        if !self.learn_rules().await? {
            return Ok(());
        }
        self.timeline.lately_fired = engine.fired_within(RESOLVED_RESENT_FOR).await?;
        self.missed_evaluations_before = engine.missed_evaluations().await?;
        let conditions = conditions_for(&self.leased.holdings(), settings);
        let queries = conditions.iter().map(|condition| condition.query.clone());
        let _watched = observer.watch(queries.chain(self.drill.conditions().cloned()));
        // The wait may have taken minutes, in which a rule can fall sick.
        if !self.reach_steady_state(&conditions).await? || !self.learn_rules().await? {
            return Ok(());
        }
        let well_before = self.well_services().await?;
        let lived = self.break_and_watch(&well_before).await;
        self.gather_evidence().await;
        // Whatever happened, nothing stays broken.
        let reverted = self.revert().await;
        lived?;
        reverted?;
        if self.timeline.watched_until.is_cut_short() {
            return Ok(());
        }
        let mended = self.see_it_mended().await?;
        // A near miss that holds what others use keeps it to its end: until then its alert must
        // stay silent, and nobody may disturb that.
        if self.drill.is_to_fire() || self.leased.lane.is_some() {
            self.leased.give_back_mended(settings)?;
        }
        self.watch_it_resolve().await?;
        let gone = self
            .reach(
                "waiting for the end of its alerts",
                STEADY_AGAIN_WITHIN,
                Demand::ALERTS_GONE,
            )
            .await?;
        self.timeline.steady_end = Some(mended.and_then(gone));
        // What came while looks failed must be in the timeline too.
        self.sight.see_again().await
    }

    /// Reads the rules that are loaded; false if the drill cannot pass with them.
    async fn learn_rules(&mut self) -> Result<bool> {
        let Surroundings {
            engine, settings, ..
        } = self.around;
        let rules = engine.alerting_rules(USUAL_SCRAPES).await?;
        self.timeline.rules = with_watchdogs(rules, settings);
        let Timeline { rules, routes, .. } = &self.timeline;
        Ok(infeasible(self.drill, rules, routes.as_ref()).is_empty())
    }

    /// Waits for what must hold before a fault; false if it is not so in time.
    async fn reach_steady_state(&mut self, conditions: &[SteadyCondition]) -> Result<bool> {
        let demand = Demand {
            conditions,
            alerts: Alerts::NotBegun,
            evaluated_at: None,
        };
        let at_most = self.around.steady_within;
        let reached = self
            .reach("waiting for steady state", at_most, demand)
            .await?;
        self.timeline.steady_state = reached;
        Ok(self.timeline.steady_state.is_reached())
    }

    /// Looks closer at what goes otherwise than it must, while it is so.
    async fn gather_evidence(&mut self) {
        if self.drill.looks_for.is_none() && self.is_amiss() && !self.around.cancel.is_cancelled() {
            let Surroundings { engine, site, .. } = self.around;
            self.timeline.evidence = look_closer(self.drill, &self.timeline, engine, site).await;
        }
    }

    /// Injects the faults, and watches what comes of them.
    async fn break_and_watch(&mut self, well_before: &BTreeSet<String>) -> Result<()> {
        if let Some(moment) = &self.drill.moment {
            self.wait_for(moment).await?;
        }
        if !self.inject_all(&self.drill.faults).await? {
            return Ok(());
        }
        if !self.drill.once_pending.is_empty() {
            let goes_on = self.wait_until_pending().await?
                && self.inject_all(&self.drill.once_pending).await?;
            if !goes_on {
                return Ok(());
            }
        }
        self.show_so_far();
        self.share_watchers().await?;
        let awaited = if self.drill.looks_for.is_some() {
            "looking at what comes of it"
        } else if self.drill.is_to_fire() {
            "waiting for its alerts"
        } else {
            "its alerts must stay silent"
        };
        let broken = format!("its fault has its effect; {awaited}");
        self.around.progress.note(&self.drill.name, &broken);
        if let Some(least) = self.drill.looks_for {
            return self.hold_and_look(least, well_before).await;
        }
        if self.drill.is_to_fire() {
            self.watch_it_fire().await?;
            self.hold_while_it_fires().await
        } else {
            self.hold_near().await
        }
    }
}
