//! The expected alerts fire and are delivered, or can no longer do so in time.

use std::time::Duration;

use alertdrill_core::{AlertOutcome, Result, UtcInstant, Window, alert_outcomes, reasons_so_far};

use super::state::Life;

/// How long what is late is waited for, so that late can be told from never.
pub(super) const LATE_BY: Duration = Duration::from_secs(30);

impl Life<'_, '_> {
    /// Waits until every expected alert is pending; false if one does not become so in time.
    pub(super) async fn wait_until_pending(&mut self) -> Result<bool> {
        let step = self.step("waiting for its alert to be pending");
        let is_pending = |alert: &AlertOutcome| alert.pending_at.is_some();
        let pending = self
            .watch_until(&step, Self::fire_limit, is_pending, firing_state)
            .await?;
        step.done(if pending { "pending" } else { "not pending" });
        Ok(pending)
    }

    /// Watches until every expected alert has fired and was delivered, or can no longer be in time.
    pub(super) async fn watch_it_fire(&mut self) -> Result<()> {
        let step = self.step("waiting for its alerts");
        let has_fired = |alert: &AlertOutcome| alert.firing_at.is_some();
        let fired = self
            .watch_until(&step, Self::fire_limit, has_fired, firing_state)
            .await?;
        if fired {
            let expected = self.drill.expect.iter();
            let promised = expected.map(|alert| alert.promises.delivered_within());
            let patience = promised.max().unwrap_or_default() + LATE_BY;
            let until = self.now().plus(patience);
            self.watch_until(
                &step,
                |_| until,
                |alert| alert.notified_at.is_some(),
                |_, _| "fires; waiting for its delivery".to_owned(),
            )
            .await?;
        }
        step.done(if fired { "fired" } else { "did not fire" });
        self.tell_how_it_fired().await
    }

    /// Says how the alerts have fired: their end may take minutes, and whoever works on a rule
    /// wants to know before.
    async fn tell_how_it_fired(&mut self) -> Result<()> {
        self.measure_conditions(self.now()).await?;
        let reasons = reasons_so_far(self.drill, &self.timeline);
        let told = if reasons.is_empty() {
            let firing = alert_outcomes(self.drill, &self.timeline)
                .into_iter()
                .filter_map(|alert| alert.time_to_fire_s);
            let latest = firing.fold(0.0, f64::max);
            format!(
                "fired as it must, {latest:+.1} s, and was delivered by {:+.1} s",
                self.since_fault_s()
            )
        } else {
            reasons
                .into_iter()
                .map(|reason| reason.message)
                .collect::<Vec<_>>()
                .join("; ")
        };
        self.around
            .progress
            .line(&format!("{}: so far: {told}", self.drill.name));
        Ok(())
    }

    /// When an alert that has not fired by then is given up.
    fn fire_limit(&self) -> UtcInstant {
        let Some(effect_at) = self.effect_at() else {
            return self.now();
        };
        let limits = self.drill.expect.iter().filter_map(|expected| {
            let rule = self.rule(expected)?;
            let condition = expected.condition.as_ref();
            let seen = condition.and_then(|condition| self.seen_true.get(condition));
            let in_time = if let Some(seen) = seen {
                seen.plus(Window::after_measured_onset(rule).latest)
            } else {
                let window = Window::derive(rule, expected.onset);
                effect_at.plus(window.latest.max(expected.deadline))
            };
            Some(in_time.plus(LATE_BY))
        });
        limits.max().unwrap_or(effect_at)
    }
}

fn firing_state(alert: &AlertOutcome, _since_fault_s: f64) -> String {
    let window = alert.window_s.map_or(String::new(), |[earliest, latest]| {
        format!("fires between +{earliest:.0} s and +{latest:.0} s, ")
    });
    let state = if alert.pending_at.is_some() {
        "is pending, "
    } else {
        "is not pending yet, "
    };
    let deadline = alert.deadline_s.map_or(String::new(), |deadline_s| {
        format!("deadline +{deadline_s:.0} s")
    });
    format!("{state}{window}{deadline}")
}
