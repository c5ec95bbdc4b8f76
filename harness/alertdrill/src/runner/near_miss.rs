//! A near miss: the fault is held near the rule's condition, and the alert stays silent.

use std::time::Duration;

use alertdrill_core::{LoadedRule, Result, UtcInstant, rule_for};
use alertdrill_progress::WindowBar;

use super::state::Life;

impl Life<'_, '_> {
    /// Holds the fault near the condition for as long as the drill asks, or until an alert fires
    /// that must stay silent.
    pub(super) async fn hold_near(&mut self) -> Result<()> {
        let Some(effect_at) = self.effect_at() else {
            return Ok(());
        };
        if self.drill.silent.is_empty() {
            return Ok(());
        }
        let step = self.step("holding it near its alert");
        loop {
            self.look();
            if self.false_alarm() {
                step.done("a false alarm");
                return Ok(());
            }
            let (near_by, until) = self.near_until(effect_at);
            let left_s = until
                .or(near_by)
                .map_or(0.0, |limit| limit.seconds_since(self.now()));
            if left_s <= 0.0 {
                step.done(if until.is_some() {
                    "stayed silent"
                } else {
                    "did not come near"
                });
                return Ok(());
            }
            let state = if until.is_some() {
                "near"
            } else {
                "not near yet"
            };
            let now_s = self.since_fault_s();
            let bar = WindowBar {
                now_s,
                window_s: None,
                deadline_s: now_s + left_s,
            };
            step.update_in(bar, &format!("{state}, at most {left_s:.0} s more"));
            self.sight
                .next_look(Duration::from_secs_f64(left_s))
                .await?;
        }
    }

    /// By when the fault must have come near every silent alert; and until when it is held there,
    /// once it has.
    fn near_until(&self, effect_at: UtcInstant) -> (Option<UtcInstant>, Option<UtcInstant>) {
        let near_by = self
            .drill
            .silent
            .iter()
            .map(|silent| effect_at.plus(silent.onset))
            .max();
        let ends = self.drill.silent.iter().map(|silent| {
            let near_at = match &silent.near {
                Some(query) => *self.seen_true.get(query)?,
                None => effect_at,
            };
            let rule = rule_for(&silent.alert, &silent.labels, &self.timeline.rules)?;
            Some(near_at.plus(silent.hold_with(rule)))
        });
        let all: Option<Vec<_>> = ends.collect();
        (near_by, all.and_then(|ends| ends.into_iter().max()))
    }

    /// Watches for as long as metrics from before the revert can still make an alert fire.
    pub(super) async fn see_that_it_stays_silent(&mut self, reverted_at: UtcInstant) -> Result<()> {
        let rules = self
            .drill
            .silent
            .iter()
            .filter_map(|silent| rule_for(&silent.alert, &silent.labels, &self.timeline.rules));
        let sights = rules.map(LoadedRule::seen_within);
        let until = reverted_at.plus(sights.max().unwrap_or_default());
        let step = self.step("seeing that it stays silent");
        while until > self.now() && !self.false_alarm() {
            let left = until.time_since(self.now());
            self.sight.next_look(left).await?;
            self.look();
        }
        step.done("done");
        Ok(())
    }
}
