//! What a drill came to, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Claim, Labels, UtcInstant};

/// What a drill came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of its reasons, or a pass if there is none.
    #[serde(rename = "verdict")]
    pub outcome: Outcome,
    /// Why it did not pass; empty if it did.
    pub reasons: Vec<Reason>,
    /// Per alert that had to fire or to stay silent, what became of it.
    pub alerts: Vec<AlertOutcome>,
    /// Alerts that fired and were tolerated, with the reason that the drill gives.
    pub tolerated: Vec<String>,
    /// Alerts that fired and that the drill did not declare.
    pub collateral: Vec<Labels>,
    /// What it says nothing of, because the drill was replayed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_decided: Vec<String>,
}

/// How a drill ended.
///
/// | outcome | means | exit code |
/// | --- | --- | --- |
/// | pass | every alert did what it must | 0 |
/// | skipped | not run, as asked | 0 |
/// | error | could not be tested: says nothing about the alert | 2 |
/// | fail | an alert did not do what it must | 1 |
///
/// Ordered from best to worst: a run ends as the worst of its drills. What a whole run came to, and
/// its exit code, is a [`RunOutcome`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every alert did what it must.
    Pass,
    /// Not run, as asked.
    Skipped,
    /// Could not be tested.
    Error,
    /// An alert did not do what it must.
    Fail,
}

impl Outcome {
    /// The exit code of a run whose worst outcome this is.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        RunOutcome::from(self).exit_code()
    }
}

/// How a run of drills ended, and with it its process.
///
/// | outcome | means | exit code |
/// | --- | --- | --- |
/// | passed | every alert did what it must | 0 |
/// | not tested | could not be tested: says nothing about the alerts | 2 |
/// | bug | the harness panicked: says nothing about the alerts either | 101 |
/// | failed | an alert did not do what it must | 1 |
///
/// Ordered from best to worst, and this is the only ranking of runs there is. A failed alert ranks
/// above everything else, because it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunOutcome {
    /// Every alert did what it must.
    Passed,
    /// Could not be tested.
    NotTested,
    /// The harness hit a bug of its own.
    Bug,
    /// An alert did not do what it must.
    Failed,
}

impl RunOutcome {
    /// The exit code that tells of it; that of a bug is the one of a Rust program that panics.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::NotTested => 2,
            Self::Bug => 101,
            Self::Failed => 1,
        }
    }

    /// What a process came to that ended with `code`. One that a signal ended has none, and tested
    /// nothing; nor did one whose code means nothing here.
    #[must_use]
    pub fn of_exit_code(code: Option<i32>) -> Self {
        [Self::Passed, Self::Bug, Self::Failed]
            .into_iter()
            .find(|outcome| code == Some(i32::from(outcome.exit_code())))
            .unwrap_or(Self::NotTested)
    }
}

impl From<Outcome> for RunOutcome {
    fn from(worst: Outcome) -> Self {
        match worst {
            Outcome::Pass | Outcome::Skipped => Self::Passed,
            Outcome::Error => Self::NotTested,
            Outcome::Fail => Self::Failed,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Skipped => "skipped",
            Self::Error => "error",
            Self::Fail => "fail",
        })
    }
}

/// One thing that kept a drill from passing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Which.
    pub kind: ReasonKind,
    /// In words, with instants relative to the fault.
    pub message: String,
}

impl Reason {
    /// A reason of this kind, in these words.
    #[must_use]
    pub fn new(kind: ReasonKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }
}

/// The ways in which a drill does not pass.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// No rule of that name, with labels that fit, is loaded.
    NoSuchRule,
    /// It never fired.
    Missed,
    /// It fired, or a receiver was notified that it does, though it must stay silent.
    FalseAlarm,
    /// It fired before its window.
    TooEarly,
    /// It fired after its window or its deadline, or its rule cannot meet the deadline.
    Late,
    /// It fired without labels that it must carry, or with another severity.
    WrongLabels,
    /// It was delivered without an annotation that it must have.
    MissingAnnotations,
    /// It was delivered with words that do not help: a template that failed, nothing where a value
    /// belongs, no name of the culprit, or the runbook of another alert.
    UnhelpfulWords,
    /// It fired, and the right receiver was not notified in time.
    NotDelivered,
    /// The right receiver was notified more than once of the same alert.
    DeliveredTwice,
    /// A receiver was notified that no one named, or would be.
    WrongReceiver,
    /// It stopped firing while its cause lasted.
    EndedEarly,
    /// It stopped firing and fired again.
    Flapped,
    /// A second alert fired for the same cause.
    SecondAlert,
    /// Its rule cannot be evaluated.
    SickRule,
    /// It went on firing after the fault was reverted.
    NotResolved,
    /// It resolved, and the right receiver was not notified in time.
    ResolveNotDelivered,
    /// An alert fired that the drill did not declare.
    Collateral,
    /// An alert was active before the fault.
    UnsteadyStart,
    /// After the drill an alert stayed active, or the stack did not come back to steady state.
    UnsteadyEnd,
    /// A check after the revert says that something was broken for good: lost data, for example.
    CheckFailed,
    /// The stack did not reach steady state, though no alert says so.
    StackNotSteady,
    /// The fault was injected and nothing came of it, or it came less near than it had to: it
    /// proves nothing.
    FaultWithoutEffect,
    /// The near miss came so near that its alert would be right to fire.
    CameTooNear,
    /// The fault could not be reverted.
    FaultNotReverted,
    /// Prometheus skipped evaluations of the rule, so that its alert may be late.
    EvaluationsMissed,
    /// The drill was replayed, and its recording does not hold what would decide it.
    NotRecorded,
    /// Observation failed, the drill broke off, or its fault could not be kept as it was asked.
    CouldNotObserve,
}

impl fmt::Display for ReasonKind {
    /// As it is serialised.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl ReasonKind {
    /// Whether this speaks of the alert (fail) or of the test (error).
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::NoSuchRule
            | Self::Missed
            | Self::FalseAlarm
            | Self::TooEarly
            | Self::Late
            | Self::WrongLabels
            | Self::MissingAnnotations
            | Self::UnhelpfulWords
            | Self::WrongReceiver
            | Self::EndedEarly
            | Self::Flapped
            | Self::SecondAlert
            | Self::SickRule
            | Self::NotDelivered
            | Self::DeliveredTwice
            | Self::NotResolved
            | Self::ResolveNotDelivered
            | Self::Collateral
            | Self::UnsteadyStart
            | Self::UnsteadyEnd
            | Self::CheckFailed => Outcome::Fail,
            Self::StackNotSteady
            | Self::FaultWithoutEffect
            | Self::CameTooNear
            | Self::FaultNotReverted
            | Self::EvaluationsMissed
            | Self::NotRecorded
            | Self::CouldNotObserve => Outcome::Error,
        }
    }
}

/// What became of one alert that had to fire, or to stay silent. Instants that were not reached are
/// `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertOutcome {
    /// The alert's name.
    pub name: String,
    /// The labels that it fired with; the expected ones if it did not.
    pub labels: Labels,
    /// The expected severity; `None` of an alert that must stay silent.
    pub severity: Option<String>,
    /// Earliest and latest time of firing, in seconds after the fault; `None` if no rule is loaded
    /// or it must stay silent.
    pub window_s: Option<[f64; 2]>,
    /// The longest time to fire that its owner promises, in seconds after the fault; `None` if it
    /// must stay silent.
    pub deadline_s: Option<f64>,
    /// When what it is about was first true, as measured beside the rule.
    pub onset_at: Option<UtcInstant>,
    /// First evaluation that saw it pending.
    pub pending_at: Option<UtcInstant>,
    /// First evaluation that saw it firing.
    pub firing_at: Option<UtcInstant>,
    /// Since when it fires, as Alertmanager notified the receiver.
    pub starts_at: Option<UtcInstant>,
    /// When the receiver was notified that it fires.
    pub notified_at: Option<UtcInstant>,
    /// First evaluation that no longer saw it.
    pub resolved_at: Option<UtcInstant>,
    /// When the receiver was notified that it has ended.
    pub resolve_notified_at: Option<UtcInstant>,
    /// Seconds from the fault to firing.
    pub time_to_fire_s: Option<f64>,
}

impl AlertOutcome {
    /// The alert that `claim` means, of which nothing is known yet.
    pub(crate) fn unknown(claim: Claim) -> Self {
        Self {
            name: claim.alert,
            labels: claim.labels,
            severity: None,
            window_s: None,
            deadline_s: None,
            onset_at: None,
            pending_at: None,
            firing_at: None,
            starts_at: None,
            notified_at: None,
            resolved_at: None,
            resolve_notified_at: None,
            time_to_fire_s: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_failure_outranks_what_could_not_be_tested() {
        assert_eq!(
            [
                Outcome::Pass,
                Outcome::Fail,
                Outcome::Error,
                Outcome::Skipped
            ]
            .into_iter()
            .max(),
            Some(Outcome::Fail)
        );
        assert_eq!(
            [Outcome::Pass, Outcome::Error, Outcome::Skipped]
                .into_iter()
                .max(),
            Some(Outcome::Error)
        );
    }

    #[test]
    fn exit_codes_are_the_promised_ones() {
        let codes = [
            Outcome::Pass,
            Outcome::Skipped,
            Outcome::Fail,
            Outcome::Error,
        ]
        .map(Outcome::exit_code);
        assert_eq!(codes, [0, 0, 1, 2]);
        assert_eq!(RunOutcome::Bug.exit_code(), 101);
    }

    #[test]
    fn exit_codes_are_read_as_they_are_written_and_unknown_ones_tell_nothing_of_an_alert() {
        let outcomes = [
            RunOutcome::Passed,
            RunOutcome::NotTested,
            RunOutcome::Bug,
            RunOutcome::Failed,
        ];
        for outcome in outcomes {
            let code = Some(i32::from(outcome.exit_code()));
            assert_eq!(RunOutcome::of_exit_code(code), outcome);
        }
        for unknown in [None, Some(3), Some(137)] {
            assert_eq!(RunOutcome::of_exit_code(unknown), RunOutcome::NotTested);
        }
    }

    #[test]
    fn known_failure_outranks_a_bug_and_a_bug_what_could_not_be_tested() {
        let ranked = [
            RunOutcome::Passed,
            RunOutcome::NotTested,
            RunOutcome::Bug,
            RunOutcome::Failed,
        ];
        assert!(ranked.is_sorted());
    }

    #[test]
    fn runs_are_ranked_as_the_drills_are_that_they_ended_as() {
        let drills = [
            Outcome::Pass,
            Outcome::Skipped,
            Outcome::Error,
            Outcome::Fail,
        ];
        assert!(drills.is_sorted());
        assert!(drills.map(RunOutcome::from).is_sorted());
    }
}
