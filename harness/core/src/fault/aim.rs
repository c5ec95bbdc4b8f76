//! What a fault is aimed at, and what it disturbs.

use crate::Replica;

/// What a fault is aimed at, and what it disturbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aim<'a> {
    /// What it is aimed at, as it stands in records and reports.
    pub target: &'a str,
    /// The service in which it takes place, or that one of its containers (`api#2`); `None` of one
    /// that takes place in a topic.
    pub service: Option<&'a str>,
    /// What it disturbs, by the name of a service, a path or a lane: its drill holds that
    /// exclusively.
    pub disturbs: &'a str,
}

impl<'a> Aim<'a> {
    /// At a service, or at one of its containers, and at nothing else. What one of its containers
    /// goes through is the whole service's matter.
    pub(super) fn service(service: &'a str) -> Self {
        Self::service_that_disturbs(service, Replica::of(service).service)
    }

    /// At a service, for the sake of what it `disturbs`.
    pub(super) fn service_that_disturbs(service: &'a str, disturbs: &'a str) -> Self {
        Self {
            target: service,
            service: Some(service),
            disturbs,
        }
    }

    /// At a topic, or at a group that reads one.
    pub(super) fn topic(target: &'a str, disturbs: &'a str) -> Self {
        Self {
            target,
            service: None,
            disturbs,
        }
    }
}
