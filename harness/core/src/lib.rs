//! The pure core of alertdrill: what a drill is, what it saw, and what that proves; which drills
//! may run side by side, and what a run would do.
//!
//! Nothing here does I/O or reads a clock. What faults need of the world stands here as ports that
//! other crates implement: [`Target`], [`Topics`], [`Clock`].

mod clock;
pub mod dashboard;
mod drill;
mod error;
pub mod exploration;
mod expression;
pub mod fault;
mod finding;
mod incidents;
mod instances;
mod instant;
mod judge;
mod labels;
#[cfg(any(test, feature = "test-support"))]
pub mod memory;
mod mutation;
mod nearest;
mod ongoing;
mod placement;
pub mod plan;
mod promises;
pub mod promql;
mod record;
mod recording;
mod replay;
mod replica;
mod routes;
mod rules;
pub mod schedule;
pub mod seconds;
pub mod settings;
mod span;
pub mod style;
mod target;
mod template;
mod term_decision;
mod text_file;
mod timeline;
mod unproven;
mod verdict;
mod verdict_change;
mod watchdog;
mod watched_until;

pub use clock::Clock;
pub use drill::{
    Check, Claim, Drill, ExpectedAlert, Lease, LeaseMode, Moment, SilentAlert, Tolerated, TooNear,
    share_an_alert,
};
pub use error::{Error, Result, causes};
pub use expression::{ExpressionHistory, LimitHistory, LineSeries, Subject, TermHistory, subjects};
pub use fault::{Aim, Fault, FaultKind, Site};
pub use finding::{Finding, FindingSeverity, WaivedFinding};
pub use incidents::{
    Change, ComparedIncident, DrillAtWork, Firings, Incident, compared_incidents, drills_at_work,
    firings, incidents_of,
};
pub use instant::UtcInstant;
pub use judge::{
    DELIVERY_ALLOWANCE, alert_outcomes, infeasible, judge, reasons_so_far, undeclared,
};
pub use labels::{Labels, agree, includes, selector};
pub use mutation::{
    Fate, JudgedMutant, MadeMutants, Mutant, MutationRun, Place, RefusedMutant, RuleAt,
    WaivedMutant, WaivedMutants,
};
pub use nearest::nearest;
pub use ongoing::{Ongoing, Stopped};
pub use placement::Placement;
pub use promises::Promises;
pub use record::{
    Commit, DrillRecord, EXPRESSIONS_SCHEMA_VERSION, ExpressionRecord, PANELS_SCHEMA_VERSION,
    PanelRecord, Provenance, RECORD_SCHEMA_VERSION, RUN_SCHEMA_VERSION, RunInfo,
    TERMS_SCHEMA_VERSION, Waiver,
};
pub use recording::{
    Gap, RECORDING_SCHEMA_VERSION, RecordedDrill, RecordedGroup, RecordedProof, RecordedRun,
    RecordedServer, Recording, RulesFile,
};
pub use replay::{RulesSaid, UnknownMetrics, replayed};
pub use replica::Replica;
pub use routes::{
    Inhibition, Integration, Matcher, Receiver, Route, Routes, rewritten_labels_of, routes_of,
};
pub use rules::{
    CONDITION_RESOLUTION, Cadence, EvaluationDelays, FieldChange, LoadedRule, Onset, RecordingRule,
    Recordings, RuleChange, SickRule, Window, changed_rules, fixed_labels, prometheus_duration,
    query_offsets_of, rule_for, rule_of_severity, rules_of, whole_intervals,
};
pub use settings::Settings;
pub use span::Span;
pub use target::{Attachment, CpuLimit, Ended, Health, ServiceState, Target, Topics};
pub use term_decision::{TermDecision, drill_that_decided};
pub use text_file::TextFile;
pub use timeline::{
    AlertSample, AlertState, CheckRecord, ConditionRecord, Delivery, DeliveryStatus, Episode,
    Evidence, FaultRecord, Neighbour, ObservationError, RESOLVED_RESENT_FOR, Replayed, SentWords,
    SickService, SteadyState, Suppression, TIMELINE_SCHEMA_VERSION, Timeline, Witness, episodes,
};
pub use unproven::{Unproven, unproven};
pub use verdict::{AlertOutcome, Outcome, Reason, ReasonKind, RunOutcome, Verdict};
pub use verdict_change::{VerdictChange, changed_verdicts, outcome_of_changes};
pub use watchdog::with_watchdogs;
pub use watched_until::WatchedUntil;
