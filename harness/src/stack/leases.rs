//! Leases: which drills may run side by side.
//!
//! A lease is a lock of the operating system on a file of the stack's state folder, so it holds
//! across threads and processes, and the kernel releases it when its holder ends, however that
//! happens. A drill takes all of its leases at once or none: nobody waits while holding, so nobody
//! can wait for each other. What it has disturbed and mended it gives back before its end: to see
//! its alerts resolve it needs only what watches them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;

use super::project::{Pathway, Settings, SteadyCondition};
use super::waiting_line::Ticket;
use crate::drill::{Drill, LANE, LeaseMode};
use crate::progress::Progress;
use crate::{Error, Result};

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A lease may become free that nobody in the line has held.
const TRY_ANYWAY_EVERY: Duration = Duration::from_secs(2);

/// What a drill holds, by the names of services, paths and lanes.
pub type Holdings = BTreeMap<String, LeaseMode>;

/// The leases of one drill, released when this is dropped.
#[derive(Debug)]
pub struct Leased<'a> {
    /// The drill, on its lane.
    pub drill: Drill,
    /// The lane that was free, if it needs one.
    pub lane: Option<String>,
    held: BTreeMap<String, Held>,
    ticket: Ticket<'a>,
}

#[derive(Debug)]
struct Held {
    mode: LeaseMode,
    file: File,
}

impl Leased<'_> {
    /// All that it holds.
    #[must_use]
    pub fn holdings(&self) -> Holdings {
        holdings(&self.held)
    }

    /// Gives back what the drill has disturbed and mended; what it needs undisturbed it keeps.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn give_back_mended(&mut self, settings: &Settings) -> Result<()> {
        self.share_watchers(settings)?;
        for (_, given_back) in self
            .held
            .extract_if(.., |_, held| held.mode == LeaseMode::Exclusive)
        {
            rest(&given_back.file);
        }
        self.ticket.holds(self.holdings())
    }

    /// Shares what watches, if the drill has disturbed it and it is back.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn share_watchers(&mut self, settings: &Settings) -> Result<()> {
        for (name, held) in &mut self.held {
            if settings.watched_by.contains(name) && held.mode == LeaseMode::Exclusive {
                held.file
                    .lock_shared()
                    .map_err(Error::file("share the lease", name))?;
                held.mode = LeaseMode::Shared;
            }
        }
        self.ticket.holds(self.holdings())
    }
}

fn holdings(held: &BTreeMap<String, Held>) -> Holdings {
    held.iter()
        .map(|(name, held)| (name.clone(), held.mode))
        .collect()
}

impl Drop for Leased<'_> {
    fn drop(&mut self) {
        self.held.values().for_each(|held| rest(&held.file));
    }
}

/// The lane that was left longest ago is taken next.
fn rest(lease: &File) {
    let _ = lease.set_modified(SystemTime::now());
}

/// The leases of one stack.
#[derive(Debug)]
pub struct Leases {
    folder: PathBuf,
}

impl Leases {
    /// The leases in a stack's state folder.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn in_folder(state: &Path) -> Result<Self> {
        let folder = state.join("leases");
        std::fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        Ok(Self { folder })
    }

    /// Takes all leases that `drill` needs, and a lane that is free if it needs one; waits while
    /// others hold them, and while `there_is_room` says no of every way to place it.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if the drill needs what the stack does not have, or breaks what it
    /// holds no lease on; [`Error::File`], [`Error::Interrupted`], and what `there_is_room` says.
    pub async fn take<'a>(
        &self,
        drill: &Drill,
        settings: &Settings,
        mut ticket: Ticket<'a>,
        there_is_room: impl Fn(&Drill) -> Result<bool>,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<Leased<'a>> {
        let places = places(drill, settings)?;
        let mut step = None;
        let mut tried: Option<(u64, Instant)> = None;
        loop {
            let version = ticket.version_of_the_line()?;
            if tried.is_none_or(|(line, at)| line != version || at.elapsed() >= TRY_ANYWAY_EVERY) {
                tried = Some((version, Instant::now()));
                let mut roomy = Vec::new();
                for place in &places {
                    if there_is_room(&place.drill)? {
                        roomy.push(place);
                    }
                }
                ticket.stand_aside(roomy.is_empty())?;
                if ticket.is_next()?
                    && let Some((place, held)) = self.try_take(roomy)?
                {
                    ticket.runs(holdings(&held))?;
                    return Ok(Leased {
                        drill: place.drill.clone(),
                        lane: place.lane.clone(),
                        held,
                        ticket,
                    });
                }
            }
            step.get_or_insert_with(|| progress.queue(&drill.name, "waiting for its leases"))
                .update_if_silent("others hold them");
            tokio::select! {
                () = cancel.cancelled() => return Err(Error::Interrupted),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    fn try_take<'a>(
        &self,
        mut places: Vec<&'a Place>,
    ) -> Result<Option<(&'a Place, BTreeMap<String, Held>)>> {
        places.sort_by_key(|place| {
            place
                .lane
                .as_ref()
                .and_then(|lane| self.file(lane).metadata().ok()?.modified().ok())
        });
        for place in places {
            let mut held = BTreeMap::new();
            for (name, mode) in &place.holdings {
                let Some(file) = self.try_lock(name, *mode)? else {
                    break;
                };
                held.insert(name.clone(), Held { mode: *mode, file });
            }
            if held.len() == place.holdings.len() {
                return Ok(Some((place, held)));
            }
        }
        Ok(None)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.lock"))
    }

    fn try_lock(&self, name: &str, mode: LeaseMode) -> Result<Option<File>> {
        let path = self.file(name);
        let opened = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = opened.map_err(Error::file("open the lease", &path))?;
        let locked = match mode {
            LeaseMode::Shared => file.try_lock_shared(),
            LeaseMode::Exclusive => file.try_lock(),
        };
        match locked {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::File {
                attempted: "lock",
                path,
                source,
            }),
        }
    }
}

/// One way to place a drill.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) drill: Drill,
    pub(super) lane: Option<String>,
    pub(super) holdings: Holdings,
}

/// The ways to place `drill`: one per lane if it needs one.
pub(super) fn places(drill: &Drill, settings: &Settings) -> Result<Vec<Place>> {
    if !drill.leases.iter().any(|lease| lease.on == LANE) {
        return Ok(vec![place(drill.clone(), None, settings)?]);
    }
    let lanes = settings
        .paths
        .iter()
        .find(|path| path.name == LANE)
        .map_or(&[][..], |path| &path.lanes);
    if lanes.is_empty() {
        return Err(bad_plan(
            drill,
            "it needs a lane, and the stack's description has none (`x-alertdrill`, `paths`)",
        ));
    }
    lanes
        .iter()
        .map(|lane| place(drill.placed_on(lane), Some(lane.clone()), settings))
        .collect()
}

fn place(drill: Drill, lane: Option<String>, settings: &Settings) -> Result<Place> {
    let holdings = wanted_by(&drill, settings);
    for fault in drill.all_faults() {
        if holdings.get(fault.disturbs()) != Some(&LeaseMode::Exclusive) {
            let reason = format!(
                "its fault `{fault}` disturbs {}, on which it holds no exclusive lease",
                fault.disturbs()
            );
            return Err(bad_plan(&drill, &reason));
        }
    }
    Ok(Place {
        drill,
        lane,
        holdings,
    })
}

/// All that `drill` has to hold; of a drill that is not placed yet, `{lane}` stands for its lane.
pub(super) fn wanted_by(drill: &Drill, settings: &Settings) -> Holdings {
    let mut holdings = Holdings::new();
    let mut hold = |name: String, mode: LeaseMode| {
        let held = holdings.entry(name).or_insert(mode);
        *held = (*held).max(mode);
    };
    for lease in &drill.leases {
        hold(lease.on.clone(), lease.mode);
        if let Some((path, lane)) = pathway(&lease.on, settings) {
            for service in &path.owns {
                hold(service.replace("{lane}", lane), lease.mode);
            }
            for service in &path.uses {
                hold(service.clone(), LeaseMode::Shared);
            }
        }
    }
    for service in &settings.watched_by {
        hold(service.clone(), LeaseMode::Shared);
    }
    holdings
}

fn bad_plan(drill: &Drill, reason: &str) -> Error {
    Error::BadDescription {
        what: format!("the drill {}", drill.name),
        reason: reason.to_owned(),
    }
}

/// The path that a lease's name means, and which of its lanes: any of them is `{lane}`.
fn pathway<'a>(name: &'a str, settings: &'a Settings) -> Option<(&'a Pathway, &'a str)> {
    settings.paths.iter().find_map(|path| {
        if path.lanes.iter().any(|lane| lane == name) {
            return Some((path, name));
        }
        (path.name == name).then_some((path, "{lane}"))
    })
}

/// What must hold before a drill that holds `holdings`: the conditions of the stack, and those of
/// each path that it holds or whose services it may disturb.
#[must_use]
pub fn conditions_for(holdings: &Holdings, settings: &Settings) -> Vec<SteadyCondition> {
    let ways = ways(settings)
        .filter(|way| holdings.contains_key(way.name) || way.is_disturbed(holdings, settings));
    let of_the_ways = ways.flat_map(|way| {
        way.path
            .steady_state
            .iter()
            .map(move |condition| condition.on_lane(way.lane))
    });
    settings
        .steady_state
        .iter()
        .cloned()
        .chain(of_the_ways)
        .collect()
}

/// What `drill`, on its lane if it needs one, may disturb: services, and the paths and lanes that
/// go over them.
#[must_use]
pub fn disturbed_by(drill: &Drill, settings: &Settings) -> BTreeSet<String> {
    let holdings = wanted_by(drill, settings);
    let ways = ways(settings)
        .filter(|way| way.is_disturbed(&holdings, settings))
        .map(|way| way.name.to_owned());
    let exclusive = holdings
        .iter()
        .filter(|(_, mode)| **mode == LeaseMode::Exclusive)
        .map(|(name, _)| name.clone());
    ways.chain(exclusive).collect()
}

/// A path, or one lane of it.
#[derive(Clone, Copy)]
struct Way<'a> {
    path: &'a Pathway,
    /// Empty if the path has no lanes.
    lane: &'a str,
    name: &'a str,
}

fn ways(settings: &Settings) -> impl Iterator<Item = Way<'_>> {
    settings.paths.iter().flat_map(|path| {
        let lanes = path.lanes.iter().map(move |lane| Way {
            path,
            lane,
            name: lane,
        });
        let whole = path.lanes.is_empty().then_some(Way {
            path,
            lane: "",
            name: &path.name,
        });
        lanes.chain(whole)
    })
}

impl Way<'_> {
    fn is_disturbed(&self, holdings: &Holdings, settings: &Settings) -> bool {
        let services = self
            .path
            .owns
            .iter()
            .chain(&self.path.uses)
            .chain(&settings.watched_by);
        let mut services = services.map(|service| service.replace("{lane}", self.lane));
        services.any(|service| holdings.get(&service) == Some(&LeaseMode::Exclusive))
    }
}

/// Every condition of the stack and of all its paths.
#[must_use]
pub fn all_conditions(settings: &Settings) -> Vec<SteadyCondition> {
    let everything = settings
        .paths
        .iter()
        .flat_map(|path| path.lanes.iter().chain([&path.name]));
    let holdings = everything
        .map(|name| (name.clone(), LeaseMode::Exclusive))
        .collect();
    conditions_for(&holdings, settings)
}

#[cfg(test)]
pub(crate) mod tests {
    use futures_util::FutureExt as _;

    use super::super::waiting_line::WaitingLine;
    use super::*;
    use crate::drill::Fault;

    pub(crate) fn settings() -> Settings {
        let text = r#"
prometheus: {service: prometheus, port: 9090}
alertmanager: {service: alertmanager, port: 9093}
notification_sink: {service: sink, port: 8080}
prometheus_configuration: {folder: p, variable: P}
alertmanager_configuration: {folder: a, variable: A}
rules_file: r.yml
program_image: {program: x, dockerfile: d, variable: X}
watched_by: [prometheus]
paths:
  - name: lane
    lanes: [binance, okx]
    owns: ["handler-{lane}"]
    uses: [kafka]
    steady_state: [{name: "{lane} flows", query: 'flows{exchange="{lane}"}'}]
  - name: offload
    owns: [minio]
    uses: [clickhouse]
    steady_state: [{name: offload works, query: works}]
"#;
        serde_yaml_ng::from_str(text).unwrap()
    }

    fn on_lane(name: &str) -> Drill {
        Drill::new(name, Fault::stop("handler-{lane}")).on_a_lane()
    }

    struct Stack {
        _folder: tempfile::TempDir,
        leases: Leases,
        line: WaitingLine,
        settings: Settings,
        runtime: tokio::runtime::Runtime,
    }

    impl Stack {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (leases, line) = (
                Leases::in_folder(folder.path()).unwrap(),
                WaitingLine::in_folder(folder.path()).unwrap(),
            );
            Self {
                leases,
                line,
                _folder: folder,
                settings: settings(),
                runtime: tokio::runtime::Runtime::new().unwrap(),
            }
        }

        /// The leases, if they are free now.
        fn try_take(&self, drill: &Drill) -> Option<Leased<'_>> {
            let _inside = self.runtime.enter();
            let ticket = self
                .line
                .queue(drill, &self.settings, Duration::ZERO)
                .unwrap();
            let (progress, cancel) = (Progress::default(), CancellationToken::new());
            let taken = self.leases.take(
                drill,
                &self.settings,
                ticket,
                |_| Ok(true),
                &progress,
                &cancel,
            );
            taken.now_or_never().map(Result::unwrap)
        }
    }

    #[test]
    fn two_drills_on_lanes_get_different_ones_and_a_third_waits() {
        let stack = Stack::new();
        let first = stack.try_take(&on_lane("a")).unwrap();
        let second = stack.try_take(&on_lane("b")).unwrap();
        assert_ne!(first.lane, second.lane);
        assert_eq!(
            first.drill.faults,
            [Fault::stop(format!(
                "handler-{}",
                first.lane.clone().unwrap()
            ))]
        );
        assert!(stack.try_take(&on_lane("c")).is_none());
        let lane = first.lane.clone();
        drop(first);
        assert_eq!(stack.try_take(&on_lane("c")).unwrap().lane, lane);
    }

    #[test]
    fn drill_that_disturbs_what_lanes_use_runs_alone() {
        let stack = Stack::new();
        let broker = Drill::new("broker", Fault::restart("kafka")).exclusive("kafka");
        let lane = stack.try_take(&on_lane("a")).unwrap();
        assert!(stack.try_take(&broker).is_none());
        let offload = Drill::new("offload", Fault::stop("minio")).exclusive("offload");
        let offload = stack.try_take(&offload).unwrap();
        drop(lane);
        let broker = stack.try_take(&broker).unwrap();
        assert!(stack.try_take(&on_lane("a")).is_none());
        drop((broker, offload));
        assert!(stack.try_take(&on_lane("a")).is_some());
    }

    #[test]
    fn lease_of_a_process_that_was_killed_is_free() {
        let stack = Stack::new();
        let offload = Drill::new("offload", Fault::stop("minio")).exclusive("offload");
        let file = stack.leases.file("offload");
        let mut holder = std::process::Command::new("flock")
            .args(["--exclusive", "--no-fork"])
            .arg(&file)
            .args(["sh", "-c", "echo held; exec sleep 60"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 5];
        std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut said).unwrap();
        assert!(stack.try_take(&offload).is_none());
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(stack.try_take(&offload).is_some());
    }

    #[test]
    fn drill_on_prometheus_runs_while_nothing_else_does() {
        let stack = Stack::new();
        let prometheus = Drill::new("p", Fault::restart("prometheus")).exclusive("prometheus");
        let lane = stack.try_take(&on_lane("a")).unwrap();
        assert!(stack.try_take(&prometheus).is_none());
        drop(lane);
        assert!(stack.try_take(&prometheus).is_some());
    }

    #[test]
    fn fault_without_an_exclusive_lease_on_what_it_disturbs_is_refused() {
        let drill = Drill::new("careless", Fault::stop("minio")).shared("offload");
        let error = places(&drill, &settings()).unwrap_err().to_string();
        assert!(
            error.contains("`minio stopped` disturbs minio, on which it holds no exclusive lease"),
            "{error}"
        );
    }

    #[test]
    fn conditions_are_those_of_the_paths_that_a_drill_holds_or_may_disturb() {
        let names = |drill: &Drill| {
            let place = places(drill, &settings()).unwrap().remove(0);
            conditions_for(&place.holdings, &settings())
                .into_iter()
                .map(|condition| condition.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&on_lane("a")), ["binance flows"]);
        let broker = Drill::new("broker", Fault::restart("kafka")).exclusive("kafka");
        assert_eq!(names(&broker), ["binance flows", "okx flows"]);
        assert_eq!(
            names(&Drill::new("m", Fault::stop("minio")).exclusive("offload")),
            ["offload works"]
        );
        let prometheus = Drill::new("p", Fault::restart("prometheus")).exclusive("prometheus");
        assert_eq!(
            names(&prometheus),
            ["binance flows", "okx flows", "offload works"]
        );
        assert_eq!(all_conditions(&settings()).len(), 3);
    }

    #[test]
    fn drill_disturbs_what_it_holds_alone_and_every_path_over_that() {
        let names = |drill: &Drill| {
            disturbed_by(drill, &settings())
                .into_iter()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(&on_lane("a").placed_on("okx")),
            ["handler-okx", "okx"]
        );
        assert_eq!(
            names(&Drill::new("broker", Fault::restart("kafka")).exclusive("kafka")),
            ["binance", "kafka", "okx"]
        );
        assert_eq!(
            names(&Drill::new("m", Fault::stop("minio")).exclusive("offload")),
            ["minio", "offload"]
        );
    }

    #[test]
    fn what_is_mended_is_given_back_and_what_is_needed_undisturbed_is_kept() {
        let stack = Stack::new();
        let broker = Drill::new("broker", Fault::restart("kafka")).exclusive("kafka");
        let mut lane = stack
            .try_take(&on_lane("a").exclusive("prometheus"))
            .unwrap();
        assert!(stack.try_take(&on_lane("b")).is_none());
        lane.share_watchers(&stack.settings).unwrap();
        let other = stack.try_take(&on_lane("b")).unwrap();
        assert!(stack.try_take(&on_lane("c")).is_none());
        lane.give_back_mended(&stack.settings).unwrap();
        assert_eq!(stack.try_take(&on_lane("c")).unwrap().lane, lane.lane);
        drop(other);
        // It still reads what comes over the broker.
        assert!(stack.try_take(&broker).is_none());
        drop(lane);
        assert!(stack.try_take(&broker).is_some());
    }
}
