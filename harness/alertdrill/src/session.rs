//! A running stack in steady state, and all that a run of drills shares on it.

mod reporting;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use alertdrill_core::plan::{Forecast, Plan};
use alertdrill_core::{
    Commit, Drill, DrillRecord, Error, LoadedRule, Outcome, RECORD_SCHEMA_VERSION, Result, Routes,
    Site, SteadyState, TermDecision, UtcInstant, Verdict, WatchedUntil, routes_of, with_watchdogs,
};
use alertdrill_engine::{
    Notifier, Observer, Prometheus, RuleEngine, expression_histories, term_decisions,
};
use alertdrill_progress::Progress;
use alertdrill_report::{PlannedCoverage, RunFolder};
use alertdrill_target::compose::{Project, Stack, StackStart};
use alertdrill_target::{Journal, Leases, Ticket, WaitingLine, heal};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub(crate) use self::reporting::dashboard_of;
use crate::provenance::commit_of;
use crate::runner::{self, Neighbourhood, Surroundings, UnderWay};
use crate::servers;
use crate::written::text_of;

/// How far drills are watched, if not to their end.
const WATCH_UNTIL: &str = "WATCH_UNTIL";
/// Until when drills hold their faults at least.
const HOLD_UNTIL: &str = "HOLD_UNTIL";
/// How long a stack that was just started may take to its first steady state.
const FIRST_STEADY_WITHIN: Duration = Duration::from_secs(180);
/// How long a drill waits for steady state before it gives up.
const STEADY_WITHIN: Duration = Duration::from_secs(180);

/// A running stack in steady state, held by this process.
#[derive(Debug)]
pub struct Session {
    stack: Stack,
    prometheus: Prometheus,
    engine: Arc<dyn RuleEngine>,
    observer: Observer,
    notifier: Arc<dyn Notifier>,
    journal: Journal,
    site: Site,
    leases: Leases,
    neighbourhood: Neighbourhood,
    line: WaitingLine,
    /// What was checked out when the session began.
    commit: Option<Commit>,
    started_at: UtcInstant,
    stack_ready_s: f64,
    steady_within: Duration,
    watch_until: WatchedUntil,
    hold_to_deadline: bool,
    /// The drills of the run that run here, if others run on other stacks.
    own_drills: Option<BTreeSet<String>>,
}

impl Session {
    /// Takes hold of the stack of `project`, starts it if it does not run, reverts what a killed
    /// run left behind, and, if it was started, waits for steady state. `started_at` is the start
    /// of this process.
    ///
    /// A stack that was started here and that a later step fails on is removed again, unless
    /// `KEEP_STACK` is set.
    ///
    /// # Errors
    /// Each [`crate::Error`] of a missing engine, image, port or healthy service.
    pub async fn start(
        project: Project,
        started_at: UtcInstant,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let watch_until = watch_until()?;
        let hold_to_deadline = hold_to_deadline()?;
        let commit = commit_of(project.root());
        let state = project.state_folder();
        let (journal, leases) = (Journal::in_folder(&state), Leases::in_folder(&state)?);
        let (neighbourhood, line) = (
            Neighbourhood::in_folder(&state)?,
            WaitingLine::in_folder(&state)?,
        );
        let stack = Stack::up(project, servers::reload, progress, cancel).await?;
        let site = servers::site_of(stack.project(), stack.containers());
        neighbourhood.forget_the_dead()?;
        line.forget_the_dead()?;
        match reach_steady_state(&stack, &journal, &site, progress, cancel).await {
            Ok((prometheus, engine, observer, notifier)) => {
                let stack_ready_s = now().seconds_since(started_at);
                Ok(Self {
                    stack,
                    prometheus,
                    engine,
                    observer,
                    notifier,
                    journal,
                    site,
                    leases,
                    neighbourhood,
                    line,
                    commit,
                    started_at,
                    stack_ready_s,
                    steady_within: STEADY_WITHIN,
                    watch_until,
                    hold_to_deadline,
                    own_drills: None,
                })
            }
            Err(error) => {
                stack.leave(progress).await?;
                Err(error)
            }
        }
    }

    /// A hold on the stack for a process of its own, which keeps it as long as the run lasts;
    /// `None` if this process has not started it, or it is to stay.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn hold_for_the_run(&self) -> Result<Option<std::fs::File>> {
        if self.stack.start() == StackStart::Started {
            self.stack.hold().map(Some)
        } else {
            Ok(None)
        }
    }

    /// The stack.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The same session, whose drills wait that long for steady state before they give up.
    #[must_use]
    pub fn steady_within(self, at_most: Duration) -> Self {
        Self {
            steady_within: at_most,
            ..self
        }
    }

    /// The same session, on which only these `drills` of a run run: the others run on other stacks.
    #[must_use]
    pub fn only_for(self, drills: BTreeSet<String>) -> Self {
        Self {
            own_drills: Some(drills),
            ..self
        }
    }

    fn is_own(&self, drill: &str) -> bool {
        let own = self.own_drills.as_ref();
        own.is_none_or(|drills| drills.contains(drill))
    }

    /// What the drills of the run in `folder` saw that ran on this stack.
    fn own_records(&self, folder: &RunFolder) -> Result<Vec<DrillRecord>> {
        let mut records = folder.records()?;
        records.retain(|record| self.is_own(&record.drill.name));
        Ok(records)
    }

    /// Queues up for what `drill` needs, which takes about `duration`.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn queue(&self, drill: &Drill, duration: Duration) -> Result<Ticket<'_>> {
        self.line
            .queue(drill, self.stack.project().settings(), duration)
    }

    /// Waits until the whole system is in steady state, but at most for `at_most`. What falls short
    /// of it is in the answer.
    ///
    /// # Errors
    /// As [`runner::wait_for_all`].
    pub async fn wait_until_steady(
        &self,
        at_most: Duration,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<SteadyState> {
        let settings = self.stack.project().settings();
        let engine = &*self.engine;
        let (observer, clock) = (&self.observer, &*self.site.clock);
        runner::wait_for_all(observer, engine, settings, clock, at_most, progress, cancel).await
    }

    /// What faults are aimed at.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Runs one drill, as soon as it has its leases. What keeps it from its end is in the record
    /// too. Nothing is judged here: the record is to be saved first. What it sees is saved `into`
    /// the run's folder before, for those who want to look at it.
    pub async fn run(
        &self,
        drill: &Drill,
        ticket: Ticket<'_>,
        into: Option<&RunFolder>,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> DrillRecord {
        let settings = self.stack.project().settings();
        // Without them nothing is told. If they cannot be read, the drill says so below.
        let told_by = servers::routes(&self.stack, &*self.notifier).await;
        let told_by = told_by.ok().flatten();
        let in_the_way = |drill: &Drill| self.neighbourhood.in_the_way_of(drill, told_by.as_ref());
        let taken = self
            .leases
            .take(drill, settings, ticket, in_the_way, cancel);
        let (drill, lane, timeline) = match taken.await {
            Ok(mut leased) => {
                let (name, lane) = (&leased.drill.name, leased.lane.as_deref());
                let _line = progress.begin(name, lane, &faults_of(&leased.drill));
                let under_way =
                    into.map(|folder| UnderWay::in_folder(folder, leased.lane.clone(), progress));
                // Another process may have loaded other routes since this one began.
                let mut timeline = match servers::routes(&self.stack, &*self.notifier).await {
                    Ok(routes) => {
                        let around =
                            self.around(routes.as_ref(), under_way.as_ref(), progress, cancel);
                        runner::run(&mut leased, around).await
                    }
                    Err(error) => runner::never_begun(&leased.drill, &error, now()),
                };
                let (drill, lane) = (leased.drill.clone(), leased.lane.clone());
                // Others may go on: the checks look back.
                drop(leased);
                let checked =
                    runner::check_afterwards(&drill, &timeline, &self.site, progress, cancel).await;
                match checked {
                    Ok(checks) => timeline.checks = checks,
                    Err(error) => runner::note(&mut timeline, &error, now()),
                }
                (drill, lane, timeline)
            }
            Err(error) => {
                let timeline = runner::never_begun(drill, &error, now());
                (drill.clone(), None, timeline)
            }
        };
        DrillRecord {
            schema_version: RECORD_SCHEMA_VERSION,
            drill,
            lane,
            timeline,
        }
    }

    fn around<'a>(
        &'a self,
        routes: Option<&'a Routes>,
        under_way: Option<&'a UnderWay<'a>>,
        progress: &'a Progress,
        cancel: &'a CancellationToken,
    ) -> Surroundings<'a> {
        Surroundings {
            site: &self.site,
            engine: &*self.engine,
            observer: &self.observer,
            journal: &self.journal,
            neighbourhood: &self.neighbourhood,
            routes,
            witness: self.notifier.witness(),
            settings: self.stack.project().settings(),
            steady_within: self.steady_within,
            watch_until: self.watch_until,
            hold_to_deadline: self.hold_to_deadline,
            under_way,
            progress,
            cancel,
        }
    }

    /// Looks closer at what went otherwise than it must, if `verdict` on the record says so and the
    /// drill has not looked itself. True if the record has evidence now that it had not: then it is
    /// to be saved again. Evidence changes no verdict.
    pub async fn gather_evidence(
        &self,
        record: &mut DrillRecord,
        verdict: &Verdict,
        cancel: &CancellationToken,
    ) -> bool {
        // A drill that got no leases has seen nothing that can be looked at.
        let has_begun = !record.timeline.rules.is_empty();
        let is_amiss = verdict.outcome > Outcome::Skipped;
        if !has_begun || !is_amiss || !record.timeline.evidence.is_empty() || cancel.is_cancelled()
        {
            return false;
        }
        let (drill, timeline) = (&record.drill, &record.timeline);
        let found = runner::look_closer(drill, timeline, &*self.engine, &self.site).await;
        record.timeline.evidence = found;
        !record.timeline.evidence.is_empty()
    }

    /// What the drills of `plan` prove of the loaded rules and routes, and of what the project's
    /// settings say that is to be proven.
    ///
    /// # Errors
    /// As [`Prometheus::alerting_rules`], [`crate::Error::NoAnswer`] or [`crate::Error::BadAnswer`]
    /// of Alertmanager.
    pub async fn coverage(&self, plan: &Plan) -> Result<PlannedCoverage> {
        let rules = self.loaded_rules().await?;
        let to_prove = self.stack.project().settings().instances_to_prove();
        let routes = servers::routes(&self.stack, &*self.notifier).await?;
        let planned = PlannedCoverage::of(&rules, routes.as_ref(), &to_prove, plan);
        Ok(planned.demanding(self.stack.project().settings().coverage))
    }

    /// What the end of a run of `plan` is expected by, with the rules and routes that are loaded.
    ///
    /// # Errors
    /// As [`Session::coverage`].
    pub async fn forecast(&self, plan: &Plan) -> Result<Forecast> {
        let rules = self.loaded_rules().await?;
        let routes = servers::routes(&self.stack, &*self.notifier).await?;
        let settings = self.stack.project().settings();
        Ok(Forecast::of(plan, settings, &rules, routes.as_ref()))
    }

    /// In which drills of the run in `folder` that ran on this stack the terms of the loaded rules
    /// decided.
    ///
    /// # Errors
    /// As [`Prometheus::alerting_rules`], or [`crate::Error::File`].
    pub async fn decide_terms(&self, folder: &RunFolder) -> Result<Vec<TermDecision>> {
        let rules = self.loaded_rules().await?;
        Ok(term_decisions(&*self.engine, &rules, &self.own_records(folder)?).await)
    }

    /// The rules that are loaded, those marked that always fire by intent.
    ///
    /// # Errors
    /// As [`Prometheus::alerting_rules`].
    pub(crate) async fn loaded_rules(&self) -> Result<Vec<LoadedRule>> {
        let rules = self.engine.alerting_rules(Duration::ZERO).await?;
        Ok(with_watchdogs(rules, self.stack.project().settings()))
    }

    /// Reverts whatever is still broken, and lets go of the stack: the last who uses it removes it,
    /// if it was started for that and nobody wants it kept.
    ///
    /// # Errors
    /// A fault that cannot be reverted, or a stack that cannot be removed.
    pub async fn end(self, progress: &Progress) -> Result<()> {
        let healed = heal(&self.journal, &self.site, progress).await;
        self.stack.leave(progress).await?;
        healed.map(drop)
    }

    /// Lets go of the stack and leaves it running, whoever started it.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn keep(self) -> Result<()> {
        self.stack.keep()
    }

    /// Saves what the expressions of a drill's alerts were.
    ///
    /// # Errors
    /// [`crate::Error::File`], [`crate::Error::NoAnswer`] or [`crate::Error::BadAnswer`].
    pub async fn record_expressions(&self, record: &DrillRecord, folder: &RunFolder) -> Result<()> {
        let expressions =
            expression_histories(&*self.engine, &record.drill, &record.timeline).await?;
        folder.save_expressions(&record.drill.name, expressions)
    }

    /// Writes a drill onto Grafana's dashboards, if that runs.
    ///
    /// # Errors
    /// [`crate::Error::Docker`] or [`crate::Error::NoAnswer`].
    pub async fn annotate(&self, record: &DrillRecord, outcome: Outcome) -> Result<()> {
        match servers::grafana(&self.stack).await? {
            Some(grafana) => grafana.annotate(record, outcome).await,
            None => Ok(()),
        }
    }
}

async fn reach_steady_state(
    stack: &Stack,
    journal: &Journal,
    site: &Site,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<(Prometheus, Arc<dyn RuleEngine>, Observer, Arc<dyn Notifier>)> {
    heal(journal, site, progress).await?;
    let prometheus = servers::prometheus(stack).await?;
    let notifier = servers::notifier(stack, Arc::clone(&site.clock)).await?;
    require_the_routes_that_were_mounted(stack, &*notifier).await?;
    let engine = servers::rule_engine(stack, &prometheus).await?;
    let clock = Arc::clone(&site.clock);
    let observer = Observer::start(Arc::clone(&engine), Arc::clone(&notifier), clock);
    if stack.start() == StackStart::Started {
        let settings = stack.project().settings();
        // What is unsteady after that, the drills say: each waits for itself.
        let at_most = FIRST_STEADY_WITHIN;
        let clock = &*site.clock;
        let (observer, engine) = (&observer, &*engine);
        runner::wait_for_all(observer, engine, settings, clock, at_most, progress, cancel).await?;
    }
    Ok((prometheus, engine, observer, notifier))
}

/// That the Alertmanager of a project of others runs with the routes that lead to the sink: with
/// others it would tell people of each drill.
async fn require_the_routes_that_were_mounted(
    stack: &Stack,
    notifier: &dyn Notifier,
) -> Result<()> {
    let Some(mounted) = stack.rewritten_routes() else {
        return Ok(());
    };
    let meant = routes_of(&text_of(&mounted)?)?;
    if notifier
        .routes()
        .await?
        .is_none_or(|loaded| loaded == meant)
    {
        return Ok(());
    }
    Err(Error::BadDescription {
        what: "the configuration that Alertmanager has loaded".to_owned(),
        reason: "it is not the one that was found and led to the notification sink, so drills \
                 would page whoever it tells; does its `--config.file` name the file that the \
                 project mounts?"
            .to_owned(),
    })
}

/// What the variable `WATCH_UNTIL` asks for.
///
/// # Errors
/// [`Error::BadDescription`].
pub(crate) fn watch_until() -> Result<WatchedUntil> {
    let Some(asked) = std::env::var_os(WATCH_UNTIL) else {
        return Ok(WatchedUntil::default());
    };
    asked.to_string_lossy().parse().map_err(watch_until_refused)
}

/// Whether the variable `HOLD_UNTIL` asks that faults are held until the deadline of their alerts.
fn hold_to_deadline() -> Result<bool> {
    match std::env::var_os(HOLD_UNTIL) {
        None => Ok(false),
        Some(asked) if asked == "deadline" => Ok(true),
        Some(asked) => Err(Error::BadDescription {
            what: format!("the variable {HOLD_UNTIL}"),
            reason: format!("`{}` is not `deadline`", asked.to_string_lossy()),
        }),
    }
}

/// That only a drill that runs alone may be cut short: what it leaves behind would be taken for
/// another one's.
pub(crate) fn only_one_is_cut_short(selected: usize) -> Error {
    watch_until_refused(format!(
        "`delivered` is for one drill at a time, and this run may have {selected}; \
         name one with --exact"
    ))
}

/// That a command wants verdicts on whole drills, and the variable asks for less.
///
/// # Errors
/// [`Error::BadDescription`] if it does.
pub fn require_whole_drills(command: &str) -> Result<()> {
    match watch_until()? {
        WatchedUntil::Resolved => Ok(()),
        WatchedUntil::Delivered => Err(watch_until_refused(format!(
            "it is `delivered`, and {command} wants drills that are watched to their end; unset it"
        ))),
    }
}

fn watch_until_refused(reason: String) -> Error {
    Error::BadDescription {
        what: format!("the variable {WATCH_UNTIL}"),
        reason,
    }
}

fn faults_of(drill: &Drill) -> String {
    let faults: Vec<_> = drill.faults.iter().map(ToString::to_string).collect();
    faults.join(", ")
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}
