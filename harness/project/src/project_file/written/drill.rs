//! A drill, and what it says of alerts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Break, Command, DurationText};
use crate::project_file::yaml::{At, OneOrMany, ShortOrLong};

/// A drill: what is broken, and which alerts that must cause or must not cause.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a map with `name`, `break` and the alerts"
)]
#[schemars(rename = "drill")]
pub(in crate::project_file) struct WrittenDrill {
    /// What goes wrong, in `snake_case`; no two drills have the same name.
    pub name: At<String>,
    /// What is broken, in this order; it is mended in the opposite one.
    #[serde(rename = "break")]
    pub breaks: OneOrMany<Break>,
    /// The alerts that must fire, be delivered and resolve.
    #[serde(default)]
    pub fires: OneOrMany<Fires>,
    /// The alerts that must stay silent: by their names, or with more to say.
    #[serde(default)]
    pub silent: OneOrMany<ShortOrLong<Silent>>,
    /// The alerts that may fire beside them, with a reason. Any other one is collateral.
    #[serde(default)]
    pub tolerate: OneOrMany<Tolerates>,
    /// When it is broken; as soon as the system is steady unless it is written.
    pub moment: Option<Moment>,
    /// What is broken too, once the first alert of `fires` is pending.
    #[serde(default)]
    pub once_pending: OneOrMany<Break>,
    /// What must hold after everything was mended, alerts apart.
    #[serde(default)]
    pub afterwards: OneOrMany<AfterCheck>,
    /// Services or paths that no other drill may disturb meanwhile.
    #[serde(default)]
    pub needs: OneOrMany<String>,
    /// Services or paths that it disturbs beside what it breaks.
    #[serde(default)]
    pub disturbs: OneOrMany<String>,
}

/// An alert that must fire.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `alert` and `within`")]
#[schemars(rename = "fires")]
pub(in crate::project_file) struct Fires {
    /// The alert's name.
    pub alert: At<String>,
    /// Labels that it must carry, severity apart.
    #[serde(default)]
    pub labels: BTreeMap<String, At<String>>,
    /// Its severity; that of its rule unless it is written.
    pub severity: Option<At<String>>,
    /// What the alert's owner promises: the longest time from the fault to firing.
    #[schemars(with = "DurationText")]
    pub within: Option<At<DurationText>>,
    /// The shortest time from the onset to firing: an alert that comes sooner wakes people in vain.
    pub not_before: Option<At<DurationText>>,
    /// How long the fault is held after the alert was delivered. The alert must last as long.
    pub held_for: Option<At<DurationText>>,
    /// Alertmanager's receiver that must be told; the one of `receivers` for its severity unless it
    /// is written.
    pub receiver: Option<String>,
    /// The annotations that it must be delivered with; the file's `annotations` unless it is
    /// written.
    pub annotations: Option<Vec<String>>,
    /// What the alert is about, as `PromQL` that yields samples exactly while that holds. Its first
    /// instant is the onset.
    pub when: Option<String>,
    /// How long the rule's expression may take to become true after the fault has its effect: the
    /// longest time, or `earliest` and `latest`; it is true at once unless it is written.
    pub onset: Option<At<ShortOrLong<Onset>>>,
    /// How long the expression may take to become false after everything was mended; `10s` unless
    /// it is written.
    pub recovers_within: Option<At<DurationText>>,
    /// From its firing until its receiver is told; as in `promises` unless it is written.
    pub delivered_within: Option<At<DurationText>>,
    /// From the recovery of what it is about until it ends; as in `promises` unless it is written.
    pub ended_within: Option<At<DurationText>>,
    /// From its end until its receiver is told of that; as in `promises` unless it is written.
    pub end_delivered_within: Option<At<DurationText>>,
    /// While it fires, its receiver is not told again sooner than this; as in `promises` unless it
    /// is written.
    pub reminded_after: Option<At<DurationText>>,
    /// While it fires, its receiver is told again no later than this; as in `promises` unless it is
    /// written.
    pub reminded_within: Option<At<DurationText>>,
}

/// Between two times; a duration alone is the latest.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a duration, or a map with `earliest` and `latest`"
)]
#[schemars(rename = "onset")]
pub(in crate::project_file) struct Onset {
    /// The shortest that it can be; none unless it is written.
    pub earliest: Option<At<DurationText>>,
    /// The longest that it can be.
    pub latest: At<DurationText>,
}

/// An alert that must stay silent.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "an alert's name, or a map with `alert`"
)]
#[schemars(rename = "silent")]
pub(in crate::project_file) struct Silent {
    /// The alert's name.
    pub alert: At<String>,
    /// Labels that tell it apart.
    #[serde(default)]
    pub labels: BTreeMap<String, At<String>>,
    /// How near the fault has to come, as `PromQL` that yields samples while it is that near.
    pub near: Option<String>,
    /// The longest time until `near` is true; `1m` unless it is written.
    pub onset: Option<At<DurationText>>,
    /// How long it is held that near; as long as the rule would need to fire unless it is written.
    pub hold: Option<At<DurationText>>,
    /// From where on the alert would be right to fire: a fault that came so near proves nothing.
    pub too_near: Option<TooNear>,
}

/// How near a fault must not come.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "too_near")]
pub(in crate::project_file) struct TooNear {
    /// `PromQL` that yields samples while the fault is that near.
    pub query: String,
    /// How long it may be that near without a gap.
    #[serde(rename = "for")]
    pub lasting: At<DurationText>,
}

/// An alert that may fire.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `alert` and `reason`")]
#[schemars(rename = "tolerate")]
pub(in crate::project_file) struct Tolerates {
    /// The alert's name.
    pub alert: At<String>,
    /// Labels that it must carry.
    #[serde(default)]
    pub labels: BTreeMap<String, At<String>>,
    /// Why it is right to fire; shown with the verdict.
    pub reason: At<String>,
}

/// The moment to break something: when a command ends with code 0.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a map with `what`, `service` and `command`"
)]
#[schemars(rename = "moment")]
pub(in crate::project_file) struct Moment {
    /// What holds then, in words.
    pub what: String,
    /// The service in whose container the command runs.
    pub service: At<String>,
    /// The command.
    pub command: At<Command>,
}

/// A command that tells whether something holds after the drill. Code 0 says that it does, 4 that
/// it never will, any other that it does not yet.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a map with `what`, `service`, `command` and `within`"
)]
#[schemars(rename = "afterwards")]
pub(in crate::project_file) struct AfterCheck {
    /// What must hold, in words.
    pub what: String,
    /// The service in whose container the command runs.
    pub service: At<String>,
    /// The command; in it `{injected_at}` and `{reverted_at}` stand for these instants, in seconds
    /// since the epoch.
    pub command: At<Command>,
    /// How long it may take until it holds.
    pub within: At<DurationText>,
}

/// A rule that no drill proves, and why.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `rule` and `reason`")]
#[schemars(rename = "waiver")]
pub(in crate::project_file) struct Waiver {
    /// The rule: the alert's name, and in braces the labels that tell it apart from others of that
    /// name, or the label that names one culprit: `TargetDown{job="api"}`.
    pub rule: At<String>,
    /// Why.
    pub reason: At<String>,
}

/// A finding of `alertdrill doctor` that is known and kept, and why.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `finding` and `reason`")]
#[schemars(rename = "waived_finding")]
pub(in crate::project_file) struct WaivedFinding {
    /// The kind of finding, as the doctor prints it: `metric/not-exported`.
    pub finding: At<String>,
    /// The rule, job, route or receiver that it is about; any unless it is written.
    pub about: Option<String>,
    /// The file that it is in, relative to this one's folder; any unless it is written.
    pub file: Option<PathBuf>,
    /// Why it is kept.
    pub reason: At<String>,
    /// The last day on which it is (`2027-01-31`); for good unless it is written.
    pub until: Option<At<String>>,
}
