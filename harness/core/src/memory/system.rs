//! What a system in memory consists of, and how its services change.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{Attachment, CpuLimit, Ended, ServiceState, UtcInstant};

/// Exit codes of a process that a signal has ended, and of one that was asked to end.
const KILLED: i64 = 137;
const ENDED: i64 = 0;
/// The file by which a process is made the kernel's first choice when memory is short.
const OOM_SCORE: &str = "/proc/1/oom_score_adj";

/// A service in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// What a target sees of it.
    pub state: ServiceState,
    /// Whether it is started again when its main process ends by itself.
    pub is_restarted: bool,
    /// The files in it, for commands that make, look for and remove one.
    pub files: BTreeSet<String>,
    /// Per port and path, what was posted there last.
    pub behaviour: BTreeMap<(u16, String), Value>,
    /// How much of the processors it may use.
    pub cpu_limit: CpuLimit,
}

/// What can be compared before and after a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct SystemSnapshot {
    /// The services, by their names.
    pub services: BTreeMap<String, Service>,
    /// Per topic and group, how many messages the group has not committed.
    pub lags: BTreeMap<(String, String), usize>,
    /// The topics and groups whose consumer is displaced.
    pub displaced: BTreeSet<(String, String)>,
}

/// All that a system in memory is.
#[derive(Debug, Default)]
pub(super) struct System {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) topics: BTreeMap<String, Vec<String>>,
    /// Per topic and group, how many messages were committed.
    pub(super) committed: BTreeMap<(String, String), usize>,
    /// Per topic and group, how many members hold the partition and read nothing.
    pub(super) displacing: BTreeMap<(String, String), usize>,
    /// Answers that a test gives to commands.
    pub(super) answers: BTreeMap<Vec<String>, Ended>,
    /// Per service, in how many periods it was held up.
    pub(super) throttled: BTreeMap<String, u64>,
}

impl System {
    pub(super) fn snapshot(&self) -> SystemSnapshot {
        let lag = |(group, committed): (&(String, String), &usize)| {
            let messages = self.topics.get(&group.0).map_or(0, Vec::len);
            (group.clone(), messages - committed)
        };
        SystemSnapshot {
            services: self.services.clone(),
            lags: self.committed.iter().map(lag).collect(),
            displaced: self.displacing.keys().cloned().collect(),
        }
    }
}

impl Service {
    /// One that runs since `now`.
    pub(super) fn running(name: &str, networks: &[&str], now: UtcInstant) -> Self {
        let state = ServiceState {
            service: name.to_owned(),
            status: "running".to_owned(),
            health: None,
            exit_code: None,
            started_at: Some(now),
            is_paused: false,
            networks: networks
                .iter()
                .map(|network| ((*network).to_owned(), Attachment::named(name)))
                .collect(),
        };
        Self {
            state,
            is_restarted: true,
            files: BTreeSet::new(),
            behaviour: BTreeMap::new(),
            cpu_limit: CpuLimit::None,
        }
    }

    /// Whether it does its work: it runs, and is not suspended.
    #[must_use]
    pub fn works(&self) -> bool {
        self.state.is_running()
    }

    pub(super) fn start(&mut self, now: UtcInstant) {
        if self.state.is_running() || self.state.is_paused {
            return;
        }
        "running".clone_into(&mut self.state.status);
        self.state.exit_code = None;
        self.state.started_at = Some(now);
    }

    pub(super) fn stop(&mut self) {
        self.end(ENDED);
    }

    /// Its main process ends by itself: what its restart policy is for.
    fn crash(&mut self, now: UtcInstant) {
        self.end(KILLED);
        if self.is_restarted {
            self.start(now);
        }
    }

    /// The system ends its main process, as it was asked to: no restart policy applies.
    pub(super) fn kill(&mut self) {
        self.end(KILLED);
    }

    fn end(&mut self, code: i64) {
        "exited".clone_into(&mut self.state.status);
        self.state.exit_code.get_or_insert(code);
        self.state.is_paused = false;
    }

    pub(super) fn pause(&mut self) {
        if self.state.is_running() {
            "paused".clone_into(&mut self.state.status);
            self.state.is_paused = true;
        }
    }

    pub(super) fn resume(&mut self) {
        if self.state.is_paused {
            "running".clone_into(&mut self.state.status);
            self.state.is_paused = false;
        }
    }

    /// Runs the few commands that are known: to touch, test and remove a file, to fill a volume by
    /// one, and to end the main process. Any other one ends well and does nothing.
    pub(super) fn run(&mut self, command: &[String], now: UtcInstant) -> Ended {
        let words: Vec<_> = command.iter().map(String::as_str).collect();
        let code = match words[..] {
            ["touch", file] | ["sh", "-c", _, "fill", file] => {
                self.files.insert(file.to_owned());
                0
            }
            ["rm", "-f", file] => {
                self.files.remove(file);
                0
            }
            ["test", "-e", file] | ["sh", "-c", _, "is-full", file] => {
                i64::from(!self.files.contains(file))
            }
            ["sh", "-c", script] if ends_main_process(script) => {
                self.crash(now);
                KILLED
            }
            _ => 0,
        };
        Ended {
            code,
            ..Ended::default()
        }
    }
}

fn ends_main_process(script: &str) -> bool {
    script.contains(OOM_SCORE) || (script.starts_with("kill -") && script.ends_with(" 1"))
}
