//! A drill that is running: what it needs of the world, what it has done so far, and what it saw.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::{
    Drill, Error, ObservationError, Result, Routes, Settings, Site, SteadyState, Timeline,
    UtcInstant, WatchedUntil, Witness,
};
use alertdrill_engine::{Answering, Observer, RuleEngine};
use alertdrill_progress::{Progress, Step};
use alertdrill_target::{InjectedFault, Journal, Leased, OpenFault};
use tokio_util::sync::CancellationToken;

use super::neighbours::Neighbourhood;
use super::sight::{BLIND_FOR, Sight};
use super::steady::{self, Demand};
use super::under_way::UnderWay;

/// How long the stack may take to come back to steady state after the alerts have resolved.
pub(super) const STEADY_AGAIN_WITHIN: Duration = Duration::from_secs(240);

/// All that a drill needs of the world.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// What faults are aimed at.
    pub site: &'a Site,
    /// Evaluates the rules.
    pub engine: &'a dyn RuleEngine,
    /// Watches alerts and conditions for all drills of this process.
    pub observer: &'a Observer,
    /// Holds every fault that is not reverted yet.
    pub journal: &'a Journal,
    /// The drills that run beside this one.
    pub neighbourhood: &'a Neighbourhood,
    /// How Alertmanager groups alerts and how long it waits; `None` if there is none.
    pub routes: Option<&'a Routes>,
    /// Who says what was delivered.
    pub witness: Witness,
    /// The project's settings.
    pub settings: &'a Settings,
    /// How long a drill waits for steady state before it breaks anything.
    pub steady_within: Duration,
    /// How far a drill is watched whose alerts must fire.
    pub watch_until: WatchedUntil,
    /// Whether faults are held until the deadline of their alerts, so that a recording decides
    /// rules that fire later, or never, too.
    pub hold_to_deadline: bool,
    /// Where it is saved what the drill has seen so far, if anywhere.
    pub under_way: Option<&'a UnderWay<'a>>,
    /// Shows what the drill waits for.
    pub progress: &'a Progress,
    /// Ends the drill early. Its faults are reverted all the same.
    pub cancel: &'a CancellationToken,
}

/// The timeline of a drill that `error` kept from its first step.
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

pub(super) struct Life<'a, 'line> {
    pub(super) drill: &'a Drill,
    pub(super) leased: &'a mut Leased<'line>,
    pub(super) around: Surroundings<'a>,
    pub(super) timeline: Timeline,
    /// The faults that were injected.
    pub(super) broken: Vec<InjectedFault>,
    /// The faults whose injection failed. A part of it may have been done.
    pub(super) half_done: Vec<OpenFault>,
    pub(super) sight: Sight<'a>,
    /// Tells the observer which alerts are this drill's, from the first fault on.
    pub(super) answering: Option<Answering>,
    /// Per watched condition, when this process first saw that it is true since the fault.
    pub(super) seen_true: BTreeMap<String, UtcInstant>,
    pub(super) missed_evaluations_before: BTreeMap<String, f64>,
}

impl<'a, 'line> Life<'a, 'line> {
    pub(super) fn new(
        drill: &'a Drill,
        leased: &'a mut Leased<'line>,
        around: Surroundings<'a>,
    ) -> Self {
        let timeline = Timeline {
            // A near miss has no delivery to wait for.
            watched_until: if drill.is_to_fire() {
                around.watch_until
            } else {
                WatchedUntil::default()
            },
            routes: around.routes.cloned(),
            witness: around.witness,
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

    pub(super) async fn reach(
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
        let watchdogs = steady::watchdogs_among(&self.timeline.rules);
        steady::reach(
            &mut self.sight,
            &watchdogs,
            Some(self.drill),
            beside,
            demand,
            at_most,
            step,
        )
        .await
    }

    pub(super) fn now(&self) -> UtcInstant {
        self.around.site.clock.now()
    }

    /// Just before the first fault was injected.
    pub(super) fn began_at(&self) -> Option<UtcInstant> {
        self.timeline.first_fault().map(|fault| fault.injected_at)
    }

    /// When the last fault was seen to have its effect.
    pub(super) fn effect_at(&self) -> Option<UtcInstant> {
        self.timeline.faults.last()?.effect_at
    }

    /// Seconds since the first fault; 0 before it.
    pub(super) fn since_fault_s(&self) -> f64 {
        let now = self.now();
        self.began_at()
            .map_or(0.0, |began_at| now.seconds_since(began_at))
    }

    /// Lets those who look at the run before its end see what the drill has seen.
    pub(super) fn show_so_far(&self) {
        if let Some(under_way) = self.around.under_way {
            under_way.save(self.drill, &self.timeline);
        }
    }

    pub(super) fn note(&mut self, error: &Error) {
        let now = self.now();
        note(&mut self.timeline, error, now);
    }

    pub(super) fn step(&self, what: &str) -> Step {
        self.around.progress.step(&self.drill.name, what)
    }
}
