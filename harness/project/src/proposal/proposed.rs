//! A proposed drill, as data.

use std::collections::BTreeMap;
use std::time::Duration;

use alertdrill_core::Promises;

/// What is proposed for a project's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProposedPlan {
    /// The drills: those that are certain first, each in the order of the rules.
    pub drills: Vec<ProposedDrill>,
    /// The alerts that always fire.
    pub watchdogs: Vec<String>,
    /// What the routes keep, where they do not keep the usual promises.
    pub promises: Promises,
    /// The rules that got no drill, in their order.
    pub undrilled: Vec<Undrilled>,
}

/// A drill that is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedDrill {
    /// Its name, unlike all others.
    pub name: String,
    /// What is done to the service.
    pub verb: Verb,
    /// The service that is broken.
    pub service: String,
    /// Whether the rules leave no doubt; else it is to be checked.
    pub is_certain: bool,
    /// Why this fault, in sentences.
    pub reasons: Vec<String>,
    /// The alerts that must fire.
    pub fires: Vec<ProposedAlert>,
    /// The alerts that may.
    pub tolerate: Vec<Tolerance>,
}

/// What is done to a service, as `alertdrill.yml` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// It is stopped.
    Stop,
    /// It is frozen.
    Pause,
    /// It is restarted.
    Restart,
    /// Its process ends by a signal, and its restart policy starts it again.
    Kill,
    /// The kernel kills it for its memory.
    OomKill,
}

impl Verb {
    /// As the file says it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Restart => "restart",
            Self::Kill => "kill",
            Self::OomKill => "oom_kill",
        }
    }

    /// The signal that is named with it: one on which the program itself ends.
    #[must_use]
    pub fn signal(self) -> Option<&'static str> {
        (self == Self::Kill).then_some("SIGTERM")
    }

    /// What has become of the service.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Stop => "stopped",
            Self::Pause => "paused",
            Self::Restart => "restarted",
            Self::Kill => "killed",
            Self::OomKill => "oom_killed",
        }
    }
}

/// An alert that a drill must bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedAlert {
    /// Its name.
    pub alert: String,
    /// Labels that it must carry.
    pub labels: BTreeMap<String, String>,
    /// Its severity, if the rule says it.
    pub severity: Option<String>,
    /// From the fault to firing, at most.
    pub within: Duration,
    /// How long its expression may take to become true.
    pub onset: Option<Duration>,
    /// How long its expression may take to become false after the revert.
    pub recovers_within: Option<Duration>,
    /// How long it may go on firing after that, where that is more than is usual.
    pub ended_within: Option<Duration>,
}

/// An alert that may fire during a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Its name.
    pub alert: String,
    /// Why.
    pub reason: String,
}

/// A rule that got no drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undrilled {
    /// Its name among the rules: the alert's, and the labels that tell it apart.
    pub rule: String,
    /// Why there is none.
    pub reason: String,
}
