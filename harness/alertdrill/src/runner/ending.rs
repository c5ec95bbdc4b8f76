//! The alerts end, and what is known only at the end is measured.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{AlertOutcome, ExpectedAlert, LoadedRule, Result, UtcInstant, Witness};

use super::firing::LATE_BY;
use super::state::{Life, Surroundings};

impl Life<'_, '_> {
    /// Watches until every alert that fired has resolved and its end was delivered, or until that
    /// can no longer come in time.
    pub(super) async fn watch_it_resolve(&mut self) -> Result<()> {
        let Some(reverted_at) = self.timeline.last_revert() else {
            return Ok(());
        };
        if !self.drill.is_to_fire() {
            return self.see_that_it_stays_silent(reverted_at).await;
        }
        let expected = self.drill.expect.iter();
        let ends = expected.clone().map(ExpectedAlert::latest_end);
        let patience = ends.max().unwrap_or_default() + LATE_BY;
        let told = expected.map(|alert| alert.promises.end_delivered_within());
        let delivery = told.max().unwrap_or_default() + LATE_BY;
        let step = self.step("waiting for its alerts to resolve");
        let resolved = self
            .watch_until(
                &step,
                |_| reverted_at.plus(patience),
                |alert| alert.firing_at.is_none() || alert.resolved_at.is_some(),
                |_, _| "still fires".to_owned(),
            )
            .await?;
        if resolved && self.timeline.witness != Witness::Nobody {
            let told = |alert: &AlertOutcome| {
                alert.notified_at.is_none() || alert.resolve_notified_at.is_some()
            };
            let until = self.now().plus(delivery);
            self.watch_until(
                &step,
                |_| until,
                told,
                |_, _| "resolved; waiting for that to be delivered".to_owned(),
            )
            .await?;
        }
        step.done(if resolved { "resolved" } else { "not resolved" });
        Ok(())
    }

    /// Takes down what is known only at the end: when conditions were true, and what else ran and
    /// fired.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let ended_at = self.now();
        self.timeline.finished_at = ended_at;
        let Some(began_at) = self.began_at() else {
            return Ok(());
        };
        let Surroundings {
            neighbourhood,
            engine,
            ..
        } = self.around;
        neighbourhood.announce(self.drill, began_at, Some(ended_at))?;
        self.look();
        self.timeline.finished_at = ended_at;
        self.look_around(began_at)?;
        self.measure_conditions(ended_at).await?;
        self.count_missed(engine.missed_evaluations().await?);
        let took = ended_at.time_since(began_at).max(Duration::from_secs(1));
        self.take_longer_scrapes(&engine.alerting_rules(took).await?);
        Ok(())
    }

    fn count_missed(&mut self, missed: BTreeMap<String, f64>) {
        for (group, after) in missed {
            let before = self.missed_evaluations_before.get(&group);
            let more = after - before.copied().unwrap_or_default();
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count of evaluations is above 0 and small"
            )]
            if more > 0.0 {
                self.timeline.missed_evaluations.insert(group, more as u64);
            }
        }
    }

    /// Scrapes that took longer during the drill than before it delay what the rules see.
    fn take_longer_scrapes(&mut self, rules: &[LoadedRule]) {
        for rule in &mut self.timeline.rules {
            let is_same =
                |other: &&LoadedRule| (&other.alert, &other.query) == (&rule.alert, &rule.query);
            if let Some(again) = rules.iter().find(is_same) {
                rule.scrape_duration = rule.scrape_duration.max(again.scrape_duration);
            }
        }
    }

    /// Takes over what fired since the fault and belongs to no drill of this process. If anything
    /// did, the timeline names the drills that ran beside this one: it may be theirs.
    fn look_around(&mut self, began_at: UtcInstant) -> Result<()> {
        let seen = self.sight.seen();
        self.timeline.samples.extend(seen.stray_samples(began_at));
        drop(seen);
        let claims = self.drill.claims();
        let is_own = |labels| claims.iter().any(|claim| claim.concerns(labels));
        if self
            .timeline
            .samples
            .iter()
            .any(|sample| !is_own(&sample.labels))
        {
            let Surroundings { neighbourhood, .. } = self.around;
            self.timeline.neighbours = neighbourhood.beside(&self.drill.name, began_at)?;
        }
        Ok(())
    }
}
