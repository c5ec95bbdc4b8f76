//! Where drills are run in a simulated world, with all that is real: observer, journal, leases.

use std::sync::Arc;
use std::time::Duration;

use alertdrill_core::settings::{Pathway, SteadyCondition};
use alertdrill_core::{
    Drill, Result, Settings, Site, SteadyState, Timeline, WatchedUntil, Witness,
};
use alertdrill_engine::Observer;
use alertdrill_progress::Progress;
use alertdrill_target::{Journal, Leases, WaitingLine, heal};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::rule::up;
use super::world::World;
use crate::runner::{Neighbourhood, Surroundings, run, wait_for_all};

/// A life that is not over by then has stalled.
const OVER_WITHIN: Duration = Duration::from_hours(2);
const STEADY_WITHIN: Duration = Duration::from_secs(60);

/// Runs `future` in simulated time, and fails if it stalls.
///
/// # Panics
/// If it takes more than two simulated hours.
pub(crate) fn simulated<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O can be made");
    let ended = runtime.block_on(async { tokio::time::timeout(OVER_WITHIN, future).await });
    ended.expect("the life has stalled: it is not over after two simulated hours")
}

/// One world and the folder of its state, for as many lives as one likes.
#[derive(Debug)]
pub(crate) struct SimulatedStack {
    /// What lives are run in.
    pub(crate) world: Arc<World>,
    /// Holds the open faults.
    pub(crate) journal: Journal,
    /// Ends a life early.
    pub(crate) cancel: CancellationToken,
    site: Site,
    leases: Leases,
    line: WaitingLine,
    neighbourhood: Neighbourhood,
    settings: Settings,
    observer: Observer,
    progress: Progress,
    goes_on: JoinHandle<()>,
    _folder: TempDir,
}

impl SimulatedStack {
    /// `world` with an empty folder. Must be called within [`simulated`].
    ///
    /// # Panics
    /// If there can be no temporary folder.
    #[must_use]
    pub(crate) fn new(world: World) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let state = folder.path();
        let world = Arc::new(world);
        let clock = Arc::clone(&world.clock);
        Self {
            journal: Journal::in_folder(state),
            leases: Leases::in_folder(state).expect("a folder of leases"),
            line: WaitingLine::in_folder(state).expect("a folder of the line"),
            neighbourhood: Neighbourhood::in_folder(state).expect("a folder of neighbours"),
            observer: Observer::start(world.clone(), world.clone(), Arc::clone(&clock)),
            goes_on: tokio::spawn(Arc::clone(&world).go_on()),
            site: Site {
                target: Arc::new(world.target.clone()),
                clock,
            },
            cancel: CancellationToken::new(),
            settings: settings(),
            progress: Progress::in_a_log(),
            world,
            _folder: folder,
        }
    }

    /// The whole life of `drill`; answers with the drill where it was placed, and what it saw.
    ///
    /// # Panics
    /// If it gets no leases: nobody else has any.
    pub(crate) async fn live(&self, drill: &Drill) -> (Drill, Timeline) {
        let queued = self.line.queue(drill, &self.settings, Duration::ZERO);
        let ticket = queued.expect("a place in the line");
        let cancel = CancellationToken::new();
        let taken = self
            .leases
            .take(drill, &self.settings, ticket, |_| Ok(Vec::new()), &cancel);
        let mut leased = taken.await.expect("leases that nobody else holds");
        let timeline = run(&mut leased, self.around()).await;
        (leased.drill.clone(), timeline)
    }

    /// Waits until all of it is in steady state, as after its start.
    ///
    /// # Errors
    /// As [`wait_for_all`].
    pub(crate) async fn becomes_steady(&self) -> Result<SteadyState> {
        let (engine, clock) = (&*self.world, &*self.world.clock);
        let (observer, settings) = (&self.observer, &self.settings);
        wait_for_all(
            observer,
            engine,
            settings,
            clock,
            STEADY_WITHIN,
            &self.progress,
            &self.cancel,
        )
        .await
    }

    /// Reverts what is still broken, as the next start of the program does.
    ///
    /// # Errors
    /// As [`heal`].
    pub(crate) async fn heal(&self) -> Result<Vec<String>> {
        heal(&self.journal, &self.site, &self.progress).await
    }

    fn around(&self) -> Surroundings<'_> {
        Surroundings {
            site: &self.site,
            engine: &*self.world,
            observer: &self.observer,
            journal: &self.journal,
            neighbourhood: &self.neighbourhood,
            routes: Some(&self.world.routes),
            witness: Witness::Sink,
            settings: &self.settings,
            steady_within: STEADY_WITHIN,
            watch_until: WatchedUntil::default(),
            hold_to_deadline: false,
            under_way: None,
            progress: &self.progress,
            cancel: &self.cancel,
        }
    }
}

impl Drop for SimulatedStack {
    fn drop(&mut self) {
        self.goes_on.abort();
    }
}

fn settings() -> Settings {
    let shop = Pathway {
        name: "shop".to_owned(),
        lanes: Vec::new(),
        owns: vec!["api".to_owned()],
        uses: vec!["db".to_owned()],
        steady_state: vec![SteadyCondition {
            name: "the api is up".to_owned(),
            query: up("api"),
        }],
    };
    let mut settings = Settings::example();
    settings.paths = vec![shop];
    settings.services.extend(["api", "db"].map(str::to_owned));
    settings
}
