//! The expected alerts fire and are delivered, or can no longer do so in time.

use std::time::Duration;

use alertdrill_core::{
    AlertOutcome, ExpectedAlert, Result, UtcInstant, Witness, agree, alert_outcomes, reasons_so_far,
};

use super::state::Life;

/// How long what is late is waited for, so that late can be told from never.
pub(super) const LATE_BY: Duration = Duration::from_secs(30);

impl Life<'_, '_> {
    /// Waits until the first expected alert is pending; false if it does not become so in time.
    /// The others may come of what is broken then.
    pub(super) async fn wait_until_pending(&mut self) -> Result<bool> {
        let step = self.step("waiting for its alert to be pending");
        let first = self.drill.expect.first().map(ExpectedAlert::claim);
        let is_first = |alert: &AlertOutcome| {
            let mut first = first.iter();
            first.any(|first| first.alert == alert.name && agree(&first.labels, &alert.labels))
        };
        let is_pending = |alert: &AlertOutcome| alert.pending_at.is_some() || !is_first(alert);
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
        if fired && self.timeline.witness != Witness::Nobody {
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

    /// Holds the faults for as long as the drill asks once its alerts were delivered. What happens
    /// meanwhile is judged: they must go on firing. An alert that stops may fire again, so it is
    /// held to the end all the same.
    pub(super) async fn hold_while_it_fires(&mut self) -> Result<()> {
        let held_for = self.drill.expect.iter().map(|expected| expected.held_for);
        let until = self.now().plus(held_for.max().unwrap_or_default());
        let until = until.max(self.held_at_least_until());
        if until <= self.now() || self.timeline.watched_until.is_cut_short() {
            return Ok(());
        }
        let step = self.step("holding it while its alerts fire");
        while until > self.now() {
            let left = until.time_since(self.now());
            step.update(&format!("at most {:.0} s more", left.as_secs_f64()));
            self.sight.next_look(left).await?;
            self.look();
        }
        step.done("done");
        self.measure_conditions(self.now()).await
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
            let delivered = match self.timeline.witness {
                Witness::Nobody => String::new(),
                _ => format!(", and was delivered by {:+.1} s", self.since_fault_s()),
            };
            format!("fired as it must, {latest:+.1} s{delivered}")
        } else {
            reasons
                .into_iter()
                .map(|reason| reason.message)
                .collect::<Vec<_>>()
                .join("; ")
        };
        self.around.progress.so_far(&self.drill.name, &told);
        Ok(())
    }

    /// The last deadline of its alerts, if faults are to be held so long.
    fn held_at_least_until(&self) -> UtcInstant {
        let deadlines = self.drill.expect.iter().map(|expected| expected.deadline);
        let began_at = self.began_at().filter(|_| self.around.hold_to_deadline);
        match (began_at, deadlines.max()) {
            (Some(began_at), Some(deadline)) => began_at.plus(deadline),
            _ => self.now(),
        }
    }

    /// When an alert that has not fired by then is given up.
    fn fire_limit(&self) -> UtcInstant {
        let Some(began_at) = self.began_at().filter(|_| self.effect_at().is_some()) else {
            return self.now();
        };
        let deadlines = self.drill.expect.iter().map(|expected| expected.deadline);
        began_at.plus(deadlines.max().unwrap_or_default() + LATE_BY)
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
