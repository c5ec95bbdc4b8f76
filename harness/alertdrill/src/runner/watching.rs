//! What the observer sees is taken over into the timeline, look by look.

use std::time::Duration;

use alertdrill_core::{
    AlertOutcome, ConditionRecord, Episode, Result, UtcInstant, alert_outcomes, episodes,
    reasons_so_far,
};
use alertdrill_engine::condition_spans;
use alertdrill_progress::{Step, WindowBar};

use super::state::Life;

impl Life<'_, '_> {
    /// Watches until `done` holds for every expected alert, and answers true; or until `limit`,
    /// which each look may move, and answers false. `describe` says what an alert is still awaited
    /// for.
    pub(super) async fn watch_until(
        &mut self,
        step: &Step,
        limit: impl Fn(&Self) -> UtcInstant,
        done: impl Fn(&AlertOutcome) -> bool,
        describe: impl Fn(&AlertOutcome, f64) -> String,
    ) -> Result<bool> {
        loop {
            self.look();
            let outcomes = alert_outcomes(self.drill, &self.timeline);
            if outcomes.iter().all(&done) {
                return Ok(true);
            }
            let left_s = limit(self).seconds_since(self.now());
            if left_s <= 0.0 {
                return Ok(false);
            }
            let since_fault_s = self.since_fault_s();
            let mut states: Vec<_> = outcomes
                .iter()
                .filter(|alert| !done(alert))
                .map(|alert| format!("{} {}", alert.name, describe(alert, since_fault_s)))
                .collect();
            states.dedup();
            let state = format!(
                "{since_fault_s:+.0} s: {}; at most {left_s:.0} s more",
                states.join("; ")
            );
            let awaited = outcomes
                .iter()
                .filter(|alert| !done(alert) && alert.firing_at.is_none());
            match WindowBar::of_all(awaited.filter_map(|alert| window_bar(alert, since_fault_s))) {
                Some(bar) => step.update_in(bar, &state),
                None => step.update(&state),
            }
            self.sight.next_look(Duration::MAX).await?;
        }
    }

    /// Takes over what the observer has seen since the fault of the drill's own alerts and
    /// conditions.
    pub(super) fn look(&mut self) {
        let Some(began_at) = self.began_at() else {
            return;
        };
        let claims = self.drill.claims();
        let now = self.now();
        let seen = self.sight.seen();
        seen.fill(&mut self.timeline, &claims, began_at);
        self.timeline.finished_at = now;
        for query in self
            .drill
            .conditions()
            .filter(|query| seen.conditions.get(*query) == Some(&true))
        {
            self.seen_true.entry(query.clone()).or_insert(now);
        }
        self.show_so_far();
    }

    /// Whether an alert of the drill has fired.
    pub(super) fn false_alarm(&self) -> bool {
        let fires = |life: &Episode| life.firing_at.is_some();
        let claims = self.drill.claims();
        episodes(&self.timeline)
            .iter()
            .filter(|life| fires(life))
            .any(|life| claims.iter().any(|claim| claim.covers(&life.labels)))
    }

    /// Whether the drill goes otherwise than it must, as far as is known before the revert.
    pub(super) fn is_amiss(&self) -> bool {
        let has_no_effect = self
            .timeline
            .faults
            .iter()
            .any(|fault| fault.effect_at.is_none());
        has_no_effect
            || !reasons_so_far(self.drill, &self.timeline).is_empty()
            || (!self.drill.is_to_fire() && self.false_alarm())
    }

    /// Asks when the drill's conditions were true, from the first fault to `until`.
    pub(super) async fn measure_conditions(&mut self, until: UtcInstant) -> Result<()> {
        let Some(began_at) = self.began_at() else {
            return Ok(());
        };
        let mut conditions = Vec::new();
        for query in self.drill.conditions() {
            let spans = condition_spans(self.around.engine, query, began_at, until).await?;
            conditions.push(ConditionRecord {
                query: query.clone(),
                spans,
            });
        }
        self.timeline.conditions = conditions;
        Ok(())
    }
}

fn window_bar(alert: &AlertOutcome, now_s: f64) -> Option<WindowBar> {
    Some(WindowBar {
        now_s,
        window_s: alert.window_s,
        deadline_s: alert.deadline_s?,
    })
}
