//! Leases: which drills may run side by side.
//!
//! A lease is a lock of the operating system on a file of the stack's state folder. So it holds
//! across threads and processes, and the kernel releases it when its holder ends, even by a kill. A
//! drill takes all of its leases at once or none: no drill waits while it holds a lease, so no two
//! drills can wait for each other. Before its end a drill gives back what it has disturbed and
//! mended: to see its alerts resolve it needs only what watches them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use alertdrill_core::schedule::{Holdings, Place, places};
use alertdrill_core::{Drill, Error, LeaseMode, Result, Settings};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::lock_file;
use crate::waiting_line::Ticket;

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A lease may become free without a change of the line, when its holder never stood there.
const TRY_ANYWAY_EVERY: Duration = Duration::from_secs(2);

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
    /// Everything that the drill holds.
    #[must_use]
    pub fn holdings(&self) -> Holdings {
        holdings(&self.held)
    }

    /// Gives back what the drill has disturbed and mended; it keeps what it needs undisturbed.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn give_back_mended(&mut self, settings: &Settings) -> Result<()> {
        self.share_watchers(settings)?;
        let is_exclusive = |_: &String, held: &mut Held| held.mode == LeaseMode::Exclusive;
        for (_, given_back) in self.held.extract_if(.., is_exclusive) {
            note_release(&given_back.file);
        }
        self.ticket.holds(self.holdings())
    }

    /// Shares what watches alerts, once a drill that has disturbed it has mended it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn share_watchers(&mut self, settings: &Settings) -> Result<()> {
        for (name, held) in &mut self.held {
            if settings.watched_by.contains(name) && held.mode == LeaseMode::Exclusive {
                let shared = held.file.lock_shared();
                shared.map_err(Error::file("share the lease", name))?;
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
        for held in self.held.values() {
            note_release(&held.file);
        }
    }
}

/// Notes when the lease was released: the next drill takes the lane that was released longest ago.
fn note_release(lease: &File) {
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

    /// Takes all leases that `drill` needs, on a free lane if it needs one. Waits while other
    /// drills hold them, and while running drills are `in_the_way` of every way to place the drill.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if the drill needs what the stack does not have, or breaks what it
    /// holds no lease on; [`Error::File`], [`Error::Interrupted`], and what `in_the_way` says.
    pub async fn take<'a>(
        &self,
        drill: &Drill,
        settings: &Settings,
        mut ticket: Ticket<'a>,
        in_the_way: impl Fn(&Drill) -> Result<Vec<String>>,
        cancel: &CancellationToken,
    ) -> Result<Leased<'a>> {
        let places = places(drill, settings)?;
        let mut tried: Option<(u64, Instant)> = None;
        loop {
            let version = ticket.version_of_the_line()?;
            if tried.is_none_or(|(line, at)| line != version || at.elapsed() >= TRY_ANYWAY_EVERY) {
                tried = Some((version, Instant::now()));
                let (mut roomy, mut behind) = (Vec::new(), BTreeSet::new());
                for place in &places {
                    let in_the_way = in_the_way(&place.drill)?;
                    if in_the_way.is_empty() {
                        roomy.push(place);
                    }
                    behind.extend(in_the_way);
                }
                if roomy.is_empty() {
                    ticket.stand_aside(behind)?;
                } else {
                    ticket.is_ready()?;
                }
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
        let released_at = |lane: &String| self.file(lane).metadata().ok()?.modified().ok();
        places.sort_by_key(|place| place.lane.as_ref().and_then(released_at));
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
        let file = lock_file::open(&path, "open the lease")?;
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::waiting_line::WaitingLine;
    use alertdrill_core::Fault;

    fn on_lane(name: &str) -> Drill {
        Drill::new(name, Fault::stop("handler-{lane}"))
    }

    struct LeaseFolder {
        _folder: tempfile::TempDir,
        leases: Leases,
        line: WaitingLine,
        settings: Settings,
        runtime: tokio::runtime::Runtime,
    }

    impl LeaseFolder {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Self {
                leases: Leases::in_folder(folder.path()).unwrap(),
                line: WaitingLine::in_folder(folder.path()).unwrap(),
                _folder: folder,
                settings: Settings::example(),
                runtime: tokio::runtime::Runtime::new().unwrap(),
            }
        }

        /// The leases, if they are free now.
        fn try_take(&self, drill: &Drill) -> Option<Leased<'_>> {
            let _inside = self.runtime.enter();
            let settings = &self.settings;
            let ticket = self.line.queue(drill, settings, Duration::ZERO).unwrap();
            let cancel = CancellationToken::new();
            let nobody = |_: &Drill| Ok(Vec::new());
            let taken = self.leases.take(drill, settings, ticket, nobody, &cancel);
            taken.now_or_never().map(Result::unwrap)
        }
    }

    #[test]
    fn two_drills_on_lanes_get_different_ones_and_a_third_waits() {
        let stack = LeaseFolder::new();
        let first = stack.try_take(&on_lane("a")).unwrap();
        let second = stack.try_take(&on_lane("b")).unwrap();
        assert_ne!(first.lane, second.lane);
        let handler = format!("handler-{}", first.lane.clone().unwrap());
        assert_eq!(first.drill.faults, [Fault::stop(handler)]);
        assert!(stack.try_take(&on_lane("c")).is_none());
        let lane = first.lane.clone();
        drop(first);
        assert_eq!(stack.try_take(&on_lane("c")).unwrap().lane, lane);
    }

    #[test]
    fn drill_that_disturbs_what_lanes_use_runs_alone() {
        let stack = LeaseFolder::new();
        let broker = Drill::new("broker", Fault::restart("kafka"));
        let lane = stack.try_take(&on_lane("a")).unwrap();
        assert!(stack.try_take(&broker).is_none());
        let offload = Drill::new("offload", Fault::stop("minio"));
        let offload = stack.try_take(&offload).unwrap();
        drop(lane);
        let broker = stack.try_take(&broker).unwrap();
        assert!(stack.try_take(&on_lane("a")).is_none());
        drop((broker, offload));
        assert!(stack.try_take(&on_lane("a")).is_some());
    }

    #[test]
    fn lease_of_a_process_that_was_killed_is_free() {
        let stack = LeaseFolder::new();
        let offload = Drill::new("offload", Fault::stop("minio"));
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
        let stack = LeaseFolder::new();
        let prometheus = Drill::new("p", Fault::restart("prometheus"));
        let lane = stack.try_take(&on_lane("a")).unwrap();
        assert!(stack.try_take(&prometheus).is_none());
        drop(lane);
        assert!(stack.try_take(&prometheus).is_some());
    }

    #[test]
    fn what_is_mended_is_given_back_and_what_is_needed_undisturbed_is_kept() {
        let stack = LeaseFolder::new();
        let broker = Drill::new("broker", Fault::restart("kafka"));
        let on_lane_and_prometheus = on_lane("a").exclusive("prometheus");
        let mut lane = stack.try_take(&on_lane_and_prometheus).unwrap();
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
