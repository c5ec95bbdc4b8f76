//! One drill: steady state → journal → inject → see its effect → watch → revert → watch it resolve
//! → steady state again.
//!
//! Everything that happens goes into the drill's timeline; nothing is judged here.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::schedule::conditions_for;
use alertdrill_core::{
    AlertOutcome, ConditionRecord, DELIVERY_ALLOWANCE, Drill, Episode, Error, ExpectedAlert, Fault,
    FaultRecord, LoadedRule, Moment, ObservationError, RESOLVED_RESENT_FOR, Result, Routing,
    Settings, Site, SteadyState, Timeline, UtcInstant, WatchedUntil, Window, alert_outcomes,
    episodes, infeasible, reasons_so_far, rule_for,
};
use alertdrill_engine::{Answering, Observer, RuleEngine, condition_spans};
use alertdrill_progress::{Progress, Step, WindowBar};
use alertdrill_target::{
    Broken, InjectionFailed, Journal, Leased, Mended, OpenFault, inject, revert_all,
};
use tokio_util::sync::CancellationToken;

use super::look_closer;
use super::neighbours::Neighbourhood;
use super::sight::{BLIND_FOR, Sight};
use super::steady::{self, Alerts, Demand};

/// How long the stack may take to come back to it after the alerts have resolved.
const STEADY_AGAIN_WITHIN: Duration = Duration::from_secs(240);
/// How long an alert that is late is waited for, so that late can be told from missed.
const LATE_BY: Duration = Duration::from_secs(30);
/// Over how long scrapes are looked at to know how long they take, before there is a drill's own
/// time to look at.
const USUAL_SCRAPES: Duration = Duration::from_mins(5);
/// How long a drill waits for the moment to break something.
const MOMENT_WITHIN: Duration = Duration::from_secs(180);

/// All that a drill needs of the world.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What faults are aimed at.
    pub site: &'a Site,
    /// Asked for rules and for what was true when.
    pub engine: &'a dyn RuleEngine,
    /// Watches for all drills.
    pub observer: &'a Observer,
    /// Holds every open fault.
    pub journal: &'a Journal,
    /// The drills that run beside this one.
    pub neighbourhood: &'a Neighbourhood,
    /// Alertmanager's waits.
    pub routing: &'a Routing,
    /// What the harness knows of the stack.
    pub settings: &'a Settings,
    /// How long that is waited for before a fault.
    pub steady_within: Duration,
    /// How far a drill is watched whose alerts must fire.
    pub watch_until: WatchedUntil,
    /// Shows what is waited for.
    pub progress: &'a Progress,
    /// Ends the drill early; what is broken is reverted all the same.
    pub cancel: &'a CancellationToken,
}

/// Runs the drill that holds `leased`, gives back what it holds as soon as that is mended, and
/// gives what it saw. What keeps it from its end is in the timeline too.
pub async fn run(leased: &mut Leased<'_>, around: Surroundings<'_>) -> Timeline {
    let drill = leased.drill.clone();
    let mut life = Life::new(&drill, leased, around);
    if let Err(error) = life.live().await {
        life.note(&error);
    }
    if let Err(error) = life.settle().await {
        life.note(&error);
    }
    life.timeline
}

/// A timeline in which nothing has happened yet but that `error`.
#[must_use]
pub(crate) fn never_begun(drill: &Drill, error: &Error, now: UtcInstant) -> Timeline {
    let mut timeline = Timeline::begun(drill.name.clone(), now);
    note(&mut timeline, error, now);
    timeline
}

pub(crate) fn note(timeline: &mut Timeline, error: &Error, now: UtcInstant) {
    timeline.errors.push(ObservationError {
        at: now,
        message: error.explained(),
    });
}

struct Life<'a, 'line> {
    drill: &'a Drill,
    leased: &'a mut Leased<'line>,
    around: Surroundings<'a>,
    timeline: Timeline,
    /// What was injected.
    broken: Vec<Broken>,
    /// What could not be injected as it must be, and may be there in part.
    half_done: Vec<OpenFault>,
    sight: Sight<'a>,
    /// From the first fault on.
    answering: Option<Answering>,
    /// Per watched condition, when this process first saw it true since the fault.
    seen_true: BTreeMap<String, UtcInstant>,
    missed_evaluations_before: BTreeMap<String, f64>,
}

impl<'a, 'line> Life<'a, 'line> {
    fn new(drill: &'a Drill, leased: &'a mut Leased<'line>, around: Surroundings<'a>) -> Self {
        let timeline = Timeline {
            // A near miss has no delivery to wait for.
            watched_until: if drill.is_to_fire() {
                around.watch_until
            } else {
                WatchedUntil::default()
            },
            routing: Some(around.routing.clone()),
            ..Timeline::begun(drill.name.clone(), around.site.clock.now())
        };
        Self {
            drill,
            leased,
            around,
            timeline,
            broken: Vec::new(),
            half_done: Vec::new(),
            sight: Sight::through(around.observer, around.cancel, BLIND_FOR),
            answering: None,
            seen_true: [].into(),
            missed_evaluations_before: [].into(),
        }
    }

    async fn live(&mut self) -> Result<()> {
        self.timeline.rules = self.around.engine.alerting_rules(USUAL_SCRAPES).await?;
        if !infeasible(self.drill, &self.timeline.rules).is_empty() {
            return Ok(());
        }
        self.timeline.lately_fired = self.around.engine.fired_within(RESOLVED_RESENT_FOR).await?;
        self.missed_evaluations_before = self.around.engine.missed_evaluations().await?;
        let conditions = conditions_for(&self.leased.holdings(), self.around.settings);
        let queries = conditions.iter().map(|condition| condition.query.clone());
        let _watched = self
            .around
            .observer
            .watch(queries.chain(self.drill.conditions().cloned()));
        let demand = Demand {
            conditions: &conditions,
            alerts: Alerts::NotBegun,
        };
        self.timeline.steady_state = self
            .reach(
                "waiting for steady state",
                self.around.steady_within,
                demand,
            )
            .await?;
        if !self.timeline.steady_state.is_reached() {
            return Ok(());
        }
        let lived = self.break_and_watch().await;
        if self.is_amiss() && !self.around.cancel.is_cancelled() {
            let (drill, rules) = (self.drill, &self.timeline.rules);
            self.timeline.evidence =
                look_closer(drill, rules, self.around.engine, self.around.site).await;
        }
        // Whatever happened, nothing stays broken.
        let reverted = self.revert().await;
        lived?;
        reverted?;
        if self.timeline.watched_until.is_cut_short() {
            return Ok(());
        }
        let mended = self.see_it_mended().await?;
        // A near miss that holds what others use keeps it to its end: until then its alert must stay
        // silent, and nobody may disturb that.
        if self.drill.is_to_fire() || self.leased.lane.is_some() {
            self.leased.give_back_mended(self.around.settings)?;
        }
        self.watch_it_resolve().await?;
        let gone = Demand {
            conditions: &[],
            alerts: Alerts::Gone,
        };
        let gone = self
            .reach(
                "waiting for the end of its alerts",
                STEADY_AGAIN_WITHIN,
                gone,
            )
            .await?;
        self.timeline.steady_end = Some(mended.and_then(gone));
        Ok(())
    }

    /// Until the paths that the drill has disturbed flow again. Then others may have them: what is
    /// left to see is the end of its alerts, which mostly comes with the next evaluation, and which
    /// nobody then disturbs.
    async fn see_it_mended(&mut self) -> Result<SteadyState> {
        self.see_scrapes_since_the_revert().await?;
        let conditions = conditions_for(&self.leased.holdings(), self.around.settings);
        let flows = Demand {
            conditions: &conditions,
            alerts: Alerts::Any,
        };
        let flows = self
            .reach(
                "waiting for its paths to flow again",
                STEADY_AGAIN_WITHIN,
                flows,
            )
            .await?;
        let interval = self
            .timeline
            .rules
            .iter()
            .map(|rule| rule.evaluation_interval)
            .max()
            .unwrap_or_default();
        let gone = Demand {
            conditions: &[],
            alerts: Alerts::Gone,
        };
        self.reach("waiting for the next evaluation", interval, gone)
            .await?;
        Ok(flows)
    }

    /// What was scraped before the revert says nothing of it.
    async fn see_scrapes_since_the_revert(&mut self) -> Result<()> {
        let Some(reverted_at) = self.timeline.last_revert() else {
            return Ok(());
        };
        let scraped = self
            .timeline
            .rules
            .iter()
            .map(LoadedRule::scraped_within)
            .max();
        let until = reverted_at.plus(scraped.unwrap_or_default());
        let step = self.step("waiting for scrapes since the revert");
        while until > self.now() {
            let left = until.time_since(self.now());
            self.sight.next_look(left).await?;
        }
        step.done("done");
        Ok(())
    }

    async fn reach(
        &mut self,
        what: &str,
        at_most: Duration,
        demand: Demand<'_>,
    ) -> Result<SteadyState> {
        let step = self.step(what);
        let Surroundings {
            neighbourhood,
            site,
            ..
        } = self.around;
        let beside = || neighbourhood.beside(&self.drill.name, site.clock.now());
        steady::reach(
            &mut self.sight,
            Some(self.drill),
            beside,
            demand,
            at_most,
            step,
        )
        .await
    }

    async fn break_and_watch(&mut self) -> Result<()> {
        if let Some(moment) = &self.drill.moment {
            self.wait_for(moment).await?;
        }
        if !self.inject_all(&self.drill.faults).await? {
            return Ok(());
        }
        if !self.drill.once_pending.is_empty() {
            let step = self.step("waiting for its alert to be pending");
            let pending = self
                .watch_until(
                    &step,
                    Self::fire_limit,
                    |alert| alert.pending_at.is_some(),
                    firing_state,
                )
                .await?;
            step.done(if pending { "pending" } else { "not pending" });
            if !pending || !self.inject_all(&self.drill.once_pending).await? {
                return Ok(());
            }
        }
        self.share_watchers().await?;
        if self.drill.is_to_fire() {
            self.watch_it_fire().await
        } else {
            self.hold_near().await
        }
    }

    /// What watches all drills is shared again as soon as it is back, if it comes back by itself.
    async fn share_watchers(&mut self) -> Result<()> {
        let watches = |fault: &&Fault| {
            self.around
                .settings
                .watched_by
                .iter()
                .any(|service| service == fault.disturbs())
        };
        let mut disturbing = self.drill.all_faults().filter(watches).peekable();
        if disturbing.peek().is_none() || !disturbing.all(|fault| fault.is_momentary()) {
            return Ok(());
        }
        let step = self.step("waiting until what watches is back");
        // The look that goes on may have begun before.
        let sees_again = self.sight.seen().looks + 2;
        while self.sight.seen().looks < sees_again || self.sight.seen().failing.is_some() {
            self.sight.next_look(Duration::MAX).await?;
        }
        step.done("it is");
        self.leased.share_watchers(self.around.settings)
    }

    async fn wait_for(&self, moment: &Moment) -> Result<()> {
        let step = self.step(&format!("waiting until {}", moment.what));
        let ended = tokio::select! {
            () = self.around.cancel.cancelled() => return Err(Error::Interrupted),
            ended = tokio::time::timeout(
                MOMENT_WITHIN,
                self.around.site.target.exec(&moment.service, None, &moment.command),
            ) => ended,
        };
        let in_vain = |_| Error::TimedOut {
            awaited: moment.what.clone(),
            last_seen: format!(
                "`{}` still runs in {}",
                moment.command.join(" "),
                moment.service
            ),
            waited: MOMENT_WITHIN,
        };
        ended.map_err(in_vain)??;
        step.done("now");
        Ok(())
    }

    /// False if one had no effect: the judge says what that means.
    async fn inject_all(&mut self, faults: &[Fault]) -> Result<bool> {
        for fault in faults {
            if self.around.cancel.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let step = self.step(&format!("breaking: {fault}"));
            let injected_at = self.now();
            let began_at = self
                .timeline
                .first_fault()
                .map_or(injected_at, |first| first.injected_at);
            self.around
                .neighbourhood
                .announce(self.drill, began_at, None)?;
            self.answering
                .get_or_insert_with(|| self.around.observer.answer_for(self.drill.claims()));
            let Surroundings { journal, site, .. } = self.around;
            let injected = inject(fault, &self.drill.name, journal, site).await;
            // What the journal did not take was not injected.
            if let Err(InjectionFailed::NotWritten(error)) = injected {
                return Err(error);
            }
            self.timeline.faults.push(FaultRecord {
                fault: fault.clone(),
                injected_at,
                effect_at: None,
                reverting_at: None,
                reverted_at: None,
            });
            match injected {
                Ok(broken) => self.broken.push(broken),
                Err(InjectionFailed::NotDone(open, error)) => {
                    self.half_done.push(*open);
                    return Err(error);
                }
                Err(InjectionFailed::NotWritten(error)) => return Err(error),
            }
            match fault.wait_for_effect(site, injected_at).await {
                Ok(()) => {}
                Err(Error::TimedOut { .. }) => return Ok(false),
                Err(other) => return Err(other),
            }
            let effect_at = self.now();
            if let Some(record) = self.timeline.faults.last_mut() {
                record.effect_at = Some(effect_at);
            }
            step.done("done");
        }
        Ok(true)
    }

    /// Until every expected alert has fired and been delivered, or can no longer do so in time.
    async fn watch_it_fire(&mut self) -> Result<()> {
        let step = self.step("waiting for its alerts");
        let fired = self
            .watch_until(
                &step,
                Self::fire_limit,
                |alert| alert.firing_at.is_some(),
                firing_state,
            )
            .await?;
        if fired {
            let outcomes = alert_outcomes(self.drill, &self.timeline);
            let waits = outcomes.iter().map(|alert| {
                self.around
                    .routing
                    .first_wait(&alert.labels, &self.timeline.lately_fired)
            });
            let until = self
                .now()
                .plus(waits.max().unwrap_or_default() + DELIVERY_ALLOWANCE);
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

    /// The end of an alert may take minutes; who works on its rule wants to know before.
    async fn tell_how_it_fired(&mut self) -> Result<()> {
        self.measure_conditions(self.now()).await?;
        let reasons = reasons_so_far(self.drill, &self.timeline);
        let told = if reasons.is_empty() {
            let at = self
                .timeline
                .first_fault()
                .map_or_else(|| self.now(), |fault| fault.injected_at);
            let firing = alert_outcomes(self.drill, &self.timeline)
                .into_iter()
                .filter_map(|alert| alert.time_to_fire_s);
            let latest = firing.fold(0.0, f64::max);
            format!(
                "fired as it must, {latest:+.1} s, and was delivered by {:+.1} s",
                self.now().seconds_since(at)
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

    /// When the conditions that the drill watches were true, until `until`.
    async fn measure_conditions(&mut self, until: UtcInstant) -> Result<()> {
        let Some(began_at) = self.timeline.first_fault().map(|fault| fault.injected_at) else {
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

    /// The instant from which on an alert that has not fired is given up.
    fn fire_limit(&self) -> UtcInstant {
        let Some(effect_at) = self
            .timeline
            .faults
            .last()
            .and_then(|fault| fault.effect_at)
        else {
            return self.now();
        };
        let limits = self.drill.expect.iter().filter_map(|expected| {
            let rule = self.rule(expected)?;
            let seen = expected
                .condition
                .as_ref()
                .and_then(|condition| self.seen_true.get(condition));
            Some(match seen {
                Some(seen) => seen.plus(Window::after_measured_onset(rule).latest + LATE_BY),
                None => effect_at.plus(
                    Window::derive(rule, expected.onset)
                        .latest
                        .max(expected.deadline)
                        + LATE_BY,
                ),
            })
        });
        limits.max().unwrap_or(effect_at)
    }

    /// A near miss: until it has been as near, for as long, as it has to; or until an alert fires
    /// that must not.
    async fn hold_near(&mut self) -> Result<()> {
        let Some(effect_at) = self
            .timeline
            .faults
            .last()
            .and_then(|fault| fault.effect_at)
        else {
            return Ok(());
        };
        if self.drill.silent.is_empty() {
            return Ok(());
        }
        let step = self.step("holding it so near");
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
            let now_s = self
                .timeline
                .first_fault()
                .map_or(0.0, |fault| self.now().seconds_since(fault.injected_at));
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

    /// By when every silent alert must be near, and until when it is held so once all of them are.
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

    fn false_alarm(&self) -> bool {
        let fires = |life: &Episode| life.firing_at.is_some();
        let claims = self.drill.claims();
        episodes(&self.timeline)
            .iter()
            .filter(|life| fires(life))
            .any(|life| claims.iter().any(|claim| claim.covers(&life.labels)))
    }

    /// Whether the drill goes otherwise than it must, as far as is known before the revert.
    fn is_amiss(&self) -> bool {
        let has_no_effect = self
            .timeline
            .faults
            .iter()
            .any(|fault| fault.effect_at.is_none());
        has_no_effect
            || !reasons_so_far(self.drill, &self.timeline).is_empty()
            || (!self.drill.is_to_fire() && self.false_alarm())
    }

    async fn revert(&mut self) -> Result<()> {
        // What goes on for a fault must not break again what is being mended.
        let mut open = Vec::new();
        for broken in self.broken.drain(..) {
            open.push(broken.let_go().await);
        }
        open.append(&mut self.half_done);
        let Surroundings {
            journal,
            site,
            progress,
            ..
        } = self.around;
        let mut failed = None;
        let latest_first = open.into_iter().rev();
        for mended in revert_all(latest_first, journal, site, progress).await {
            let Mended {
                open,
                reverting_at,
                reverted_at,
                error,
            } = mended;
            let mut records = self.timeline.faults.iter_mut().rev();
            let is_it = |record: &&mut FaultRecord| {
                record.fault == open.fault && record.reverted_at.is_none()
            };
            if let Some(record) = records.find(is_it) {
                record.reverting_at = Some(reverting_at);
                record.reverted_at = reverted_at;
            }
            failed = failed.or(error);
        }
        failed.map_or(Ok(()), Err)
    }

    /// Until every alert that fired has resolved and that was delivered, or can no longer be in
    /// time.
    async fn watch_it_resolve(&mut self) -> Result<()> {
        let Some(reverted_at) = self.timeline.last_revert() else {
            return Ok(());
        };
        if !self.drill.is_to_fire() {
            return self.see_that_it_stays_silent(reverted_at).await;
        }
        let waits = self.drill.expect.iter().filter_map(|expected| {
            let rule = self.rule(expected)?;
            Some(Window::latest_resolve(rule, expected.recovery) + 2 * rule.evaluation_interval)
        });
        let patience = waits.max().unwrap_or_default();
        let delivery = self.around.routing.group_interval + DELIVERY_ALLOWANCE;
        let step = self.step("waiting for its alerts to resolve");
        let resolved = self
            .watch_until(
                &step,
                |_| reverted_at.plus(patience),
                |alert| alert.firing_at.is_none() || alert.resolved_at.is_some(),
                |_, _| "still fires".to_owned(),
            )
            .await?;
        if resolved {
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

    /// What the fault left in the metrics until its revert can still make an alert fire.
    async fn see_that_it_stays_silent(&mut self, reverted_at: UtcInstant) -> Result<()> {
        let rules = self
            .drill
            .silent
            .iter()
            .filter_map(|silent| rule_for(&silent.alert, &silent.labels, &self.timeline.rules));
        let sights = rules.map(|rule| rule.seen_within());
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

    /// What is known only at the end: when conditions were true, what else ran and fired.
    async fn settle(&mut self) -> Result<()> {
        let ended_at = self.now();
        let engine = self.around.engine;
        if let Some(began_at) = self.timeline.first_fault().map(|fault| fault.injected_at) {
            self.around
                .neighbourhood
                .announce(self.drill, began_at, Some(ended_at))?;
            self.look();
            self.look_around(began_at)?;
            self.timeline.finished_at = ended_at;
            self.measure_conditions(ended_at).await?;
            for (group, after) in engine.missed_evaluations().await? {
                let before = self
                    .missed_evaluations_before
                    .get(&group)
                    .copied()
                    .unwrap_or_default();
                // A count of evaluations, and a small one.
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "it is above 0 and small"
                )]
                if after > before {
                    self.timeline
                        .missed_evaluations
                        .insert(group, (after - before) as u64);
                }
            }
            let took = ended_at.time_since(began_at).max(Duration::from_secs(1));
            self.take_longer_scrapes(&engine.alerting_rules(took).await?);
        }
        self.timeline.finished_at = ended_at;
        Ok(())
    }

    /// Scrapes that took longer during the drill than before it delay what the rules see.
    fn take_longer_scrapes(&mut self, rules: &[LoadedRule]) {
        for rule in &mut self.timeline.rules {
            let again = rules
                .iter()
                .find(|other| (&other.alert, &other.query) == (&rule.alert, &rule.query));
            rule.scrape_duration = rule
                .scrape_duration
                .max(again.map_or(Duration::ZERO, |again| again.scrape_duration));
        }
    }

    /// Watches until `done` holds for every expected alert (true), or until `limit` (false), which
    /// what is seen may move.
    async fn watch_until(
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
            let since_fault_s = self
                .timeline
                .first_fault()
                .map_or(0.0, |fault| self.now().seconds_since(fault.injected_at));
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

    /// Takes over what the observer has seen of the drill's own alerts and conditions since the
    /// fault.
    fn look(&mut self) {
        let Some(began_at) = self.timeline.first_fault().map(|fault| fault.injected_at) else {
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
    }

    /// Takes over what else fired since the fault and is not a drill's of this process; and, if
    /// anything did, beside whom.
    fn look_around(&mut self, began_at: UtcInstant) -> Result<()> {
        self.timeline
            .samples
            .extend(self.sight.seen().stray_samples(began_at));
        let claims = self.drill.claims();
        if self
            .timeline
            .samples
            .iter()
            .any(|sample| !claims.iter().any(|claim| claim.concerns(&sample.labels)))
        {
            self.timeline.neighbours = self
                .around
                .neighbourhood
                .beside(&self.drill.name, began_at)?;
        }
        Ok(())
    }

    fn rule(&self, expected: &ExpectedAlert) -> Option<&LoadedRule> {
        rule_for(&expected.alert, &expected.labels, &self.timeline.rules)
    }

    fn now(&self) -> UtcInstant {
        self.around.site.clock.now()
    }

    fn note(&mut self, error: &Error) {
        let now = self.now();
        note(&mut self.timeline, error, now);
    }

    fn step(&self, what: &str) -> Step {
        self.around.progress.step(&self.drill.name, what)
    }
}

fn window_bar(alert: &AlertOutcome, now_s: f64) -> Option<WindowBar> {
    Some(WindowBar {
        now_s,
        window_s: alert.window_s,
        deadline_s: alert.deadline_s?,
    })
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
