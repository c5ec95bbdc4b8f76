//! The life of a drill: steady state → journal → inject → see its effect → watch → revert → watch it resolve → record.
//!
//! Everything that happens goes into the drill's timeline; nothing is judged here.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::drill::{
    AlertOutcome, DELIVERY_ALLOWANCE, Drill, FaultRecord, LoadedRule, ObservationError, Routing, SteadyState,
    TIMELINE_SCHEMA_VERSION, Timeline, UtcInstant, Window, alert_outcomes, hopeless, rule_of,
};
use crate::fault::{self, Journal};
use crate::observe::{Observation, Observer, Prometheus};
use crate::progress::{Progress, Step};
use crate::stack::{Containers, SteadyCondition, SteadyWait, wait_for_steady_state};
use crate::{Error, Result};

/// How long a drill waits for steady state before it gives up.
const STEADY_WITHIN: Duration = Duration::from_secs(120);
/// How long looks may fail in a row before that ends the drill: a verdict without sight would be a guess.
const BLIND_FOR: Duration = Duration::from_secs(30);

/// All that a drill needs of the world.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What faults are aimed at.
    pub containers: &'a Containers,
    /// Asked for rules and steady state.
    pub prometheus: &'a Prometheus,
    /// Watches for all drills.
    pub observer: &'a Observer,
    /// Holds every open fault.
    pub journal: &'a Journal,
    /// Alertmanager's waits.
    pub routing: Routing,
    /// What must hold before a fault.
    pub steady_state: &'a [SteadyCondition],
    /// Shows what is waited for.
    pub progress: &'a Progress,
    /// Ends the drill early; what is broken is reverted all the same.
    pub cancel: &'a CancellationToken,
}

/// Runs `drill` and gives what it saw. What keeps it from its end is in the timeline too.
pub async fn run(drill: &Drill, around: Surroundings<'_>) -> Timeline {
    let mut life = Life::new(drill, around);
    if let Err(error) = life.live().await {
        life.note(&error);
    }
    life.look();
    life.timeline.finished_at = now();
    life.timeline
}

/// Reverts every fault that the journal holds open; gives a line for each.
///
/// # Errors
/// The first fault that cannot be reverted; it stays open in the journal, and those after it are tried first.
pub async fn heal(journal: &Journal, containers: &Containers, progress: &Progress) -> Result<Vec<String>> {
    let mut healed = Vec::new();
    let mut failed = None;
    for open in journal.still_open()? {
        let step = progress.step("heal", format!("reverting {} of {}", open.fault, open.drill));
        let reverted = match fault::revert(&open.fault, containers).await {
            // The stack is gone, and the fault with it.
            Err(Error::NoSuchService { .. }) => Ok("nothing left to revert"),
            other => other.map(|()| "reverted"),
        };
        match reverted {
            Ok(how) => {
                journal.close(open.id)?;
                step.done(how);
                healed.push(format!("{} of {} (opened {}): {how}", open.fault, open.drill, open.opened_at));
            }
            Err(error) => {
                step.done(&format!("failed: {error}"));
                failed.get_or_insert(error);
            }
        }
    }
    failed.map_or(Ok(healed), Err)
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}

struct Life<'a> {
    drill: &'a Drill,
    around: Surroundings<'a>,
    timeline: Timeline,
}

impl<'a> Life<'a> {
    fn new(drill: &'a Drill, around: Surroundings<'a>) -> Self {
        let timeline = Timeline {
            schema_version: TIMELINE_SCHEMA_VERSION,
            drill: drill.name.clone(),
            rules: Vec::new(),
            routing: Some(around.routing),
            steady_state: SteadyState::default(),
            faults: Vec::new(),
            samples: Vec::new(),
            evaluated_until: [].into(),
            deliveries: Vec::new(),
            suppressions: Vec::new(),
            errors: Vec::new(),
            finished_at: now(),
        };
        Self { drill, around, timeline }
    }

    fn note(&mut self, error: &Error) {
        self.timeline.errors.push(ObservationError { at: now(), message: error.explained() });
    }

    async fn live(&mut self) -> Result<()> {
        self.timeline.rules = self.around.prometheus.alerting_rules().await?;
        if !hopeless(self.drill, &self.timeline.rules).is_empty() {
            return Ok(());
        }
        if !self.reach_steady_state().await? {
            return Ok(());
        }
        let lived = self.break_and_watch().await;
        // Whatever happened, nothing stays broken.
        let reverted = self.revert().await;
        lived?;
        reverted?;
        self.watch_it_resolve().await
    }

    async fn reach_steady_state(&mut self) -> Result<bool> {
        let step = self.step("waiting for steady state");
        let wait = SteadyWait { conditions: self.around.steady_state, at_most: STEADY_WITHIN };
        let steady = wait_for_steady_state(self.around.prometheus, wait, &step, self.around.cancel).await?;
        let reached = steady.is_reached();
        step.done(if reached { "steady" } else { "not steady" });
        self.timeline.steady_state = steady;
        Ok(reached)
    }

    async fn break_and_watch(&mut self) -> Result<()> {
        for fault in &self.drill.faults {
            if self.around.cancel.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let step = self.step(&format!("breaking: {fault}"));
            self.around.journal.open(&self.drill.name, fault)?;
            let record = FaultRecord { fault: fault.clone(), injected_at: now(), effect_at: None, reverted_at: None };
            self.timeline.faults.push(record);
            fault::inject(fault, self.around.containers).await?;
            match fault::wait_for_effect(fault, self.around.containers).await {
                Ok(()) => {}
                // The judge says what that means.
                Err(Error::TimedOut { .. }) => return Ok(()),
                Err(other) => return Err(other),
            }
            if let Some(record) = self.timeline.faults.last_mut() {
                record.effect_at = Some(now());
            }
            step.done("done");
        }
        self.watch_it_fire().await
    }

    /// Until every expected alert has fired and been delivered, or can no longer do so in time.
    async fn watch_it_fire(&mut self) -> Result<()> {
        let Some(effect_at) = self.timeline.faults.last().and_then(|fault| fault.effect_at) else { return Ok(()) };
        let patience = self.longest(|expected, rule| {
            // Long enough to tell late from missed.
            Window::derive(rule, expected.onset).latest.max(expected.deadline) + 2 * rule.evaluation_interval
        });
        let delivery = self.around.routing.group_wait + DELIVERY_ALLOWANCE;
        let step = self.step("waiting for its alerts");
        let fired = self.watch_until(&step, effect_at.plus(patience), |alert| alert.firing_at.is_some(), firing_state).await?;
        if fired {
            self.watch_until(
                &step,
                now().plus(delivery),
                |alert| alert.notified_at.is_some(),
                |_, _| "fires; waiting for its delivery".to_owned(),
            )
            .await?;
        }
        step.done(if fired { "fired" } else { "did not fire" });
        Ok(())
    }

    async fn revert(&mut self) -> Result<()> {
        let mine = |open: &fault::OpenFault| open.drill == self.drill.name;
        let mut failed = None;
        for open in self.around.journal.still_open()?.into_iter().filter(mine) {
            let step = self.around.progress.step(&self.drill.name, format!("reverting: {}", open.fault));
            match fault::revert(&open.fault, self.around.containers).await {
                Ok(()) => {
                    self.around.journal.close(open.id)?;
                    let record = self.timeline.faults.iter_mut().rev().find(|record| record.fault == open.fault);
                    if let Some(record) = record {
                        record.reverted_at = Some(now());
                    }
                    step.done("done");
                }
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Until every alert that fired has resolved and that was delivered, or can no longer be in time.
    async fn watch_it_resolve(&mut self) -> Result<()> {
        let Some(reverted_at) = self.timeline.faults.first().and_then(|fault| fault.reverted_at) else { return Ok(()) };
        let patience =
            self.longest(|expected, rule| Window::latest_resolve(rule, expected.recovery) + 2 * rule.evaluation_interval);
        let delivery = self.around.routing.group_interval + DELIVERY_ALLOWANCE;
        let step = self.step("waiting for its alerts to resolve");
        let resolved = self
            .watch_until(
                &step,
                reverted_at.plus(patience),
                |alert| alert.firing_at.is_none() || alert.resolved_at.is_some(),
                |_, _| "still fires".to_owned(),
            )
            .await?;
        if resolved {
            let told = |alert: &AlertOutcome| alert.notified_at.is_none() || alert.resolve_notified_at.is_some();
            self.watch_until(&step, now().plus(delivery), told, |_, _| "resolved; waiting for that to be delivered".to_owned())
                .await?;
        }
        step.done(if resolved { "resolved" } else { "not resolved" });
        Ok(())
    }

    /// Watches until `done` holds for every expected alert (true), or until `limit` (false).
    async fn watch_until(
        &mut self,
        step: &Step,
        limit: UtcInstant,
        done: impl Fn(&AlertOutcome) -> bool,
        describe: impl Fn(&AlertOutcome, f64) -> String,
    ) -> Result<bool> {
        let mut observation = self.around.observer.observation();
        loop {
            self.look();
            let outcomes = alert_outcomes(self.drill, &self.timeline);
            if outcomes.iter().all(&done) {
                return Ok(true);
            }
            let left_s = limit.seconds_since(now());
            if left_s <= 0.0 {
                return Ok(false);
            }
            let since_fault_s = self.timeline.faults.first().map_or(0.0, |fault| now().seconds_since(fault.injected_at));
            let states: Vec<_> = outcomes
                .iter()
                .filter(|alert| !done(alert))
                .map(|alert| format!("{} {}", alert.name, describe(alert, since_fault_s)))
                .collect();
            step.update(&format!("{since_fault_s:+.0} s: {}; at most {left_s:.0} s more", states.join("; ")));
            tokio::select! {
                () = self.around.cancel.cancelled() => return Err(Error::Interrupted),
                changed = observation.changed() => changed.map_err(|_| blind("the observer has ended", Duration::ZERO))?,
            }
            if let Some((since, error)) = &observation.borrow().failing
                && since.elapsed() >= BLIND_FOR
            {
                return Err(blind(error, since.elapsed()));
            }
        }
    }

    /// Takes over what the observer has seen since the drill began.
    fn look(&mut self) {
        let receiver = self.around.observer.observation();
        let Observation { samples, evaluated_until, deliveries, suppressions, .. } = &*receiver.borrow();
        let began = self.timeline.faults.first().map_or(self.timeline.finished_at, |fault| fault.injected_at);
        self.timeline.samples = samples.iter().filter(|sample| sample.at >= began).cloned().collect();
        self.timeline.evaluated_until = evaluated_until.clone();
        self.timeline.deliveries = deliveries.iter().filter(|delivery| delivery.received_at >= began).cloned().collect();
        self.timeline.suppressions = suppressions.iter().cloned().collect();
    }

    fn longest(&self, wait: impl Fn(&crate::drill::ExpectedAlert, &LoadedRule) -> Duration) -> Duration {
        let waits =
            self.drill.expect.iter().filter_map(|expected| Some(wait(expected, rule_of(expected, &self.timeline.rules)?)));
        waits.max().unwrap_or_default()
    }

    fn step(&self, what: &str) -> Step {
        self.around.progress.step(&self.drill.name, what)
    }
}

fn firing_state(alert: &AlertOutcome, _since_fault_s: f64) -> String {
    let window =
        alert.window_s.map_or(String::new(), |[earliest, latest]| format!("fires between +{earliest:.0} s and +{latest:.0} s, "));
    let state = if alert.pending_at.is_some() { "is pending, " } else { "is not pending yet, " };
    format!("{state}{window}deadline +{:.0} s", alert.deadline_s)
}

fn blind(error: &str, waited: Duration) -> Error {
    Error::TimedOut { awaited: "an answer to every look at the stack".to_owned(), last_seen: error.to_owned(), waited }
}
